"""Files as people hand them in: sheets, workbooks under limits, pasted JSON, saved pages, copied registry answers.

Nothing of a sheet vanishes here: a row that cannot be read as one is given on with the reason, and what was passed over before
the headings or on other sheets is named.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from crawler.pages.decoding import decode
from crawler.pages.safe_parse import parse_json_bounded
from store.text.dates import Serial1904
from store.text.safe_text import check_zip_count

MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes of all parts together; a hundred thousand rows of ten columns are 50 MB."""
MOST_CELLS = 1_000_000
"""Cells, and different texts in them."""
MOST_ROWS = 1_048_576
"""As many as a sheet has."""
MOST_PADDED = 20_000_000
"""Cells that are not there but lie before one that is: the reader gives them, too."""
MOST_TAGS = 4_000_000
"""Of all parts: a million cells with a value each have two or three million."""
DEEPEST = 10_000
MOST_PARTS = 2_000
MOST_SHEETS = 50
LONGEST_TEXT = 1024 * 1024
"""Bytes without any mark-up; a cell holds at most 32,767 characters."""
_PIECE = 1024 * 1024
_CELLS = (b"<c ", b"<c>", b"<c/", b"<si", b"<r>", b"<r ")
"""How a cell, a shared text and a run of a formatted text begin: what the reader makes an object of."""
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
        check_zip_count(source, MOST_PARTS)
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
    cells = tags = 0
    for part in found:
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        silent, tail, open_tags = 0, b"", 0
        with parts.open(part) as stream:
            while piece := stream.read(_PIECE):
                if b"<!DOCTYPE" in tail + piece or b"<!ENTITY" in tail + piece:
                    raise ValueError(_UNFIT)
                cells += sum(map(piece.count, _CELLS))
                ends = piece.count(b"</")
                begun = piece.count(b"<") - ends - piece.count(b"<?") - piece.count(b"<!")
                tags += begun
                open_tags += begun - ends - piece.count(b"/>")
                if tags > MOST_TAGS or open_tags > DEEPEST:
                    raise TooLarge(
                        f"标签超过 {MOST_TAGS:,} 个或 {DEEPEST:,} 层",
                        f"more than {MOST_TAGS:,} tags or {DEEPEST:,} levels",
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


HEAVIEST = 64 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_SIGNS = 5_000_000
"""Separators in a sheet, values in a document: each costs a hundred bytes once it is read."""
MOST_COLUMNS = 1_000
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
BROKEN = "\0broken"
"""Key of a row that cannot be read as one: what is wrong with it."""
_HEADING_WITHIN = 20
"""The headings stand within so many lines that are not empty."""
_JSONP = re.compile(r"^\s*(?:try\s*\{\s*)?[A-Za-z_$][\w$.]{0,200}\(\s*([\[{].*[\]}])\s*\)\s*;?[^()]{0,40}(?:\(\w*\)\s*\{\s*\}\s*;?)?\s*$", re.S)  # fmt: skip
_APOSTROPHE = re.compile(r"^['‘’`´＇](?=[\d=+\-@])")
_FORMULA_TEXT = re.compile(r'^="([^"]*)"$')
_UNSEEN = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060\u00ad")
_SEP = re.compile(r'^"?sep=(.|\\t)"?[,;\t]*$', re.I)
_ANSWER = re.compile(
    r"^[ \t]*(?:domain name|domain|roid|registrar|whois server|no match(?:ing record)?|the domain you requested|sorry, the domain)\b(?![ \t]*[,;|\t])|\A%",
    re.I | re.M,
)
"""Lines of what a WHOIS server says."""
Known = Callable[[str], bool]


@dataclass(frozen=True)
class Read:
    """One of: numbered rows of a sheet (as a spreadsheet counts them), a JSON document, the text of a page, a WHOIS answer.

    `notes` name what stands in the file beside that and is not read, in Chinese and English.
    """

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    document: Any = None
    page: str | None = None
    answer: str | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)


_DOCUMENTS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""How a PDF and pictures begin, whatever their name says."""


def read(path: Path, known: Known | None = None) -> Read:
    """The content of a file; raises ValueError with a sentence for the user when it cannot be read, and OSError."""
    if path.stat().st_size > HEAVIEST:
        raise ValueError(f"{path.name}: 文件过大 more than {HEAVIEST >> 20} MiB")
    return parse(path.read_bytes(), path.name, known)


def parse(body: bytes, name: str, known: Known | None = None) -> Read:
    """The content of `body`, which is called `name` in what is said of it; `known` says which headings somebody reads. Raises ValueError."""
    if body.startswith(b"PK"):
        return _workbook(body, name, known)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(f"{name}: 旧版 .xls，请另存为 .xlsx old .xls: save it as .xlsx")
    if body.startswith(_DOCUMENTS):
        raise ValueError(
            f"{name}: PDF 和图片读不出行，请把表格另存为 CSV 或 XLSX no rows can be read from a PDF or a picture: save the table as CSV or XLSX"
        )
    # Keys that begin with a zero are ours (BROKEN): nothing handed in may hold one.
    text = text_in(body).replace("\0", "").strip("\ufeff").strip("\n\r ")
    if not text.strip():
        raise ValueError(f"{name}: 空文件 the file is empty")
    bare = text.lstrip()
    if bare.startswith("<"):
        return Read(page=bare)
    if wrapped := _JSONP.match(bare):
        return Read(document=_json(wrapped[1], name))
    if bare[0] in "{[(":
        return Read(document=_json(bare, name))
    if _ANSWER.search(bare) and not _heading(bare, known):
        return Read(answer=bare)
    return _table(text, name, known)


def text_in(body: bytes) -> str:
    """The text of a file: UTF-8, GB18030 or Big5, and UTF-16, which spreadsheets call Unicode text, with or without its mark."""
    if encoding := utf16_of(body):
        return body.decode(encoding, "replace")
    return decode(body)


def utf16_of(body: bytes) -> str | None:
    """The UTF-16 a file is in, by its mark or by where the zero bytes of its ASCII characters stand; None for another encoding."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = body[:4096]
    if b"\0" not in head:
        return None
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd + even < len(head) // 50 or min(odd, even) * 9 > max(odd, even):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def rows_in(document: Any) -> list[dict[str, Any]]:
    """The longest list of objects inside a JSON document, or the document itself when it is one object without any."""
    lists = [found for found in _lists(document, 0) if found and all(isinstance(row, dict) for row in found)]
    if lists:
        return max(lists, key=len)
    empty = any(found == [] for found in _lists(document, 0))
    return [document] if isinstance(document, dict) and not empty else []


def cell(value: Any) -> Any:
    """A cell's value without what spreadsheets put around it: an apostrophe before a number, ="…", invisible characters."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isalnum():
        return value
    text = value.translate(_UNSEEN).replace("\u00a0", " ").replace("\u3000", " ").strip()
    if quoted := _FORMULA_TEXT.match(text):
        text = quoted[1].strip()
    return _APOSTROPHE.sub("", text)


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict) and depth < 5:
        for inner in value.values():
            yield from _lists(inner, depth + 1)


def _json(text: str, name: str) -> Any:
    if text.count(",") + text.count("[") + text.count("{") > MOST_SIGNS:
        raise ValueError(
            f"{name}: JSON 里的值超过 {MOST_SIGNS:,} 个，请拆开 more than {MOST_SIGNS:,} values in the JSON: split it"
        )
    text = text.replace("\\u0000", "\\ufffd")
    bare = text.strip("();\n ") if text.startswith("(") else text
    try:
        return parse_json_bounded(bare)
    except ValueError:
        pass
    try:
        return [parse_json_bounded(line) for line in bare.splitlines() if line.strip()]
    except ValueError:
        raise ValueError(f"{name}: 不是完整的 JSON not complete JSON: paste the whole answer") from None


def _heading(text: str, known: Known | None) -> bool:
    """Whether the first line names two columns somebody reads: a sheet, whatever words stand in its rows."""
    first = text.splitlines()[0]
    return known is not None and any(sum(known(c.strip()) for c in first.split(d)) > 1 for d in ",\t;")


def _table(text: str, name: str, known: Known | None) -> Read:
    if sum(map(text.count, _LINE_ENDS)) > MOST_LINES:
        raise ValueError(f"{name}: 超过 {MOST_LINES:,} 行，请拆开 more than {MOST_LINES:,} lines: split it")
    if sum(map(text.count, ",\t;|")) > MOST_SIGNS:
        raise ValueError(
            f"{name}: 超过 {MOST_SIGNS:,} 个单元格，请拆开 more than {MOST_SIGNS:,} cells: split it"
        )
    lines = text.splitlines(keepends=True)
    first, delimiter = 1, ""
    if named := _SEP.match(lines[0].strip("\r\n")):
        first, delimiter = 2, named[1].replace("\\t", "\t")
        lines = lines[1:]
    delimiter = delimiter or max(",\t;|", key=lambda sign: _fields(lines, sign))
    try:
        told = csv.reader(io.StringIO("".join(lines)), delimiter=delimiter, strict=True)
        numbered = [(number, cells) for number, cells in enumerate(told, first) if cells]
    except csv.Error:
        numbered = list(_line_by_line(lines, delimiter, first))
    return _sheet(numbered, name, known)


def _fields(lines: Sequence[str], sign: str) -> int:
    """The most separators one of the first lines has: a title above the headings has none."""
    return max((line.count(sign) for line in lines[:_HEADING_WITHIN]), default=0)


def _line_by_line(lines: Sequence[str], delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Each line by itself, where a quotation mark is left open: one wrong row does not cost the file."""
    for number, line in enumerate(lines, first):
        try:
            yield number, next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            yield (
                number,
                [BROKEN, f"引号不成对或不是 CSV a quotation mark is not closed, or no CSV ({error})"],
            )


def _sheet(numbered: Iterable[tuple[int, Sequence[Any]]], name: str, known: Known | None) -> Read:
    """Rows under their headings: the first line that names most of the columns somebody reads; what stands above it is a title."""
    filled = [(n, [cell(c) for c in cells]) for n, cells in numbered]
    filled = [(n, cells) for n, cells in filled if any(c not in (None, "") for c in cells)]
    if not filled:
        return Read()
    scores = [
        sum(known(str(c)) for c in cells if c not in (None, "")) if known else 0
        for _, cells in filled[:_HEADING_WITHIN]
    ]
    at = scores.index(max(scores))
    above = [str(next(c for c in cells if c not in (None, "")))[:40] for _, cells in filled[:at]]
    titles = [str(title if title is not None else "").strip() for title in filled[at][1]]
    if len(titles) > MOST_COLUMNS:
        raise ValueError(f"{name}: 超过 {MOST_COLUMNS:,} 列 more than {MOST_COLUMNS:,} columns")
    rows = [(n, _row(titles, cells)) for n, cells in filled[at + 1 :]]
    notes = (
        [
            (
                f"表头上方的标题行未读取：{'；'.join(above)}",
                f"lines above the headings were not read: {'; '.join(above)}",
            )
        ]
        if above
        else []
    )
    return Read(rows=rows, titles=[title for title in titles if title], notes=notes)


def _row(titles: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    if cells and cells[0] == BROKEN:
        return {BROKEN: cells[1]}
    if any(c not in (None, "") for c in cells[len(titles) :]):
        return {
            BROKEN: "比表头多出单元格 more cells than headings（逗号没有加引号？ a comma without quotation marks?）"
        }
    row: dict[str, Any] = {}
    for title, value in zip(titles, cells, strict=False):
        if title and row.get(title) in (None, ""):  # of two columns of one name, the one that says something
            row[title] = value
    return row


def _workbook(body: bytes, name: str, known: Known | None) -> Read:
    try:
        found = sheets_of(io.BytesIO(body))
        sheets = [
            (s.title, [(n, [_number(c, s.since_1904) for c in cells]) for n, cells in s.rows]) for s in found
        ]
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    active = next((sheet.title for sheet in found if sheet.active), "")
    filled = {title: rows for title, rows in sheets if rows}
    chosen = active if active in filled else next(iter(filled), "")
    if known is not None and not _has_headings(
        filled.get(chosen, []), known
    ):  # a cover sheet, with the table behind it
        chosen = next((title for title, rows in filled.items() if _has_headings(rows, known)), chosen)
    made = _sheet(filled.get(chosen, []), name, known)
    # The second sheet of our own empty ones explains the columns.
    others = [title for title in filled if title != chosen and not title.startswith("说明")]
    if others:
        named = "、".join(others)
        made.notes.append(
            (
                f"只读了工作表“{chosen}”；未读：{named}",
                f"only the sheet “{chosen}” was read; not read: {named}",
            )
        )
    return made


def _has_headings(rows: Sequence[tuple[int, Sequence[Any]]], known: Known) -> bool:
    """Whether one of the first lines names two columns somebody reads."""
    return any(sum(bool(c) and known(str(c)) for c in cells) >= 2 for _, cells in rows[:_HEADING_WITHIN])


def _number(value: Any, since_1904: bool) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if since_1904 and 18_500 < value < 78_500:
        return Serial1904(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
