"""Orders a day and days of backlog of a platform, from its own counters; a hidden counter is unknown, never zero."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.observations.dataset import Dataset, Floats, Ints, ObservationColumns
from scoring.observations.day_index import MICROSECONDS
from scoring.observations.panel import Bools, age, cached, gather, latest, window

NONE, ORDERS, SOLD = range(3)


@dataclass(frozen=True)
class Exposure:
    """Orders a day per platform and day (nan = unknown), its log standard deviation, where it comes from, and
    whether the counter was hidden after having been shown.

    `broken`: the counter contradicts itself or what is sold. `sold` and `moved`: units a day by the products' own counters and by
    what their stocks fell (0 = not seen); `complete`: the share of the listed products whose sales are shown.
    """

    per_day: Floats
    log_sd: Floats
    basis: NDArray[np.int8]
    hidden: Bools
    ever: Bools
    position: Ints
    broken: Bools
    sold: Floats
    moved: Floats
    complete: Floats

    @property
    def shown(self) -> Floats:
        """Orders a day by the site's own counter of orders, nan without one."""
        return np.where(self.basis == ORDERS, self.per_day, np.nan)


def exposure(facts: Dataset) -> Exposure:
    """The exposure of all platforms on all days, from order counters or else from sold counters."""
    found: Exposure = cached(facts, "exposure", lambda: _exposure(facts))
    return found


def counters(facts: Dataset) -> ObservationColumns:
    """Order counters with `concealed` (hidden, or zero after having been more) and `grown` (sum of increases so far)."""
    found: ObservationColumns = cached(facts, "order_counters", lambda: _counters(facts.rows["orders"]))
    return found


def _counters(rows: ObservationColumns) -> ObservationColumns:
    total = rows["total"] if len(rows) else np.empty(0)
    shown_before = _running_max(np.where(np.nan_to_num(total) > 0, 1.0, 0.0), rows.platform) > 0
    concealed = (np.nan_to_num(rows["hidden"]) > 0) | np.isnan(total) | ((total <= 0) & shown_before)
    shown = np.where(concealed, np.nan, total)
    grown, breaks = _grown(shown, rows.platform)
    over = _too_many_today(shown, rows) if len(rows) else np.empty(0)
    more = {"concealed": concealed, "grown": grown, "breaks": breaks, "over": over}
    return replace(rows, columns={**rows.columns, **more})


def _too_many_today(total: Floats, rows: ObservationColumns) -> Floats:
    """How often so far a counter claimed more orders for today than it grew since a visit on an earlier day: it cannot be both."""
    over = np.zeros(len(total))
    known = np.flatnonzero(~np.isnan(total))
    if len(known) > 1:
        a, b = known[:-1], known[1:]
        follows = (rows.platform[a] == rows.platform[b]) & (rows.day[b] > rows.day[a])
        factor, orders = method.TODAY_MARGIN
        over[b] = follows & (np.nan_to_num(rows["today"][b]) > factor * (total[b] - total[a]) + orders)
    return np.cumsum(over)


def _running_max(values: Floats, group: Ints) -> Floats:
    """Cumulative maximum within runs of equal `group` (values in [0, 1])."""
    return np.maximum.accumulate(values + 2.0 * group) - 2.0 * group if len(values) else values


def _grown(total: Floats, platform: Ints) -> tuple[Floats, Floats]:
    """(sum of increases since the platform's first value, number of decreases so far), nan values skipped."""
    grown, breaks = np.zeros(len(total)), np.zeros(len(total))
    known = np.flatnonzero(~np.isnan(total))
    if len(known):
        step = np.diff(total[known], prepend=total[known][0])
        new = np.r_[True, np.diff(platform[known]) != 0]
        step[new] = 0.0
        rise = np.cumsum(np.maximum(step, 0.0))
        fall = np.cumsum(step < 0).astype(float)
        start = np.maximum.accumulate(np.where(new, np.arange(len(known)), 0))
        grown[known] = rise - rise[start]
        breaks[known] = fall - fall[start]
    return grown, breaks


def _exposure(facts: Dataset) -> Exposure:
    rows = counters(facts)
    concealed = rows["concealed"].astype(bool)
    shown = rows.take(~concealed)
    now = latest(facts, shown)
    any_now = latest(facts, rows)
    hidden = (any_now >= 0) & gather(concealed, any_now, False).astype(bool)
    rate, then = _pace(facts, shown, now)
    stale = (np.arange(facts.days)[None, :] - gather(shown.day, now, 0)) > method.DROP_WINDOW
    usable = (now >= 0) & ~hidden & ~stale & (rate > 0)
    broken = gather(shown["breaks"], now) - gather(shown["breaks"], then) > 0
    broken |= gather(shown["over"], now) - gather(shown["over"], then) >= method.TODAY_FEWEST
    sold, sold_span, complete = _sold(facts)
    has_sold = (sold_span >= 7) & (sold > 0)
    sold_rate = sold / np.maximum(np.minimum(sold_span, method.DROP_WINDOW), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = usable & has_sold & (np.abs(np.log(rate / sold_rate)) > np.log(3.0))
    # Sales of some products are less than all orders: only a counter below them contradicts them then.
    apart &= (complete >= method.SOLD_COMPLETE) | (rate < sold_rate)
    broken = (broken | apart) & usable
    sd = np.where(broken, method.EXPOSURE_SD["orders_inconsistent"], method.EXPOSURE_SD["orders"])
    per_day = np.where(usable, rate, np.where(has_sold, sold_rate, np.nan))
    basis = np.where(usable, ORDERS, np.where(has_sold, SOLD, NONE)).astype(np.int8)
    log_sd = np.where(usable, sd, method.EXPOSURE_SD["sold"])
    return Exposure(
        per_day, log_sd, basis, hidden, now >= 0, now,
        broken=broken, sold=np.where(has_sold, sold_rate, 0.0), moved=_moved(facts), complete=complete,
    )  # fmt: skip


def _pace(facts: Dataset, shown: ObservationColumns, now: Ints) -> tuple[Floats, Ints]:
    """(orders a day over DROP_WINDOW days, position of the counter at their beginning).

    A counter that is no longer shown is taken to grow on, week after week, at the pace it had: not showing it changes nothing.
    """
    read = gather(shown.day, now, 0)

    def since(then: Ints) -> tuple[Floats, Floats]:
        span = (gather(shown.at, now, 0) - gather(shown.at, then, 0)) / MICROSECONDS
        return span, gather(shown["grown"], now) - gather(shown["grown"], then)

    span, grown = since(_then(now, read))
    pace = np.where(span >= 3, grown / np.maximum(span, 1e-9), np.nan)
    ahead = (
        np.where(now >= 0, np.arange(facts.days)[None, :] - read, 0)
        // method.CADENCE_DAYS
        * method.CADENCE_DAYS
    )
    then = _then(now, read + ahead)
    span, grown = since(then)
    return np.where(ahead > 0, (grown + pace * ahead) / np.maximum(span + ahead, 1e-9), pace), then


def _then(now: Ints, read: Ints) -> Ints:
    """Position of the counter as it stood DROP_WINDOW days before the day `read`, else the first one known."""
    first = np.where(
        (now >= 0).any(axis=1), np.take_along_axis(now, (now >= 0).argmax(axis=1)[:, None], 1)[:, 0], -1
    )
    day = np.clip(read - method.DROP_WINDOW, -1, now.shape[1] - 1)
    back = np.where(day >= 0, np.take_along_axis(now, np.maximum(day, 0), axis=1), -1)
    return np.where(back >= 0, back, first[:, None])


def _steps(rows: ObservationColumns, column: str) -> Floats:
    """How much each product's number changed since it was seen before at its platform (0 at first)."""
    _, product = np.unique(rows["product"].astype(str), return_inverse=True)
    order = np.lexsort((rows.at, product, rows.platform))
    step = np.diff(rows[column][order], prepend=0.0)
    new = np.r_[True, (np.diff(product[order]) != 0) | (np.diff(rows.platform[order]) != 0)]
    out = np.empty(len(rows))
    out[order] = np.where(new, 0.0, step)
    return out


def _days_known(facts: Dataset, rows: ObservationColumns) -> Floats:
    """Days since a platform's first row was known, per platform and day."""
    first = np.full(len(facts.sites), np.inf)
    np.minimum.at(first, rows.platform, np.maximum(rows.seen, rows.day).astype(float))
    span = np.maximum(np.arange(facts.days)[None, :] - first[:, None], 0.0)
    return np.where(np.isfinite(span), span, 0.0)


def _sold(facts: Dataset) -> tuple[Floats, Floats, Floats]:
    """(units sold in the window by the products' own counters, days over which such counters are known, share of the listed
    products that have one)."""
    listed = facts.rows["price"]
    rows = listed.take(~np.isnan(listed["sold"])) if len(listed) else listed
    if not len(rows):
        return np.zeros(facts.shape), np.zeros(facts.shape), np.zeros(facts.shape)
    shown = window(facts, rows, method.DROP_WINDOW) / np.maximum(window(facts, listed, method.DROP_WINDOW), 1)
    rise = np.maximum(_steps(rows, "sold"), 0.0)
    return window(facts, rows, method.DROP_WINDOW, rise), _days_known(facts, rows), shown


def _moved(facts: Dataset) -> Floats:
    """Units a day by which the stocks of the products fell from one look to the next; what came in meanwhile is not seen."""
    rows = facts.rows["price"]
    rows = rows.take(~np.isnan(rows["stock"])) if len(rows) else rows
    if not len(rows):
        return np.zeros(facts.shape)
    fall = np.maximum(-_steps(rows, "stock"), 0.0)
    span = np.minimum(_days_known(facts, rows), method.DROP_WINDOW)
    return np.where(
        span >= method.CADENCE_DAYS,
        window(facts, rows, method.DROP_WINDOW, fall) / np.maximum(span, 1.0),
        0.0,
    )


FEWEST_A_DAY = 0.2
"""A shop that sells less is taken to sell so many orders a day."""


@dataclass(frozen=True)
class Backlog:
    """`days` = (total − processed) / orders a day (nan = unknown); `hidden` = the newest counter is concealed."""

    rows: ObservationColumns
    position: Ints
    days: Floats
    hidden: Bools
    age: Floats
    orders_per_day: Floats


def backlog(facts: Dataset) -> Backlog:
    """The backlog as last shown."""
    found: Backlog = cached(facts, "backlog", lambda: _backlog(facts))
    return found


def _backlog(facts: Dataset) -> Backlog:
    rows = counters(facts)
    at = latest(facts, rows)
    hidden = gather(rows["concealed"], at, False).astype(bool)
    seen = exposure(facts)
    open_ = gather(rows["total"], at) - gather(rows["processed"], at)
    usable = (seen.basis == ORDERS) & ~hidden & np.isfinite(open_)
    days = np.where(
        usable, np.maximum(open_, 0) / np.maximum(np.nan_to_num(seen.per_day, nan=1.0), FEWEST_A_DAY), np.nan
    )
    return Backlog(rows, at, days, hidden, age(facts, rows, at), np.nan_to_num(seen.per_day))
