"""Handing evidence in at the command line: empty sheets out, filled sheets in, wrong rows named, people's columns left out."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import create_engine, text

from crawler.importers import found
from tests.support.data.handed_in import COMPANY, document, sheet
from tests.support.programs.in_process_cli import command

ICP = {"域名": "a.example", "查询结果": "有", "网站备案号": "粤ICP备2025000011号-1"}
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _watched(data_dir: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "add", "a.example", "--name", "甲卡盟")


def rows(data_dir: Path, query: str) -> list[Any]:
    with create_engine(f"sqlite:///{data_dir / 'kamengwatch.db'}").connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("id_", sorted(found()))
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_empty_sheet_says_whose_it_is_and_explains_its_columns(
    id_: str, ending: str, tmp_path: Path, capsys: Capsys
) -> None:
    out = tmp_path / f"empty.{ending}"
    told = command(capsys, "import", "--template", id_, "-o", out)
    assert str(out) in told.err.replace("\n", "")
    if ending == "xlsx":
        book = load_workbook(out)
        explained = [row[0] for row in book.worksheets[1].iter_rows(values_only=True)]
        assert all(column.title in explained for column in found()[id_].columns)
    else:
        body = out.read_bytes()
        assert body.startswith(b"\xef\xbb\xbf") and f"# {id_}:" in body.decode("utf-8-sig")
    again = command(capsys, "import", out, expect=2)
    assert f"按 {id_} 读取" in again.err and "没有数据行" in again.err


def test_an_empty_sheet_goes_to_standard_output(capsys: Capsys) -> None:
    told = command(capsys, "import", "--template", "icp").out
    assert told.startswith("\ufeff"), "without it a Chinese spreadsheet reads the sheet as GBK"
    heading, note = csv.reader(io.StringIO(told.removeprefix("\ufeff")))
    assert heading[0].startswith("域名") and note[0].startswith("# icp:")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sheet_is_taken_in_once_and_wrong_rows_are_named(
    encoding: str, data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = sheet(
        tmp_path / "备案.csv", [ICP, ICP | {"查询结果": "也许"}, ICP | {"查询结果": "未能查询"}], encoding
    )
    first = command(capsys, "import", file, expect=2)
    assert "备案.csv 第 3 行" in first.err and "也许" in first.err
    report = json.loads(command(capsys, "import", file, "--json", expect=2).out)[0]
    assert (report["read_as"], report["inserted"], report["unchanged"]) == ("icp", 0, 2)
    assert [refused["line"] for refused in report["refused"]] == [3]
    assert rows(data_dir, "select found from filing") == [(1,)], "a look-up that failed is no filing"
    assert rows(data_dir, "select outcome from crawl") == [("failed",)]


def test_workbook_pasted_answer_and_saved_page_are_known_by_their_content(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    book = Workbook()
    for line in (list(ICP), list(ICP.values())):
        book.active.append(line)
    book.save(tmp_path / "any.xlsx")
    answer = {"code": 200, "params": {"total": 1, "list": [
        {"domain": "a.example", "serviceLicence": "粤ICP备2025000011号-1", "natureName": "个人", "unitName": "王小明"}]}}  # fmt: skip
    pasted = document(tmp_path / "answer.txt", answer)
    page = tmp_path / "a.example.html"
    page.write_text(f'<p id="comName">{COMPANY}</p><p id="license">粤ICP备2025000011号-1</p>', "utf-8")
    for days, looked_up in enumerate((pasted, page), 1):
        os.utime(looked_up, (1_770_000_000 + days * 86_400,) * 2)
    notice = document(tmp_path / "gsxt.json", [{"speCause_CN": "通过登记的住所无法联系", "abntime": "2025年3月1日", "entName": COMPANY}])  # fmt: skip
    report = json.loads(command(capsys, "import", tmp_path / "any.xlsx", pasted, page, notice, "--json").out)
    assert [(r["read_as"], r["inserted"] + r["unmatched"]) for r in report] == [
        ("icp", 1),
        ("icp", 1),
        ("icp", 1),
        ("gsxt", 1),
    ]
    assert "王小明" not in (data_dir / "kamengwatch.db").read_bytes().decode("utf-8", "ignore")


def test_a_failed_query_is_never_taken_for_not_filed(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    file = document(tmp_path / "a.example.json", {"code": 500, "message": "验证码识别失败"})
    assert "不能当作未备案" in command(capsys, "import", file, expect=2).err
    assert rows(data_dir, "select * from filing") == []


def test_columns_that_identify_people_are_named_and_not_kept(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    row = {"id": "9", "title": "不退款", "intro": "充值50元不到账", "company_name": "甲卡盟", "cdate": "2026-02-01 10:00:00",
           "name": "王小明", "mobile": "13912345678", "idcard": "440101199001011234", "姓名": "李小红"}  # fmt: skip
    told = command(capsys, "import", sheet(tmp_path / "x.csv", [row])).err
    assert "按 dianshubao 读取" in told and "身份信息列未读取" in told
    assert all(column in told for column in ("name", "mobile", "idcard", "姓名"))
    stored = (data_dir / "kamengwatch.db").read_bytes().decode("utf-8", "ignore")
    assert not any(
        value in stored + told for value in ("王小明", "13912345678", "440101199001011234", "李小红")
    )


def test_a_site_only_a_sheet_names_waits_for_a_person(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    command(capsys, "import", sheet(tmp_path / "x.csv", [ICP | {"域名": "new.example"}]))
    assert rows(data_dir, "select host from platform") == [("a.example",)]
    waiting = json.loads(command(capsys, "review", "--json").out)
    assert [(w["kind"], w["subject"]) for w in waiting] == [("candidate", "new.example")]
    command(capsys, "review", "accept", waiting[0]["id"])
    assert rows(data_dir, "select p.host from filing f join platform p on p.id = f.platform_id") == [
        ("new.example",)
    ]


def test_the_operators_own_gbk_sheet_in_the_open_format(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    record = {
        "kind": "penalty",
        "source": "gsxt",
        "host": "b.example",
        "decided_on": "2026-03-02",
        "category": "经营异常",
        "reason": "x",
    }
    told = command(capsys, "import", sheet(tmp_path / "open.csv", [record], "gb18030"))
    assert "按 csv 读取" in told.err
    assert rows(data_dir, "select category from penalty") == [("经营异常",)]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--template", "nosuch"), ("nosuch", "gsxt", "icp", "zxgk")),
        (("--template", "icp", "-o", "x.pdf"), ("x.pdf", ".xlsx")),
        (("--template", "icp", "-o", "no/such/folder.csv"), ("no/such/folder.csv",)),
        (("-o", "x.csv"), ("--template",)),
        ((), ("--template", "import")),
        (("{good}", "--format", "pdf"), ("pdf", "icp")),
        (("{good}", "--checked-at", "gestern"), ("gestern",)),
        (("{other}",), ("other.csv", "--format")),
        (("{broken}",), ("broken.xlsx", "XLSX")),
        (("{empty}",), ("empty.csv", "空")),
        (("nowhere.csv",), ("nowhere.csv",)),
    ],
)  # fmt: skip
def test_wrong_input_is_named_with_a_remedy(
    words: tuple[str, ...], named: tuple[str, ...], tmp_path: Path, capsys: Capsys
) -> None:
    files = {"good": sheet(tmp_path / "good.csv", [ICP]), "other": tmp_path / "other.csv"}
    files |= {"broken": tmp_path / "broken.xlsx", "empty": tmp_path / "empty.csv"}
    files["other"].write_text("x,y\n1,2\n", "utf-8")
    files["broken"].write_bytes(b"PK\x03\x04junk")
    files["empty"].write_bytes(b"")
    said = command(capsys, "import", *(word.format(**files) for word in words), expect=2).err
    assert all(one in said for one in named), said
    assert said.splitlines()[-1].startswith("错误 error:")


def test_a_filing_looked_up_more_than_thirty_days_ago_is_unknown_again(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = sheet(tmp_path / "icp.csv", [ICP | {"查询时间": "2026-03-01 10:00:00"}])
    command(capsys, "import", file)
    for day, state in (("2026-03-31", "filed"), ("2026-04-01", "unknown")):
        command(capsys, "rate", "--as-of", day)
        command(capsys, "publish")
        shown = json.loads(command(capsys, "rank", "--json").out)
        assert [row["filing_state"] for row in shown] == [state], day
