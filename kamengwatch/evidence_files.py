"""Files in the open evidence format (JSON Lines, or a sheet with a `kind` column), read line by line however large they are.

Sheets come as spreadsheets save them: UTF-16, `sep=`, titles above the headings, a size that is not believed, times without a
zone, which are China time. A row that cannot be read as one is given on as a line that begins with REASON.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from kamengwatch.config import UserError
from store.dates import day_in, moment_in
from store.ingest import REASON

FORMATS = ("jsonl", "csv", "xlsx")
_HEAD = 64 * 1024
_HEADING_WITHIN = 20
_NUMBERED = ("host", "source_id", "order_ref", "uscc", "number")
"""Columns in which an apostrophe before a number is a spreadsheet's mark for text, and no part of it."""
_DELIMITERS = ",\t;|"


def open_format(file: Path) -> str | None:
    """`jsonl`, `csv` or `xlsx` when the file is in the open evidence format, None when it is something else.

    A file that ends in .jsonl or .ndjson is taken at its word, so that a broken first line is named as one.
    """
    from crawler.importers.files import text_in

    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return "jsonl"
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(b"PK"):
        return (
            "xlsx"
            if any("kind" in _titles(row) for row in islice(_workbook(file), _HEADING_WITHIN))
            else None
        )
    text = text_in(head).lstrip("\ufeff").lstrip()
    if text.startswith("{"):
        return "jsonl" if _is_record(text.splitlines()[0]) else None
    first = text.splitlines()[:_HEADING_WITHIN]
    return (
        "csv" if any("kind" in _titles(line.split(sign)) for line in first for sign in _DELIMITERS) else None
    )


def lines(file: Path, format_: str) -> Iterable[bytes | str]:
    """The file's records as JSON lines; a line of a sheet up to its headings is blank here, so that numbers are a spreadsheet's."""
    if format_ == "jsonl":
        return _json_lines(file)
    return _sheet_lines(_csv_rows(file) if format_ == "csv" else _workbook(file))


def line_count(file: Path) -> int | None:
    """How many lines a text file has; None for a workbook."""
    if file.suffix.lower() == ".xlsx":
        return None
    with file.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def encoding_of(file: Path) -> str:
    """UTF-16 by its mark or zero bytes, utf-8-sig where the whole file reads so, else GB18030, which Chinese spreadsheets save."""
    from crawler.importers.files import utf16_of

    with file.open("rb") as raw:
        if encoding := utf16_of(raw.read(4096)):
            return encoding
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _is_record(line: str) -> bool:
    from crawler.nesting import json_in

    try:
        record = json_in(line)
    except ValueError:
        return False
    return isinstance(record, dict) and "kind" in record


def _json_lines(file: Path) -> Iterator[bytes | str]:
    if (encoding := encoding_of(file)) != "utf-8-sig" and encoding != "gb18030":
        with file.open(encoding=encoding, errors="replace") as text:
            for line in text:
                yield line.lstrip("\ufeff")
        return
    with file.open("rb") as stream:
        for number, raw in enumerate(stream):
            yield raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw


def _sheet_lines(rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    """Rows under the first line that has a column `kind`; the lines above it are titles."""
    heading: list[str] = []
    for cells in rows:
        if not heading:
            heading = _titles(cells) if "kind" in _titles(cells) else []
            yield ""
        elif any(cell not in (None, "") for cell in cells[len(heading) :]):
            yield (
                REASON
                + "比表头多出单元格 more cells than headings（逗号没有加引号？ a comma without quotation marks?）"
            )
        else:
            kept = {
                k: _value(k, v) for k, v in zip(heading, cells, strict=False) if k and v not in (None, "")
            }
            yield json.dumps(kept, ensure_ascii=False, default=str) if kept else ""


def _titles(cells: Iterable[Any]) -> list[str]:
    return [str(cell if cell is not None else "").strip().strip('"') for cell in cells]


def _csv_rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding=encoding_of(file), newline="", errors="replace") as stream:
        head = list(islice(stream, _HEADING_WITHIN))
        told = head[0].lstrip("\ufeff").strip().strip('"') if head else ""
        named = told[4:5] if told.lower().startswith("sep=") and len(told) <= 6 else ""
        delimiter = named or max(
            _DELIMITERS, key=lambda sign: max((line.count(sign) for line in head), default=0)
        )
        stream.seek(0)
        try:
            yield from csv.reader(stream, delimiter=delimiter)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(f"{file.name}: 不是可读的 CSV not a readable CSV file ({error})") from error


def _workbook(file: Path) -> Iterator[Sequence[Any]]:
    from crawler.importers.workbook import sheets_of

    try:
        found = sheets_of(file)
        before = 0
        for number, cells in next((s for s in found if s.active), found[0]).rows:
            yield from [()] * (number - before - 1)  # empty rows are counted, too
            yield cells
            before = number
    except (ValueError, IndexError) as error:
        raise UserError(f"{file.name}: {error}") from error


def _value(name: str, cell: Any) -> Any:
    """A cell's value: what `export` wrote as JSON or kept from being a formula is read back as it was, a time gets its zone."""
    from crawler.importers.files import cell as bare
    from crawler.nesting import json_in

    value = bare(cell) if name in _NUMBERED else cell.strip() if isinstance(cell, str) else cell
    if name.endswith("_at") and (moment := moment_in(value)):
        return moment.isoformat()
    if name.endswith("_on") and (day := day_in(value)):
        return day.isoformat()
    if not isinstance(value, str):
        return value
    if value[:2] in ("'=", "'+", "'-", "'@"):
        return value[1:]
    if value[:1] in "[{" and value[-1:] in "]}":
        try:
            return json_in(value)
        except ValueError:
            return value
    return {"true": True, "false": False, "null": None}.get(value.lower(), value)
