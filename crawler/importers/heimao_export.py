"""Exports that other tools made of 黑猫投诉: their CSV and JSON columns, merged with our own records by the complaint's number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.errors import SourceBlocked, SourceChanged
from crawler.formats import heimao
from crawler.formats.heimao import STATUS
from crawler.importers.base import (
    HOST,
    Column,
    Handed,
    Importer,
    Record,
    Row,
    amount,
    complaint,
    status_of,
    time_of,
)
from crawler.pages.mentions import hosts_in

_RAW = "\0raw"
"""Key of a row that holds an object of the site's own answer as it is."""
_BASE = "https://tousu.sina.com.cn"
_NUMBER = re.compile(r"/complaint/view/(\d{8,14})")
_OPENED = re.compile(r"(\d{4}-\d{2}-\d{2})\s*于黑猫投诉平台发起")
_OBJECT = re.compile(r"\[投诉对象\]\s*(\S[^\n\[]*)")
_DEMANDS = re.compile(r"\[投诉要求\]\s*(\S[^\n\[]*)")


class HeimaoExportImporter(Importer):
    """Columns date,title,summary,object,demands,href; its JSON with all of it in one title; the Chinese columns of 2020."""

    id = "heimao_export"
    card = None
    source = "heimao"
    brings = ("complaint", "counters")
    hint = "2020 年的导出没有日期，请补一列“日期”。exports of 2020 have no date: add a column date"
    legal = (
        "他人工具的导出，须确认其来源合法；编号相同的与自行采集的合并，不重复计数。",
        "Other tools' exports: make sure of their origin; equal numbers are merged with our own records, never counted twice.",
    )
    columns = (
        Column("date", "日期", "date", names=("投诉日期", "投诉时间", "time", "发布时间", "发起时间")),
        Column("title", "投诉标题", "title", True, ("标题",)),
        Column("summary", "投诉详情", "summary", names=("content", "内容", "投诉内容")),
        Column("object", "投诉对象", "object", names=("cotitle", "商家")),
        Column("issue", "投诉问题", "issue"),
        Column("demands", "投诉要求", "demands", names=("appeal",)),
        Column("amount", "涉诉金额", "amount", names=("cost", "金额")),
        Column("status", "投诉进度", "status", names=("进度", "状态")),
        Column("href", "链接", "href", names=("url",)),
        Column("sn", "投诉编号", "sn"),
        HOST,
    )

    def answer(self, document: Any, handed: Handed) -> Iterable[tuple[int, Row]]:
        """The complaints, or the counters, of an answer of the site itself; else an export's rows."""
        if not isinstance(document, dict) or "result" not in document:
            return super().answer(document, handed)
        try:
            data = heimao.data_of(json.dumps(document, ensure_ascii=False))
            if isinstance(data, dict) and "valid_amt" in data:
                return [(1, {"object": data.get("name"), _RAW: data})]
            rows = [{**main, _RAW: main} for main in heimao.items_of(data)]
        except (SourceBlocked, SourceChanged) as error:
            raise ValueError(f"黑猫没有给出投诉 the site gave no complaints: {error}") from None
        if not rows:
            raise ValueError("答复里没有投诉 no complaints in the answer")
        return enumerate(rows, 1)

    def _answered(self, row: Row, handed: Handed) -> Record:
        """A record of the site's own answer: one complaint, or the counters of one company."""
        raw = row[_RAW]
        if "valid_amt" in raw:
            about = {"platform": heimao.plain(raw.get("name"))}
            return {"kind": "counters", "source": self.source, **about, "observed_at": handed.checked_at, **heimao.counters_of(raw)}  # fmt: skip
        found = heimao.complaint_of(raw, _BASE)
        said = {key: found[key] for key in ("source_id", "title", "text", "amount", "status", "url", "stars")}
        whom = {
            "platform": found["company"] or None,
            "mentions": hosts_in(f"{found['title']} {found['text']}"),
        }
        return complaint(self.source, found["filed_at"], handed.checked_at, whom, **said)

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One complaint."""
        if _RAW in row:
            yield self._answered(row, handed)
            return
        title, text = str(row.get("title") or ""), str(row.get("summary") or "")
        opened = _OPENED.search(title)
        when = row.get("date") or (opened.group(1) if opened else None)
        if not when:
            raise ValueError("没有日期：请补一列“日期” no date: add a column date")
        filed = time_of(when, "date")
        number = str(row.get("sn") or "") or _found(_NUMBER, str(row.get("href") or ""))
        about = str(row.get("object") or "") or _found(_OBJECT, title) or ""
        mentions = hosts_in(f"{title} {text}")
        if not (row.get("host") or about or mentions):
            raise ValueError("没有投诉对象 whom it is about is missing")
        demands = str(row.get("demands") or "") or _found(_DEMANDS, title) or ""
        short = title.split("\n")[1] if opened and "\n" in title else title
        yield complaint(
            self.source,
            filed,
            handed.checked_at,
            {"host": row.get("host"), "platform": about or None},
            source_id=number or None,
            mentions=mentions,
            title=short.strip()[:200],
            text="\n".join(filter(None, (text, str(row.get("issue") or ""), demands and f"要求：{demands}"))),
            amount=amount(row.get("amount")),
            status=_status(row.get("status")),
            url=str(row["href"]) if row.get("href") else None,
        )


def _status(said: Any) -> str:
    """The state in the site's numbers or in words; open where the export has no such column."""
    text = str(said if said is not None else "").strip().removesuffix(".0")
    if not text:
        return "open"
    return STATUS.get(int(text), "") if text.isdigit() and int(text) in STATUS else status_of(text)


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found.group(1).strip() if found else None


IMPORTER = HeimaoExportImporter()
