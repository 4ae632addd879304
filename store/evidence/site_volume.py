"""How much of a complaint site's numbering its polls saw: what is not seen is not counted, and the cards say how much that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from store.db.tables import Crawl

DAYS = 7
"""The window over which the share is told."""


@dataclass(frozen=True)
class Numbering:
    """`seen` of the `numbers` a source gave to complaints between its polls."""

    seen: int
    numbers: int

    @property
    def share(self) -> float:
        """0-1."""
        return self.seen / self.numbers


def share_of(measured: Mapping[str, Any] | None) -> float:
    """How much of the numbers given since the poll before one poll saw (0-1); 1 where it counted none."""
    numbers = float((measured or {}).get("window_numbers") or 0)
    return min(float((measured or {}).get("window_seen") or 0) / numbers, 1.0) if numbers > 0 else 1.0


def numbering(connection: Connection, source_id: str, until: dt.datetime) -> Numbering | None:
    """What the good polls of the DAYS before `until` saw of the numbers given meanwhile; None where none measured it.

    A poll's window begins where the good poll before it ended, so that hours without one count as not seen.
    """
    rows = connection.execute(
        select(Crawl.measured)
        .where(
            Crawl.source_id == source_id,
            Crawl.whole_source,
            Crawl.outcome == "ok",
            Crawl.finished_at >= until - dt.timedelta(days=DAYS),
            Crawl.finished_at < until,
            Crawl.measured.is_not(None),
        )
        .order_by(Crawl.finished_at, Crawl.id)
    ).scalars()
    windows = [m for m in rows if m and m.get("window_from") and m.get("window_numbers")]
    if not windows:
        return None
    numbers = sum(int(m["window_numbers"]) for m in windows)
    return Numbering(min(sum(int(m["window_seen"]) for m in windows), numbers), numbers)
