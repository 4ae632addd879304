"""Whether drops happen more often on public holidays: the published Chinese calendar, tested against all other days. Shown, never scored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import chinese_calendar
import numpy as np
from scipy.special import bdtrc

from scoring.calendar import date_of
from scoring.facts import Ints, Rows

FESTIVALS = ("new_year", "spring", "tomb_sweeping", "labour", "dragon_boat", "national", "mid_autumn")
"""Public holidays that return every year, in the order of the year."""
_NAMED = {
    "New Year's Day": 0,
    "Spring Festival": 1,
    "Tomb-sweeping Day": 2,
    "Labour Day": 3,
    "Dragon Boat Festival": 4,
    "National Day": 5,
    "Mid-autumn Festival": 6,
}


@dataclass(frozen=True)
class Holiday:
    """The festival (of FESTIVALS) on which drops take the largest unexpected part of complaints: share of drops, the share on ordinary
    days, cases on it, and p corrected for the festivals looked at."""

    festival: str
    share: float
    ordinary: float
    n: int
    p: float


def festival_of(days: Ints) -> Ints:
    """Index into FESTIVALS of each day number, -1 for an ordinary day, -2 where the calendar does not reach."""
    each, place = np.unique(days, return_inverse=True)
    return np.array([_festival(day) for day in each.tolist()], dtype=np.int64)[place]


@cache
def _festival(day: int) -> int:
    try:
        free, name = chinese_calendar.get_holiday_detail(date_of(day))
    except NotImplementedError:
        return -2
    # A weekend worked in exchange carries the festival's name too, and is no holiday.
    return _NAMED.get(name or "", -1) if free else -1


def cases(platform: Ints, moment: Ints) -> Ints:
    """The moments (days, hours) of all different pairs: what is said of one site at one moment is one case."""
    if not len(moment):
        return moment
    first = moment.min()
    span = int(moment.max() - first) + 1
    found: Ints = np.unique(platform * span + (moment - first)) % span + first
    return found


def holiday(dropped: Ints, rest: Ints) -> Holiday | None:
    """The most prominent festival among counts of `by_festival`; None without complaints on both sorts of days.

    p is the exact binomial tail at the share of ordinary days, times the festivals that had any complaint (Bonferroni), at most 1.
    """
    every = dropped + rest
    if not every[-1] or not dropped[-1] or not every[:-1].any():
        return None
    ordinary = float(dropped[-1] / every[-1])
    hit, n = dropped[:-1], every[:-1]
    tail = np.where(hit > 0, bdtrc(np.maximum(hit - 1, 0), np.maximum(n, 1), ordinary), 1.0)
    tail = np.where(n > 0, tail, 2.0)
    at = int(np.argmin(tail))
    p = min(1.0, float(tail[at]) * int((n > 0).sum()))
    return Holiday(FESTIVALS[at], float(hit[at] / n[at]), ordinary, int(n[at]), p)


def by_festival(first_day: int, rows: Rows) -> Ints:
    """Cases on each festival by day of filing, and last on ordinary days; a site's complaints of one day are one case."""
    found = festival_of(cases(rows.platform, rows.day) + first_day)
    counted: Ints = np.bincount(found[found >= -1] % (len(FESTIVALS) + 1), minlength=len(FESTIVALS) + 1)
    return counted
