"""ICP filings by hand: a sheet, the registry's answer as copied, or a saved page of four look-up sites.

A row must say what came of the look-up. "Could not check" becomes a failed crawl of that host, never "not filed".
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import icp
from crawler.formats.icp import parse_answer
from crawler.formats.icp_pages import domain_of, provider_of, read_page
from crawler.importers.base import Column, Handed, Importer, Record, Row, day_of, hosts_of_cell, time_of
from store.china_time import SHANGHAI
from store.evidence.vocabulary import FOUND, value_of
from store.text.query import find_licences, host_of, parse_icp, registrable

_PROVIDER = "\0provider"
"""Key of a row that names the query service whose answer it was."""
_NOT_CHECKED = re.compile(
    r"could[ _]?not[ _]?check|failed|error|unknown|未能查询|查询失败|未查到结果页|不明|打不开", re.I
)


class IcpImporter(Importer):
    """Sheet columns are those of the registry's own answer; its JSON may be pasted whole."""

    id = "icp"
    card = None
    source = "icp"
    reads = ("csv", "xlsx", "json", "html")
    brings = ("filing", "crawl")
    hint = "查询结果填 有 / 无 / 未能查询。result: found / not found / could not check"
    legal = (
        "个人备案只保留性质，不保留姓名；请从 beian.miit.gov.cn 人工查询后填写。",
        "Of a natural person's filing only its nature is kept; look it up by hand at beian.miit.gov.cn.",
    )
    columns = (
        Column("domain", "域名", "domain", True, ("网址", "host", "site")),
        Column("result", "查询结果", "result", names=("结果", "found", "state")),
        Column("unitName", "主办单位", "unitName", names=("主办单位名称", "entity")),
        Column("natureName", "单位性质", "natureName", names=("主办单位性质", "nature")),
        Column("mainLicence", "主体备案号", "mainLicence", names=("备案号", "number")),
        Column("serviceLicence", "网站备案号", "serviceLicence", names=("网站备案/许可证号",)),
        Column("serviceName", "网站名称", "serviceName", names=("site_name",)),
        Column("contentTypeName", "服务内容", "contentTypeName", names=("网站内容", "内容类型", "content")),
        Column("limitAccess", "限制接入", "limitAccess", names=("是否限制接入",)),
        Column("updateRecordTime", "审核日期", "updateRecordTime", names=("审核时间", "approved")),
        Column("checked_at", "查询时间", "checked_at", names=("checkedat", "observed_at")),
        Column("checked_by", "查询人", "checked_by"),
        Column("evidence", "证据", "evidence", names=("url", "截图")),
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One look-up of one domain."""
        host = host_of(str(row.get("domain") or ""))
        if host is None:
            raise ValueError(f"认不出域名 not a domain: {str(row.get('domain') or '')[:60] or '(空 empty)'}")
        at = time_of(row["checked_at"], "checked_at") if row.get("checked_at") else handed.checked_at
        number = str(row.get("serviceLicence") or row.get("mainLicence") or "").strip()
        if _PROVIDER in row and row.get("result") == "有" and not number:
            yield self._filing(host, at, row[_PROVIDER], "", row) | {"found": True, "number": None}
            return
        result = _result(str(row.get("result") or ""), number)
        if result is None:
            yield {"kind": "crawl", "source": "icp", "started_at": at, "finished_at": at, "outcome": "failed",
                   "hosts": [host], "reason": "人工未能查询 could not be checked by hand"}  # fmt: skip
            return
        yield self._filing(host, at, row.get(_PROVIDER) or "manual", number if result else None, row)

    def answer(self, document: Any, handed: Handed) -> Iterable[tuple[int, Row]]:
        """The rows of the registry's answer; an empty one needs the domain as the file's name."""
        if isinstance(document, dict) and (provider := provider_of(document)):
            return [(1, self._provided(provider, document, handed))]
        if not isinstance(document, dict) or not {"params", "code"} & set(document):
            return super().answer(document, handed)
        try:
            rows = icp.document_of(json.dumps(document, ensure_ascii=False))["params"]["list"]
        except (SourceBlocked, SourceChanged, NotAnswered) as error:
            raise ValueError(
                f"查询未成功，不能当作未备案 the query failed, which is not “not filed”: {error}"
            ) from None
        if rows:
            return [(n, {**row, "result": "found"}) for n, row in enumerate(rows, 1) if isinstance(row, dict)]
        host = host_of(handed.stem) if "." in handed.stem else None
        if host is None:
            raise ValueError(
                "结果为空但没写域名：请把文件名改成域名 empty answer: name the file after the domain asked"
            )
        return [(1, {"domain": host, "result": "not found"})]

    def _provided(self, provider: str, document: dict[str, Any], handed: Handed) -> Row:
        """The row of a query service's answer; raises ValueError where it is neither yes nor no, or names no domain."""
        domain = domain_of(document) or (host_of(handed.stem) if "." in handed.stem else None)
        if domain is None:
            raise ValueError(
                f"{provider}: 答复没写域名：请把文件名改成域名 the answer names no domain: name the file after it"
            )
        answer = parse_answer(provider, json.dumps(document, ensure_ascii=False), domain)
        if answer.state == "unknown":
            raise ValueError(
                f"{provider}: 查询未成功，不能当作未备案 the query failed, which is not “not filed”: {answer.reason}"
            )
        limited = {True: "是", False: "否", None: None}[answer.limit_access]
        return {"domain": domain, "result": "有" if answer.state == "filed" else "无", "serviceLicence": answer.number or "",
                "unitName": answer.entity, "natureName": answer.nature, "limitAccess": limited, "updateRecordTime": answer.approved_on,
                "serviceName": answer.site_name, "contentTypeName": answer.content, _PROVIDER: provider}  # fmt: skip

    def row_of(self, row: Row) -> dict[str, Any]:
        """The row under our keys; raises ValueError for several domains in one cell."""
        kept = super().row_of(row)
        if len(hosts_of_cell(str(kept.get("domain") or ""))) > 1:
            raise ValueError("一格里有几个域名，请一行写一个 several domains in one cell: one a row")
        return kept

    def page(self, html: str, handed: Handed) -> Iterator[Record]:
        """A saved page of beianx, chinaz, aizhan or icplishi."""
        site, domain, filings = read_page(html, handed.stem)
        if not filings:
            if domain is None:
                raise ValueError(
                    "页面没写查的是哪个域名：请把文件名改成域名 name the file after the domain asked"
                )
            yield self._filing(domain, handed.checked_at, site, None, {})
        for shown in filings:
            row: dict[str, Any] = {"unitName": shown.entity, "natureName": shown.nature, "limitAccess": {True: "是", False: "否"}.get(shown.limited)}  # type: ignore[arg-type]  # fmt: skip
            at = handed.checked_at
            if shown.past:
                at = dt.datetime.combine(day_of(shown.day, "date"), dt.time(12), SHANGHAI)
            elif shown.day:
                row["updateRecordTime"] = shown.day
            yield self._filing(shown.domain, at, site, shown.number, row) | {
                "seen_at": max(at, handed.checked_at)
            }

    def _filing(self, host: str, at: dt.datetime, provider: str, number: str | None, row: Row) -> Record:
        nature = str(row.get("natureName") or "").strip() or None
        record: Record = {"kind": "filing", "source": "icp", "provider": provider, "host": host, "observed_at": at,
                          "found": number is not None, "domain": registrable(host)}  # fmt: skip
        if number is None:
            return record
        approved = row.get("updateRecordTime")
        return record | {
            "number": number,
            "entity": None if nature == icp.PERSONAL else row.get("unitName"),
            "nature": nature,
            "site_name": None if nature == icp.PERSONAL else icp.words(row.get("serviceName")),
            "content": icp.words(row.get("contentTypeName")),
            "limit_access": _limited(row.get("limitAccess")),
            "approved_on": day_of(approved, "updateRecordTime") if approved else None,
        }


def _limited(said: Any) -> bool | None:
    """Whether access is limited; None where the cell is empty. Raises ValueError for another word than yes or no."""
    if said in (None, ""):
        return None
    try:
        return bool(value_of(FOUND, str(said)))
    except ValueError:
        raise ValueError(f"限制接入应为是或否 limitAccess must be yes or no: {str(said)[:20]}") from None


def _result(said: str, number: str) -> bool | None:
    """True found, False not found, None could not be checked; raises ValueError where a row does not say."""
    plain = said.strip()
    if _NOT_CHECKED.fullmatch(plain):
        return None
    try:
        found = value_of(FOUND, plain) if plain else True
    except ValueError:
        raise ValueError(
            f"查询结果看不懂 result must be found, not found or could not check: {plain[:30]}"
        ) from None
    if not found:
        if number:
            raise ValueError("写着未备案却填了备案号 says not found but gives a number")
        return False
    if not number:
        raise ValueError(
            "没有备案号时须填查询结果（无 / 未能查询） without a number say: not found, or could not check"
        )
    if parse_icp(number) is None and not find_licences(number):
        raise ValueError(f"不是备案号 not a filing number: {number[:40]}")
    return True


IMPORTER = IcpImporter()
