"""Where a crawl writes down what it did: the database, or nothing for a plain `scrapy crawl -O out.jsonl`.

One page is one transaction. The spider decides what happened; this only records it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine

from store.archive import ArchiveWriter, Stored
from store.ingest import Ingest, Saved, finish_crawl, finish_platform, save_page


class Books(Protocol):
    """What a spider needs of its books."""

    archive: ArchiveWriter | None
    done: dict[str, str]

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


class NoBooks:
    """For a plain Scrapy run: records leave as items only."""

    archive: ArchiveWriter | None = None

    def __init__(self) -> None:
        """Nothing was done before."""
        self.done: dict[str, str] = {}

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


class StoreBooks:
    """One crawl's row, its captures and its records."""

    def __init__(
        self, engine: Engine, ingest: Ingest, crawl_id: int, done: dict[str, str], folder: Path, name: str
    ) -> None:
        """Write under crawl `crawl_id`; captures go to a new file `<folder>/<name>.warc.gz`."""
        self._engine, self._ingest, self._id = engine, ingest, crawl_id
        self.done = done
        self.archive: ArchiveWriter | None = ArchiveWriter(folder, name)

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        """Store one page in one transaction."""
        return save_page(self._ingest, self._id, captures, records)

    def platform(self, host: str, outcome: str, reason: str | None) -> None:
        """The outcome for one host; a host that is not a platform yet has no row."""
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
        if self.archive is not None:
            self.archive.close()
        finish_crawl(self._engine, self._id, at, outcome, reason, requests, records, measured)
