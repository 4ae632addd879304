"""国家企业信用信息公示系统: entries of abnormal operation, serious violations and penalties, pasted or typed in.

The keys of its answers differ in case by province; they are read without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterator

from crawler.formats.json_api import ORGANISATION
from crawler.importers.base import (
    COMPANY,
    HOST,
    PLATFORM,
    URL,
    USCC,
    Column,
    Handed,
    Importer,
    Record,
    Row,
    about,
    company_of,
    penalty,
)
from store.evidence.crawl_ledger import SourceCard
from store.text.query import host_of


class GsxtImporter(Importer):
    """A pasted answer does not name the company: name the file after it, or after the host."""

    id = "gsxt"
    source = "gsxt"
    brings = ("penalty",)
    card = SourceCard(
        id="gsxt",
        kind="penalty",
        title_zh="国家企业信用信息公示系统",
        title_en="National enterprise information register",
        publisher="国家市场监督管理总局",
        family="samr",
        tier="A",
        cadence_hours=24 * 30,
        blind_zh="由人工查询录入；同名企业须先核对统一社会信用代码；移出后的记录仍会列出，附移出日期，不再计分。",
        blind_en="Looked up and entered by a person; firms of one name must be told apart by credit code; entries already lifted stay listed with that date and are no longer scored.",
    )
    legal = (
        "系统有验证码，不采集；只收企业，不收自然人。",
        "The register asks for a captcha and is not crawled; companies only, no natural persons.",
    )
    hint = "粘贴的查询结果没有企业名称时，请把文件名改成企业全称或网址。name a pasted answer's file after the company or host"
    columns = (
        COMPANY,
        USCC,
        HOST,
        PLATFORM,
        Column("category", "类别", "category", names=("类型",)),
        Column(
            "reason",
            "列入原因",
            "reason",
            names=(
                "speCause_CN",
                "serILLRea_CN",
                "illegActType",
                "违法行为类型",
                "处罚事由",
                "列入严重违法原因",
            ),
        ),
        Column(
            "date",
            "列入日期",
            "date",
            names=("abntime", "penDecIssDate", "决定日期", "处罚决定日期", "列入时间"),
        ),
        Column("content", "处罚内容", "penContent"),
        Column("authority", "决定机关", "authority", names=("decOrg_CN", "penAuth_CN", "作出决定机关")),
        Column("number", "文书号", "penDecNo", names=("决定书文号",)),
        Column("lifted", "移出日期", "remDate", names=("移出时间",)),
        URL,
        Column("severe", "严重违法原因", "serILLRea"),
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One entry."""
        named = dict(row)
        if not any(row.get(key) for key in ("company", "platform", "host")):
            if not handed.names_subject:
                raise ValueError("没有企业名称、平台或网址 the row names no company, platform or host")
            named |= _subject_of(handed.stem)
        elsewise = named.get("host") or named.get("platform")
        company = company_of(named) if named.get("company") or not elsewise else None
        reason = str(row.get("reason") or row.get("severe") or "").strip()
        if not reason:
            raise ValueError("缺少列入原因 the reason is missing")
        parts = [reason, row.get("content"), row.get("number"), row.get("authority")]
        # Category and reason stay what they were: an entry read again after it was lifted is the same entry.
        category = str(row.get("category") or "").strip() or self._category(row)
        yield penalty(self.source, row, handed, category, parts, about(named, company))

    def _category(self, row: Row) -> str:
        if row.get("severe"):
            return "严重违法失信"
        return "行政处罚" if row.get("content") or row.get("number") else "经营异常"


def _subject_of(stem: str) -> Record:
    """Whom a pasted answer is about, by its file's name; raises ValueError where that names nobody."""
    if "." in stem and stem.isascii() and (host := host_of(stem)):
        return {"host": host}
    if ORGANISATION.search(stem):
        return {"company": stem}
    raise ValueError(
        "查询结果没有企业名称：请把文件名改成企业全称或网址 the answer names no company: name the file after the company or host"
    )


IMPORTER = GsxtImporter()
