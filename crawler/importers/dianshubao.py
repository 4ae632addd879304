"""电诉宝 (网经社): exports of its complaint list. Its rows carry names, telephone and ID numbers: only a named few fields are read."""

from __future__ import annotations

from collections.abc import Iterator

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
    whom,
)
from store.evidence.crawl_ledger import SourceCard
from store.redaction.redact import clean

IDENTITY = frozenset(
    ["name", "sex", "age", "mobile", "email", "idcard", "manager", "order_num", "concrete_area", "remark", "remark2",
     "review", "article_link", *(f"pic{n}" for n in range(1, 6)), *(f"pic{n}_info" for n in range(1, 6))]
)  # fmt: skip
"""Fields of its rows that are never read: who complained, their order, their papers, and free notes about them."""
_STATES = {"1": "open", "2": "replied", "3": "completed", "4": "closed"}
"""Its own numbers; words are those everybody uses (store.evidence.vocabulary)."""


class DianshubaoImporter(Importer):
    """A field whitelist: what is not named here never reaches a record."""

    id = "dianshubao"
    source = "dianshubao"
    brings = ("complaint",)
    identity = IDENTITY
    card = SourceCard(
        id="dianshubao",
        kind="complaints",
        title_zh="电诉宝",
        title_en="Dianshubao complaints",
        publisher="网经社",
        family="100ec",
        tier="C",
        cadence_hours=24 * 30,
        blind_zh="接口是否仍可用未知，只收他人导出的文件；状态含义由该平台定义。",
        blind_en="Whether its service still runs is unknown, so only exported files are taken; what a state means is the site's own.",
    )
    legal = (
        "原始数据含投诉人身份信息：只读白名单字段，身份字段一律不读、不存；正文先脱敏。",
        "Its data identify complainants: a whitelist of fields is read, identity fields never; texts are redacted first.",
    )
    columns = (
        Column("id", "编号", "id", True),
        Column("title", "标题", "title"),
        Column("intro", "内容", "intro"),
        Column("company_name", "商家名称", "company_name", names=("to_company", "platform", "平台名称")),
        HOST,
        Column("category", "类别", "category"),
        Column("money", "金额", "money"),
        Column("state", "状态", "state"),
        Column("cdate", "投诉时间", "cdate", True, ("ctime",)),
        Column("back_time", "回复时间", "back_time"),
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One complaint without its complainant."""
        filed = time_of(row.get("cdate"), "cdate")
        state = str(row.get("state") or "").strip()
        back = (
            row.get("back_time")
            if str(row.get("back_time") or "0") not in ("0", "0000-00-00 00:00:00")
            else None
        )
        replied = time_of(back, "back_time") if back else None
        yield complaint(
            self.source,
            filed,
            handed.checked_at,
            whom({"host": row.get("host"), "platform": row.get("company_name")}),
            source_id=str(row.get("id") or "") or None,
            title=clean(str(row.get("title") or "")),
            text=clean(str(row.get("intro") or "")),
            amount=amount(row.get("money")),
            status=_status(state, replied is not None),
            replied_at=replied if replied is None or replied >= filed else None,
        )


def _status(state: str, replied: bool) -> str:
    """The state a row gives; where it gives none, whether it was answered. Raises ValueError for a word nobody knows."""
    if not state:
        return "replied" if replied else "open"
    return _STATES.get(state) or status_of(state)


IMPORTER = DianshubaoImporter()
