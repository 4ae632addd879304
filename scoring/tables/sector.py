"""Rows about all sites together, holidays among them. Shown, never scored; no site is named.

Complaints are claims: each counts once (copies and those held back are left out), and only those that stand today.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import chinese_calendar
import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from scoring.features.drop_rate import drop_complaints
from scoring.features.single_orders import KINDS
from scoring.figures import Figure, count, days_back
from scoring.observations.dataset import NEVER, Dataset, Floats, Ints, ObservationColumns
from scoring.observations.day_index import MICROSECONDS, date_of
from scoring.observations.panel import complaints, of_kinds, settled_unknown

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


def by_festival(first_day: int, rows: ObservationColumns) -> Ints:
    """Cases on each festival by day of filing, and last on ordinary days; a site's complaints of one day are one case."""
    found = festival_of(cases(rows.platform, rows.day) + first_day)
    counted: Ints = np.bincount(found[found >= -1] % (len(FESTIVALS) + 1), minlength=len(FESTIVALS) + 1)
    return counted


WEEKS = 53
LONGEST_OPEN = 90
"""Days after filing up to which the share of open refund complaints is followed."""
_CELLS = 168
_Z90 = 1.6448536269514722
_HOUR = 3_600_000_000


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier by day 0, 1, …: share still open after the day with its 90 % interval, at risk on it, censored on it."""

    share: Floats
    low: Floats
    high: Floats
    at_risk: Ints
    censored: Ints


@dataclass(frozen=True)
class Peak:
    """The hour of the week in which drops take the largest unexpected part: its share, all cases in it, and p.

    `cell` is 24 × (weekday - 1) + hour, Monday = 1; `p` is corrected for having looked at all 168 hours.
    """

    cell: int
    share: float
    overall: float
    n: int
    p: float


@dataclass(frozen=True)
class Tally:
    """What the sector's rows are made of, counted over some platforms; tallies of different platforms add up.

    `weeks` and `sites`: drop complaints and platforms with one, KINDS × the last WEEKS weeks. `dropped`, `rest`: cases by
    hour of the week. `ended`, `censored`: refund complaints by days open, the last field for more than LONGEST_OPEN. `dropped_on`,
    `rest_on`: cases by public holiday, the last field for ordinary days (scoring/tables/sector.py). `closures`: of each site closed
    within MONTHS the day numbers of its first day down and of its earliest warning before it (-1 none), and the probes it had answered.
    """

    weeks: Ints
    sites: Ints
    dropped: Ints
    rest: Ints
    ended: Ints
    censored: Ints
    dropped_on: Ints
    rest_on: Ints
    closures: Ints

    def __add__(self, other: Tally) -> Tally:
        mine, its = vars(self), vars(other)
        sums = {name: mine[name] + its[name] for name in mine if name != "closures"}
        return Tally(**sums, closures=np.concatenate([self.closures, other.closures]))


NO_CLOSURES: Ints = np.empty((0, 3), np.int64)


def tally(facts: Dataset, closures: Ints = NO_CLOSURES) -> Tally:
    """Count what these platforms have; nothing yet for facts without platforms."""
    drops, _, kind = drop_complaints(facts)
    once = _once(facts, drops)
    drops, kind = drops.take(once), kind[once]
    every = complaints(facts)
    every = every.take(_once(facts, every))
    others = every.take(~np.isin(every.id, drops.id))
    _, length, closed = refund_cases(facts)
    length = np.minimum(length, LONGEST_OPEN + 1)
    return Tally(
        *_weeks(facts, drops, kind),
        _by_cell(drops),
        _by_cell(others),
        np.bincount(length[closed], minlength=LONGEST_OPEN + 2),
        np.bincount(length[~closed], minlength=LONGEST_OPEN + 2),
        by_festival(facts.first_day, drops),
        by_festival(facts.first_day, others),
        closures,
    )


def sector_rows(counts: Tally, last_day: int) -> list[dict[str, Any]]:
    """Rows of the sector table as of a day number; what each measure means is said at its schema in scoring/snapshot/reader.py."""
    return [
        *_drop_rows(counts, last_day),
        *_hours(counts.dropped, counts.rest),
        *_holiday(holiday(counts.dropped_on, counts.rest_on)),
        *_refunds(counts),
    ]


def unread_week_rows(facts: Dataset) -> list[dict[str, Any]]:
    """A row for each week before or between our readings, so that few complaints in it are not taken for calm: one before complaints
    are complete, or after the first reading one in which a source of at least a tenth of the complaints was not read."""
    weeks = np.arange(WEEKS)
    first = _monday(facts.last_day) - 7 * (WEEKS - 1) - facts.first_day
    rows, visits = facts.rows["complaint"], facts.visits
    if not len(rows):
        return []  # nothing is drawn
    unread = first + 7 * weeks < min(facts.complaints_since[-1], facts.days)
    held = np.bincount(rows.source[rows.day >= first])
    for source in np.flatnonzero(held * 10 >= max(int(held.sum()), 1)):
        brought = rows.seen[rows.source == source]
        read = (np.concatenate([visits.day[visits.ok & (visits.source == source)], brought]) - first) // 7
        unread |= (weeks > read.min()) & ~np.isin(weeks, read)
    return [
        _row("week_unread", on=date_of(int(first + facts.first_day + 7 * at)))
        for at in np.flatnonzero(unread)
    ]


def drop_figures(counts: Tally, last_day: int) -> tuple[Figure, Figure]:
    """Drop complaints of the last four whole weeks, and of the four before them."""
    this = _monday(last_day)
    end = last_day if this + 6 == last_day else this - 1  # the Sunday that ended the last whole week
    last = WEEKS - (1 if end == last_day else 2)
    week = counts.weeks.sum(axis=0)

    def of(name: str, back: int) -> Figure:
        stop = last + 1 - back
        return count(name, week[stop - 4 : stop].sum(), days_back(end - 7 * back, 28))

    return of("drops_4_weeks", 0), of("drops_4_weeks_before", 4)


def _once(facts: Dataset, rows: ObservationColumns) -> NDArray[np.bool_]:
    """Which rows stand on the last day, each complaint and each text once."""
    first = np.zeros(len(rows), bool)
    standing = np.flatnonzero((rows.gone >= facts.days) & (rows["rank"] == 0))
    first[standing[np.unique(rows.id[standing], return_index=True)[1]]] = True
    return first


def _row(measure: str, **values: Any) -> dict[str, Any]:
    return {"measure": measure, **values}


def _weeks(facts: Dataset, rows: ObservationColumns, kind: NDArray[np.int64]) -> tuple[Ints, Ints]:
    """(drop complaints, platforms with one) by kind and week of filing."""
    first = _monday(facts.last_day) - 7 * (WEEKS - 1)
    week = (rows.day + facts.first_day - first) // 7
    shown = (week >= 0) & (week < WEEKS)
    key = kind[shown] * WEEKS + week[shown]
    pairs = np.unique(rows.platform[shown] * (len(KINDS) * WEEKS) + key)
    size = (len(KINDS), WEEKS)
    return (
        np.bincount(key, minlength=len(KINDS) * WEEKS).reshape(size),
        np.bincount(pairs % (len(KINDS) * WEEKS), minlength=len(KINDS) * WEEKS).reshape(size),
    )


def _monday(day: int) -> int:
    """The day number of the Monday of a day's week."""
    return day - (day + 3) % 7


def _drop_rows(counts: Tally, last_day: int) -> list[dict[str, Any]]:
    """Drop complaints by kind and week of filing, for every week since the first shown, zeros included."""
    shown = np.flatnonzero(counts.weeks.sum(axis=0))
    if not len(shown):
        return []
    first = _monday(last_day) - 7 * (WEEKS - 1)
    return [
        _row(
            f"drops_{name}",
            on=date_of(first + 7 * week),
            value=float(counts.weeks[at, week]),
            n=float(counts.sites[at, week]),
        )
        for at, name in enumerate(KINDS)
        for week in range(int(shown[0]), WEEKS)
    ]


def _hours(dropped: Ints, rest: Ints) -> list[dict[str, Any]]:
    """Drops by hour of the week beside all complaints, and the test whether any hour stands out."""
    if not dropped.sum():
        return []
    out = [
        _row("drop_hour", bin=cell, value=float(dropped[cell]), n=float(dropped[cell] + rest[cell]))
        for cell in range(_CELLS)
    ]
    found = peak(dropped, rest)
    if found is not None:
        out.append(_row("drop_peak", bin=found.cell, value=found.share, n=float(found.n), low=found.overall))
        out.append(_row("drop_peak_p", bin=found.cell, value=found.p))
    return out


def _holiday(found: Holiday | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    return [
        _row(f"drop_holiday_{found.festival}", value=found.share, n=float(found.n), low=found.ordinary),
        _row("drop_holiday_p", value=found.p),
    ]


def _by_cell(rows: ObservationColumns) -> Ints:
    """Cases in each of the 168 hours of a week. A site's burst in one hour of one day is one case, and a time of exactly
    midnight is left out: it is how sources write a date without a time."""
    timed = rows.take(rows.at % MICROSECONDS != 0)
    case = cases(timed.platform, timed.at // _HOUR)
    hour, day = case % 24, case // 24
    return np.bincount((day + 3) % 7 * 24 + hour, minlength=_CELLS)


def peak(dropped: Ints, rest: Ints) -> Peak | None:
    """The hour whose share of drops among all complaints most exceeds the overall share; None without both.

    People write complaints when they are awake, so drops are held against other complaints of the same hour. p is the exact
    binomial tail at the overall share, times the 168 hours looked at (Bonferroni), at most 1.
    """
    every = dropped + rest
    if not dropped.sum() or not rest.sum():
        return None
    overall = float(dropped.sum() / every.sum())
    tail = np.where(dropped > 0, bdtrc(np.maximum(dropped - 1, 0), np.maximum(every, 1), overall), 1.0)
    cell = int(np.argmin(tail))
    return Peak(
        cell=cell,
        share=float(dropped[cell] / every[cell]) if every[cell] else 0.0,
        overall=overall,
        n=int(every[cell]),
        p=min(1.0, float(tail[cell]) * len(dropped)),
    )


def refund_cases(facts: Dataset) -> tuple[ObservationColumns, Ints, NDArray[np.bool_]]:
    """(refund complaints that count, days each was open, whether it has ended); those open today are censored today.

    One settled on an unknown day is left out: how long it was open is not known.
    """
    rows = of_kinds(facts.rows["complaint"], "refund_delayed", "refund_refused")
    held = (rows["held"] < facts.days) & (rows["freed"] >= NEVER)
    rows = rows.take(_once(facts, rows) & ~held & ~settled_unknown(rows))
    done = rows["completed_at"]
    closed = done < NEVER
    ended = np.where(closed, done // MICROSECONDS - facts.first_day, facts.days - 1)
    return rows, np.maximum(ended - rows.day, 0), closed


def _refunds(counts: Tally) -> list[dict[str, Any]]:
    """How long refund complaints stay open, all sites together."""
    every = counts.ended + counts.censored
    if not every.sum():
        return []
    last = min(int(np.flatnonzero(every)[-1]), LONGEST_OPEN)
    found = _estimate(counts.ended[None, :-1], counts.censored[None, :-1], every.sum()[None])
    share, low, high, at_risk, censored = (panel[0, : last + 1] for panel in vars(found).values())
    return [
        _row(
            "refund_open",
            bin=day,
            value=float(share[day]),
            n=float(at_risk[day]),
            low=float(low[day]),
            high=float(high[day]),
        )
        for day in range(last + 1)
    ] + [_row("refund_censored", bin=int(day), n=float(censored[day])) for day in np.flatnonzero(censored)]


def survival(length: Ints, closed: NDArray[np.bool_], longest: int) -> Survival:
    """Product-limit estimate by whole days up to the last day with anyone at risk, at most `longest`.

    The interval is Greenwood's on the log-log scale (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time
    Data, §1.4); where nothing has ended yet, or everything, it has no width.
    """
    last = min(int(length.max()), longest)
    every = survivals(np.zeros(len(length), np.int64), length, closed, 1, longest)
    return Survival(*(panel[0, : last + 1] for panel in vars(every).values()))


def survivals(group: Ints, length: Ints, closed: NDArray[np.bool_], groups: int, longest: int) -> Survival:
    """The estimates of several groups as panels (groups × days 0..longest); where nobody is at risk they mean nothing."""
    days = longest + 1
    inside = length <= longest

    def count(which: NDArray[np.bool_]) -> Ints:
        at = group[which] * days + length[which]
        return np.bincount(at, minlength=groups * days).reshape(groups, days)

    return _estimate(count(inside & closed), count(inside & ~closed), np.bincount(group, minlength=groups))


def _estimate(ended: Ints, censored: Ints, begun: Ints) -> Survival:
    """The estimates from what ended and was censored on each day (groups × days), and how many there were."""
    at_risk = begun[:, None] - np.cumsum(ended + censored, axis=1) + ended + censored
    share = np.cumprod(1 - ended / np.maximum(at_risk, 1), axis=1)
    left = at_risk - ended
    steps = np.divide(ended, at_risk * left, out=np.zeros(share.shape), where=left > 0)
    variance = np.cumsum(steps, axis=1)
    inner = (share > 0) & (share < 1)
    log = np.log(share, out=np.full(share.shape, -1.0), where=inner)
    spread = _Z90 * np.sqrt(variance) / np.abs(log)
    low = np.where(inner, share ** np.exp(spread), share)
    high = np.where(inner, share ** np.exp(-spread), share)
    return Survival(share, low, high, at_risk, censored)
