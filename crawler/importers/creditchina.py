"""信用中国: penalties and list entries of companies, typed in from the public page."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.importers.base import (
    COMPANY,
    HOST,
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


class CreditChinaImporter(Importer):
    """A sheet; the site's own answers need a dynamic parameter and are not read."""

    id = "creditchina"
    source = "creditchina"
    brings = ("penalty",)
    card = SourceCard(
        id="creditchina",
        kind="penalty",
        title_zh="信用中国",
        title_en="Credit China",
        publisher="国家公共信用信息中心",
        family="creditchina",
        tier="A",
        cadence_hours=24 * 30,
        blind_zh="由人工查询录入；与企业公示系统的处罚可能是同一件；信用修复后会撤下。",
        blind_en="Looked up and entered by a person; may repeat the register's penalties; taken down after credit repair.",
    )
    legal = (
        "页面有动态参数，不采集；只收企业。",
        "Its pages want a dynamic parameter and are not crawled; companies only.",
    )
    columns = (
        COMPANY,
        USCC,
        HOST,
        Column("category", "类别", "category", True, ("类型", "信息类别")),
        Column("reason", "事由", "reason", True, ("处罚事由", "违法事实", "列入原因")),
        Column("date", "决定日期", "date", True, ("处罚决定日期", "列入日期", "立案日期")),
        Column("number", "文书号", "number", names=("决定书文号", "案号")),
        Column("lifted", "移出日期", "lifted", names=("移出时间", "修复日期", "失效日期")),
        Column("authority", "决定机关", "authority", names=("处罚机关",)),
        URL,
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One entry."""
        company = company_of(row)
        category, reason = str(row.get("category") or "").strip(), str(row.get("reason") or "").strip()
        if not category or not reason:
            raise ValueError("类别与事由都要填 category and reason are both needed")
        parts = (reason, row.get("number"), row.get("authority"))
        yield penalty(self.source, row, handed, category, parts, about(row, company))


IMPORTER = CreditChinaImporter()
