"""Manual sources: an empty sheet comes back filled, pasted answers and saved pages are read, wrong rows are named, people refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import Engine, func, select

from crawler.importers import BadRow, cards, found
from crawler.importers.dianshubao import IDENTITY
from crawler.run import spiders
from crawler.source_docs import PAGE, render
from store.db.engine import migrate, open_engine
from store.db.tables import Base
from store.evidence.ingest import Ingest, import_records
from store.evidence.records import parse_record
from tests.support.data.handed_in import CHECKED, COMPANY, document, read, sheet

IDS = (
    "creditchina",
    "dianshubao",
    "gsxt",
    "heimao_export",
    "icp",
    "people_board",
    "registration",
    "tsgs12315",
    "zxgk",
)
ROWS: dict[str, dict[str, Any]] = {
    "icp": {"域名": "yunhe.test", "查询结果": "有", "网站备案号": "粤ICP备2025000011号-1", "主办单位": COMPANY, "单位性质": "企业"},
    "tsgs12315": {"企业名称": COMPANY, "投诉日期": "2026-01-05", "公示时间": "2026-02-10", "处理结果": "达成调解协议", "问题": "拒不退款"},
    "people_board": {"编号": "7", "标题": "云合卡盟不发货", "状态": "待回复", "留言时间": "2026-02-01", "平台名称": "云合卡盟"},
    "gsxt": {"企业名称": COMPANY, "列入原因": "通过登记的住所无法联系", "列入日期": "2025年3月1日", "决定机关": "某区市场监管局"},
    "creditchina": {"企业名称": COMPANY, "类别": "行政处罚", "事由": "虚假宣传", "决定日期": "2025/3/1"},
    "zxgk": {"被执行企业": COMPANY, "案号": "（2025）粤0101执1号", "立案日期": "2025-03-01", "执行法院": "某区人民法院"},
    "dianshubao": {"编号": "9", "标题": "不退款", "内容": "电话13800138000，充值50元不到账", "商家名称": "云合卡盟", "投诉时间": "2026-02-01 10:00:00"},
    "registration": {"域名": "yunhe.test", "注册日期": "2024-02-20", "到期日期": "2027-02-20", "注册商": "某注册商"},
    "heimao_export": {"投诉标题": "不到账", "投诉详情": "付款后没有到账", "投诉对象": "云合卡盟", "日期": "2026-02-01"},
}  # fmt: skip


def test_every_importer_is_found_and_introduces_itself() -> None:
    assert tuple(found()) == IDS
    with_card = {card.id for card in cards()}
    for id_, importer in found().items():
        assert importer.id == id_ and all(importer.legal) and importer.brings and importer.columns
        assert importer.card is None or importer.card.id == importer.source == id_
        assert importer.card is not None or importer.source in spiders()
    assert not with_card & set(spiders())
    for card in cards():
        assert (
            card.title_zh
            and card.title_en
            and card.publisher
            and card.blind_zh
            and card.blind_en
            and card.tier in "ABCD"
        )


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("form", ["csv", "gbk", "tab", "xlsx"])
def test_an_empty_sheet_comes_back_filled(id_: str, form: str, tmp_path: Path) -> None:
    importer = found()[id_]
    heading, note = importer.template_rows()
    assert note[0].startswith("#") and len(note) == len(heading)
    titles = {column.zh: column.title for column in importer.columns}
    filled = {titles[zh]: value for zh, value in ROWS[id_].items()}
    row = [filled.get(title, "") for title in heading]
    path = tmp_path / f"back.{'xlsx' if form == 'xlsx' else 'csv'}"
    if form == "xlsx":
        book = Workbook()
        for line in (heading, note, row):
            book.active.append(line)
        book.save(path)
    else:
        stream = io.StringIO()
        csv.writer(stream, delimiter="\t" if form == "tab" else ",").writerows([heading, note, row])
        path.write_bytes(stream.getvalue().encode("gb18030" if form == "gbk" else "utf-8-sig"))
    records, bad = read(id_, path)
    assert (len(records), bad) == (1, [])
    assert records[0]["kind"] in importer.brings and records[0]["source"] == importer.source
    parse_record(records[0])


@pytest.mark.parametrize("id_", IDS)
def test_a_wrong_row_is_named_by_its_number_and_the_rest_is_kept(id_: str, tmp_path: Path) -> None:
    good = ROWS[id_]
    wrong = dict.fromkeys(good, "") | {next(iter(good)): "???"}
    records, bad = read(id_, sheet(tmp_path / "a.csv", [good, wrong, good]))
    assert len(records) == 2 and [row.number for row in bad] == [3] and bad[0].reason


@pytest.mark.parametrize("id_", IDS)
def test_files_that_are_something_else_are_refused_in_one_sentence(id_: str, tmp_path: Path) -> None:
    for name, body in [("a.csv", b"x,y\n1,2\n"), ("b.csv", b""), ("c.xlsx", b"PK\x03\x04junk"), ("d.xls", b"\xd0\xcf\x11\xe0" * 9),
                       ("e.json", b'{"a": [{"b": '), ("f.html", b"<html><script>acw_sc__v2</script></html>")]:  # fmt: skip
        path = tmp_path / name
        path.write_bytes(body)
        records, bad = read(id_, path)
        assert not records and len(bad) == 1 and bad[0].number == 1, name


def stored(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def test_taken_in_twice_nothing_is_added(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'k.db'}")
    migrate(engine)
    ingest = Ingest(engine, CHECKED)
    made = [record for id_ in IDS for record in read(id_, sheet(tmp_path / "a.csv", [ROWS[id_]]))[0]]
    first, before = import_records(ingest, made), stored(engine)
    assert (first.unmatched, first.total) == (len(IDS), len(IDS)), "nobody is watched: all wait"
    import_records(ingest, made)
    assert stored(engine) == before and sum(before.values()) >= 2 * len(IDS)


# Complaints


@pytest.mark.real_data
def test_the_sixteen_real_notices(real_data: Path) -> None:
    path = real_data / "complaints/JesseZhao1990__beijing-nanny-guide/gov_cases_12315.json"
    theirs = json.loads(path.read_text(encoding="utf-8"))
    records, bad = read("tsgs12315", path)
    assert (len(records), bad) == (16, [])
    assert Counter(r["status"] for r in records) == {"completed": 6, "closed": 10}
    assert len({r["source_id"] for r in records}) == 16
    for record, row in zip(records, theirs, strict=True):
        china = dt.timezone(dt.timedelta(hours=8))
        assert record["platform"] == row["company"]
        assert record["filed_at"].astimezone(china).date().isoformat() == row["date"]
        assert record["seen_at"].astimezone(china).strftime("%Y-%m-%d %H:%M:%S") == row["published"]
    lags = sorted((r["seen_at"] - r["filed_at"]).days for r in records)
    assert lags[0] >= 4 and lags[-1] <= 73 and 30 <= lags[8] <= 42


@pytest.mark.real_data
def test_answers_in_documented_shapes(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "complaints/fixtures_constructed"
    _, bad = read("tsgs12315", folder / "tsgs_gd_rows.json")
    assert "校验" in bad[0].reason  # its invented credit code does not check
    rows = json.loads((folder / "tsgs_gd_rows.json").read_text(encoding="utf-8"))
    rows["rows"][0]["creditNo"] = ""
    records, _ = read("tsgs12315", document(tmp_path / "gd.json", rows))
    assert (
        records[0]["status"] == "closed"
        and "entAddr" not in repr(records)
        and "广东省深圳市" not in repr(records)
    )
    _, bad = read("people_board", folder / "people_liuyan_search.json")
    assert "哪个网站" in bad[0].reason
    pasted = tmp_path / f"{COMPANY}.json"
    pasted.write_bytes((folder / "gsxt_busexception.json").read_bytes())
    records, bad = read("gsxt", pasted)
    assert not bad and records[0]["platform"] == COMPANY and records[0]["category"] == "经营异常"
    assert records[0]["decided_on"] == dt.date(2025, 3, 1)


@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_the_registers_keys_differ_in_case_by_province(case: Any, tmp_path: Path) -> None:
    row = {
        case("speCause_CN"): "通过登记的住所无法联系",
        case("abntime"): "2025年3月1日",
        case("remDate"): "2025年9月1日",
        case("entName"): COMPANY,
    }
    records, bad = read("gsxt", document(tmp_path / "x.json", [row]))
    assert not bad and records[0]["category"] == "经营异常" and str(records[0]["ended_on"]) == "2025-09-01"


def test_penalties_and_serious_violations_are_told_apart(tmp_path: Path) -> None:
    rows = [{"illegActType": "虚假宣传", "penContent": "罚款", "penDecNo": "某监罚〔2025〕1号", "penDecIssDate": "2025-03-01", "entName": COMPANY},
            {"serILLRea_CN": "提交虚假材料", "abntime": "2025-03-01", "entName": COMPANY, "类别": "严重违法失信"}]  # fmt: skip
    records, bad = read("gsxt", document(tmp_path / "x.json", rows))
    assert not bad and [r["category"] for r in records] == ["行政处罚", "严重违法失信"]


PERSONS = ["王小明", "欧阳小明", "Li Wei", "张*", "王小明，身份证440101199001011234"]


@pytest.mark.parametrize("id_", ["zxgk", "gsxt", "creditchina", "tsgs12315"])
@pytest.mark.parametrize("person", PERSONS)
def test_natural_persons_are_refused_and_not_repeated(id_: str, person: str, tmp_path: Path) -> None:
    name = "被执行企业" if id_ == "zxgk" else "企业名称"
    records, bad = read(id_, sheet(tmp_path / "a.csv", [ROWS[id_] | {name: person}]))
    assert not records and len(bad) == 1 and person not in bad[0].reason and "4401" not in bad[0].reason


def test_a_persons_number_refuses_a_row_whose_name_looks_like_a_company(tmp_path: Path) -> None:
    row = ROWS["zxgk"] | {"身份证号码/组织机构代码": "440101199001011234"}
    records, bad = read("zxgk", sheet(tmp_path / "a.csv", [row]))
    assert not records and "440101" not in bad[0].reason
    assert read(
        "zxgk", sheet(tmp_path / "b.csv", [ROWS["zxgk"] | {"统一社会信用代码": "91110108321713271Q"}])
    )[0]


PLANTED = {
    "name": "王小明", "sex": "女", "age": "41岁", "mobile": "13912345678", "email": "wang@mail.test", "idcard": "440101199001011234",
    "manager": "李经理", "order_num": "DD20260201123456789", "concrete_area": "广东省深圳市南山区粤海街道1号", "remark": "回访：王女士",
    "remark2": "联系 wx12345678", "review": "审核：赵六", "article_link": "http://x.test/?mobile=13912345678",
    **{f"pic{n}": f"/upload/idcard{n}.jpg" for n in range(1, 6)}, **{f"pic{n}_info": f"身份证照片{n}" for n in range(1, 6)},
}  # fmt: skip


def test_identity_fields_of_a_foreign_export_reach_no_record(tmp_path: Path) -> None:
    assert set(PLANTED) == IDENTITY and not IDENTITY & {c.key for c in found()["dianshubao"].columns}
    row = {"id": 9, "title": "不退款", "intro": "我叫王小明，电话13912345678，充值50元", "company_name": "云合卡盟", "money": "50", "state": "已回复",
           "cdate": "2026-02-01 10:00:00", "back_time": "2026-02-03 10:00:00", **PLANTED}  # fmt: skip
    for path in (document(tmp_path / "a.json", {"pw_rec_list": [row]}), sheet(tmp_path / "a.csv", [row])):
        records, bad = read("dianshubao", path)
        assert not bad and records[0]["amount"] == 50 and records[0]["status"] == "replied"
        for value in PLANTED.values():
            assert value not in repr(records)


@given(
    extra=st.dictionaries(
        st.sampled_from(sorted(IDENTITY)), st.text("王小明0123456789@.密", min_size=6, max_size=20)
    )
)
@settings(max_examples=40, deadline=None)
def test_no_identity_field_is_ever_read(extra: dict[str, str]) -> None:
    importer = found()["dianshubao"]
    assert set(importer.row_of({"id": "1", "title": "x", **extra})) <= {"id", "title"}


@pytest.mark.real_data
def test_another_tools_exports(real_data: Path) -> None:
    folder = real_data / "complaints/Wpandios__HeimaoData"
    table, bad = read("heimao_export", folder / "example_data_structured.csv")
    pasted, bad_ = read("heimao_export", folder / "example_data.json")
    assert not bad and not bad_
    assert (
        [r["source_id"] for r in table]
        == [r["source_id"] for r in pasted]
        == ["17390396995", "17391181466", "17390205379"]
    )
    assert [r["filed_at"] for r in table] == [r["filed_at"] for r in pasted]
    assert {r["platform"] for r in table + pasted} == {"信*飞App"} and {r["source"] for r in table} == {
        "heimao"
    }


def test_an_export_of_2020_needs_a_date(tmp_path: Path) -> None:
    row = {
        "投诉标题": "不发货",
        "投诉详情": "付款后不发货",
        "投诉对象": "云合卡盟",
        "投诉问题": "不发货",
        "投诉要求": "退款",
    }
    assert "日期" in read("heimao_export", sheet(tmp_path / "a.csv", [row]))[1][0].reason
    records, _ = read(
        "heimao_export", sheet(tmp_path / "b.csv", [row | {"日期": "2020-05-01"}], delimiter=";")
    )
    assert "退款" in records[0]["text"] and records[0]["filed_at"].year == 2020


def test_the_files_own_time_dates_what_it_does_not_say(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", [ROWS["icp"]])
    os.utime(path, (1_770_000_000, 1_770_000_000))
    records = [r for r in found()["icp"].read(path) if isinstance(r, dict)]
    assert records[0]["observed_at"] == dt.datetime.fromtimestamp(1_770_000_000, dt.UTC)


@given(body=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_file_breaks_an_importer(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(body)
    for importer in found().values():
        for made in importer.read(path, CHECKED):
            assert isinstance(made, BadRow | dict)


def test_the_page_of_sources_is_fresh() -> None:
    written = (Path(__file__).resolve().parents[3] / PAGE).read_text(encoding="utf-8")
    assert written == render(), "run: python -m crawler.source_docs"


def test_the_page_names_every_source_with_what_it_cannot_see() -> None:
    page = render()
    for card in [spider.card for spider in spiders().values()] + cards():
        assert (
            f"### {card.id}" in page
            and card.blind_zh in page
            and card.blind_en in page
            and card.publisher in page
        )
    for importer in found().values():
        assert f"--template {importer.id}`" in page
