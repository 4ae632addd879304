"""How many complaints a whole complaint site receives, as its polls measured it: what a platform's own rise is held against."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from sqlalchemy import Connection, select

from store.tables import Crawl

SHORTEST = dt.timedelta(hours=1)


def site_volume(
    connection: Connection, source_id: str, until: dt.datetime
) -> list[tuple[dt.datetime, dt.datetime, float]]:
    """(from, to, submissions a day) between successive polls of a source that finished before `until`, oldest first.

    Read from the running number each poll saw (`measured.site_number`), also of polls that a wall ended early; polls
    within the hour of one another and a number that went back (another numbering) give nothing.
    """
    rows = connection.execute(
        select(Crawl.measured)
        .where(Crawl.source_id == source_id, Crawl.finished_at < until, Crawl.measured.is_not(None))
        .order_by(Crawl.finished_at, Crawl.id)
    ).scalars()
    seen = [
        (dt.datetime.fromisoformat(m["polled_at"]), int(m["site_number"]))
        for m in rows
        if m and m.get("polled_at") and m.get("site_number")
    ]
    return [
        (start, end, round((number - before) / ((end - start) / dt.timedelta(days=1)), 1))
        for (start, before), (end, number) in pairwise(seen)
        if end - start >= SHORTEST and number >= before
    ]
