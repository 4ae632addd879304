"""Every number a sentence of the snapshot states, as a value with its definition: a sentence and its figures are made of the
same values by one function, so that they cannot differ (table `figures`; the names are defined in scoring/figure_names.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scoring.calendar import date_of, day_number
from scoring.figure_names import NAMES


@dataclass(frozen=True)
class Figure:
    """One number a sentence states; `n` and `of` are count and denominator of a share, `since` and `until` its window, both inclusive."""

    name: str
    value: float
    n: float | None = None
    of: float | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    def __post_init__(self) -> None:
        """Raises KeyError for a name without a definition."""
        NAMES[self.name]


Window = tuple[dt.date | None, dt.date | None]
ALWAYS: Window = (None, None)


def days_back(last_day: int, length: int, ripe: int = 0) -> Window:
    """The window of the `length` days that end on day number `last_day`, without the newest `ripe` of them.

    It begins with the calendar at the earliest.
    """
    first = day_number(dt.date.min)
    return date_of(max(first, last_day - length + 1)), date_of(max(first, last_day - ripe))


def share(name: str, n: Any, of: Any, window: Window = ALWAYS) -> Figure:
    """The share n / of; 0 where there is nothing."""
    return Figure(name, float(n / of) if of else 0.0, float(n), float(of), *window)


def count(name: str, value: Any, window: Window = ALWAYS) -> Figure:
    """A count, or another single number."""
    return Figure(name, float(value), None, None, *window)


class Said(tuple[str, str]):
    """A sentence in Chinese and English, with the figures it states."""

    figures: tuple[Figure, ...]

    def __new__(cls, zh: str, en: str, *figures: Figure) -> Said:
        """The sentence and its figures."""
        said = super().__new__(cls, (zh, en))
        said.figures = figures
        return said


def figures_of(said: tuple[str, str]) -> tuple[Figure, ...]:
    """The figures of a sentence; none of one that states no number."""
    return said.figures if isinstance(said, Said) else ()


def rows_of(host: str, place: str, figures: tuple[Figure, ...]) -> Iterator[dict[str, Any]]:
    """Rows of the figures table."""
    for figure in figures:
        yield {"host": host, "place": place, **vars(figure), "unit": NAMES[figure.name].unit}
