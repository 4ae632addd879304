"""Drop rate (掉单率): counted where orders are known one by one, estimated from complaints and counters elsewhere, else unknown; and the reporting delay.

Counted exactly as design.md §7 defines. Estimated: complaints ~ NB(orders × drop rate × reporting share), empirical
Bayes over platforms, with the uncertainty of exposure and reporting carried into the interval; single orders that are no count
yet are pooled with it. The rate relative to the sector's median does not hang on how many of the victims complain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, polygamma

from scoring import method
from scoring.features.order_volume import expected, volume
from scoring.features.orders import Exposure, exposure
from scoring.features.single_orders import SingleOrders, feed_share, single_orders
from scoring.observations.dataset import BIT, NEVER, Dataset, FittedDataset, Floats, ObservationColumns
from scoring.observations.market import DropPriors
from scoring.observations.panel import Bools, cached, complaints, copy_weights, forward_fill, visited, window

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
class DropRate:
    """Per platform and day: rate (nan = unknown), log standard deviation, basis, n and the parts by kind.

    `n` counts paid orders where counted, drop complaints where estimated. `likely` and `likely_sd` are what the score goes by, for
    every platform whose complaints are read: where its orders are unknown, or only its own counter tells them (`alone`), it is taken
    to have those of some peer. `relative` is the rate as a multiple of the sector's median (nan = unknown), with its own deviation:
    how many of the victims complain cancels in it.
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
    relative: Floats
    relative_sd: Floats
    alone: Bools
    orders: SingleOrders

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


def reporting_range() -> tuple[float, float]:
    """Where, with 90 %, the share of victims who complain in public lies before any market has taught it (method.REPORTING_*)."""
    wide = float(np.exp(ndtri(0.95) * method.REPORTING_GLOBAL_SD))
    return method.REPORTING_MEAN / wide, method.REPORTING_MEAN * wide


def drops_by_kind(rows: ObservationColumns) -> tuple[ObservationColumns, NDArray[np.int64]]:
    """(those of some complaints that are of a drop, index of the kind of drop)."""
    mine = rows.take((rows["kinds"] & DROPS) != 0)
    bits = mine["kinds"]
    return mine, np.select([(bits & b) != 0 for b in _BITS], range(4), 3).astype(np.int64)


def drop_complaints(facts: Dataset) -> tuple[ObservationColumns, Floats, NDArray[np.int64]]:
    """(complaints of a drop, their copy weights, index of the kind of drop)."""

    def make() -> tuple[ObservationColumns, Floats, NDArray[np.int64]]:
        rows = complaints(facts)
        mask = (rows["kinds"] & DROPS) != 0
        return rows.take(mask), copy_weights(facts)[mask], drops_by_kind(rows)[1]

    found: tuple[ObservationColumns, Floats, NDArray[np.int64]] = cached(facts, "drop_complaints", make)
    return found


def observed_days(facts: Dataset, heard: Floats) -> tuple[Floats, Floats]:
    """(days' worth of complaints of the 90-day window that are visible, the share of its days not heard yet), per platform and day.

    `heard` is scoring.features.drop_rate.heard_days of the population. Nothing read yet: 0 days.
    """
    ok, _ = visited(facts, "complaint")
    today = np.arange(facts.days)[None, :]
    first = np.where(ok.any(axis=1), ok.argmax(axis=1), NEVER)[:, None]
    start = np.minimum(first, facts.complaints_since[None, :])
    days = np.clip(today - start + 1, 0, method.DROP_WINDOW) * (first <= today)
    worth = heard[today, days]
    return worth, np.where(days > 0, 1 - worth / np.maximum(days, 1), 0.0)


def drop_rate(facts: FittedDataset) -> DropRate:
    """The drop rate of every platform on every day."""
    found: DropRate = cached(facts, "drop_rate", lambda: _drop_rate(facts))
    return found


def _drop_rate(facts: FittedDataset) -> DropRate:
    orders = single_orders(facts)
    rows, weight, kind = drop_complaints(facts)
    count = window(facts, rows, method.DROP_WINDOW, weight)
    named = [window(facts, rows.take(kind == k), method.DROP_WINDOW, weight[kind == k]) for k in range(4)]
    # Complaints that leave the window while no board is read are not made up for by calm.
    covered = visited(facts, "complaint")[1]
    count, *named = (
        np.where(covered, c, np.maximum(c, forward_fill(c, covered, 0.0))) for c in (count, *named)
    )
    own, seen = volume(facts), exposure(facts)
    observed, unheard = observed_days(facts, facts.priors.heard)
    priors: DropPriors = facts.priors.drop
    estimable = np.isfinite(own.per_day) & (own.per_day * observed > 0)
    peers = np.exp(expected(facts, facts.priors.peers))

    def of(use: Bools) -> Estimate:
        """By the complaints, with a site's own orders where `use` says so, else with those of some peer."""
        a_day = np.where(use, own.per_day, peers)
        sd = np.where(use, own.log_sd, facts.priors.peers.spread[None, :])
        # What is not heard yet is as uncertain as it is large.
        return posterior(count, np.maximum(a_day * observed, 1.0), np.hypot(sd, unheard), priors)

    told = of(estimable)
    share = feed_share(orders.fed, seen.shown)
    # Whoever complains of a drop was dropped: a feed with fewer drops than that leaves some out.
    agreed = count <= orders.dropped + method.CONTRADICTED
    shown, counted = pooled(told, orders, share, agreed)
    counted |= orders.paid - orders.fed >= method.PURCHASES_FEWEST
    # With no other number of orders at all, those known are counted for what they are; chosen ones lift no score.
    only = ~counted & (orders.paid > 0) & ~estimable & ~seen.ever & agreed
    counted |= only
    a, b = orders.dropped + 0.5, orders.paid - orders.dropped + 0.5
    counted_sd = np.sqrt(polygamma(1, a) - polygamma(1, a + b)) if counted.any() else np.zeros(facts.shape)
    shown = _by_count(shown, told, np.log(a / (a + b)), counted_sd, counted)
    rated = shown
    if own.alone.any():
        as_peers, _ = pooled(of(estimable & ~own.alone), orders, share, agreed)
        rated = shown.where(~own.alone | counted, as_peers)
    enough = orders.paid >= method.FEED_FEWEST
    basis = np.where(counted, COUNTED, np.where(estimable | enough, ESTIMATED, UNKNOWN)).astype(np.int8)
    rate = np.where(counted, orders.dropped / np.maximum(orders.paid, 1), np.exp(shown.log_rate))
    rate = np.where(basis == UNKNOWN, np.nan, np.minimum(rate, 1.0))
    with_median = np.hypot(np.sqrt(shown.own_var), np.nan_to_num(priors.median_sd)[None, :])
    known = (basis != UNKNOWN) & np.isfinite(priors.median_sd)[None, :]
    return DropRate(
        rate=rate,
        log_sd=np.where(counted, counted_sd, shown.log_sd),
        basis=basis,
        n=np.where(counted, orders.paid, count),
        dropped=orders.dropped,
        by_kind=[np.where(counted, c, n) for c, n in zip(orders.by_kind, named, strict=True)],
        complaints=count,
        exposure=seen,
        likely=np.where(counted, rate, np.minimum(np.exp(rated.log_rate), 1.0)),
        # What all sites share moves all alike: the score compares them and leaves it out.
        likely_sd=np.where(counted, counted_sd, np.sqrt(rated.own_var)),
        relative=np.where(known, np.exp(shown.own - priors.middle[None, :]), np.nan),
        relative_sd=with_median,
        alone=np.where(counted, only, own.alone | ~estimable)
        & (orders.paid - orders.fed < method.FEED_FEWEST),
        orders=orders,
    )


@dataclass(frozen=True)
class Estimate:
    """A drop rate in two parts, of the logarithm: what all sites share (the sector's median, `common` variance) and what is a
    site's own beside it (`own`, `own_var`); `log_rate` and `log_sd` are of both."""

    log_rate: Floats
    log_sd: Floats
    own: Floats
    own_var: Floats

    def where(self, mask: Bools, other: Estimate) -> Estimate:
        """This one where the mask holds, else the other."""
        return Estimate(
            *(np.where(mask, getattr(self, n), getattr(other, n)) for n in Estimate.__dataclass_fields__)
        )

    def moved(self, log_rate: Floats, var: Floats) -> Estimate:
        """The same once more is known of the whole: mean and variance given; each part takes its share of what changed."""
        before = self.log_sd**2
        share = self.own_var / before
        own = self.own + share * (log_rate - self.log_rate)
        return Estimate(
            log_rate, np.sqrt(var), own, np.maximum(self.own_var - share**2 * (before - var), 1e-6)
        )


def pooled(told: Estimate, orders: SingleOrders, share: Floats, agreed: Bools) -> tuple[Estimate, Bools]:
    """(what complaints say and what single orders say in one posterior, where a site's own orders make up its counter).

    A test purchase counts as one order. Orders the site handed in itself count against it at once; for it they count when they make
    up FEED_WHOLE of its counter (`share`, 0 to 1) and complaints have `agreed`.
    """
    out = told
    bought, missed = orders.paid - orders.fed, orders.dropped - orders.fed_dropped
    if (bought > 0).any():
        out = _with(out, missed, bought)
    whole = (share >= method.FEED_WHOLE) & (orders.fed >= method.FEED_FEWEST) & agreed
    if (orders.fed > 0).any():
        fed = _with(out, orders.fed_dropped, orders.fed)
        out = fed.where(whole | (fed.log_rate > out.log_rate), out)
    return out, whole


def _with(told: Estimate, dropped: Floats, paid: Floats) -> Estimate:
    """The posterior with `dropped` of `paid` orders more: Laplace of a log-normal prior and a binomial likelihood."""
    mean, var = told.log_rate, told.log_sd**2
    x = np.minimum(mean, -0.05)
    good = np.maximum(paid - dropped, 0.0)
    for _ in range(12):
        odds = np.exp(x) / -np.expm1(x)
        gradient = dropped - good * odds - (x - mean) / var
        curvature = good * odds / -np.expm1(x) + 1 / var
        x = np.minimum(x + np.clip(gradient / curvature, -1, 1), -1e-3)
    odds = np.exp(x) / -np.expm1(x)
    found = told.moved(x, 1 / (good * odds / -np.expm1(x) + 1 / var))
    return found.where(paid > 0, told)


def _by_count(shown: Estimate, told: Estimate, log_rate: Floats, sd: Floats, counted: Bools) -> Estimate:
    """Where the orders are counted the rate is theirs; how it stands to the sector's median follows from the estimate before."""
    if not counted.any():
        return shown
    return told.moved(log_rate, sd**2).where(counted, shown)


def posterior(count: Floats, orders: Floats, exposure_sd: Floats, priors: DropPriors) -> Estimate:
    """The drop rate by complaints: Laplace posterior of x = log expected complaints under a normal prior.

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
    beside = shared * (x - prior_mean)
    var = own - own * shared + shared**2 * variance
    common = priors.common_sd[None, :] ** 2
    return Estimate(priors.log_median[None, :] + beside, np.sqrt(var + common), beside, var)


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


def relative(found: DropRate, site: int) -> Interval:
    """The rate of the last day as a multiple of the sector's median, with its 90 % interval."""
    rate, sd = float(found.relative[site, -1]), float(found.relative_sd[site, -1])
    if not np.isfinite(rate):
        return Interval(None, None, None)
    z = method.INTERVAL_Z
    return Interval(rate, rate * float(np.exp(-z * sd)), rate * float(np.exp(z * sd)))


def hidden_after_shown(found: DropRate) -> Bools:
    """Platforms and days whose counters were shown once and are hidden now."""
    return found.exposure.hidden & found.exposure.ever


def heard_days(facts: Dataset, epochs: list[int]) -> Floats:
    """Days × (DROP_WINDOW + 1): of the last n days up to a day, how many days' worth of complaints is visible by then.

    The sum over ages below n of the share of complaints seen within that many days of filing, from those filed in the DELAY_LOOK
    days that ended DELAY_LONGEST days before the epoch, at platforms whose complaints were already read when they were filed
    (the chain ladder's first step; what a first look brings is no delay). Too few of them: everything counts as heard at once.
    """
    rows = complaints(facts)
    rows = rows.take(~rows["again"])  # A second time is no late one.
    read = visited(facts, "complaint")[0]
    since = np.where(read.any(axis=1), read.argmax(axis=1), NEVER)
    usable = (rows.day >= since[rows.platform]) & (rows.seen >= rows.day)
    day, late = rows.day[usable], (rows.seen - rows.day)[usable]
    out = np.empty((facts.days, method.DROP_WINDOW + 1))
    for epoch in sorted(epochs):
        last = epoch - method.DELAY_LONGEST
        mine = late[(day <= last) & (day > last - method.DELAY_LOOK)]
        within = np.ones(method.DROP_WINDOW)
        if len(mine) >= method.DELAY_FEWEST:
            count = np.bincount(np.minimum(mine, method.DELAY_LONGEST), minlength=method.DROP_WINDOW)
            within = np.cumsum(count)[: method.DROP_WINDOW] / len(mine)
        out[epoch:] = np.r_[0.0, np.cumsum(within)]
    return out
