"""What the population of platforms teaches, per day and from what was visible by then; fitted once, used by all chunks.

Fitted every FIT_EVERY_DAYS days on at most FIT_SAMPLE platforms chosen by the hash of their host.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import gammaln, logsumexp

from scoring import method
from scoring.delay import heard_days
from scoring.droprate import DropPriors, drop_complaints, observed_days
from scoring.exposure import exposure
from scoring.facts import Facts, Floats
from scoring.panel import Bools, complaints, copy_weights, latest, visited, window
from scoring.rollup import IN_PROCESS, Tables, products
from scoring.single_orders import feed_share, single_orders
from scoring.surge import Population, population, populations_without
from scoring.volume import Peers, Volume, log_age, weighed

_NODES, _MASS = np.polynomial.hermite_e.hermegauss(11)
_LOG_MASS = np.log(_MASS / _MASS.sum())
_MEANS = np.arange(-11.0, -2.9, 0.2)
_SPREADS = np.array([0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8])
_FEWEST = method.SECTOR_FEWEST


@dataclass(frozen=True)
class Priors:
    """Population figures per day: days' worth of complaints heard (scoring/delay.py), the drop rate's prior, complaints a day of a median platform, share that disclose counters,
    share of drops among complaints, and the orders of middling platforms (scoring/volume.py)."""

    heard: Floats
    drop: DropPriors
    disclose: Floats
    drop_share: Floats
    index: Floats
    products: dict[str, tuple[Any, Floats]]
    streams: list[Floats]
    volume: Floats
    peers: Peers
    without: dict[int, Population] = field(default_factory=dict)
    """Day on which complaints were withdrawn -> streams and volume as if those withdrawn by then had never been."""


def fit(facts: Facts, tables: Tables = IN_PROCESS) -> Priors:
    """Fit the population's figures, whole-table ones on `tables`; with fewer than 10 usable platforms the defaults stand."""
    sample = _sample(facts)
    heard = heard_days(sample, _epochs(sample))
    streams, volume = population(sample)
    peers = _peers(sample)
    known = weighed(sample, exposure(sample), peers)
    return Priors(
        streams=streams,
        volume=volume,
        heard=heard,
        drop=_drop(sample, heard, known),
        disclose=_disclose(sample),
        drop_share=_drop_share(sample),
        index=_index(sample, heard, known),
        products=products(facts, tables, _epochs(facts)),
        without=populations_without(sample),
        peers=peers,
    )


def _sample(facts: Facts) -> Facts:
    """The facts about at most FIT_SAMPLE platforms, the same ones in every run."""
    if len(facts.sites) <= method.FIT_SAMPLE:
        return facts
    by_hash = sorted(
        range(len(facts.sites)), key=lambda i: hashlib.sha256(facts.sites[i].host.encode()).digest()
    )
    return facts.only(np.array(sorted(by_hash[: method.FIT_SAMPLE]), dtype=np.int64))


def _epochs(facts: Facts) -> list[int]:
    """Days on which to fit: fixed calendar days, so that a later run fits on the same ones; plus the first."""
    every = method.FIT_EVERY_DAYS
    return [d for d in range(facts.days) if d == 0 or (facts.first_day + d) % every == 0]


def _fill(facts: Facts, values: dict[int, float]) -> Floats:
    """A figure per day that holds from each epoch to the next."""
    out = np.empty(facts.days)
    for day in sorted(values):
        out[day:] = values[day]
    return out


def _drop(facts: Facts, heard: Floats, volume: Volume) -> DropPriors:
    rows, weight, _ = drop_complaints(facts)
    count = window(facts, rows, method.DROP_WINDOW, weight)
    orders = volume.per_day * observed_days(facts, heard)[0]
    known = np.isfinite(orders) & (orders > 0)
    default = float(np.log(method.DROP_MEDIAN * method.REPORTING_MEAN))
    means, spreads, errors = {}, {}, {}
    for day in _epochs(facts):
        use = known[:, day]
        mean, total, error = default, 1.0, np.nan
        if use.sum() >= _FEWEST:
            sd = volume.log_sd[use, day]
            mean, total = _marginal(count[use, day], orders[use, day], sd)
            noise = 1 / np.maximum(count[use, day], 0.5)
            # The middle of so many sites is as uncertain as their spread over the root of their number.
            error = float(np.sqrt(np.mean(total**2 + sd**2 + noise) / use.sum()))
        means[day], errors[day] = mean, error
        low, high = method.DROP_SPREAD_RANGE
        spreads[day] = float(np.clip(np.sqrt(max(total**2 - method.REPORTING_PLATFORM_SD**2, 0)), low, high))
    log_mean = _fill(facts, means)
    told, told_sd = _reporting(facts, heard, volume)
    # The product is known; how much of its distance from the usual is the drop rate's follows from how uncertain each factor is.
    share = method.DROP_MEDIAN_SD**2 / (method.DROP_MEDIAN_SD**2 + told_sd**2)
    usual = np.log(method.DROP_MEDIAN)
    common = np.sqrt(1 / (1 / method.DROP_MEDIAN_SD**2 + 1 / told_sd**2))
    median = usual + share * (log_mean - usual - told)
    return DropPriors(log_mean, _fill(facts, spreads), median, common, _fill(facts, errors))


def _reporting(facts: Facts, heard: Floats, volume: Volume) -> tuple[Floats, Floats]:
    """(log of the share of dropped orders that become a complaint we see, its standard deviation), per day.

    REPORTING_MEAN give or take REPORTING_GLOBAL_SD, corrected by the platforms that show both: single orders, which say how many
    are dropped, and a counter, which says of how many. Orders a site chose say less the fewer of its counter they are.
    """
    orders = single_orders(facts)
    paid, dropped = orders.paid, orders.dropped
    rows, weight, _ = drop_complaints(facts)
    count = window(facts, rows, method.DROP_WINDOW, weight)
    expected = volume.per_day * observed_days(facts, heard)[0] * (dropped + 0.5) / (paid + 1.0)
    usable = (paid >= method.REPORTING_FEWEST) & np.isfinite(expected) & (expected > 0)
    share = np.where(orders.fed > 0, feed_share(orders.fed, exposure(facts).shown), 1.0)
    means, sds = {}, {}
    for day in _epochs(facts):
        use = usable[:, day]
        found = np.log((count[use, day] + 0.5) / expected[use, day])
        noise = 1 / (count[use, day] + 0.5) + 1 / (dropped[use, day] + 0.5) + volume.log_sd[use, day] ** 2
        precision = share[use, day] ** 2 / (noise + method.REPORTING_PLATFORM_SD**2)
        before = 1 / method.REPORTING_GLOBAL_SD**2
        total = before + precision.sum()
        means[day] = float((before * np.log(method.REPORTING_MEAN) + (precision * found).sum()) / total)
        sds[day] = float(1 / np.sqrt(total))
    return _fill(facts, means), _fill(facts, sds)


def _marginal(count: Floats, orders: Floats, exposure_sd: Floats) -> tuple[float, float]:
    """(mean, spread) of log(drop rate × reporting) that maximise the NB marginal likelihood on a grid."""
    k = method.COMPLAINT_SHAPE
    best, found = -np.inf, (0.0, 1.0)
    for spread in _SPREADS:
        sd = np.sqrt(spread**2 + exposure_sd**2)
        x = (np.log(orders)[:, None] + sd[:, None] * _NODES[None, :])[:, None, :] + _MEANS[None, :, None]
        lam = np.exp(np.clip(x, -30, 30))
        c = count[:, None, None]
        log = gammaln(c + k) - gammaln(k) - gammaln(c + 1) + c * (x - np.log(k + lam)) - k * np.log1p(lam / k)
        total = logsumexp(log + _LOG_MASS, axis=2).sum(axis=0)
        # A weak pull to the usual mean keeps a young market from running off on a handful of complaints.
        total -= 0.5 * ((_MEANS - np.log(method.DROP_MEDIAN * method.REPORTING_MEAN)) / 1.0) ** 2
        at = int(np.argmax(total))
        if total[at] > best:
            best, found = float(total[at]), (float(_MEANS[at]), float(spread))
    return found


def _disclose(facts: Facts) -> Floats:
    seen = exposure(facts)
    any_row: Bools = np.asarray(latest(facts, facts.rows["orders"]) >= 0)
    known = any_row.sum(axis=0)
    shown = (any_row & ~seen.hidden & seen.ever).sum(axis=0)
    share: Floats = np.where(known >= _FEWEST, shown / np.maximum(known, 1), 0.0)
    return share


def _drop_share(facts: Facts) -> Floats:
    rows, weight, _ = drop_complaints(facts)
    drops = window(facts, rows, method.DROP_WINDOW, weight).sum(axis=0)
    every = window(facts, complaints(facts), method.DROP_WINDOW, copy_weights(facts)).sum(axis=0)
    mean0, strength = method.SHARES["drop_overrepresented"]
    share: Floats = (drops + mean0 * strength) / (every + strength)
    return share


def _peers(facts: Facts) -> Peers:
    """The orders of middling platforms, of those whose orders are known, per day; counters count as they stand, so that their
    middle and their quartiles are taken, which a few made-up ones do not move."""
    known, ages = exposure(facts).per_day, log_age(facts)
    middle, spread, slope, age = {}, {}, {}, {}
    low, high = method.ORDERS_SPREAD_RANGE
    for day in _epochs(facts):
        found = known[:, day]
        usable = np.isfinite(found) & (found > 0)
        log = np.log(found[usable])
        enough = len(log) >= _FEWEST
        middle[day] = float(np.exp(np.median(log))) if enough else method.ORDERS_ASSUMED
        spread[day] = float(np.clip(_quartile_sd(log), low, high)) if enough else high
        slope[day], age[day] = _by_age(log, ages[usable, day])
    return Peers(*(_fill(facts, values) for values in (middle, spread, slope, age)))


def _quartile_sd(values: Floats) -> float:
    """The standard deviation by the distance of the quartiles."""
    return float(np.subtract(*np.percentile(values, (75, 25))) / 1.349)


def _by_age(log_orders: Floats, ages: Floats) -> tuple[float, float]:
    """(slope of log orders over log age between 0 and 1, the middle log age); no slope below twice _FEWEST sites of known age."""
    usable = np.isfinite(ages)
    if usable.sum() < 2 * _FEWEST:
        return 0.0, 0.0
    x, y = ages[usable], log_orders[usable]
    middle = float(np.median(x))
    y = np.clip(y - np.median(y), -2.0, 2.0)
    slope = float((x - x.mean()) @ y / max(float(((x - x.mean()) ** 2).sum()), 1e-9))
    return float(np.clip(slope, 0.0, 1.0)), middle


def _index(facts: Facts, heard: Floats, volume: Volume) -> Floats:
    """Complaints per 1,000 orders of the whole sample (nan without exposure)."""
    every = window(facts, complaints(facts), method.DROP_WINDOW, copy_weights(facts))
    orders = volume.per_day * observed_days(facts, heard)[0]
    read: Bools = np.asarray(visited(facts, "complaint")[0].any(axis=1))
    ok = np.isfinite(orders) & (orders > 0) & read[:, None]
    total = np.where(ok, orders, 0).sum(axis=0)
    return np.where(total > 0, 1000 * np.where(ok, every, 0).sum(axis=0) / np.maximum(total, 1e-9), np.nan)
