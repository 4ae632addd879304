"""Numbers and days the way the dashboard writes them: no false precision, Shanghai calendar days."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from dashboard.presenters.translations import say
from scoring.snapshot.reader import whole_points

_NARROWEST = 3.0
"""Points; no score that is an estimate has a narrower interval."""
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


def join_words(words: Iterable[str], lang: str) -> str:
    """Words of one kind in a row, as the language separates them."""
    return ("、" if lang == "zh" else ", ").join(words)


def percent(share: float) -> str:
    """A share (0-1) in per cent with two significant figures, never rounded to nothing: 4.2%, 0.3%, < 0.1%."""
    if 0 < share < 0.001:
        return "< 0.1%"
    value = share * 100
    return f"{value:.1f}%" if value < 10 and value != int(value) else f"{value:.0f}%"


def span(low: float | None, high: float | None, lang: str) -> str:
    """The 90% interval of a share, or the words for having none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return say(lang, "drop.no_interval")
    return say(lang, "drop.interval", low=percent(low), high=percent(high))


def times(multiple: float) -> str:
    """A multiple with two significant figures: 2.1, 0.45, 12; one that rounds to nothing is below 0.01."""
    return "< 0.01" if multiple < 0.01 else f"{float(f'{multiple:.2g}'):g}"


def number(value: Any) -> str:
    """A count without decimals and with thousands separated."""
    return f"{value:,.0f}"


LONGEST_SENTENCE = 500
"""Characters of a sentence of ours on a page: never so few that its figures or its interval are cut off."""


def signed(points: float) -> str:
    """Score points with their sign and one decimal, 0 without; a true minus sign, so that screen readers say it."""
    size = f"{abs(points):.1f}"
    return "0" if size == "0.0" else f"{'−' if points < 0 else '+'}{size}"


def interval_of(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """The 90% interval of a rating's score; None where there is no score, or a cap decides it: a rule has no interval.

    Rows of the history do not name the cap; under one an interval is a tenth as wide as any other.
    """
    low, high = row.get("score_low"), row.get("score_high")
    if low is None or high is None or row.get("score_cap"):
        return None
    if "score_cap" not in row and high - low < _NARROWEST:
        return None
    return float(low), float(high)


def with_true_interval(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rating as it is handed out: without an interval where a cap decides the score."""
    if interval_of(row) is None:
        return {**row, "score_low": None, "score_high": None}
    return dict(row)


def ends_of(row: Mapping[str, Any]) -> tuple[float, float]:
    """Where a chart draws the interval of a rated row from and to: a point where a cap decides the score."""
    return interval_of(row) or (float(row["score"]), float(row["score"]))


def score_words(row: Mapping[str, Any]) -> str:
    """ "72 (65–79)", or the score alone where a cap decides it; "—" without one."""
    if row.get("score") is None:
        return "—"
    found = interval_of(row)
    return str(whole_points(row["score"])) + (f" ({ends(found)})" if found else " ≤")


def ends(interval: tuple[float, float]) -> str:
    """An interval of scores: "65–79"."""
    return f"{whole_points(interval[0])}–{whole_points(interval[1])}"


def about(value: float) -> str:
    """A weighted count: "12" where it is whole, else "≈453": it is no count of cases then."""
    return number(round(value)) if abs(value - round(value)) < 1e-6 else f"≈{number(round(value))}"
