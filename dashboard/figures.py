"""Numbers and days the way the dashboard writes them: no false precision, Shanghai calendar days."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

from dashboard.text import say

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one offset and no summer time since 1991."""


def day(value: date | datetime | None, lang: str) -> str:
    """A date as YYYY-MM-DD (a time is first turned into its Shanghai day), or the word for unknown."""
    if value is None:
        return say(lang, "word.unknown")
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return value.isoformat()


def moment(value: datetime | None, lang: str) -> str:
    """A time as YYYY-MM-DD HH:MM in Shanghai, or the word for unknown."""
    return say(lang, "word.unknown") if value is None else f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def percent(share: float) -> str:
    """A share (0-1) in per cent with two significant figures, never rounded to nothing: 4.2 %, 0.3 %, < 0.1 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    value = share * 100
    return f"{value:.1f} %" if value < 10 and value != int(value) else f"{value:.0f} %"


def span(low: float | None, high: float | None, lang: str) -> str:
    """The 90 % interval of a share, or the words for having none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return say(lang, "drop.no_interval")
    return say(lang, "drop.interval", low=percent(low), high=percent(high))


def number(value: Any) -> str:
    """A count without decimals and with thousands separated."""
    return f"{value:,.0f}"


def signed(points: float) -> str:
    """Score points with their sign and one decimal; a true minus sign, so that screen readers say it."""
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"
