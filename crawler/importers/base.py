"""What every importer shares: cells read, columns under Chinese and English names, an empty sheet, rows turned into records.

Whatever cannot be read raises ValueError with a reason for the person who handed it in.

A row is refused with its number and the reason, the rest is kept. Columns an importer does not name never reach a
record: that is how personal fields of foreign exports are left out.

Whom a row is about and what it says is each importer's own matter.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

from crawler.formats.json_api import ORGANISATION
from crawler.importers import files
from store.evidence.crawl_ledger import SourceCard
from store.evidence.records import parse_record
from store.evidence.vocabulary import COMPLAINT_STATUS, is_nothing, value_of
from store.text.dates import day_in, moment_in
from store.text.hosts import hosts_named
from store.text.query import host_key, uscc_is_valid
from store.text.refused_hosts import refusal

Record = dict[str, Any]
Row = Mapping[str, Any]
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_BETWEEN = re.compile(r"[;；、,，|\n\r\t]+")
_PERSON_NUMBER = re.compile(
    r"(?<![0-9A-Z])[1-6]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![0-9A-Z])",
    re.I,
)
_SIGNS = re.compile(r"[\s_\-（）()【】\[\]:：*·/]+")


def hosts_of_cell(text: str) -> list[str]:
    """The keys of sites and merchants a cell names that can be watched, each once; those of one cell may be separated by anything."""
    found = [f.key if f.place.merchant else host_key(f.host) for f in hosts_named(_BETWEEN.sub(" ", text))]
    return [host for host in dict.fromkeys(found) if refusal(host) is None] if len(found) > 1 else found


def about_several(record: Record, hosts: Sequence[str]) -> Record:
    """A record whose row names several hosts: whose it is can be told where one of them is watched, else a person is asked."""
    left = {key: value for key, value in record.items() if key != "host"}
    return left | {"mentions": [*dict.fromkeys((*hosts, *left.get("mentions", ())))][:10]}


def whole_number(value: Any, heading: Any) -> Any:
    """A number that names something, as it was; raises ValueError where a spreadsheet has rewritten it."""
    text = str(value).strip()
    rounded = text.isdigit() and len(text) > 15 and set(text[15:]) == {"0"}
    if _SCIENTIFIC.fullmatch(text) or rounded or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(
            f"{heading}: {text[:30]} 已被表格软件改写，原来的编号丢失了；请把该列设为文本后重新导出 a spreadsheet rewrote this number; "
            "set the column to text and export it again"
        )
    return text


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
        return {"host": str(given)}
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
    if (day := day_in(value)) is None:
        raise ValueError(f"{name}: 认不出日期 not a date: {str(value or '')[:30] or '(空 empty)'}")
    return day


def time_of(value: Any, name: str) -> dt.datetime:
    """A moment as sheets write it, China time where no zone is given; raises ValueError naming the column."""
    if (moment := moment_in(value)) is None:
        raise ValueError(f"{name}: 认不出日期 not a date: {str(value or '')[:30] or '(空 empty)'}")
    return moment


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


_AROUND = re.compile(r"人民币|rmb|cny|约|大概|左右|共计?|元整?|块钱?|[¥￥,，\s]", re.I)
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(万|w|千|k)?")
_TIMES = {"": 1, "万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}


def about(row: Row, company: str | None) -> Record:
    """Whom a row about `company` is about: the platform it names, else the company, and the host where one is given."""
    named = str(row.get("platform") or company or "")
    return ({"platform": named} if named else {}) | ({"host": str(row["host"])} if row.get("host") else {})


def penalty(
    source: str, row: Row, handed: Handed, category: str, reason: Iterable[Any], whom: Record
) -> Record:
    """A decision or list entry: `reason` are its parts, empty ones left out; `whom` as `about` gives it.

    The row's `lifted` is the day on which it ended. Raises ValueError when a day cannot be read.
    """
    return {
        "kind": "penalty",
        "source": source,
        **whom,
        "decided_on": day_of(row.get("date"), "date"),
        "category": category[:80],
        "reason": "；".join(str(part) for part in reason if part)[:400],
        "url": row.get("url"),
        "ended_on": day_of(row["lifted"], "lifted") if row.get("lifted") else None,
        "seen_at": handed.checked_at,
    }


def complaint(source: str, filed: dt.datetime, seen: dt.datetime, whom: Record, **said: Any) -> Record:
    """A complaint filed at `filed`; its state is known since `seen`, which is never before it was filed."""
    known = max(seen, filed)
    return {
        "kind": "complaint",
        "source": source,
        **whom,
        "filed_at": filed,
        "observed_at": known,
        "seen_at": known,
        **said,
    }


def status_of(said: Any) -> str:
    """The state a word means; raises ValueError naming the word and the known ones."""
    text = str(said if said is not None else "").strip()
    try:
        return str(value_of(COMPLAINT_STATUS, text or "(空 empty)"))
    except ValueError as error:
        raise ValueError(f"状态 state: {error}") from None


def amount(value: Any) -> float | None:
    """Yuan as a sheet writes them; None where the cell says nothing or is masked. Raises ValueError for anything else."""
    said = str(value if value is not None else "")
    text = _AROUND.sub("", unicodedata.normalize("NFKC", said)).lower()
    if not text or is_nothing(said) or "*" in text:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"金额看不懂，应为元 not an amount in yuan: {said[:30]}")
    return float(found[1]) * _TIMES[found[2] or ""] or None
