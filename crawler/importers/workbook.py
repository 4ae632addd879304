"""XLSX files under limits: they are packed, and a small one can be written to unpack to gigabytes or to rows without end."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes of all parts together; a hundred thousand rows of ten columns are 50 MB."""
MOST_CELLS = 1_000_000
"""Cells, and different texts in them."""
MOST_ROWS = 1_048_576
"""As many as a sheet has."""
MOST_PADDED = 20_000_000
"""Cells that are not there but lie before one that is: the reader gives them, too."""
MOST_PARTS = 2_000
MOST_SHEETS = 50
LONGEST_TEXT = 1024 * 1024
"""Bytes without any mark-up; a cell holds at most 32,767 characters."""
_PIECE = 1024 * 1024
_UNFIT = "打不开的 XLSX cannot be opened as XLSX"


class TooLarge(ValueError):
    """The sheet is refused before it is read: one sentence for the user."""

    def __init__(self, zh: str, en: str) -> None:
        """What is too much, in both languages."""
        super().__init__(f"表格过大：{zh}，请拆成几个文件 the workbook is too large: {en}; split it")


@dataclass
class Sheet:
    """One sheet: its title, whether it is the one that was last looked at, and its rows that hold anything, counted from 1."""

    title: str
    active: bool
    since_1904: bool
    rows: Iterator[tuple[int, tuple[Any, ...]]]


def sheets_of(source: Path | IO[bytes]) -> list[Sheet]:
    """The sheets of a workbook; raises ValueError, also while rows are read, with a sentence for the user."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(source) as parts:
            _measure(parts)
        book = load_workbook(source, read_only=True, data_only=True)
        sheets = book.worksheets
        if len(sheets) > MOST_SHEETS:
            raise TooLarge(f"超过 {MOST_SHEETS} 张工作表", f"more than {MOST_SHEETS} sheets")
        budget = [MOST_CELLS, MOST_ROWS, MOST_PADDED]
        active, since_1904 = book.active, book.epoch.year == 1904
        return [Sheet(s.title, s is active, since_1904, _rows(s, budget)) for s in sheets]
    except TooLarge:
        raise
    except Exception as error:  # the library raises whatever a broken part leads it to
        raise ValueError(_UNFIT) from error


def _measure(parts: zipfile.ZipFile) -> None:
    """Read every part once, a piece at a time, and refuse what would cost memory or minutes; raises TooLarge or ValueError."""
    found = parts.infolist()
    size = sum(part.file_size for part in found)
    if size > MOST_UNPACKED or len(found) > MOST_PARTS:
        raise TooLarge(
            f"解开后超过 {MOST_UNPACKED >> 20} MB", f"more than {MOST_UNPACKED >> 20} MB when unpacked"
        )
    cells = 0
    for part in found:
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        silent, tail = 0, b""
        with parts.open(part) as stream:
            while piece := stream.read(_PIECE):
                if b"<!DOCTYPE" in tail + piece or b"<!ENTITY" in tail + piece:
                    raise ValueError(_UNFIT)
                cells += (
                    piece.count(b"<c ") + piece.count(b"<c>") + piece.count(b"<si>") + piece.count(b"<si ")
                )
                first = piece.find(b"<")
                silent = (
                    silent + len(piece) if first < 0 else max(len(piece) - piece.rfind(b"<"), silent + first)
                )
                if silent > LONGEST_TEXT + _PIECE:
                    raise TooLarge("单元格文字过长", "a cell's text is too long")
                silent = silent if first < 0 else len(piece) - piece.rfind(b"<")
                tail = piece[-16:]
        if cells > MOST_CELLS:
            raise TooLarge(f"超过 {MOST_CELLS:,} 个单元格", f"more than {MOST_CELLS:,} cells")


def _rows(sheet: Any, budget: list[int]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with anything in them. WPS writes A1 for the size of any sheet, so the size it claims is not believed."""
    try:
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            budget[1] -= 1
            if not cells and budget[1] > 0:
                continue
            budget[2] -= len(cells)
            cells = _trimmed(cells)
            budget[0] -= len(cells)
            if min(budget) < 0:
                raise TooLarge(f"超过 {MOST_CELLS:,} 个单元格", f"more than {MOST_CELLS:,} cells")
            if any(value not in (None, "") for value in cells):
                yield number, cells
    except TooLarge:
        raise
    except Exception as error:
        raise ValueError(_UNFIT) from error


def _trimmed(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    last = next((i for i in range(len(cells) - 1, -1, -1) if cells[i] not in (None, "")), -1)
    return cells[: last + 1]
