"""黑猫投诉: what one poll of the feed says about the whole site, read from the numbers complaints bear. Pure.

The running number counts every submission to the site, so two polls give the site's own volume: whether one platform's
complaints rise can only be said against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from crawler.formats.heimao import SN_ZERO

SHORTEST = dt.timedelta(hours=1)
"""Between two polls less than this apart no daily figure is given."""


def of_poll(numbers: Collection[int], before: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Coverage (records seen ÷ span of the numbering), the site's running number and its submissions a day.

    `before` is what the last good poll measured; `site_per_day` is None at a first poll or within the hour.
    """
    first, last = min(numbers), max(numbers)
    return {
        "seen": len(numbers),
        "sn_min": first,
        "sn_max": last,
        "coverage": round(len(numbers) / (last - first + 1), 6),
        "site_number": last - SN_ZERO,
        "site_per_day": _per_day(last, before, now),
        "polled_at": now.isoformat(),
    }


def _per_day(last: int, before: dict[str, Any], now: dt.datetime) -> float | None:
    number, at = before.get("sn_max"), before.get("polled_at")
    if not number or not at:
        return None
    passed = now - dt.datetime.fromisoformat(at)
    return round((last - int(number)) / (passed / dt.timedelta(days=1)), 1) if passed >= SHORTEST else None
