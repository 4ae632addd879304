"""黑猫投诉: what one poll of the feed says about the whole site, read from the numbers complaints bear. Pure.

The running number counts every submission to the site, so two polls give the site's own volume: whether one platform's
complaints rise can only be said against it. About half of what is submitted is published, so the share of numbers seen
stays near one half even where nothing was missed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise
from statistics import median
from typing import Any

from crawler.formats.heimao import SN_ZERO

SHORTEST = dt.timedelta(hours=1)
"""Between two polls less than this apart no daily figure is given."""
APART = 20_000
"""Numbers between two neighbours of one feed that are more than this apart belong to different days: the feed holds about half an hour."""
FAR = 200
"""In a small market the neighbours may be as far apart as this many times their median distance."""


def newest(numbers: Collection[int]) -> set[int]:
    """The numbers that follow one another; without those a site pins or re-opens, and without one misread far ahead.

    The largest run of neighbours, of equal ones the higher; a run ends where the gap is out of all proportion.
    """
    ordered = sorted(set(numbers))
    gaps = [b - a for a, b in pairwise(ordered)]
    if not gaps:
        return set(ordered)
    bound = max(APART, FAR * median(gaps))
    runs: list[list[int]] = []
    run = [ordered[0]]
    for number, gap in zip(ordered[1:], gaps, strict=True):
        if gap > bound:
            runs.append(run)
            run = []
        run.append(number)
    best = max([*runs, run], key=_size)
    return set(best)


def _size(run: list[int]) -> tuple[int, int]:
    return len(run), run[-1]


def of_poll(numbers: Collection[int], before: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Coverage of one poll, the site's running number and its submissions a day.

    `before` is what the last good poll measured. The window reaches from its highest number (at a first poll, from the
    lowest seen) to the highest seen now; `window_seen` of its `window_numbers` were read, `coverage` is their share.
    `site_per_day` is None at a first poll or within the hour.
    """
    seen = newest(numbers)
    first, last = min(seen), max(seen)
    known = int(before.get("sn_max") or 0)
    start = known if 0 < known <= last else first - 1
    fresh = sum(number > start for number in seen)
    return {
        "seen": len(seen),
        "sn_min": first,
        "sn_max": max(last, start),
        "old_numbers": len(set(numbers)) - len(seen),
        "window_from": start + 1,
        "window_numbers": last - start,
        "window_seen": fresh,
        "coverage": round(fresh / (last - start), 6) if last > start else None,
        "site_number": last - SN_ZERO,
        "site_per_day": _per_day(last, before, now),
        "polled_at": now.isoformat(),
    }


def _per_day(last: int, before: dict[str, Any], now: dt.datetime) -> float | None:
    number, at = before.get("sn_max"), before.get("polled_at")
    if not number or not at or last < int(number):
        return None
    passed = now - dt.datetime.fromisoformat(at)
    return round((last - int(number)) / (passed / dt.timedelta(days=1)), 1) if passed >= SHORTEST else None
