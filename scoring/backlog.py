"""Days of unprocessed orders from a shop's own counters, per platform and day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.exposure import ORDERS, counters, exposure
from scoring.facts import Facts, Floats, Ints, Rows
from scoring.panel import Bools, age, cached, latest, pick

FEWEST_A_DAY = 0.2
"""A shop that sells less is taken to sell so many orders a day."""


@dataclass(frozen=True)
class Backlog:
    """`days` = (total − processed) / orders a day (nan = unknown); `hidden` = the newest counter is concealed."""

    rows: Rows
    position: Ints
    days: Floats
    hidden: Bools
    age: Floats
    orders_per_day: Floats


def backlog(facts: Facts) -> Backlog:
    """The backlog as last shown."""
    found: Backlog = cached(facts, "backlog", lambda: _backlog(facts))
    return found


def _backlog(facts: Facts) -> Backlog:
    rows = counters(facts)
    at = latest(facts, rows)
    hidden = pick(rows["concealed"], at, False).astype(bool)
    seen = exposure(facts)
    open_ = pick(rows["total"], at) - pick(rows["processed"], at)
    usable = (seen.basis == ORDERS) & ~hidden & np.isfinite(open_)
    days = np.where(
        usable, np.maximum(open_, 0) / np.maximum(np.nan_to_num(seen.per_day, nan=1.0), FEWEST_A_DAY), np.nan
    )
    return Backlog(rows, at, days, hidden, age(facts, rows, at), np.nan_to_num(seen.per_day))
