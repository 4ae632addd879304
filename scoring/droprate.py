"""掉单率: counted where orders are known one by one, estimated where only complaints and order counters are, else unknown.

Counted exactly as design.md §7 defines. Estimated: complaints ~ NB(orders × drop rate × reporting share), empirical
Bayes over platforms, with the uncertainty of exposure and reporting carried into the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, polygamma

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.exposure import Exposure, exposure
from scoring.facts import BIT, NEVER, Facts, Floats, Rows
from scoring.panel import Bools, cached, complaints, copy_weights, spread, visited, window

KINDS = ("payment_not_synced", "stuck", "record_lost", "unspecified")
UNKNOWN, ESTIMATED, COUNTED = range(3)
BASES = ("unknown", "estimated", "counted")
_BITS = [
    BIT["drop.payment_not_synced"],
    BIT["drop.stuck"],
    BIT["drop.record_lost"],
    BIT["drop.unspecified"] | BIT["out_of_stock_after_payment"],
]

DROPS = sum(_BITS)
"""The kinds of complaint that are about a drop."""


@dataclass(frozen=True)
class DropPriors:
    """Population of log(drop rate × reporting share): mean and spread per day, the part of the mean that is the drop rate's, and how
    uncertain that part is (the error all platforms share)."""

    log_mean: Floats
    spread: Floats
    log_median: Floats
    common_sd: Floats


@dataclass(frozen=True)
class DropRate:
    """Per platform and day: rate (nan = unknown), log standard deviation, basis, n and the parts by kind.

    `n` counts paid orders where counted, drop complaints where estimated. `likely` and `likely_sd` are the same for every
    platform whose complaints are read: where its orders are unknown it is taken to have those of some peer.
    """

    rate: Floats
    log_sd: Floats
    basis: NDArray[np.int8]
    n: Floats
    dropped: Floats
    by_kind: list[Floats]
    complaints: Floats
    exposure: Exposure
    likely: Floats
    likely_sd: Floats

    @cached_property
    def shares(self) -> tuple[Floats, Floats, Floats]:
        """On the last day, each kind's cases with their prior (kinds × platforms), and the variances that make up that of a
        share's logarithm: of each kind (kinds × platforms), of all together (platforms)."""
        counts = np.stack([c[:, -1] for c in self.by_kind]) + method.KIND_PSEUDO
        return counts, polygamma(1, counts), polygamma(1, counts.sum(axis=0))


@dataclass(frozen=True)
class Interval:
    """A rate with its 90 % interval; all None when unknown."""

    rate: float | None
    low: float | None
    high: float | None


def drops_by_kind(rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """(those of some complaints that are of a drop, index of the kind of drop)."""
    mine = rows.take((rows["kinds"] & DROPS) != 0)
    bits = mine["kinds"]
    return mine, np.select([(bits & b) != 0 for b in _BITS], range(4), 3).astype(np.int64)


def drop_complaints(facts: Facts) -> tuple[Rows, Floats, NDArray[np.int64]]:
    """(complaints of a drop, their copy weights, index of the kind of drop)."""

    def make() -> tuple[Rows, Floats, NDArray[np.int64]]:
        rows = complaints(facts)
        mask = (rows["kinds"] & DROPS) != 0
        return rows.take(mask), copy_weights(facts)[mask], drops_by_kind(rows)[1]

    found: tuple[Rows, Floats, NDArray[np.int64]] = cached(facts, "drop_complaints", make)
    return found


def orders_counted(facts: Facts) -> tuple[Floats, Floats, list[Floats]]:
    """(paid orders, dropped orders, dropped by kind) of the last 90 days and at least 24 h old, per platform and day."""
    rows = facts.rows["order"]
    ripe, start, end, kind = _order_days(facts, rows)
    paid = spread(facts, rows, ripe, end)
    by_kind = [spread(facts, rows.take(kind == k), start[kind == k], end[kind == k]) for k in range(4)]
    return paid, np.sum(by_kind, axis=0), by_kind


def _order_days(facts: Facts, rows: Rows) -> tuple[NDArray[np.int64], ...]:
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


def observed_days(facts: Facts, heard: Floats) -> tuple[Floats, Floats]:
    """(days' worth of complaints of the 90-day window that are visible, the share of its days not heard yet), per platform and day.

    `heard` is scoring.delay.heard_days of the population. Nothing read yet: 0 days.
    """
    ok, _ = visited(facts, "complaint")
    today = np.arange(facts.days)[None, :]
    first = np.where(ok.any(axis=1), ok.argmax(axis=1), NEVER)[:, None]
    start = np.minimum(first, facts.complaints_since[None, :])
    days = np.clip(today - start + 1, 0, method.DROP_WINDOW) * (first <= today)
    worth = heard[today, days]
    return worth, np.where(days > 0, 1 - worth / np.maximum(days, 1), 0.0)


def drop_rate(facts: Facts) -> DropRate:
    """The drop rate of every platform on every day; needs facts.priors."""
    found: DropRate = cached(facts, "drop_rate", lambda: _drop_rate(facts))
    return found


def _drop_rate(facts: Facts) -> DropRate:
    paid, dropped, kinds = orders_counted(facts)
    rows, weight, kind = drop_complaints(facts)
    count = window(facts, rows, method.DROP_WINDOW, weight)
    named = [window(facts, rows.take(kind == k), method.DROP_WINDOW, weight[kind == k]) for k in range(4)]
    seen = exposure(facts)
    observed, unheard = observed_days(facts, facts.priors.heard)
    orders = seen.per_day * observed
    estimable = np.isfinite(orders) & (orders > 0)
    priors: DropPriors = facts.priors.drop
    peers = np.maximum(facts.priors.orders[None, :] * observed, 1.0)
    log_rate, log_sd = posterior(
        count,
        np.where(estimable, orders, peers),
        # What is not heard yet is as uncertain as it is large.
        np.hypot(np.where(estimable, seen.log_sd, facts.priors.orders_sd[None, :]), unheard),
        priors,
    )
    counted = paid > 0
    a, b = dropped + 0.5, paid - dropped + 0.5
    counted_sd = np.sqrt(polygamma(1, a) - polygamma(1, a + b)) if counted.any() else np.zeros(facts.shape)
    rate = np.where(counted, dropped / np.maximum(paid, 1), np.where(estimable, np.exp(log_rate), np.nan))
    basis = np.where(counted, COUNTED, np.where(estimable, ESTIMATED, UNKNOWN)).astype(np.int8)
    return DropRate(
        rate=np.minimum(rate, 1.0),
        log_sd=np.where(counted, counted_sd, log_sd),
        basis=basis,
        n=np.where(counted, paid, count),
        dropped=dropped,
        by_kind=[np.where(counted, c, n) for c, n in zip(kinds, named, strict=True)],
        complaints=count,
        exposure=seen,
        likely=np.where(counted, rate, np.minimum(np.exp(log_rate), 1.0)),
        likely_sd=np.where(counted, counted_sd, log_sd),
    )


def posterior(
    count: Floats, orders: Floats, exposure_sd: Floats, priors: DropPriors
) -> tuple[Floats, Floats]:
    """(log drop rate, its standard deviation): Laplace posterior of x = log expected complaints under a normal prior.

    x = log(orders) + log(drop rate) + log(reporting), count ~ NB(exp x, COMPLAINT_SHAPE). The share of the posterior
    shift that belongs to the drop rate is its share of the prior variance; the rest is exposure and reporting.
    """
    k = method.COMPLAINT_SHAPE
    own = (priors.spread**2)[None, :]
    noise = exposure_sd**2 + method.REPORTING_PLATFORM_SD**2
    prior_mean = np.log(orders) + priors.log_mean[None, :]
    prior_var = own + noise
    x = np.where(count > 0, np.log(count + 0.5), prior_mean - 0.5)
    for _ in range(8):
        lam = np.exp(np.clip(x, -30, 30))
        gradient = count - (count + k) * lam / (k + lam) - (x - prior_mean) / prior_var
        curvature = (count + k) * k * lam / (k + lam) ** 2 + 1 / prior_var
        x = x + np.clip(gradient / curvature, -2, 2)
    lam = np.exp(np.clip(x, -30, 30))
    variance = 1 / ((count + k) * k * lam / (k + lam) ** 2 + 1 / prior_var)
    shared = own / prior_var
    log_rate = priors.log_median[None, :] + shared * (x - prior_mean)
    var = own - own * shared + shared**2 * variance + priors.common_sd[None, :] ** 2
    return log_rate, np.sqrt(var)


def interval(found: DropRate, site: int, kind: int | None = None) -> Interval:
    """The 90 % interval of the last day, of all drops or of one kind (index into KINDS)."""
    basis = int(found.basis[site, -1])
    if basis == UNKNOWN:
        return Interval(None, None, None)
    cases = float((found.dropped if kind is None else found.by_kind[kind])[site, -1])
    if basis == COUNTED:
        paid = float(found.n[site, -1])
        a, b = cases + 0.5, paid - cases + 0.5
        low = float(betaincinv(a, b, 0.05)) if cases > 0 else 0.0
        return Interval(cases / paid, low, float(betaincinv(a, b, 0.95)) if cases < paid else 1.0)
    rate, sd = float(found.rate[site, -1]), float(found.log_sd[site, -1])
    if kind is not None:
        counts, own, all_kinds = found.shares
        sd = float(np.sqrt(sd**2 + own[kind, site] - all_kinds[site]))
        rate *= float(counts[kind, site] / counts[:, site].sum())
    z = method.INTERVAL_Z
    return Interval(rate, rate * float(np.exp(-z * sd)), min(1.0, rate * float(np.exp(z * sd))))


def hidden_after_shown(found: DropRate) -> Bools:
    """Platforms and days whose counters were shown once and are hidden now."""
    return found.exposure.hidden & found.exposure.ever
