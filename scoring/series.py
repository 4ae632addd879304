"""Daily and weekly series shown on a site's page: availability, drops by kind, price against own past and the sector,
backlog, how long refunds take; copies and complaints held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.backlog import backlog
from scoring.calendar import MICROSECONDS
from scoring.droprate import drops_by_kind
from scoring.facts import BIT, NEVER, Facts, Rows
from scoring.judge import Judged
from scoring.panel import counted_today
from scoring.signs import price_deviation
from scoring.single_orders import KINDS
from scoring.site_series import refund_rows, sector_price_rows
from scoring.snapshot import TABLES

_SCHEMA = TABLES["series"]


@dataclass(frozen=True)
class Block:
    """Rows of the series table as columns: platform (index), day index or none, measure (one for all, or each), value, n, interval."""

    platform: NDArray[Any]
    day: NDArray[Any] | None
    measure: str | Sequence[str] | pa.Array
    value: NDArray[Any]
    n: NDArray[Any]


def series_table(judged: Judged) -> pa.Table:
    """The series table of a chunk."""
    facts = judged.facts
    blocks = [
        *_availability(facts),
        *_drops(facts),
        *_prices(facts),
        *_backlog(facts),
        *_hours(facts),
        *_copies_and_held(facts),
    ]
    hosts = pa.array([site.host for site in facts.sites], pa.string())
    tables = [_table(block, hosts, facts.first_day) for block in blocks]
    more = refund_rows(facts) + sector_price_rows(facts)
    return pa.concat_tables([*tables, pa.Table.from_pylist(more, schema=_SCHEMA)])


def _table(block: Block, hosts: pa.Array, first_day: int) -> pa.Table:
    n = len(block.platform)
    on = pa.nulls(n, pa.int32()) if block.day is None else pa.array((block.day + first_day).astype(np.int32))
    none = pa.nulls(n, pa.float64())
    return pa.table(
        {
            "host": hosts.take(pa.array(block.platform)),
            "on": on.cast(pa.date32()),
            "measure": [block.measure] * n if isinstance(block.measure, str) else block.measure,
            "value": pa.array(block.value.astype(np.float64)),
            "n": pa.array(block.n.astype(np.float64)),
            "low": none,
            "high": none,
        },
        schema=_SCHEMA,
    )


def _standing(facts: Facts, rows: Rows) -> Rows:
    return rows.take(rows.gone >= facts.days)


def _grouped(measure: str, platform: Any, day: Any, value: Any) -> list[Block]:
    """The mean of `value` of each platform and day, with n."""
    if not len(platform):
        return []
    low = int(day.min())
    span = int(day.max()) - low + 1
    key, at, n = np.unique(platform * span + (day - low), return_inverse=True, return_counts=True)
    total = np.bincount(at, value, len(key))
    return [Block(key // span, key % span + low, measure, total / n, n)]


def _availability(facts: Facts) -> list[Block]:
    """Share of a day's probes that reached the site; a refusal is its own measure, not a failure."""
    rows = _standing(facts, facts.rows["probe"])
    if not len(rows):
        return []
    ok = np.isin(rows["outcome"].astype(str), ("ok", "slow")).astype(float)
    no = rows["outcome"] == "refused"
    return [
        *_grouped("availability", rows.platform[~no], rows.day[~no], ok[~no]),
        *_grouped("refused", rows.platform[no], rows.day[no], np.ones(int(no.sum()))),
    ]


def _drops(facts: Facts) -> list[Block]:
    """Drop complaints that count a week (dated by its Monday) by kind, each once."""
    rows, kind = drops_by_kind(counted_today(facts))
    monday = rows.day - (rows.day + facts.first_day + 3) % 7
    out = []
    for at, name in enumerate(KINDS):
        mine = kind == at
        for block in _grouped(f"drops_{name}", rows.platform[mine], monday[mine], np.ones(int(mine.sum()))):
            out.append(replace(block, value=block.n))
    return out


def _prices(facts: Facts) -> list[Block]:
    rows, deviation = price_deviation(facts)
    there = rows.gone >= facts.days
    rows, deviation = rows.take(there), deviation[there]
    return _grouped("price_ratio", rows.platform, rows.day, np.exp(deviation))


def _backlog(facts: Facts) -> list[Block]:
    b = backlog(facts)
    inside = (b.rows.seen >= 0) & (b.rows.seen < facts.days)
    platform, day = np.divmod(
        np.unique(b.rows.platform[inside] * facts.days + b.rows.seen[inside]), facts.days
    )
    known = np.isfinite(b.days[platform, day])
    platform, day = platform[known], day[known]
    return [Block(platform, day, "backlog_days", b.days[platform, day], b.orders_per_day[platform, day])]


def _copies_and_held(facts: Facts) -> list[Block]:
    """Complaints shown but not (fully) counted on the last day: copies, and those held back as a possible campaign.

    Both with n = all complaints shown.
    """
    rows = facts.rows["complaint"]
    shown = (rows["kinds"] & BIT["spam"] == 0) & (rows.gone >= facts.days)
    every = np.bincount(rows.platform[shown], minlength=len(facts.sites))
    held = (rows["held"] < facts.days) & (rows["freed"] >= NEVER)
    out = []
    for measure, mask in (("complaint_copies", rows["rank"] > 0), ("complaints_held", held)):
        count = np.bincount(rows.platform[mask & shown], minlength=len(facts.sites))
        some = np.flatnonzero(count)
        out.append(Block(some, None, measure, count[some], every[some]))
    return out


_WEEK_HOURS = pa.array([f"hour_{day}_{hour}" for day in range(1, 8) for hour in range(24)])


def _hours(facts: Facts) -> list[Block]:
    """Complaints that count by weekday (1 = Monday) and hour of filing, as measure hour_<weekday>_<hour>."""
    rows = counted_today(facts)
    hour = (rows.at % MICROSECONDS) // 3_600_000_000
    weekday = (rows.at // MICROSECONDS + 3) % 7
    key, n = np.unique(rows.platform * 168 + weekday * 24 + hour, return_counts=True)
    return [Block(key // 168, None, _WEEK_HOURS.take(pa.array(key % 168)), n, n)]
