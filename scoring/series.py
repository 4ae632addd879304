"""Daily and weekly series shown on a site's page: availability, drops by kind, price against own past and the sector,
backlog, how long refunds take; copies and complaints held back."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring.backlog import backlog
from scoring.calendar import MICROSECONDS, date_of
from scoring.droprate import KINDS, drop_complaints
from scoring.facts import BIT, NEVER
from scoring.judge import Judged
from scoring.panel import complaints
from scoring.signs import price_deviation
from scoring.site_series import refund_rows, sector_price_rows


def series_rows(judged: Judged) -> list[dict[str, Any]]:
    """Rows of the series table for a chunk."""
    return [
        *_availability(judged),
        *_drops(judged),
        *_prices(judged),
        *_backlog(judged),
        *refund_rows(judged.facts),
        *sector_price_rows(judged.facts),
        *_hours(judged),
        *_copies_and_held(judged),
    ]


def _row(judged: Judged, site: int, day: int | None, measure: str, value: float, n: float) -> dict[str, Any]:
    on = None if day is None else date_of(judged.facts.first_day + day)
    return {"host": judged.facts.sites[site].host, "on": on, "measure": measure, "value": value, "n": n}


def _grouped(platform: Any, day: Any, value: Any) -> list[tuple[int, int, float, int]]:
    """(platform, day, mean value, n) of each platform and day."""
    if not len(platform):
        return []
    low = int(day.min())
    span = int(day.max()) - low + 1
    key, at, n = np.unique(platform * span + (day - low), return_inverse=True, return_counts=True)
    total = np.bincount(at, value, len(key))
    return [
        (int(k // span), int(k % span) + low, float(t / c), int(c))
        for k, t, c in zip(key, total, n, strict=True)
    ]


def _availability(judged: Judged) -> list[dict[str, Any]]:
    """Share of a day's probes that reached the site; a refusal is its own measure, not a failure."""
    rows = judged.facts.rows["probe"]
    ok = np.isin(rows["outcome"].astype(str), ("ok", "slow")).astype(float) if len(rows) else np.empty(0)
    refused = rows["outcome"] == "refused"
    asked = rows.take(~refused) if len(rows) else rows
    out = [
        _row(judged, s, d, "availability", v, n)
        for s, d, v, n in _grouped(asked.platform, asked.day, ok[~refused] if len(rows) else ok)
    ]
    no = rows.take(refused) if len(rows) else rows
    return out + [
        _row(judged, s, d, "refused", v, n) for s, d, v, n in _grouped(no.platform, no.day, np.ones(len(no)))
    ]


def _drops(judged: Judged) -> list[dict[str, Any]]:
    """Drop complaints a week (dated by its Monday) by kind."""
    rows, _, kind = drop_complaints(judged.facts)
    first = judged.facts.first_day
    monday = rows.day - (rows.day + first + 3) % 7
    out = []
    for at, name in enumerate(KINDS):
        mine = kind == at
        out += [
            _row(judged, s, d, f"drops_{name}", float(n), n)
            for s, d, _, n in _grouped(rows.platform[mine], monday[mine], np.ones(int(mine.sum())))
        ]
    return out


def _prices(judged: Judged) -> list[dict[str, Any]]:
    rows, deviation = price_deviation(judged.facts)
    ratio = np.exp(deviation)
    return [
        _row(judged, s, d, "price_ratio", v, n) for s, d, v, n in _grouped(rows.platform, rows.day, ratio)
    ]


def _backlog(judged: Judged) -> list[dict[str, Any]]:
    b = backlog(judged.facts)
    rows = b.rows
    inside = (rows.seen >= 0) & (rows.seen < judged.facts.days)
    out = []
    for site, day in sorted(
        set(zip(rows.platform[inside].tolist(), rows.seen[inside].tolist(), strict=True))
    ):
        value = float(b.days[site, day])
        if np.isfinite(value):
            out.append(_row(judged, site, day, "backlog_days", value, float(b.orders_per_day[site, day])))
    return out


def _copies_and_held(judged: Judged) -> list[dict[str, Any]]:
    """Complaints shown but not (fully) counted on the last day: copies, and those held back as a possible campaign.

    Both with n = all complaints shown.
    """
    rows = judged.facts.rows["complaint"]
    rows = rows.take((rows["kinds"] & BIT["spam"] == 0) & (rows.gone >= judged.facts.days))
    sites = len(judged.facts.sites)
    every = np.bincount(rows.platform, minlength=sites)
    held = (rows["held"] < judged.facts.days) & (rows["freed"] >= NEVER)
    out = []
    for measure, mask in (("complaint_copies", rows["rank"] > 0), ("complaints_held", held)):
        count = np.bincount(rows.platform[mask], minlength=sites)
        out += [
            _row(judged, int(s), None, measure, float(count[s]), int(every[s])) for s in np.flatnonzero(count)
        ]
    return out


def _hours(judged: Judged) -> list[dict[str, Any]]:
    """Complaints by weekday (1 = Monday) and hour of filing, as measure hour_<weekday>_<hour>."""
    rows = complaints(judged.facts)
    hour = (rows.at % MICROSECONDS) // 3_600_000_000
    weekday = (rows.at // MICROSECONDS + 3) % 7 + 1
    key, n = np.unique(np.stack([rows.platform, weekday, hour]), axis=1, return_counts=True)
    return [
        _row(judged, int(s), None, f"hour_{w}_{h}", float(c), int(c))
        for (s, w, h), c in zip(key.T, n, strict=True)
    ]
