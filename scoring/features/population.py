"""What the population of platforms teaches: priors fitted once per day, and whole-table figures as ibis expressions.

They only count, sort and take exact medians; nothing approximate, nothing that depends on the order rows arrive in.
The tables are those of scoring/observations/parquet_shards.py.

Fitted every FIT_EVERY_DAYS days on at most FIT_SAMPLE platforms chosen by the hash of their host.
"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from scipy.special import gammaln, logsumexp

from scoring import method
from scoring.features.complaint_surge import population, populations_without
from scoring.features.drop_rate import drop_complaints, heard_days, observed_days, posterior
from scoring.features.order_volume import Volume, log_age, weighed
from scoring.features.orders import exposure
from scoring.features.single_orders import feed_share, single_orders
from scoring.observations.dataset import Dataset, Floats
from scoring.observations.market import DropPriors, Peers, PopulationPriors
from scoring.observations.panel import Bools, complaints, copy_weights, latest, visited, window
from scoring.observations.parquet_shards import arrow

FEWEST = 3
"""Platforms that must show a price before their median stands for the market."""


class Tables(Protocol):
    """Where a whole-table expression runs."""

    def table(self, facts: Dataset, kind: str) -> Any:
        """The rows of a kind as an ibis table."""

    def fetch(self, expression: Any) -> pa.Table:
        """The expression's rows."""


class InProcess:
    """DuckDB over the columns in memory."""

    def table(self, facts: Dataset, kind: str) -> Any:
        """The rows of a kind, as they are in memory."""
        import ibis

        return ibis.memtable(arrow(facts.rows[kind]))

    def fetch(self, expression: Any) -> pa.Table:
        """Run in this process; two connections never share anything."""
        import ibis

        return ibis.duckdb.connect().to_pyarrow(expression)


IN_PROCESS = InProcess()


def middle_prices(prices: Any, first_day: int, days: int) -> Any:
    """(ware, epoch, price): the median price of the same goods over the platforms that showed them in the days before an epoch.

    `prices` holds platform, row, seen, day, at, ware, price. An epoch is a calendar day divisible by FIT_EVERY_DAYS, and the
    first day; one vote a platform and ware, its latest price. `epoch` counts days from `first_day`.
    """
    import ibis

    every = method.FIT_EVERY_DAYS
    shown = prices.filter(prices.price > 0, ~prices.price.isnan())
    visible = ibis.greatest(shown.seen, shown.day)
    # The next epoch at or after the day; the remainder is taken twice because engines give it the dividend's sign.
    ahead = (every - ((visible + first_day) % every + every) % every) % every
    columns = ("platform", "row", "at", "ware", "price")
    known = shown.select(*columns, epoch=visible + ahead)
    if first_day % every:
        begin = shown.filter(visible <= 0, visible > -every).select(*columns, epoch=visible * 0)
        known = known.union(begin)
    known = known.filter(known.epoch >= 0, known.epoch < days)
    newest = ibis.row_number().over(
        group_by=[known.epoch, known.platform, known["ware"]],
        order_by=[known["at"].desc(), known["row"].desc()],
    )
    votes = known.mutate(late=newest).filter(lambda t: t.late == 0)
    ranked = votes.mutate(
        place=ibis.row_number().over(
            group_by=[votes.epoch, votes["ware"]], order_by=[votes.price, votes.platform]
        ),
        n=votes.count().over(group_by=[votes.epoch, votes["ware"]]),
    )
    middle = ranked.filter(
        ranked.n >= FEWEST,
        (ranked.place * 2 == ranked.n - 2 + ranked.n % 2) | (ranked.place == ranked.n // 2),
    )
    return middle.group_by(["ware", "epoch"]).aggregate(price=(middle.price.min() + middle.price.max()) / 2)


def products(facts: Dataset, tables: Tables, epochs: list[int]) -> dict[str, tuple[Any, Floats]]:
    """Ware -> (epochs, median price before each, nan where fewer than 3 platforms show it); only those with a median."""
    if not len(facts.rows["price"]):
        return {}
    found = tables.fetch(middle_prices(tables.table(facts, "price"), facts.first_day, facts.days))
    at, place = np.array(epochs), {day: i for i, day in enumerate(epochs)}
    out: dict[str, tuple[Any, Floats]] = {}
    for row in found.sort_by([("ware", "ascending"), ("epoch", "ascending")]).to_pylist():
        medians = out.setdefault(row["ware"], (at, np.full(len(epochs), np.nan)))[1]
        medians[place[row["epoch"]]] = row["price"]
    return out


_NODES, _MASS = np.polynomial.hermite_e.hermegauss(11)
_LOG_MASS = np.log(_MASS / _MASS.sum())
_MEANS = np.arange(-11.0, -2.9, 0.2)
_SPREADS = np.array([0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8])
_FEWEST = method.SECTOR_FEWEST


def fit_population_priors(facts: Dataset, tables: Tables = IN_PROCESS) -> PopulationPriors:
    """Fit the population's figures, whole-table ones on `tables`; with fewer than 10 usable platforms the defaults stand."""
    sample = _sample(facts)
    heard = heard_days(sample, _epochs(sample))
    streams, volume = population(sample)
    peers = _peers(sample)
    known = weighed(sample, exposure(sample), peers)
    return PopulationPriors(
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


def _sample(facts: Dataset) -> Dataset:
    """The facts about at most FIT_SAMPLE platforms, the same ones in every run."""
    if len(facts.sites) <= method.FIT_SAMPLE:
        return facts
    by_hash = sorted(
        range(len(facts.sites)), key=lambda i: hashlib.sha256(facts.sites[i].host.encode()).digest()
    )
    return facts.only(np.array(sorted(by_hash[: method.FIT_SAMPLE]), dtype=np.int64))


def _epochs(facts: Dataset) -> list[int]:
    """Days on which to fit: fixed calendar days, so that a later run fits on the same ones; plus the first."""
    every = method.FIT_EVERY_DAYS
    return [d for d in range(facts.days) if d == 0 or (facts.first_day + d) % every == 0]


def _fill(facts: Dataset, values: dict[int, float]) -> Floats:
    """A figure per day that holds from each epoch to the next."""
    out = np.empty(facts.days)
    for day in sorted(values):
        out[day:] = values[day]
    return out


def _drop(facts: Dataset, heard: Floats, volume: Volume) -> DropPriors:
    rows, weight, _ = drop_complaints(facts)
    count = window(facts, rows, method.DROP_WINDOW, weight)
    orders = volume.per_day * observed_days(facts, heard)[0]
    known = np.isfinite(orders) & (orders > 0)
    default = float(np.log(method.DROP_MEDIAN * method.REPORTING_MEAN))
    means, spreads, errors, middles = {}, {}, {}, {}
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
        fitted = DropPriors(*(np.array([x]) for x in (mean, spreads[day], 0.0, 0.0, 0.0, 0.0)))
        n, of, sd = (x[use, day][:, None] for x in (count, orders, volume.log_sd))
        own = posterior(n, np.maximum(of, 1.0), sd, fitted).own
        middles[day] = float(np.median(own)) if np.isfinite(error) else 0.0
    log_mean = _fill(facts, means)
    told, told_sd = _reporting(facts, heard, volume)
    # The product is known; how much of its distance from the usual is the drop rate's follows from how uncertain each factor is.
    share = method.DROP_MEDIAN_SD**2 / (method.DROP_MEDIAN_SD**2 + told_sd**2)
    usual = np.log(method.DROP_MEDIAN)
    common = np.sqrt(1 / (1 / method.DROP_MEDIAN_SD**2 + 1 / told_sd**2))
    median = usual + share * (log_mean - usual - told)
    return DropPriors(
        log_mean, _fill(facts, spreads), median, common, _fill(facts, errors), _fill(facts, middles)
    )


def _reporting(facts: Dataset, heard: Floats, volume: Volume) -> tuple[Floats, Floats]:
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
        usual, sure = method.DROP_SPREAD_USUAL
        total -= 0.5 * (np.log(spread / usual) / sure) ** 2
        at = int(np.argmax(total))
        if total[at] > best:
            best, found = float(total[at]), (float(_MEANS[at]), float(spread))
    return found


def _disclose(facts: Dataset) -> Floats:
    seen = exposure(facts)
    any_row: Bools = np.asarray(latest(facts, facts.rows["orders"]) >= 0)
    known = any_row.sum(axis=0)
    shown = (any_row & ~seen.hidden & seen.ever).sum(axis=0)
    share: Floats = np.where(known >= _FEWEST, shown / np.maximum(known, 1), 0.0)
    return share


def _drop_share(facts: Dataset) -> Floats:
    rows, weight, _ = drop_complaints(facts)
    drops = window(facts, rows, method.DROP_WINDOW, weight).sum(axis=0)
    every = window(facts, complaints(facts), method.DROP_WINDOW, copy_weights(facts)).sum(axis=0)
    mean0, strength = method.SHARES["drop_overrepresented"]
    share: Floats = (drops + mean0 * strength) / (every + strength)
    return share


def _peers(facts: Dataset) -> Peers:
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


def _index(facts: Dataset, heard: Floats, volume: Volume) -> Floats:
    """Complaints per 1,000 orders of the whole sample (nan without exposure)."""
    every = window(facts, complaints(facts), method.DROP_WINDOW, copy_weights(facts))
    orders = volume.per_day * observed_days(facts, heard)[0]
    read: Bools = np.asarray(visited(facts, "complaint")[0].any(axis=1))
    ok = np.isfinite(orders) & (orders > 0) & read[:, None]
    total = np.where(ok, orders, 0).sum(axis=0)
    return np.where(total > 0, 1000 * np.where(ok, every, 0).sum(axis=0) / np.maximum(total, 1e-9), np.nan)
