"""Record a crawl: captures and records page by page, outcomes of hosts, and the end of the crawl. Silence is never good news.

One page is one transaction. The spider decides what happened; this only records it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

from scrapy.utils.misc import load_object
from spidermon.runners import MonitorRunner
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from crawler.errors import OwnFault
from crawler.recording.health import LOOK_BACK, Tally, out_of_range
from store.archive.warc import ArchiveWriter, Stored
from store.db.tables import Complaint, Crawl, Platform
from store.evidence.crawl_ledger import AHEAD, OF_THE_PLAN, UNREAD, CrawlState, finish_crawl, finish_platform
from store.evidence.ingest import Ingest, Saved, save_page

LOOK_AGAIN_EVERY = 4
"""Days between two looks at one open complaint."""


@contextmanager
def own_faults() -> Iterator[None]:
    """What our disk or database refuses is raised as OwnFault; a broken constraint is a mistake of ours and stays one."""
    try:
        yield
    except IntegrityError:
        raise
    except (OSError, DBAPIError) as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise OwnFault(f"{type(error).__name__}: {said}") from error


class CrawlRecorder(Protocol):
    """What a spider needs of its books."""

    archive: ArchiveWriter | None
    done: dict[str, str]

    def previous(self) -> dict[str, Any]:
        """What the last good crawl of this source measured; empty for the first."""

    def history(self) -> list[Tally]:
        """How often the selectors hit in the last good crawls of this source, newest first."""

    def unsettled(self, since: dt.datetime, most: int) -> list[dict[str, Any]]:
        """Complaints of this source filed after `since`, matched and not yet completed, newest first, as records.

        Each comes up every LOOK_AGAIN_EVERY days: looking at all of them daily would be a burden on the source.
        """

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        """Store one page."""

    def platform(self, host: str, outcome: str, reason: str | None) -> None:
        """Say what was achieved for one host."""

    def close(
        self,
        at: dt.datetime,
        outcome: str,
        reason: str | None,
        requests: int,
        records: int,
        measured: dict[str, Any],
    ) -> None:
        """Say how the crawl ended."""

    def abandon(self) -> None:
        """Leave the crawl unfinished, with what is archived on the disk."""


class NullRecorder:
    """For a plain Scrapy run: records leave as items only."""

    archive: ArchiveWriter | None = None

    def __init__(self) -> None:
        """Nothing was done before."""
        self.done: dict[str, str] = {}

    def previous(self) -> dict[str, Any]:
        """Nothing was measured before."""
        return {}

    def history(self) -> list[Tally]:
        """Nothing is remembered."""
        return []

    def unsettled(self, since: dt.datetime, most: int) -> list[dict[str, Any]]:
        """Nothing is remembered."""
        return []

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        """Count the records, keep none."""
        return Saved(inserted=len(records))

    def platform(self, host: str, outcome: str, reason: str | None) -> None:
        """Nothing is kept."""

    def close(
        self,
        at: dt.datetime,
        outcome: str,
        reason: str | None,
        requests: int,
        records: int,
        measured: dict[str, Any],
    ) -> None:
        """Nothing is kept."""

    def abandon(self) -> None:
        """Nothing is kept."""


class ReportRecorder(NullRecorder):
    """For a probe elsewhere: records are written to a file at the end, with what the controls answered; no page is kept."""

    def __init__(self, out: Path) -> None:
        """`out` is written when the crawl has ended."""
        super().__init__()
        self._out, self._records = out, list[dict[str, Any]]()

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        """Remember the records alone."""
        self._records += [dict(record) for record in records]
        return super().page(captures, records)

    def close(
        self,
        at: dt.datetime,
        outcome: str,
        reason: str | None,
        requests: int,
        records: int,
        measured: dict[str, Any],
    ) -> None:
        """Write the file."""
        told = {"outcome": outcome, "reason": reason, "controls": measured.get("controls", {}), "records": self._records}  # fmt: skip
        self._out.write_text(json.dumps(told, ensure_ascii=False, default=_iso), "utf-8")


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


class DatabaseRecorder:
    """One crawl's row, its captures and its records."""

    def __init__(
        self, engine: Engine, ingest: Ingest, source: str, state: CrawlState, folder: Path, name: str
    ) -> None:
        """Write under the crawl of `state`; captures go to a new file `<folder>/<name>.warc.gz`."""
        self._engine, self._ingest, self._source, self._id = engine, ingest, source, state.id
        self.done = dict(state.done)
        self.archive: ArchiveWriter | None = ArchiveWriter(folder, name)

    def previous(self) -> dict[str, Any]:
        """What the last good crawl of this source measured; empty for the first."""
        return next(iter(self._good(1)), {})

    def history(self) -> list[Tally]:
        """How often the selectors hit in the last good crawls of this source, newest first."""
        return [measured.get("selectors", {}) for measured in self._good(LOOK_BACK)]

    def _good(self, most: int) -> list[dict[str, Any]]:
        """What the last good crawls of this source and of the same extent measured, newest first.

        One under a clock that was ahead is none of them: what it saw first is visible on no day before its date.
        """
        with self._engine.connect() as connection:
            mine = connection.execute(
                select(Crawl.whole_source, Crawl.started_at).where(Crawl.id == self._id)
            ).one()
            last = (
                select(Crawl.measured)
                .where(
                    Crawl.whole_source == mine.whole_source,
                    Crawl.source_id == self._source,
                    Crawl.outcome == "ok",
                    Crawl.finished_at < mine.started_at + AHEAD,
                    OF_THE_PLAN,
                )
                .order_by(Crawl.finished_at.desc(), Crawl.id.desc())
                .limit(most)
            )
            return [measured or {} for measured in connection.scalars(last)]

    def unsettled(self, since: dt.datetime, most: int) -> list[dict[str, Any]]:
        """Complaints of this source filed after `since`, matched and not yet completed, newest first, as records.

        Each comes up every LOOK_AGAIN_EVERY days: looking at all of them daily would be a burden on the source. Its own
        number says on which: the number of its row is another in every database.
        """
        turn = since.toordinal() % LOOK_AGAIN_EVERY
        wanted = (
            select(
                Complaint.source_key.label("source_id"),
                Platform.host,
                *(
                    Complaint.__table__.c[name]
                    for name in ("filed_at", "title", "text", "amount", "status", "url", "stars")
                ),
            )
            .join(Platform, Platform.id == Complaint.platform_id)
            .where(
                Complaint.source_id == self._source,
                Complaint.status.in_(("open", "replied")),
                Complaint.filed_at >= since,
                Complaint.url.is_not(None),
            )
            .order_by(Complaint.filed_at.desc(), Complaint.source_key)
        )
        about = {"kind": "complaint", "source": self._source, "kinds_hint": []}
        with self._engine.connect() as connection:
            rows = connection.execution_options(yield_per=most).execute(wanted).mappings()
            due = (row for row in rows if crc32(row["source_id"].encode()) % LOOK_AGAIN_EVERY == turn)
            return [{**about, **row} for row in islice(due, most)]

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        """Store one page in one transaction."""
        with own_faults():
            return save_page(self._ingest, self._id, captures, records)

    def platform(self, host: str, outcome: str, reason: str | None) -> None:
        """The outcome for one host; a host that is not a platform yet has no row."""
        with own_faults():
            finish_platform(self._engine, self._id, host, outcome, reason)

    def close(
        self,
        at: dt.datetime,
        outcome: str,
        reason: str | None,
        requests: int,
        records: int,
        measured: dict[str, Any],
    ) -> None:
        """Close the archive first: a crawl that says it is finished has its evidence on the disk."""
        with own_faults():
            self.abandon()
            finish_crawl(self._engine, self._id, at, outcome, reason, requests, records, measured)

    def abandon(self) -> None:
        """Close the archive only: the crawl is not finished, and is due again."""
        if self.archive is not None:
            self.archive.close()


class ReplayBooks(DatabaseRecorder):
    """Books of a replay: it reads the whole archive, whatever was known before."""

    def previous(self) -> dict[str, Any]:
        """As for a first crawl."""
        return {}

    def history(self) -> list[Tally]:
        """An archive is judged by what its source declares, not by what came after it."""
        return []

    def unsettled(self, since: dt.datetime, most: int) -> list[dict[str, Any]]:
        """Nothing is looked at again that the archive does not hold."""
        return []


if TYPE_CHECKING:
    from crawler.source_spider import HostVisit, SourceSpider

_FAILED = "AssertionError: "


def close_books(spider: SourceSpider) -> None:
    """Judge the crawl and say how it ended; after a fault of our own it is left unfinished, which makes it due again."""
    try:
        if spider.fault is None:
            with own_faults():
                _judge(spider)
    except OwnFault as error:
        spider.fault = str(error)
    if spider.fault is not None:
        with contextlib.suppress(OSError):
            spider.books.abandon()
        spider.progress({"event": "broken", "source": spider.name, "reason": spider.fault})


def _judge(spider: SourceSpider) -> None:
    """Hosts still open share the crawl's fate; then the crawl's own outcome."""
    for host, visit in spider.visits.items():
        if visit.pending and host not in spider.books.done:
            outcome = spider.outcome if spider.outcome != "ok" else "failed"
            visit.downgrade(outcome, spider.reason or "not finished")
            conclude(spider, host)
    spider.outcome, spider.reason = judged(spider)
    stats = spider.crawler.stats
    requests = stats.get_value("downloader/request_count", 0) if stats else 0
    kept = measured(spider)
    at, records = spider.clock.now(), spider.record_count
    spider.books.close(at, spider.outcome, spider.reason, requests, records, kept)
    spider.progress({"event": "crawl", "source": spider.name, "outcome": spider.outcome, "reason": spider.reason,
                     "requests": requests, "records": records, "measured": kept})  # fmt: skip


def conclude(spider: SourceSpider, host: str) -> None:
    """Say what became of a host, when nothing of it is pending."""
    visit = spider.visits[host]
    if visit.missing and not visit.records:
        visit.downgrade("failed", visit.missing)
    elif visit.outcome == "ok" and (reason := _amiss(spider, visit)):
        visit.downgrade("failed", reason)
    spider.note(host)
    spider.progress({"event": "host", "source": spider.name, "host": host, "outcome": visit.outcome,
                     "reason": visit.reason, "records": visit.records})  # fmt: skip


def _amiss(spider: SourceSpider, visit: HostVisit) -> str | None:
    if spider.expected.of != "host" or visit.stated_nothing:
        return None
    return out_of_range(spider.expected, visit.records)


def judged(spider: SourceSpider) -> tuple[str, str | None]:
    """(outcome, reason) of a crawl that has run to its end; what was decided before stays."""
    if spider.outcome != "ok":
        return spider.outcome, spider.reason
    outcomes = list(spider.books.done.values())
    if spider.refusals and spider.record_count == 0:
        return "failed", f"no record was accepted: {spider.refusals[0]}"
    if outcomes and "ok" not in outcomes:
        first = next((v.reason for v in spider.visits.values() if v.reason), None)
        outcome = "blocked" if set(outcomes) == {"blocked"} else "failed"
        return outcome, f"{UNREAD}: {first}"
    if spider.expected.of == "host" and not outcomes:
        return "failed", "the crawl brought nothing"
    if outcomes:
        spider.tally("hosts", outcomes.count("ok"), len(outcomes))
    reasons = failures(spider, spider.settings.getlist("SPIDERMON_SPIDER_CLOSE_MONITORS"))
    return ("failed", "; ".join(reasons)) if reasons else ("ok", spider.reason)


def failures(spider: SourceSpider, suites: Sequence[str]) -> list[str]:
    """The reason of every monitor of the Spidermon `suites` that failed; a monitor that breaks has failed too."""
    reasons: list[str] = []
    history = spider.books.history()
    stats = spider.crawler.stats.get_stats() if spider.crawler.stats else {}
    for path in suites:
        suite = load_object(path)(crawler=spider.crawler)
        result = MonitorRunner().run(
            suite, spider=spider, crawler=spider.crawler, stats=stats, history=history
        )
        errors = [item.error.strip() for item in result.monitors_failed_results]
        reasons += [error.rpartition(_FAILED)[2].splitlines()[-1] for error in errors]
    return reasons


def measured(spider: SourceSpider) -> dict[str, Any]:
    """What the ledger keeps of the crawl beside its outcome; `selectors` is the history later crawls are judged by."""
    kept = dict(spider.measured)
    if spider.selectors:
        kept["selectors"] = spider.selectors
    if spider.refusals:
        kept["refused_records"] = spider.refusals[:20]
    return kept
