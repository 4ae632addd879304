"""人民网领导留言板: messages and their state, copied by hand or pasted from the page's own answer (its search is signed)."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.importers.base import (
    HOST,
    PLATFORM,
    URL,
    Column,
    Handed,
    Importer,
    Record,
    Row,
    complaint,
    status_of,
    time_of,
)
from crawler.pages.mentions import hosts_in
from store.evidence.crawl_ledger import SourceCard


class PeopleBoardImporter(Importer):
    """Keys of the page's own search answer, or a sheet."""

    id = "people_board"
    source = "people_board"
    brings = ("complaint",)
    card = SourceCard(
        id="people_board",
        kind="complaints",
        title_zh="人民网领导留言板",
        title_en="People's Daily message board",
        publisher="人民网",
        family="people",
        tier="C",
        cadence_hours=24 * 30,
        blind_zh="由人工检索录入，覆盖取决于检索者；留言是单方说法，“已办理”不等于退款。",
        blind_en="Searched and entered by a person, so coverage is theirs; one side's words; “handled” is not a refund.",
    )
    legal = (
        "其检索需要页面计算的签名，因此不采集；留言人信息不导入。",
        "Its search wants a signature the page computes, so it is not crawled; who wrote is not imported.",
    )
    columns = (
        Column("tid", "编号", "tid", True, ("id", "留言编号")),
        Column("subject", "标题", "subject", names=("title", "主题")),
        Column("content", "内容", "content", names=("text", "正文", "留言内容")),
        Column("forumName", "留言对象", "forumName"),
        Column("typeName", "类型", "typeName"),
        Column("domainName", "领域", "domainName"),
        Column("stateInfo", "状态", "stateInfo", True, ("state", "办理状态")),
        Column("createDateline", "留言时间", "createDateline", True, ("created", "date", "日期")),
        Column("replied", "回复时间", "replied", names=("replyTime",)),
        HOST,
        PLATFORM,
        URL,
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One message."""
        status = status_of(row.get("stateInfo"))
        if not row.get("tid"):
            raise ValueError("缺少编号 the number is missing")
        title, text = str(row.get("subject") or ""), str(row.get("content") or "")
        mentions = hosts_in(f"{title} {text}")
        if not (row.get("host") or row.get("platform") or mentions):
            raise ValueError(
                "看不出说的是哪个网站：请填网址或平台名称 whom it is about: fill in host or platform"
            )
        filed = time_of(row.get("createDateline"), "createDateline")
        yield complaint(
            self.source,
            filed,
            handed.checked_at,
            {"host": row.get("host"), "platform": row.get("platform")},
            source_id=str(row["tid"]),
            mentions=mentions,
            title=title,
            text=text,
            status=status,
            replied_at=time_of(row["replied"], "replied") if row.get("replied") else None,
            url=row.get("url"),
        )


IMPORTER = PeopleBoardImporter()
