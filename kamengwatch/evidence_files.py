"""Files in the open evidence format (JSON Lines, or a sheet with a `kind` column), read line by line however large they are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kamengwatch.config import UserError

FORMATS = ("jsonl", "csv", "xlsx")
_HEAD = 64 * 1024


def open_format(file: Path) -> str | None:
    """`jsonl`, `csv` or `xlsx` when the file is in the open evidence format, None when it is something else.

    A file that ends in .jsonl or .ndjson is taken at its word, so that a broken first line is named as one.
    """
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return "jsonl"
    with file.open("rb") as stream:
        head = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK"):
        return "xlsx" if "kind" in _xlsx_heading(file) else None
    if head.startswith(b"{"):
        return "jsonl" if _is_record(head.splitlines()[0]) else None
    heading = head.splitlines()[0].decode("gb18030", "replace") if head else ""
    return "csv" if "kind" in next(csv.reader([heading]), []) else None


def lines(file: Path, format_: str) -> Iterable[bytes | str]:
    """The file's records as JSON lines; the heading of a sheet is line 1, as a spreadsheet numbers it, and blank here."""
    if format_ == "jsonl":
        return _json_lines(file)
    return _sheet_lines(_csv_rows(file) if format_ == "csv" else _xlsx_rows(file))


def line_count(file: Path) -> int | None:
    """How many lines a text file has; None for a workbook."""
    if file.suffix.lower() == ".xlsx":
        return None
    with file.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def encoding_of(file: Path) -> str:
    """utf-8-sig where the whole file reads so, else GB18030, which is what Chinese spreadsheets save."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _is_record(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "kind" in record


def _json_lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream):
            yield line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line


def _sheet_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield ""
    for row in rows:
        kept = {k: v for k, v in row.items() if k and v not in (None, "")}
        yield json.dumps(kept, ensure_ascii=False, default=str) if kept else ""


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding=encoding_of(file), newline="") as stream:
        try:
            rows = csv.reader(stream)
            heading = [title.strip() for title in next(rows, [])]
            for cells in rows:
                yield {k: _value(v) for k, v in zip(heading, cells, strict=False) if k}
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{file.name}: 不是可读的 CSV not a readable CSV file ({error})") from error


def _xlsx_rows(file: Path) -> Iterator[dict[str, Any]]:
    rows = _workbook(file)
    heading = [str(h or "").strip() for h in next(rows, ())]
    for row in rows:
        yield {k: v for k, v in zip(heading, row, strict=False) if k}


def _xlsx_heading(file: Path) -> list[str]:
    return [str(h or "").strip() for h in next(_workbook(file), ())]


def _workbook(file: Path) -> Iterator[tuple[Any, ...]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        raise UserError(f"{file.name}: 打不开的 XLSX cannot be opened as XLSX ({error})") from error
    return iter(book.active.iter_rows(values_only=True))


def _value(text: str) -> Any:
    """A cell's value: what `export` wrote as JSON or kept from being a formula is read back as it was."""
    text = text.strip()
    if text[:2] in ("'=", "'+", "'-", "'@"):
        return text[1:]
    if text[:1] in "[{" and text[-1:] in "]}":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)
