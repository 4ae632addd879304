"""中国执行信息公开网: court enforcement against companies, typed in. Natural persons are refused, whatever the sheet says."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.importers.base import (
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

_KINDS = ("失信被执行人", "被执行人", "限制消费", "终结本次执行")


class EnforcementImporter(Importer):
    """Companies only: a row with a person's name or ID number is refused and its reason never repeats it."""

    id = "zxgk"
    source = "zxgk"
    brings = ("penalty",)
    card = SourceCard(
        id="zxgk",
        kind="penalty",
        title_zh="中国执行信息公开网（企业）",
        title_en="Court enforcement (companies)",
        publisher="最高人民法院",
        family="court",
        tier="A",
        cadence_hours=24 * 30,
        blind_zh="由人工查询录入；履行后会撤下；同名企业须核对信用代码；不查自然人。",
        blind_en="Looked up and entered by a person; removed once paid; check the credit code for firms of one name; persons are not looked up.",
    )
    legal = (
        "查询有图形验证码，不采集；只查企业，自然人一律拒收。",
        "Its search asks for an image captcha and is not crawled; companies only, natural persons are always refused.",
    )
    columns = (
        Column(
            "company",
            "被执行企业",
            "company",
            True,
            ("被执行人姓名/名称", "被执行人", "企业名称", "pName", "iname"),
        ),
        USCC,
        HOST,
        Column("kind", "类别", "kind", names=("类型",)),
        Column("case", "案号", "case", True, ("caseCode",)),
        Column("court", "执行法院", "court", names=("法院", "courtName")),
        Column(
            "date",
            "立案日期",
            "date",
            True,
            ("立案时间", "发布日期", "发布时间", "caseCreateTime", "regDate"),
        ),
        Column("conduct", "行为情形", "conduct", names=("失信行为具体情形", "disruptTypeName")),
        URL,
        # Named so that it is looked at and refused, not so that it is kept.
        Column("id_number", "身份证号码/组织机构代码", "pCardNum", names=("cardNum", "身份证号", "证件号码")),
    )

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One case."""
        company = company_of(row)
        kind = str(row.get("kind") or "被执行人").strip()
        if kind not in _KINDS:
            raise ValueError(f"类别应为 kind must be one of: {'、'.join(_KINDS)}")
        if not row.get("case"):
            raise ValueError("缺少案号 the case number is missing")
        parts = (row["case"], row.get("court"), row.get("conduct"))
        yield penalty(self.source, row, handed, kind, parts, about(row, company))


IMPORTER = EnforcementImporter()
