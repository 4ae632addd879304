"""What every importer shares: columns under Chinese and English names, an empty sheet, and rows turned into records.

A row is refused with its number and the reason, the rest is kept. Columns an importer does not name never reach a
record: that is how personal fields of foreign exports are left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

from crawler.formats.answers import CHINA, ORGANISATION, moment_of
from crawler.importers import files
from store.ledger import SourceCard
from store.names import host_key, host_of, uscc_is_valid
from store.records import parse_record

Record = dict[str, Any]
_SIGNS = re.compile(r"[\s_\-（）()【】\[\]:：*·/]+")
_PERSON_NUMBER = re.compile(
    r"(?<![0-9A-Z])[1-6]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![0-9A-Z])",
    re.I,
)
_EXCEL_EPOCH = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class Column:
    """One column: its key, what it is called, and other names it has in pasted answers and foreign exports."""

    key: str
    zh: str
    en: str
    required: bool = False
    names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The heading in an empty sheet, Chinese and English."""
        return f"{self.zh} {self.en}"


@dataclass(frozen=True)
class BadRow:
    """A row that was not taken: its number as a spreadsheet counts (heading = 1), and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Handed:
    """What is known of the file itself: when its content was looked up, and its name without ending."""

    checked_at: dt.datetime
    stem: str


Row = Mapping[str, Any]
HOST = Column("host", "网址", "host", names=("域名", "domain", "company_web", "website", "site", "url网址"))
PLATFORM = Column("platform", "平台名称", "platform", names=("网站名称", "站名"))
COMPANY = Column(
    "company",
    "企业名称",
    "company",
    names=("entName", "主体名称", "公司名称", "单位名称", "unitName", "name企业"),
)
URL = Column("url", "链接", "url", names=("网页",))
USCC = Column("uscc", "统一社会信用代码", "uscc", names=("creditCode", "creditNo", "信用代码", "uniscId"))


class Importer:
    """Base of all importers. Subclasses give `id`, `card`, `columns` and `record`, and `page` or `answer` if they read such."""

    id: ClassVar[str]
    card: ClassVar[SourceCard | None]
    """None where a spider declares the source."""
    source: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    hint: ClassVar[str] = ""
    """One line under the heading of the empty sheet, in both languages."""
    legal: ClassVar[tuple[str, str]] = ("", "")
    identity: ClassVar[frozenset[str]] = frozenset()
    """Columns of its exports that say who somebody is: never read, and the person handing them in is told so."""
    brings: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]] = ("csv", "xlsx", "json")

    def template_rows(self) -> list[list[str]]:
        """An empty sheet: the heading, and a line that begins with # and is skipped when the sheet comes back."""
        needed = "、".join(c.zh for c in self.columns if c.required) or "—"
        needed_en = ", ".join(c.en for c in self.columns if c.required) or "-"
        note = f"{self.mark} 必填 {needed}。required: {needed_en}. {self.hint}".strip()
        return [[column.title for column in self.columns], [note] + [""] * (len(self.columns) - 1)]

    @property
    def mark(self) -> str:
        """How the note below the heading of this importer's empty sheet begins: it says whose sheet it is."""
        return f"# {self.id}:"

    def read(self, path: Path, checked_at: dt.datetime | None = None) -> Iterator[Record | BadRow]:
        """Every record of a file; a file that cannot be read at all is one BadRow. Raises OSError only.

        `checked_at`: when its content was looked up, where the file itself does not say; else the file's own time.
        """
        try:
            read = files.read(path)
        except ValueError as error:
            yield BadRow(1, str(error))
            return
        yield from self.take(read, self.handed(path, checked_at))

    def handed(self, path: Path, checked_at: dt.datetime | None = None) -> Handed:
        """What is known of a file itself: when it was looked up (else when it was last written), and its name."""
        if checked_at is None:
            checked_at = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).replace(microsecond=0)
        return Handed(checked_at, path.name.removesuffix(path.suffix))

    def take(self, read: files.Read, handed: Handed) -> Iterator[Record | BadRow]:
        """Every record of content already read; what cannot be taken as a whole is one BadRow."""
        try:
            if read.page is not None:
                made = self._checked(1, self.page(read.page, handed))
            elif read.document is not None:
                rows = list(self.answer(read.document, handed))
                self._known(row for _, row in rows)
                made = self.records(rows, handed)
            else:
                self._known(row for _, row in read.rows[:1])
                if missing := self._missing(read.rows[0][1]):
                    raise ValueError(f"缺少列 missing column: {missing}")
                made = self.records(read.rows, handed)
        except ValueError as error:
            yield BadRow(1, str(error))
            return
        yield from made

    def likeness(self, headings: Iterable[Any]) -> int:
        """How many of `headings` this importer reads; 0 where one it needs is absent."""
        named = self._named
        have = {named[fold(heading)] for heading in headings if fold(heading) in named}
        return len(have) if all(c.key in have for c in self.columns if c.required) else 0

    def reads_column(self, heading: Any) -> bool:
        """Whether a column of this name is read at all."""
        return fold(heading) in self._named

    def records(self, rows: Iterable[tuple[int, Row]], handed: Handed) -> Iterator[Record | BadRow]:
        """Records of numbered rows as they stand in a sheet or an answer, under any of their headings."""
        for number, row in rows:
            kept = self.row_of(row)
            if kept and not str(next(iter(row.values()), "")).startswith("#"):
                yield from self._checked(number, self.record(kept, handed))

    def row_of(self, row: Row) -> Row:
        """The row under our keys, empty cells and unnamed columns left out."""
        named = self._named
        kept = {named[k]: v for key, v in row.items() if (k := fold(key)) in named and v not in (None, "")}
        return {key: value.strip() if isinstance(value, str) else value for key, value in kept.items()}

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """Records of one row; raises ValueError with the reason why it cannot be taken."""
        raise NotImplementedError

    def page(self, html: str, handed: Handed) -> Iterator[Record]:
        """Records of a saved page; raises ValueError."""
        raise ValueError("这里不读网页 saved pages are not read here")

    def answer(self, document: Any, handed: Handed) -> Iterable[tuple[int, Row]]:
        """Rows of a pasted JSON answer: by default the objects of its longest list; raises ValueError when there are none."""
        rows = files.rows_in(document)
        if not rows:
            raise ValueError("JSON 里没有记录 no rows in the JSON")
        return enumerate(rows, 1)

    def _checked(self, number: int, made: Iterable[Record]) -> Iterator[Record | BadRow]:
        try:
            for record in made:
                parse_record(record)
                yield record
        except ValueError as error:
            yield BadRow(number, str(error))

    @cached_property
    def _named(self) -> dict[str, str]:
        return {
            fold(name): column.key
            for column in self.columns
            for name in (column.key, column.zh, column.en, column.title, *column.names)
        }

    def _known(self, rows: Iterable[Row]) -> None:
        """Raise ValueError when no heading of any row is one of ours: silence would look like an empty source."""
        named = self._named
        if not any(fold(key) in named for row in rows for key in row):
            shown = "、".join(column.title for column in self.columns[:6])
            raise ValueError(
                f"没有数据或认不出任何列 no rows, or none of its columns is known; use: {shown} …"
            )

    def _missing(self, row: Row) -> str:
        named = self._named
        have = {named.get(fold(key)) for key in row}
        return "、".join(c.title for c in self.columns if c.required and c.key not in have)


def fold(name: Any) -> str:
    """A heading without signs, spaces and case."""
    return _folded(str(name)[:200])


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    """Every row repeats the headings."""
    return _SIGNS.sub("", name).lower()


def whom(row: Row) -> Record:
    """Whom a row is about, as `host` or `platform`; raises ValueError when it says neither."""
    if given := row.get("host"):
        host = host_of(str(given))
        if host is None:
            raise ValueError(f"认不出网址 not a host: {str(given)[:60]}")
        return {"host": host_key(host)}
    if named := row.get("platform") or row.get("company"):
        return {"platform": str(named).strip()[:200]}
    raise ValueError("网址、平台名称、企业名称至少填一个 give a host, a platform or a company")


def company_of(row: Row, key: str = "company") -> str:
    """The company a row is about; raises ValueError for a natural person: people are not evidence."""
    name = str(row.get(key) or "").strip()
    for column, value in row.items():
        # A credit code may have the shape of a person's number; it is one only where its check digit says so.
        is_code = column == "uscc" and uscc_is_valid(str(value).strip().upper())
        if not is_code and _PERSON_NUMBER.search(str(value)):
            raise ValueError("含个人身份证号，不导入 holds a person's ID number: not taken")
    if not name:
        raise ValueError("缺少企业名称 the company's name is missing")
    if not ORGANISATION.search(name):
        raise ValueError("只收企业，不收自然人 companies only, no natural persons")
    return name


def day_of(value: Any, name: str) -> dt.date:
    """A day as sheets and registers write it; raises ValueError naming the column."""
    if isinstance(value, dt.datetime):
        return (value.astimezone(CHINA) if value.tzinfo else value).date()
    if isinstance(value, dt.date):
        return value
    text = str(value if value is not None else "").strip()
    if text.isdigit() and 20_000 < int(text) < 80_000:
        return _EXCEL_EPOCH + dt.timedelta(days=int(text))
    if text.isdigit() and len(text) == 8 and (plain := moment_of(f"{text[:4]}-{text[4:6]}-{text[6:]}")):
        return plain.astimezone(CHINA).date()
    moment = moment_of(text)
    if moment is None:
        raise ValueError(f"{name}: 认不出日期 not a date: {text[:30] or '(空 empty)'}")
    return moment.astimezone(CHINA).date()


def time_of(value: Any, name: str) -> dt.datetime:
    """A moment as sheets write it, China time where no zone is given; raises ValueError naming the column."""
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    text = str(value if value is not None else "").strip()
    if re.search(r"T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$", text):
        return dt.datetime.fromisoformat(text)
    moment = moment_of(text)
    return moment or dt.datetime.combine(day_of(value, name), dt.time(), CHINA)
