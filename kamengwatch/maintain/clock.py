"""Whether the clock is behind what was already written down: then it is wrong now, or was wrong then. What is published is dated by it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, true

from kamengwatch.config import Config, UserError
from store.china_time import SHANGHAI
from store.db.tables import Crawl, RatedRun
from store.durable_files import write_whole

TOLERANCE = dt.timedelta(minutes=10)
"""Two machines' clocks may differ by so much, and a crawl told by the first end before the second's present."""


@dataclass(frozen=True)
class Record:
    """Something that was written down at a moment the clock has not reached."""

    at: dt.datetime
    zh: str
    en: str


def newest_record(config: Config) -> Record | None:
    """The newest crawl, rating or snapshot, where it is dated more than TOLERANCE after the present; else None.

    What a person has said to be misdated (`confirm_clock`) does not count.
    """
    known = _confirmed(config)
    with config.engine.connect() as connection:
        crawled, rated = (
            connection.execute(
                select(func.max(table.finished_at)).where(
                    or_(table.id > known[name], table.finished_at <= known["at"]) if known else true()
                )
            ).scalar()
            for table, name in _DATED
        )
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


_DATED: tuple[tuple[type[Crawl] | type[RatedRun], str], ...] = ((Crawl, "crawl"), (RatedRun, "rated_run"))
CONFIRMED = "clock.json"
"""When a person last said that the clock is right, and the newest row of each dated table then."""


def confirm_clock(config: Config) -> None:
    """Keep a person's word that the clock is right: what is written down so far with a later date was misdated, and stops nothing any more."""
    with config.engine.connect() as connection:
        newest = {
            name: connection.execute(select(func.coalesce(func.max(table.id), 0))).scalar_one()
            for table, name in _DATED
        }
    told = {"at": config.now().isoformat(), **newest}
    write_whole(config.data_dir / CONFIRMED, json.dumps(told).encode(), 0o600)


def _confirmed(config: Config) -> dict[str, Any]:
    """What `confirm_clock` kept; empty where there is nothing readable, so that a damaged file confirms nothing."""
    try:
        told = json.loads((config.data_dir / CONFIRMED).read_text("utf-8"))
        ids = {name: int(told[name]) for _, name in _DATED}
        at = dt.datetime.fromisoformat(told["at"]).astimezone(dt.UTC)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return {}
    return {"at": at, **ids}


def _published_at(config: Config) -> dt.datetime | None:
    """When the published snapshot was made; None where there is none or its manifest is damaged."""
    try:
        told = json.loads((config.data_dir / "snapshots/latest/manifest.json").read_text("utf-8"))
        at = dt.datetime.fromisoformat(told["created_at"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return at if at.tzinfo else None


def check_clock(config: Config) -> None:
    """Raise UserError where the clock is behind something already written down: what is published is dated by it."""
    if behind := clock_behind(config):
        raise UserError(behind)


def clock_behind(config: Config) -> str:
    """What to say where the clock is behind something already written down; empty where it is not."""
    behind = newest_record(config)
    if behind is None:
        return ""
    now, moment = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (config.now(), behind.at))
    return config.say(
        f"本机时钟是 {now}，而{behind.zh}记在 {moment}：时钟慢了，或当时快了，没有发布；校准时钟（timedatectl set-ntp true）；若现在的时钟对、当时的错了，运行一次：kamengwatch publish --allow-older",
        f"the clock says {now}, but {behind.en} is dated {moment}: it is behind, or was ahead then; nothing was published; set the clock (timedatectl set-ntp true), or if it is right now and was wrong then, run once: kamengwatch publish --allow-older",
    )
