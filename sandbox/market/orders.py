"""What happens in the shops day by day: orders, drops, refunds, stress, availability. NumPy arrays of shape platforms x days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.market.parameters import MarketParameters
from sandbox.market.platforms import Platform

DROP_KINDS = ("payment_not_synced", "stuck", "record_lost")
PROBES = ("up", "slow", "down", "refused")
WEEKDAYS = np.array([0.90, 0.92, 0.95, 0.98, 1.08, 1.20, 1.12])
"""Share of an average day from Monday to Sunday."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Days:
    """The true daily history; every array is platforms x days unless a further axis is named."""

    alive: NDArray[np.bool_]
    stress: Floats
    spike: NDArray[np.bool_]
    orders: Ints
    drops: Ints  # platforms x days x kinds
    backlog: Floats
    probe: Ints
    latency: Floats
    wobble: Floats
    refunds_asked: Ints
    refunds_paid: Ints


@dataclass
class Drops:
    """One entry per dropped order, flat arrays of one length."""

    platform: Ints
    day: Ints
    kind: Ints
    asked: NDArray[np.bool_]
    delay: Floats
    paid: NDArray[np.bool_]


def simulate(platforms: list[Platform], parameters: MarketParameters) -> tuple[Days, Drops]:
    """Play the whole calendar. A drop is counted on the day of payment."""
    rng = np.random.default_rng([parameters.seed, 2])
    alive = _alive(platforms, parameters)
    stress = _stress(platforms, parameters) * alive
    spike = _spikes(platforms, parameters, rng) & alive
    volume = _volume(platforms, parameters, stress, rng) * alive
    if parameters.unknown.season:
        volume = volume * parameters.unknown.demand(
            parameters.days, np.random.default_rng([parameters.seed, 7])
        )
    orders = rng.poisson(volume * rng.gamma(10.0, 0.1, volume.shape))
    rate = np.array([p.drop_rate for p in platforms])[:, None]
    rate = np.clip(
        rate * rng.gamma(3.0, 1 / 3, volume.shape) * np.where(spike, 4.0, 1.0) * (1 + 5.0 * stress), 0, 0.9
    )
    drops = _split_kinds(rng.binomial(orders, rate), stress, rng)
    events = _drop_events(platforms, drops, stress, parameters, rng)
    probe, latency = _probes(platforms, alive, stress, rng)
    days = Days(
        alive=alive, stress=stress, spike=spike, orders=orders, drops=drops,
        backlog=_backlog(platforms, orders, stress, spike, rng), probe=probe, latency=latency,
        wobble=rng.normal(0, 1, (len(platforms), parameters.days // 7 + 2)),
        refunds_asked=_per_day(events, events.asked, events.day, orders.shape),
        refunds_paid=_per_day(events, events.paid, (events.day + events.delay).astype(int), orders.shape),
    )  # fmt: skip
    return days, events


def _alive(platforms: list[Platform], parameters: MarketParameters) -> NDArray[np.bool_]:
    day = np.arange(parameters.days)[None, :]
    first = np.array([p.opened_day for p in platforms])[:, None]
    last = np.array([p.end_day if p.end_day is not None else 10**6 for p in platforms])[:, None]
    return (day >= first) & (day < last)


def _stress(platforms: list[Platform], parameters: MarketParameters) -> Floats:
    """0 in calm times, rising to the platform's severity on its last day."""
    result = np.zeros((len(platforms), parameters.days))
    day = np.arange(parameters.days)
    for p in platforms:
        if p.stress_day is not None and p.end_day is not None:
            ramp = np.clip((day - p.stress_day) / (p.end_day - p.stress_day), 0, 1)
            result[p.index] = p.severity * ramp**1.1
    return result


def _spikes(
    platforms: list[Platform], parameters: MarketParameters, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Benign supplier outages of two to five days."""
    shape = (len(platforms), parameters.days)
    starts = rng.random(shape) < parameters.spikes_per_year / 365
    length = rng.integers(2, 6, shape)
    result = np.zeros(shape, dtype=bool)
    for back in range(5):
        result[:, back:] |= (starts & (length > back))[:, : shape[1] - back]
    return result


def _volume(
    platforms: list[Platform], parameters: MarketParameters, stress: Floats, rng: np.random.Generator
) -> Floats:
    """Expected orders: weekday and promotion waves, a slow drift, a price-cut bump and then a decline under stress."""
    days = parameters.days
    dates = [parameters.date_of(day) for day in range(days)]
    calendar = WEEKDAYS[[d.weekday() for d in dates]]
    calendar = calendar * [1.8 if (d.month, d.day) in {(6, 18), (11, 11), (12, 12)} else 1.0 for d in dates]
    calendar = calendar * [1.15 if d.month in (2, 7, 8) else 1.0 for d in dates]
    own = np.ones((len(platforms), days))
    for _ in range(max(2, days // 60)):
        start, length = rng.integers(0, days, len(platforms)), rng.integers(3, 7, len(platforms))
        inside = (np.arange(days) >= start[:, None]) & (np.arange(days) < (start + length)[:, None])
        own = np.where(inside, rng.uniform(1.3, 2.2, (len(platforms), 1)), own)
    drift = np.zeros((len(platforms), days))
    steps = rng.normal(0, 0.03, drift.shape)
    for day in range(1, days):
        drift[:, day] = 0.985 * drift[:, day - 1] + steps[:, day]
    mean = np.array([p.daily_orders for p in platforms])[:, None]
    under_stress = 1 + 0.5 * np.minimum(stress, 0.5) - 0.8 * np.clip(stress - 0.5, 0, 1)
    return mean * calendar * own * np.exp(drift) * np.clip(under_stress, 0.3, 2)


def _split_kinds(total: Ints, stress: Floats, rng: np.random.Generator) -> Ints:
    """Half never synced, a third stuck, the rest lost; under stress more orders get stuck."""
    mix = rng.dirichlet([10, 6, 4], total.shape[0])
    unsynced = rng.binomial(total, np.clip(mix[:, :1] * (1 - 0.4 * stress), 0, 1))
    stuck_share = np.clip(mix[:, 1:2] / (mix[:, 1:2] + mix[:, 2:]) + 0.2 * stress, 0, 0.97)
    stuck = rng.binomial(total - unsynced, stuck_share)
    return np.stack([unsynced, stuck, total - unsynced - stuck], axis=2)


def _drop_events(
    platforms: list[Platform],
    drops: Ints,
    stress: Floats,
    parameters: MarketParameters,
    rng: np.random.Generator,
) -> Drops:
    count, days, kinds = drops.shape
    cell = np.repeat(np.arange(drops.size), drops.ravel())
    platform, day, kind = cell // (days * kinds), cell // kinds % days, cell % kinds
    s = stress[platform, day]
    sloppy = np.array([2.5 if p.character == "sloppy" else 1.0 for p in platforms])[platform]
    asked = rng.random(len(cell)) < 0.75
    delay = rng.lognormal(np.log(1.5 * sloppy * (1 + 9 * s)), 0.7)
    paid = asked & (rng.random(len(cell)) < np.clip(0.95 - 0.75 * s, 0.03, 1))
    end = np.array([p.end_day if p.end_day is not None else 10**6 for p in platforms])[platform]
    return Drops(platform, day, kind, asked, delay, paid & (day + delay < end))


def _per_day(events: Drops, chosen: NDArray[np.bool_], day: Ints, shape: tuple[int, ...]) -> Ints:
    keep = chosen & (day < shape[1])
    flat = np.bincount(events.platform[keep] * shape[1] + day[keep], minlength=shape[0] * shape[1])
    return flat.reshape(shape)


def _backlog(
    platforms: list[Platform],
    orders: Ints,
    stress: Floats,
    spike: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Floats:
    """Orders paid but not processed at the end of the day: half a day's worth in calm times, several days' under stress."""
    kernel = np.ones(7) / 7
    weekly = np.apply_along_axis(lambda row: np.convolve(row, kernel)[: len(row)], 1, orders.astype(float))
    base = np.array([2.0 if p.character == "sloppy" else 1.0 for p in platforms])[:, None]
    base = base * rng.lognormal(np.log(0.4), 0.4, (len(platforms), 1))
    wait = base * rng.lognormal(0, 0.2, orders.shape) + 5.0 * stress**1.1 + 1.0 * spike
    return weekly * wait


def _probes(
    platforms: list[Platform], alive: NDArray[np.bool_], stress: Floats, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Daily state of each site, as an index into PROBES, and its latency in milliseconds."""
    roll = rng.random(alive.shape)
    down = 0.008 + 0.08 * stress
    probe = np.where(roll < down, 2, np.where(roll < down + 0.02 + 0.05 * stress, 1, 0))
    for p in platforms:
        if p.condition == "slow":
            probe[p.index][probe[p.index] == 0] = 1
        if p.condition in ("forbidden", "captcha", "js_challenge", "cookie_wall"):
            probe[p.index][probe[p.index] < 2] = 3
    probe = np.where(alive, probe, 2)
    latency = rng.lognormal(np.log(220), 0.5, alive.shape)
    latency = np.where(probe == 1, rng.uniform(3000, 8000, alive.shape), latency)
    return probe, latency.round()
