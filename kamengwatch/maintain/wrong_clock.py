"""Whether the clock is behind what was already written down: then it is wrong now, or was wrong then."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import func, select

from kamengwatch.config import Config
from store.db.tables import Crawl, RatedRun

TOLERANCE = dt.timedelta(minutes=10)
"""Two machines' clocks may differ by so much, and a crawl told by the first end before the second's present."""


@dataclass(frozen=True)
class Record:
    """Something that was written down at a moment the clock has not reached."""

    at: dt.datetime
    zh: str
    en: str


def newest_record(config: Config) -> Record | None:
    """The newest crawl, rating or snapshot, where it is dated more than TOLERANCE after the present; else None."""
    with config.engine.connect() as connection:
        crawled = connection.execute(select(func.max(Crawl.finished_at))).scalar()
        rated = connection.execute(select(func.max(RatedRun.finished_at))).scalar()
    found = [
        Record(at, zh, en)
        for at, zh, en in (
            (crawled, "最近一次采集", "the newest crawl"),
            (rated, "最近一次评级", "the newest rating"),
            (_published_at(config), "已发布的快照", "the published snapshot"),
        )
        if at is not None and at > config.now() + TOLERANCE
    ]
    return max(found, key=lambda record: record.at, default=None)


def _published_at(config: Config) -> dt.datetime | None:
    """When the published snapshot was made; None where there is none or its manifest is damaged."""
    try:
        told = json.loads((config.data_dir / "snapshots/latest/manifest.json").read_text("utf-8"))
        at = dt.datetime.fromisoformat(told["created_at"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return at if at.tzinfo else None
