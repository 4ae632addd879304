"""Files as people hand them in: CSV in UTF-8 or GBK, XLSX, pasted JSON, saved pages. What is in them is decided by their content."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.decode import decode
from crawler.nesting import json_in

HEAVIEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Read:
    """One of: numbered rows of a sheet (heading = 1), a JSON document, the text of a page."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    document: Any = None
    page: str | None = None


def read(path: Path) -> Read:
    """The content of a file; raises ValueError with a sentence for the user when it cannot be read, and OSError."""
    if path.stat().st_size > HEAVIEST:
        raise ValueError(f"{path.name}: 文件过大 more than {HEAVIEST >> 20} MiB")
    return parse(path.read_bytes(), path.name)


def parse(body: bytes, name: str) -> Read:
    """The content of `body`, which is called `name` in what is said of it; raises ValueError."""
    if body.startswith(b"PK"):
        return Read(rows=list(_workbook(body, name)))
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(f"{name}: 旧版 .xls，请另存为 .xlsx old .xls: save it as .xlsx")
    text = decode(body).lstrip("\ufeff").strip()
    if not text:
        raise ValueError(f"{name}: 空文件 the file is empty")
    if text.startswith("<"):
        return Read(page=text)
    if text[0] in "{[(":
        return Read(document=_json(text, name))
    return Read(rows=list(_table(text, name)))


def rows_in(document: Any) -> list[dict[str, Any]]:
    """The longest list of objects inside a JSON document, or the document itself when it is one object without any."""
    lists = [found for found in _lists(document, 0) if found and all(isinstance(row, dict) for row in found)]
    if lists:
        return max(lists, key=len)
    empty = any(found == [] for found in _lists(document, 0))
    return [document] if isinstance(document, dict) and not empty else []


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict) and depth < 5:
        for inner in value.values():
            yield from _lists(inner, depth + 1)


def _json(text: str, name: str) -> Any:
    bare = text.strip("();\n ") if text.startswith("(") else text
    try:
        return json_in(bare)
    except ValueError:
        pass
    try:
        return [json_in(line) for line in bare.splitlines() if line.strip()]
    except ValueError:
        raise ValueError(f"{name}: 不是完整的 JSON not complete JSON: paste the whole answer") from None


def _table(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    heading = text.splitlines()[0]
    delimiter = max(",\t;", key=heading.count)
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        titles = [title.strip() for title in next(reader)]
        for number, cells in enumerate(reader, 2):  # as a spreadsheet counts: a cell may hold several lines
            if any(cell.strip() for cell in cells):
                yield number, dict(zip(titles, (cell.strip() for cell in cells), strict=False))
    except csv.Error as error:
        raise ValueError(f"{name}: 不是完整的 CSV not a readable CSV ({error})") from None


def _workbook(body: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(io.BytesIO(body), read_only=True, data_only=True).active
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise ValueError(f"{name}: 打不开的 XLSX cannot be opened as XLSX") from None
    lines = enumerate(sheet.iter_rows(values_only=True), 1) if sheet is not None else iter(())
    _, heading = next(lines, (1, ()))
    titles = [str(title or "").strip() for title in heading]
    for number, cells in lines:
        if any(cell not in (None, "") for cell in cells):
            yield number, {title: cell for title, cell in zip(titles, cells, strict=False) if title}
