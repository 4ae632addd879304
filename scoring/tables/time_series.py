"""Rows of the time series: history of score and state, daily and weekly series of a site, series held against the sector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.features.drop_rate import drops_by_kind
from scoring.features.orders import backlog
from scoring.features.prices import against_sector
from scoring.features.single_orders import KINDS
from scoring.observations.dataset import BIT, NEVER, Dataset, FittedDataset, ObservationColumns
from scoring.observations.day_index import MICROSECONDS, date_of
from scoring.observations.panel import counted_today, first_seen
from scoring.rating.assessment import Assessment
from scoring.rating.grades import GRADES
from scoring.snapshot.reader import TABLES
from scoring.tables.sector import LONGEST_OPEN, refund_cases, survivals
from scoring.warning.site_signals import price_deviation
from scoring.warning.state_machine import STATES

EDGES = (0, 1, 7, 15, 30)
"""Days given even when nothing ended on them: the filing, and the limits people ask about."""
MOST_PRODUCTS = 20
"""So many products a site, those seen most often."""


def refund_rows(facts: Dataset) -> list[dict[str, Any]]:
    """Kaplan-Meier share of each site's refund complaints still open, at the corners of its step curve.

    Measures refund_open_<d>d (share, n at risk, 90 % interval) and refund_censored_<d>d (n still open today after d days);
    the same cases and the same estimator as the sector's curve.
    """
    rows, length, closed = refund_cases(facts)
    sites = len(facts.sites)
    if not len(rows):
        return []
    found = survivals(rows.platform, length, closed, sites, LONGEST_OPEN)
    last = np.full(sites, -1, dtype=np.int64)
    np.maximum.at(last, rows.platform, np.minimum(length, LONGEST_OPEN))
    day = np.arange(LONGEST_OPEN + 1)[None, :]
    falls = np.diff(found.share, prepend=1.0, axis=1) != 0
    told = (falls | np.isin(day, EDGES)) & (day <= last[:, None]) | (day == last[:, None])
    hosts = [site.host for site in facts.sites]
    open_rows = [
        {
            "host": hosts[site],
            "measure": f"refund_open_{at}d",
            "value": value,
            "n": n,
            "low": low,
            "high": high,
        }
        for site, at, value, n, low, high in zip(
            *(where.tolist() for where in np.nonzero(told)),
            *(panel[told].tolist() for panel in (found.share, found.at_risk, found.low, found.high)),
            strict=True,
        )
    ]
    left = found.censored > 0
    return open_rows + [
        {"host": hosts[site], "measure": f"refund_censored_{at}d", "n": n}
        for site, at, n in zip(
            *(where.tolist() for where in np.nonzero(left)), found.censored[left].tolist(), strict=True
        )
    ]


def sector_price_rows(facts: FittedDataset) -> list[dict[str, Any]]:
    """The latest price of each comparable product of each site beside the sector's median known that day.

    Measure price_sector_<product>: value = price and low = median, both in yuan; n = prices seen.
    """
    rows, log_ratio = against_sector(facts)
    if not len(rows):
        return []
    names, product = np.unique(rows["product"].astype(str), return_inverse=True)
    key = rows.platform * len(names) + product
    order = np.lexsort((rows.at, key))
    kinds, first, count = np.unique(key[order], return_index=True, return_counts=True)
    latest = order[first + count - 1]
    out = []
    for site in np.unique(kinds // len(names)):
        mine = np.flatnonzero(kinds // len(names) == site)
        for at in sorted(mine[np.argsort(-count[mine], kind="stable")][:MOST_PRODUCTS].tolist()):
            price = float(rows["price"][latest[at]])
            out.append(
                {
                    "host": facts.sites[int(site)].host,
                    "on": date_of(facts.first_day + int(rows.day[latest[at]])),
                    "measure": f"price_sector_{names[kinds[at] % len(names)]}",
                    "value": price,
                    "low": price / float(np.exp(log_ratio[latest[at]])),
                    "n": float(count[at]),
                }
            )
    return out


_SCHEMA = TABLES["series"]


@dataclass(frozen=True)
class Block:
    """Rows of the series table as columns: platform (index), day index or none, measure (one for all, or each), value, n, interval."""

    platform: NDArray[Any]
    day: NDArray[Any] | None
    measure: str | Sequence[str] | pa.Array
    value: NDArray[Any]
    n: NDArray[Any]


def series_table(judged: Assessment) -> pa.Table:
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


def _standing(facts: Dataset, rows: ObservationColumns) -> ObservationColumns:
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


def _availability(facts: Dataset) -> list[Block]:
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


def _drops(facts: Dataset) -> list[Block]:
    """Drop complaints that count a week (dated by its Monday) by kind, each once."""
    rows, kind = drops_by_kind(counted_today(facts))
    monday = rows.day - (rows.day + facts.first_day + 3) % 7
    out = []
    for at, name in enumerate(KINDS):
        mine = kind == at
        for block in _grouped(f"drops_{name}", rows.platform[mine], monday[mine], np.ones(int(mine.sum()))):
            out.append(replace(block, value=block.n))
    return out


def _prices(facts: Dataset) -> list[Block]:
    rows, deviation = price_deviation(facts)
    there = rows.gone >= facts.days
    rows, deviation = rows.take(there), deviation[there]
    return _grouped("price_ratio", rows.platform, rows.day, np.exp(deviation))


def _backlog(facts: Dataset) -> list[Block]:
    b = backlog(facts)
    inside = (b.rows.seen >= 0) & (b.rows.seen < facts.days)
    platform, day = np.divmod(
        np.unique(b.rows.platform[inside] * facts.days + b.rows.seen[inside]), facts.days
    )
    known = np.isfinite(b.days[platform, day])
    platform, day = platform[known], day[known]
    return [Block(platform, day, "backlog_days", b.days[platform, day], b.orders_per_day[platform, day])]


def _copies_and_held(facts: Dataset) -> list[Block]:
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


def _hours(facts: Dataset) -> list[Block]:
    """Complaints that count by weekday (1 = Monday) and hour of filing, as measure hour_<weekday>_<hour>."""
    rows = counted_today(facts)
    hour = (rows.at % MICROSECONDS) // 3_600_000_000
    weekday = (rows.at // MICROSECONDS + 3) % 7
    key, n = np.unique(rows.platform * 168 + weekday * 24 + hour, return_counts=True)
    return [Block(key // 168, None, _WEEK_HOURS.take(pa.array(key % 168)), n, n)]


def history_table(judged: Assessment) -> pa.Table:
    """Score, interval, grade, coverage and warning state by day; numbers to six decimals."""
    facts = judged.facts
    sites, days = facts.shape
    begun = np.minimum(first_seen(facts), days - 1)
    keep = np.arange(days)[None, :] >= begun[:, None]
    flat = keep.ravel()
    rated = (judged.grade != 5).ravel()[flat]

    def number(panel: Any) -> pa.Array:
        return pa.array(np.round(panel.ravel()[flat], 6), mask=~rated)

    names = pa.array([s.host for s in facts.sites])
    at = np.repeat(np.arange(sites, dtype=np.int32), days)[flat]
    on = np.tile(np.arange(facts.first_day, facts.first_day + days, dtype=np.int32), sites)[flat]
    return pa.table(
        {
            "host": names.take(pa.array(at)),
            "on": pa.array(on, pa.int32()).cast(pa.date32()),
            "score": number(judged.score),
            "score_low": number(judged.low),
            "score_high": number(judged.high),
            "grade": pa.array(GRADES).take(pa.array(judged.grade.ravel()[flat].astype(np.int32))),
            "coverage": np.round(judged.coverage.ravel()[flat], 6),
            "warning_state": pa.array(STATES).take(
                pa.array(judged.warned.state.ravel()[flat].astype(np.int32))
            ),
        },
        schema=TABLES["history"],
    )
