"""Where a crawl writes down what it did: the database, or nothing for a plain `scrapy crawl -O out.jsonl`.

One page is one transaction. The spider decides what happened; this only records it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from crawler.health import LOOK_BACK, Tally
from crawler.outcomes import OwnFault
from store.archive import ArchiveWriter, Stored
from store.ingest import Ingest, Saved, save_page
from store.ledger import CrawlState, finish_crawl, finish_platform
from store.tables import Complaint, Crawl, Platform

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


class Books(Protocol):
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


class NoBooks:
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


class StoreBooks:
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
        """What the last good crawls of this source and of the same extent measured, newest first."""
        alike = select(Crawl.whole_source).where(Crawl.id == self._id).scalar_subquery()
        last = (
            select(Crawl.measured)
            .where(
                Crawl.whole_source == alike,
                Crawl.source_id == self._source,
                Crawl.outcome == "ok",
                Crawl.finished_at.is_not(None),
            )
            .order_by(Crawl.finished_at.desc(), Crawl.id.desc())
            .limit(most)
        )
        with self._engine.connect() as connection:
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


class ReplayBooks(StoreBooks):
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
