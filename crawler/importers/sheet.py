"""What every importer shares: columns under Chinese and English names, an empty sheet, and rows turned into records.

A row is refused with its number and the reason, the rest is kept. Columns an importer does not name never reach a
record: that is how personal fields of foreign exports are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from crawler.importers import files
from crawler.importers.cells import (
    Record,
    Row,
    about_several,
    company_of,
    day_of,
    fold,
    hosts_of_cell,
    time_of,
    whole_number,
    whom,
)
from store.evidence_words import is_nothing
from store.ledger import SourceCard
from store.records import parse_record

_NUMBERS = frozenset(("sn", "id", "tid", "uscc", "case", "number"))
"""Keys of columns whose value names one thing: two of them may never become one."""
_SUBJECTS = frozenset(("host", "domain", "platform", "company", "company_name", "object"))
"""Keys of columns that say whom a row is about."""
SEVERAL = "\0several"
"""Key of a row whose cell names several hosts."""

__all__ = [
    "BadRow", "COMPANY", "Column", "HOST", "Handed", "Importer", "PLATFORM", "Record", "Row", "SEVERAL", "URL", "USCC",
    "company_of", "day_of", "hosts_of_cell", "time_of", "whom",
]  # fmt: skip


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
    """What is known of the file itself: when its content was looked up, and its name without ending.

    `names_subject`: nothing in the content can say whom it is about, so the file's name may.
    """

    checked_at: dt.datetime
    stem: str
    names_subject: bool = False


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
            read = files.read(path, self.reads_column)
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
        for _, made in self.take_numbered(read, handed):
            yield made

    def take_numbered(self, read: files.Read, handed: Handed) -> Iterator[tuple[int, Record | BadRow]]:
        """The same, each with the number of the row it came from; of a sheet every row gives one record or one BadRow."""
        try:
            if read.page is not None:
                made = self._each(self.page(read.page, handed))
            elif read.answer is not None:
                made = self._each(self.registry_answer(read.answer, handed))
            elif read.document is not None:
                rows = list(self.answer(read.document, handed))
                self._known(key for _, row in rows for key in row)
                made = self.records(rows, self._subject_by_name(handed, {k for _, row in rows for k in row}))
            else:
                self._known(read.titles)
                if missing := self._missing(read.titles):
                    raise ValueError(f"缺少列 missing column: {missing}")
                made = self.records(read.rows, self._subject_by_name(handed, read.titles))
        except ValueError as error:
            yield 1, BadRow(1, str(error))
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

    def records(
        self, rows: Iterable[tuple[int, Row]], handed: Handed
    ) -> Iterator[tuple[int, Record | BadRow]]:
        """Records of numbered rows as they stand in a sheet or an answer, under any of their headings."""
        for number, row in rows:
            if not _is_note(row):
                yield from ((number, made) for made in self._of_row(number, row, handed))

    def _of_row(self, number: int, row: Row, handed: Handed) -> list[Record | BadRow]:
        """What becomes of one row: all of its records, or why it is refused."""
        try:
            if reason := row.get(files.BROKEN):
                raise ValueError(str(reason))
            kept = self.row_of(row)
            if not kept:
                raise ValueError("认得的列都是空的 nothing stands in the columns that are read")
            several = kept.pop(SEVERAL, None)
            records = [about_several(r, several) if several else r for r in self.record(kept, handed)]
            for record in records:
                parse_record(record)
            return [*records] or [BadRow(number, "没有读出内容 nothing was read from it")]
        except ValueError as error:
            return [BadRow(number, str(error))]

    def row_of(self, row: Row) -> dict[str, Any]:
        """The row under our keys, empty cells and unnamed columns left out; raises ValueError for a number a spreadsheet rewrote.

        Under SEVERAL stand the hosts of a cell that holds more than one; the first of them stands where one would.
        """
        named = self._named
        kept: dict[str, Any] = {}
        for heading, said in row.items():
            if str(heading).startswith("\0"):  # what an importer put there itself
                kept[str(heading)] = said
                continue
            key, value = named.get(fold(heading)), files.cell(said)
            if key is None or value in (None, "") or (key in _SUBJECTS and is_nothing(value)):
                continue
            if key in _NUMBERS:
                value = whole_number(value, heading)
            if key == "host" and len(hosts := hosts_of_cell(str(value))) > 1:
                kept[SEVERAL], value = hosts, hosts[0]
            kept[key] = value
        return kept

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """Records of one row; raises ValueError with the reason why it cannot be taken."""
        raise NotImplementedError

    def page(self, html: str, handed: Handed) -> Iterator[Record]:
        """Records of a saved page; raises ValueError."""
        raise ValueError("这里不读网页 saved pages are not read here")

    def registry_answer(self, text: str, handed: Handed) -> Iterator[Record]:
        """Records of what a registry's WHOIS server said; raises ValueError."""
        raise ValueError("这里不读 WHOIS 答复 WHOIS answers are not read here")

    def answer(self, document: Any, handed: Handed) -> Iterable[tuple[int, Row]]:
        """Rows of a pasted JSON answer: by default the objects of its longest list; raises ValueError when there are none."""
        rows = files.rows_in(document)
        if not rows:
            raise ValueError("JSON 里没有记录 no rows in the JSON")
        return enumerate(rows, 1)

    def _each(self, made: Iterable[Record]) -> Iterator[tuple[int, Record | BadRow]]:
        """The records of a page or answer, each for itself."""
        number = 0
        try:
            for number, record in enumerate(made, 1):
                parse_record(record)
                yield number, record
        except ValueError as error:
            yield number or 1, BadRow(number or 1, str(error))

    def _subject_by_name(self, handed: Handed, headings: Iterable[Any]) -> Handed:
        """Whether the file's name may say whom it is about: only where no column could."""
        keys = {self._named.get(fold(heading)) for heading in headings}
        return replace(handed, names_subject=not keys & _SUBJECTS)

    @cached_property
    def _named(self) -> dict[str, str]:
        return {
            fold(name): column.key
            for column in self.columns
            for name in (column.key, column.zh, column.en, column.title, *column.names)
        }

    def _known(self, headings: Iterable[Any]) -> None:
        """Raise ValueError when no heading is one of ours: silence would look like an empty source."""
        if not any(fold(heading) in self._named for heading in headings):
            shown = "、".join(column.title for column in self.columns[:6])
            raise ValueError(
                f"没有数据或认不出任何列 no rows, or none of its columns is known; use: {shown} …"
            )

    def _missing(self, headings: Iterable[Any]) -> str:
        have = {self._named.get(fold(heading)) for heading in headings}
        return "、".join(c.title for c in self.columns if c.required and c.key not in have)


def _is_note(row: Row) -> bool:
    """A line of explanation below the headings: it begins with # and says nothing in other columns."""
    first, *others = row.values() if row else ("",)
    return str(first).startswith("#") and all(value in (None, "") for value in others)
