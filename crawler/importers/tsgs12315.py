"""全国12315消费投诉信息公示: notices about companies, copied by hand. The text is the complainant's, the result no finding of fact."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

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
    complaint,
    time_of,
)
from store.evidence.crawl_ledger import SourceCard
from store.text.query import uscc_is_valid

_CLOSED = ("未达成", "和解", "撤回", "终止")


class NoticeImporter(Importer):
    """Columns of the national site and of the Guangdong lists; a notice stays public for one year only."""

    id = "tsgs12315"
    source = "tsgs12315"
    brings = ("complaint",)
    card = SourceCard(
        id="tsgs12315",
        kind="complaints",
        title_zh="12315 消费投诉公示",
        title_en="12315 complaint notices",
        publisher="市场监管部门",
        family="samr",
        tier="C",
        cadence_hours=24 * 30,
        blind_zh="只公示部分投诉，公示滞后约一个月，一年后撤下；内容为投诉人陈述，达成调解不等于已退款；只按企业名称对应网站。",
        blind_en="Some complaints only, about a month late, taken down after a year; one side's words, an agreement is not a refund; joined by company name.",
    )
    legal = (
        "网站有防护，不采集；由人工查询后录入，只收企业。",
        "The site is behind a firewall and is not crawled; looked up and entered by a person, companies only.",
    )
    columns = (
        COMPANY,
        USCC,
        Column("filed", "投诉日期", "complaint date", names=("date", "登记时间", "endtime", "投诉时间")),
        Column("published", "公示时间", "published", names=("公示日期", "publishTime")),
        Column("service", "服务类别", "service", names=("商品服务", "客体类别")),
        Column("issue", "问题", "issue", names=("投诉问题", "content", "投诉内容", "problem")),
        Column("claim", "诉求", "claim", names=("投诉诉求",)),
        Column("result", "处理结果", "result", True, ("resolution", "res", "调解结果")),
        Column("department", "处理部门", "department", names=("办理单位",)),
        HOST,
        PLATFORM,
        URL,
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One notice."""
        company = company_of(row)
        code = str(row.get("uscc") or "").upper()
        if code and not uscc_is_valid(code):
            raise ValueError(f"统一社会信用代码校验不符 the credit code's check digit is wrong: {code}")
        filed = time_of(row.get("filed"), "complaint date")
        published = time_of(row["published"], "published") if row.get("published") else None
        if published is not None and published < filed:
            raise ValueError("公示早于投诉 published before it was filed")
        result = str(row.get("result") or "")
        status = (
            "closed" if any(word in result for word in _CLOSED) else "completed" if "达成" in result else None
        )
        if status is None:
            raise ValueError(f"处理结果看不懂 unknown result: {result[:40] or '(空 empty)'}")
        issue, service = str(row.get("issue") or ""), str(row.get("service") or "")
        key = "|".join((code or company, filed.isoformat(), service, issue))
        # What became of it is known since the notice: its own time is the only one that is given.
        yield complaint(
            self.source,
            filed,
            published or handed.checked_at,
            about(row, company),
            source_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            title="：".join(filter(None, (service, issue)))[:200],
            text="；".join(str(row[k]) for k in ("issue", "claim", "result", "department") if row.get(k)),
            status=status,
            url=row.get("url"),
        )


IMPORTER = NoticeImporter()
