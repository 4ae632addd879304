"""Orders known one by one: how many were paid and dropped, and how much of a site's counter those it handed in itself make up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.observations.dataset import NEVER, SOURCE_SHOWS, Dataset, Floats, ObservationColumns
from scoring.observations.day_index import MICROSECONDS
from scoring.observations.panel import cached, interval_sum

KINDS = ("payment_not_synced", "stuck", "record_lost", "unspecified")


@dataclass(frozen=True)
class SingleOrders:
    """Orders paid in the last 90 days and at least 24 h old, those dropped (and by kind), per platform and day.

    `fed` and `fed_dropped` are those of them that the site itself handed in; the others are test purchases.
    """

    paid: Floats
    dropped: Floats
    by_kind: list[Floats]
    fed: Floats
    fed_dropped: Floats


def single_orders(facts: Dataset) -> SingleOrders:
    """The single orders of every platform on every day."""
    found: SingleOrders = cached(facts, "single_orders", lambda: _single_orders(facts))
    return found


def _single_orders(facts: Dataset) -> SingleOrders:
    rows = facts.rows["order"]
    ripe, start, end, kind = _order_days(facts, rows)
    own = np.isin(rows.source, [s.index for s in facts.sources if SOURCE_SHOWS.get(s.id) == "order"])

    def of(mine: NDArray[np.bool_], begin: NDArray[np.int64]) -> Floats:
        return interval_sum(facts, rows.take(mine), begin[mine], end[mine])

    by_kind = [of(kind == k, start) for k in range(len(KINDS))]
    dropped: Floats = np.sum(by_kind, axis=0)
    return SingleOrders(of(np.ones(len(rows), bool), ripe), dropped, by_kind, of(own, ripe), of(own, start))


def feed_share(fed: Floats, per_day: Floats) -> Floats:
    """How much of what a site's counter grew by in the window (orders a day) the orders it handed in make up: 0 without a counter."""
    grown = np.nan_to_num(per_day) * method.DROP_WINDOW
    share: Floats = np.where(grown > 0, np.minimum(fed / np.maximum(grown, 1e-9), 1.0), 0.0)
    return share


def _order_days(facts: Dataset, rows: ObservationColumns) -> tuple[NDArray[np.int64], ...]:
    """(first day in the denominator, first day known as dropped or NEVER, day it leaves the window, kind)."""
    at = rows.at - facts.first_day * MICROSECONDS
    day = -(-at // MICROSECONDS)  # The first day at whose end the order is 24 h old.
    end = at // MICROSECONDS + method.DROP_WINDOW
    ripe = np.maximum(day, rows.seen)
    promised = rows["promised_hours"] if len(rows) else np.empty(0)
    hours = np.where(np.isnan(promised), method.DROP_MIN_AGE_HOURS, promised)
    deadline = rows.at + np.round(hours * 3_600_000_000).astype(np.int64)
    state = rows["state"]
    missing = state == "missing"
    delivered = rows["delivered_at"]
    # "delivered" without a time is taken at its word; everything else must show a delivery before the deadline.
    kept = (delivered <= deadline) | ((state == "delivered") & (delivered >= NEVER))
    past = deadline - facts.first_day * MICROSECONDS
    overdue = np.maximum(ripe, -(-past // MICROSECONDS) - 1)
    start = np.where(missing, ripe, np.where(kept, NEVER, overdue))
    given = {k: i for i, k in enumerate(KINDS)}
    said = np.array([given.get(k, -1) for k in rows["drop_kind"]], dtype=np.int64)
    implied = np.select([missing, state == "processing"], [2, 1], 3)
    return ripe, start, end, np.where(said >= 0, said, implied)
