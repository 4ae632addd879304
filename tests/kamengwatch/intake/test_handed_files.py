"""Files as people hand them in: one list of records, a cover sheet before the table, a PDF, a sheet of nobody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.support.programs.in_process_cli import command

RECORD = {"kind": "complaint", "source": "heimao", "source_id": "17410000071", "host": "a.example",
          "filed_at": "2026-03-05T10:00:00+08:00", "text": "付款后一直没有到账"}  # fmt: skip


def test_records_in_one_list_are_taken_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "records.json"
    file.write_text(json.dumps([RECORD, RECORD | {"source_id": "17410000072"}], indent=1), "utf-8")
    said = [command(capsys, "import", file, "--data-dir", tmp_path / "data") for _ in range(2)]
    first, again = (told.out + told.err for told in said)
    assert "共 2 行，新增或更新 2" in first and "已有 2" in again


def test_a_table_behind_a_cover_sheet_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    book.active.append(["某地 2026 年 3 月汇总，表见下一页"])
    sheet = book.create_sheet("明细")
    sheet.append(["日期", "投诉标题", "投诉对象", "投诉编号"])
    sheet.append(["2026-03-05", "充值不到账", "a.example", "17410000081"])
    book.save(tmp_path / "a.xlsx")
    told = command(capsys, "import", tmp_path / "a.xlsx", "--data-dir", tmp_path / "data")
    said = told.out + told.err
    assert "只读了工作表“明细”" in said and "未导入 0" in said


@pytest.mark.parametrize("body", [b"%PDF-1.7 x", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"\xff\xd8\xff\xe0JFIF"])
@pytest.mark.parametrize("name", ["a.pdf", "a.csv", "a.txt"])
def test_what_holds_no_rows_is_named_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, body: bytes
) -> None:
    (tmp_path / name).write_bytes(body)
    told = command(capsys, "import", tmp_path / name, "--data-dir", tmp_path / "data", expect=2)
    assert "CSV 或 XLSX" in told.out + told.err


def test_a_sheet_of_nobodys_is_told_whose_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("甲,乙,丙\n1,2,3\n", "utf-8")
    told = command(capsys, "import", tmp_path / "a.csv", "--data-dir", tmp_path / "data", expect=2)
    assert "heimao_export" in (said := told.out + told.err) and "--template" in said
