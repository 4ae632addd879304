"""Take records in: match, redact, classify and upsert them, one transaction a page or batch; taken in twice, nothing changes.

The new host waits in the review queue as a possible alias; only a person makes it one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, update

from store.archive.warc import Stored
from store.db.engine import acquire_writer_lock, retry_on_deadlock
from store.db.tables import OBSERVATIONS, Alias, Crawl, CrawlPlatform, Operator, Platform, Review, Source
from store.db.upsert import FEWEST, changed_rows, insert_for, upsert_observations
from store.evidence.capture_rows import keep_captures
from store.evidence.complainant_pseudonyms import Complainants, order_secret
from store.evidence.entity_matching import Directory, Subject, nearest_source
from store.evidence.new_subjects import check_subject
from store.evidence.normalize import classify_rows, row_of
from store.evidence.records import (
    About,
    ComplaintRecord,
    CrawlRecord,
    MoveRecord,
    PageRecord,
    PlatformRecord,
    Record,
    RecordError,
    Sourced,
    parse_line,
    parse_record,
)
from store.redaction.natural_persons import without_person
from store.redaction.rules import TOKEN
from store.text.hosts import like_merchant
from store.text.malls import host_part
from store.text.query import host_key, key_of, registrable
from store.text.refused_hosts import refusal


@dataclass(frozen=True)
class Refused:
    """A line that was not taken: its number (1 = first) and why."""

    line: int
    reason: str


@dataclass
class Saved:
    """What became of the records taken in; every one is counted once: in `inserted`, `unchanged`, `unmatched` or `refused`.

    `inserted` are new or changed rows, `unchanged` rows known already, `unmatched` rows that are kept and wait in the review
    queue until a person says whom they are about. `unread` counts keys of lines that their kind does not have.
    """

    inserted: int = 0
    unchanged: int = 0
    unmatched: int = 0
    refused: list[Refused] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many records there were."""
        return self.inserted + self.unchanged + self.unmatched + len(self.refused)

    def add(self, other: Saved) -> None:
        """Count `other` in."""
        self.inserted += other.inserted
        self.unchanged += other.unchanged
        self.unmatched += other.unmatched
        self.refused += other.refused
        self.unread += other.unread


_SIGNS = {"moved_to": "redirect", "other_hosts": "notice"}


def moves_of(page: PageRecord) -> Iterator[MoveRecord]:
    """The moves a page shows: a redirect to another registrable domain, or other addresses named in its notice."""
    own = registrable(host_key(page.host or ""))
    for sign, via in _SIGNS.items():
        said = (page.signs or {}).get(sign) or []
        for text in [said] if isinstance(said, str) else said:
            host = key_of(str(text))
            if host is None or registrable(host) == own:
                continue
            yield MoveRecord.model_validate(
                {
                    "kind": "move",
                    "source": page.source,
                    "host": page.host,
                    "observed_at": page.observed_at,
                    "seen_at": page.seen_at,
                    "to_host": host,
                    "via": via,
                    "_capture": page.capture,
                }
            )


def question(move: MoveRecord, now: dt.datetime) -> dict[str, Any]:
    """The review row that asks a person whether the new host is the same platform's."""
    detail = {
        "candidates": [host_key(move.host or "")],
        "source": move.source,
        "via": move.via,
        "mentions": [],
    }
    key = f"match:{move.to_host}"[:253]
    return {"kind": "match", "key": key, "subject": move.to_host, "detail": detail, "opened_at": now}


__all__ = ["Ingest", "Refused", "Saved", "import_lines", "import_records", "save_page"]
BATCH = 5_000
OF_THE_HOST = ("filing", "registration", "certificate", "resolution", "sighting")
"""Kinds that say something of a host and its domain: in a mall they are about the mall, whichever merchant they were asked for."""
REASON = "\0"
"""A line that begins so is none, but the reason why what stood there cannot be read as one."""
MOST_LEARNED = 5
"""Names kept of what a site calls itself; titles change with every sale."""


class Ingest:
    """Takes records in for one database. Not thread-safe; one per process or import."""

    def __init__(
        self,
        engine: Engine,
        now: dt.datetime,
        *,
        accept_new: bool = False,
        demo: bool = False,
        complainants: Complainants | None = None,
        new_sources: bool = True,
    ) -> None:
        """`now` dates what is made here; with `accept_new` an unknown host becomes a watched platform.

        Only an operator's own file may do that: a host merely found by a crawl waits in the review queue.
        With `complainants` further complaints of one person can be told; without, nobody is told apart.
        Without `new_sources` a record of a source nobody declared is refused: more often than not its id is misspelt.
        """
        self.new_sources = new_sources
        self.engine, self.now, self.accept_new, self.demo = engine, now, accept_new, demo
        self.complainants = complainants
        self._read()

    def _read(self) -> None:
        with self.engine.begin() as connection:
            self.key = order_secret(connection)
            self.directory = Directory(connection)
            said = connection.execute(select(Source.id, Source.title_zh, Source.title_en))
            self._sources = {id_: (id_, zh or "", en or "") for id_, zh, en in said}

    def save(
        self,
        records: Sequence[Record],
        *,
        crawl_id: int | None = None,
        captures: Sequence[Stored] = (),
    ) -> Saved:
        """Store `records` (and the captures they came from) in one transaction."""
        return retry_on_deadlock(lambda alone: self._save(records, crawl_id, captures, alone), self._read)

    def _save(
        self, records: Sequence[Record], crawl_id: int | None, captures: Sequence[Stored], alone: bool
    ) -> Saved:
        saved = Saved()
        matched: dict[str, list[dict[str, Any]]] = {}
        waiting: dict[str, list[dict[str, Any]]] = {}
        moves: list[MoveRecord] = []
        with self.engine.begin() as connection:
            if alone or len(records) >= FEWEST:
                acquire_writer_lock(connection, alone)
            capture_ids = keep_captures(connection, self.directory, crawl_id, captures)
            for record in records:
                if isinstance(record, PlatformRecord):
                    saved.add(self._platform(connection, record))
                elif isinstance(record, CrawlRecord):
                    saved.add(self._crawl(connection, record))
                elif isinstance(record, About):
                    row = self._row(connection, record, crawl_id, capture_ids)
                    rows = waiting if row["platform_id"] is None else matched
                    rows.setdefault(record.kind, []).append(row)  # type: ignore[attr-defined]
                    if isinstance(record, MoveRecord):
                        self._offer(connection, record)
                    if isinstance(record, PageRecord) and record.signs and record.host:
                        moves += moves_of(record)
                    if isinstance(record, PageRecord) and record.site_name and row["platform_id"]:
                        self._learn_name(connection, row["platform_id"], record.site_name, record.source)
            for kind, batch in matched.items():
                changed = self._store(connection, kind, batch)
                saved.inserted += changed
                saved.unchanged += len(batch) - changed
            for kind, batch in waiting.items():
                self._store(connection, kind, batch)
                saved.unmatched += len(batch)
            # What a page shows of a move is ours, not a record anybody handed in: it is kept, and not counted.
            for move in moves:
                row = self._row(connection, move, crawl_id, capture_ids)
                self._store(connection, move.kind, [row])
                self._offer(connection, move)
        return saved

    def _store(self, connection: Connection, kind: str, rows: list[dict[str, Any]]) -> int:
        """Upsert rows of one kind; returns how many were new or changed."""
        if kind == "complaint":
            classify_rows(rows)
        return upsert_observations(connection, OBSERVATIONS[kind], rows)

    def _row(
        self, connection: Connection, record: About, crawl_id: int | None, capture_ids: Sequence[int]
    ) -> dict[str, Any]:
        """The row of a record; without a platform where a person is asked whom it is about."""
        self._source(connection, record.source)
        host = record.host
        if host and record.kind in OF_THE_HOST:  # type: ignore[attr-defined]
            host = host_part(host_key(host))
        subject = self.directory.resolve(host, record.platform, record.mentions)
        platform_id = subject.platform_id
        # One that looks like a merchant's address in a mall nobody knows is for a person to decide.
        if platform_id is None and host and self.accept_new and not like_merchant(record.host or ""):
            platform_id = self.directory.add(connection, host, self.now, "watched", self.demo)
        if platform_id is None:
            self._ask(connection, record, subject)
        elif platform_id in self.directory.candidates and isinstance(record, ComplaintRecord):
            self._ask(connection, record, Subject(None, self.directory.host(platform_id)))
        row = row_of(record, platform_id, subject.text, self.key)
        row["crawl_id"] = crawl_id
        if record.capture is not None and capture_ids:
            row["capture_id"] = capture_ids[record.capture]
        if isinstance(record, ComplaintRecord):
            known = self.complainants
            row["complainant"] = record.complainant_key or (known.of(record, platform_id) if known else None)
        return row

    def _ask(self, connection: Connection, record: About, subject: Subject) -> None:
        """Put an unsure or unknown subject into the review queue, once; not a host that can be no site of its own."""
        if record.host and not subject.candidates and refusal(subject.text):
            return
        row = subject.question(record.host, record.source, record.mentions, self.now)
        connection.execute(insert_for(connection, Review).on_conflict_do_nothing(), [row])

    def _offer(self, connection: Connection, move: MoveRecord) -> None:
        """Ask a person, once, whether the host moved to is an alias; not where it is known already."""
        if self.directory.by_host(move.to_host) is None and not refusal(host_key(move.to_host)):
            row = question(move, self.now)
            connection.execute(insert_for(connection, Review).on_conflict_do_nothing(), [row])

    def _source(self, connection: Connection, source: str) -> str:
        """The source's id; one nobody declared is taken as handed in by hand (tier D)."""
        id_ = source.lower()
        if id_ not in self._sources:
            row = {"id": id_, "kind": "manual", "title_zh": id_, "title_en": id_, "family": id_, "tier": "D"}
            connection.execute(insert_for(connection, Source).on_conflict_do_nothing(), [row])
            self._sources[id_] = (id_, "", "")
        return id_

    def check(self, record: Record) -> None:
        """Raise RecordError for a record about nobody, and, unless new ones are taken, for one of a source nobody declared."""
        check_subject(record)
        if self.new_sources or not isinstance(record, Sourced) or record.source.lower() in self._sources:
            return
        near = nearest_source(record.source.lower(), self._sources)
        raise RecordError(
            f"source: 未知的信息源 unknown source “{record.source}”；最接近的是 the nearest known: {near}；"
            "确是新的来源请加 if it is a new one add --new-source"
        )

    def _platform(self, connection: Connection, record: PlatformRecord) -> Saved:
        before = self.directory.by_host(record.host)
        if before is None and like_merchant(record.host):
            subject = Subject(None, host_key(record.host))
            row = subject.question(record.host, "import", (), self.now)
            connection.execute(insert_for(connection, Review).on_conflict_do_nothing(), [row])
            return Saved(unmatched=1)
        id_ = self.directory.add(connection, record.host, self.now, "watched", record.demo or self.demo)
        changed = before is None
        stored = connection.execute(select(Platform).where(Platform.id == id_)).one()
        values: dict[str, Any] = {}
        if record.name and stored.name != record.name:
            values["name"] = record.name
            self.directory.rename(id_, record.name)
        if operator := without_person(record.operator):
            values["operator_id"] = self._operator(connection, operator, record.uscc)
        for column in ("opened_on", "software"):
            if (value := getattr(record, column)) is not None:
                values[column] = value
        if stored.status == "candidate":
            values["status"] = "watched"
            self.directory.candidates.discard(id_)
        fresh = {k: v for k, v in values.items() if getattr(stored, k) != v}
        if fresh:
            connection.execute(update(Platform).where(Platform.id == id_).values(**fresh))
            changed = True
        for alias in record.aliases:
            changed |= self.directory.add_alias(connection, id_, alias, "import", self.now)
        return Saved(inserted=1) if changed else Saved(unchanged=1)

    def _learn_name(self, connection: Connection, id_: int, said: str, source: str) -> None:
        """Keep the name a site gives itself: as its name where it has none, else as an alias that says where it was read."""
        name = said.strip()
        if not name or TOKEN.search(name):  # a name with somebody's number in it is none
            return
        learned = select(func.count()).where(
            Alias.platform_id == id_, Alias.source == source, Alias.kind == "name"
        )
        if connection.execute(learned).scalar_one() < MOST_LEARNED:
            self.directory.add_alias(connection, id_, name, source, self.now)
        unnamed = update(Platform).where(Platform.id == id_, Platform.name.is_(None))
        connection.execute(unnamed.values(name=name))

    def _operator(self, connection: Connection, name: str, uscc: str | None) -> int:
        table: Table = Operator.__table__  # type: ignore[assignment]
        connection.execute(
            insert_for(connection, table).on_conflict_do_nothing(), [{"name": name, "uscc": uscc}]
        )
        return int(connection.execute(select(Operator.id).where(Operator.name == name)).scalar_one())

    def _crawl(self, connection: Connection, record: CrawlRecord) -> Saved:
        source = self._source(connection, record.source)
        hosts = sorted({host_key(h) for h in record.hosts}) if record.hosts is not None else None
        # The same run may be told in several lines, one a batch of hosts: they are one crawl only when all agrees.
        key = (
            f"told:{source}:{record.started_at.isoformat()}:{record.finished_at.isoformat()}:{record.outcome}"
        )
        row = {
            "key": key + (":all" if hosts is None else ""),
            "source_id": source,
            "started_at": record.started_at,
            "finished_at": record.finished_at,
            "outcome": record.outcome,
            "whole_source": hosts is None,
            "reason": record.reason,
            "demo": self.demo,
        }
        table: Table = Crawl.__table__  # type: ignore[assignment]
        made = changed_rows(connection, insert_for(connection, table).on_conflict_do_nothing(), [row])
        id_ = int(connection.execute(select(Crawl.id).where(Crawl.key == row["key"])).scalar_one())
        for host in hosts or ():
            platform_id = self.directory.by_host(host)
            if platform_id is None and self.accept_new:
                platform_id = self.directory.add(connection, host, self.now, "watched", self.demo)
            if platform_id is not None:
                covered = {"crawl_id": id_, "platform_id": platform_id, "outcome": record.outcome}
                made += changed_rows(
                    connection,
                    insert_for(connection, CrawlPlatform).on_conflict_do_nothing(),
                    [covered],
                )
        return Saved(inserted=1) if made else Saved(unchanged=1)


def save_page(
    ingest: Ingest, crawl_id: int, captures: Sequence[Stored], records: Sequence[dict[str, Any]]
) -> Saved:
    """Store one page: its captures and the records read from it, in one transaction; bad records are named."""
    good: list[Record] = []
    refused: list[Refused] = []
    for number, record in enumerate(records, 1):
        try:
            good.append(parse_record(record))
        except RecordError as error:
            refused.append(Refused(number, str(error)))
    saved = ingest.save(good, crawl_id=crawl_id, captures=captures)
    saved.refused += refused
    return saved


def import_lines(ingest: Ingest, lines: Iterable[bytes | str]) -> Iterable[tuple[int, Saved]]:
    """Take an evidence file in, batch by batch; yields (lines read so far, what the batch did).

    A wrong line is refused with its number and reason, the rest is kept. Blank lines are skipped.
    """
    batch: list[Record] = []
    refused: list[Refused] = []
    unread: Counter[str] = Counter()
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            if isinstance(line, str) and line.startswith(REASON):
                raise RecordError(line.removeprefix(REASON))
            record = parse_line(line)
            ingest.check(record)
            unread.update(record.unknown_keys())
            batch.append(record)
        except RecordError as error:
            refused.append(Refused(number, str(error)))
        if len(batch) + len(refused) >= BATCH:
            yield number, _flush(ingest, batch, refused, unread)
            batch, refused, unread = [], [], Counter()
    yield number, _flush(ingest, batch, refused, unread)


def import_records(ingest: Ingest, records: Iterable[dict[str, Any]]) -> Saved:
    """Take records given as dictionaries in (tests, other importers); numbers in refusals count from 1."""
    good: list[Record] = []
    saved = Saved()
    for number, record in enumerate(records, 1):
        try:
            made = parse_record(record)
            ingest.check(made)
            good.append(made)
        except RecordError as error:
            saved.refused.append(Refused(number, str(error)))
    for start in range(0, len(good), BATCH):
        saved.add(ingest.save(good[start : start + BATCH]))
    return saved


def _flush(ingest: Ingest, batch: list[Record], refused: list[Refused], unread: Counter[str]) -> Saved:
    saved = ingest.save(batch) if batch else Saved()
    saved.refused, saved.unread = refused, unread
    return saved
