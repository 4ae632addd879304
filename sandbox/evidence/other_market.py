"""A second kind of market, made from other assumptions than sandbox.market.market, so that no method is tuned to one world.

It shares no parameter and no draw with the first: order volumes have a Pareto tail, drop rates are a mixture, complaints
excite further complaints (a branching Hawkes process), delays are Weibull with a late tail, backlogs come from a queue,
shops share operators and suppliers, and failing shops decline in four different shapes. Every figure is an assumption.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sandbox.market.parameters import KNOWN, Unknowns

ZONE = timezone(timedelta(hours=8))
SHAPES = ("step", "logistic", "relapse", "late")
MIX = ("drop", "refund", "money", "contact", "other")
"""What complaints are about, in the order of the columns of `mixture`."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class OtherParameters:
    """Settings of one such market; the same settings always give the same market."""

    seed: int = 1
    platforms: int = 64
    days: int = 270
    ends_on: date = date(2026, 11, 15)
    complaints_per_day: float = 0.32
    """Median over shops of the complaints a day in calm times, all kinds."""
    backlog_share: float = 0.5
    """Share of shops whose counter of processed orders is shown."""
    failing_share: float = 0.26
    silent_share: float = 0.25
    """Share of the endings that show nothing beforehand."""
    feed_share: float = 0.08
    """Share of shops some of whose single orders are known (test purchases, a feed of their own)."""
    unknown: Unknowns = KNOWN
    """What nobody knows of a market and `kamengwatch evaluate` draws for each; the defaults change nothing."""

    def date_of(self, day: float) -> date:
        """Calendar date of a day index."""
        return self.ends_on - timedelta(days=self.days - 1 - int(day))

    def moment(self, day: float) -> datetime:
        """UTC time of a day index with fraction, to the second."""
        first = datetime.combine(self.date_of(0), datetime.min.time(), ZONE)
        return (first + timedelta(seconds=int(day * 86400))).astimezone(UTC)


@dataclass
class Shop:
    """One shop; days are indices into the calendar, `rate` its calm share of dropped orders, `tell` of drops told in public."""

    index: int
    host: str
    name: str
    operator: str
    supplier: int
    part: str
    shape: str
    opened: int
    stress: int | None
    end: int | None
    volume: float
    rate: float
    tell: float
    counter: str
    answers: float
    feed: bool
    cuts_prices: bool
    tightens: bool
    filed: str
    products: list[tuple[str, float, float]] = field(default_factory=list)


@dataclass
class Told:
    """Complaints, one entry each, by filing time (days with fraction): shop, what about, when seen, answered, settled."""

    shop: NDArray[np.int64]
    filed: Floats
    about: NDArray[np.int64]
    seen: Floats
    answered: Floats
    settled: Floats


class OtherMarket:
    """The whole market, played once at construction; arrays are shops × days."""

    def __init__(self, parameters: OtherParameters) -> None:
        from sandbox.evidence.other_evidence import cast

        self.parameters = parameters
        self.shops = cast(parameters)
        rng = np.random.default_rng([parameters.seed, 9002])
        self.alive = self._alive()
        self.stress = np.stack([_strain(s, parameters.days, rng) for s in self.shops]) * self.alive
        self.outage = self._outages(rng) & self.alive
        unknown = parameters.unknown
        self.season = (
            unknown.demand(parameters.days, np.random.default_rng([parameters.seed, 9007]))
            if unknown.season
            else 1.0
        )
        self.claims = unknown.counters(len(self.shops), np.random.default_rng([parameters.seed, 9008]))
        self.orders = rng.poisson(self._demand(rng) * self.season * self.alive)
        hazard = np.array([s.rate for s in self.shops])[:, None] * np.where(self.outage, 4.0, 1.0)
        self.chance = 1 - (1 - np.minimum(hazard, 0.6)) * (1 - 0.35 * self.stress)
        self.drops = rng.binomial(self.orders, np.clip(self.chance, 0, 1))
        self.backlog = self._queue(rng)
        self.told = self._complaints(rng)

    def _alive(self) -> NDArray[np.bool_]:
        day = np.arange(self.parameters.days)[None, :]
        opened = np.array([s.opened for s in self.shops])[:, None]
        end = np.array([10**6 if s.end is None else s.end for s in self.shops])[:, None]
        return (day >= opened) & (day < end)

    def _outages(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Benign outages: of a supplier (all its shops at once) and of single shops, three to eight days each."""
        days = self.parameters.days
        suppliers = 1 + max(s.supplier for s in self.shops)
        out = np.zeros((len(self.shops), days), bool)
        of = np.array([s.supplier for s in self.shops])
        for group, yearly in ((suppliers, 0.8), (len(self.shops), 0.7)):
            start = rng.random((group, days)) < yearly / 365
            hit = np.zeros((group, days), bool)
            for row, day in zip(*np.nonzero(start), strict=True):
                hit[row, day : day + int(rng.integers(3, 9))] = True
            out |= hit[of] if group == suppliers else hit
        return out

    def _demand(self, rng: np.random.Generator) -> Floats:
        """Orders expected: two seasons, a random walk of the logarithm with jumps, and an exodus late under stress."""
        days = self.parameters.days
        t = np.arange(days)
        season = 1 + 0.15 * np.sin(2 * np.pi * t / 7 + 1.0) + 0.12 * np.sin(2 * np.pi * t / 182)
        walk = np.cumsum(rng.standard_t(4, (len(self.shops), days)) * 0.012, axis=1)
        walk -= 0.5 * walk.mean(axis=1, keepdims=True)
        volume = np.array([s.volume for s in self.shops])[:, None]
        return (
            volume * season * np.exp(np.clip(walk, -1.0, 1.0)) * (1 - 0.6 * np.maximum(self.stress - 0.6, 0))
        )

    def _queue(self, rng: np.random.Generator) -> Floats:
        """Orders waiting at the end of a day: a queue whose capacity is 1.25 of usual demand and fails under strain."""
        usual = np.array([s.volume for s in self.shops])
        waiting = np.zeros(self.orders.shape)
        level = 0.3 * usual
        for day in range(self.parameters.days):
            capacity = usual * rng.gamma(20, 1.25 / 20, len(usual))
            capacity *= (1 - 0.55 * self.stress[:, day]) * np.where(self.outage[:, day], 0.55, 1.0)
            level = np.maximum(
                level + self.orders[:, day] - capacity, rng.uniform(0.1, 0.5, len(usual)) * usual
            )
            level *= 1 - 0.02 - 0.10 * (self.stress[:, day] == 0)
            waiting[:, day] = level * self.alive[:, day]
        return waiting

    def _complaints(self, rng: np.random.Generator) -> Told:
        """Immigrants from drops and everyday grievances; each complaint brings further ones, more of them under stress."""
        p, days = self.parameters, self.parameters.days
        tell = np.array([s.tell for s in self.shops])[:, None]
        expected = self.drops * tell * (1 + 0.3 * self.stress) + 0.5 * np.array(
            [s.volume * s.rate * s.tell for s in self.shops]
        )[:, None] * (self.alive * (1 + 6 * self.stress**2))
        count = rng.poisson(expected)
        shop, day = (np.repeat(axis, count[count > 0]) for axis in np.nonzero(count))
        late = rng.random(len(shop)) < 0.1
        filed = day + np.where(late, rng.uniform(15, 60, len(shop)), 4.0 * rng.weibull(0.8, len(shop)))
        shop, filed = _excite(shop, filed, self.stress, days, rng)
        aftermath = [_aftermath(s, days, rng) for s in self.shops if s.end is not None and s.end < days]
        shop = np.concatenate([shop, *[np.full(len(a), i) for i, a in aftermath]])
        filed = np.concatenate([filed, *[a for _, a in aftermath]])
        keep = (filed >= 0) & (filed < days)
        order = np.argsort(filed[keep], kind="stable")
        shop, filed = shop[keep][order].astype(np.int64), filed[keep][order]
        about = _about(self, shop, filed, rng)
        # The complaint site reads every post before it shows it, and it is itself read only every third day.
        shown = filed + rng.gamma(2.0, 0.9, len(filed))
        if p.unknown.slow:
            shown = shown + np.random.default_rng([p.seed, 9009]).exponential(p.unknown.slow, len(filed))
        seen = (np.floor(shown / 3) + 1) * 3 + 0.1
        if p.unknown.shown < 1:
            hidden = np.random.default_rng([p.seed, 9010]).random(len(filed)) >= p.unknown.shown
            seen = np.where(hidden, np.inf, seen)
        strain = self.stress[shop, filed.astype(int)]
        faces = np.array([s.answers for s in self.shops])[shop]
        robot = np.array([s.part == "failing" and s.index % 4 == 0 for s in self.shops])[shop]
        replies = robot | (rng.random(len(shop)) < faces * (1 - 0.6 * strain))
        answered = np.where(
            replies, filed + np.where(robot, 0.05, rng.exponential(2.5, len(shop)) + 0.1), np.nan
        )
        end = np.array([10**6 if s.end is None else s.end for s in self.shops])[shop]
        answered = np.where(answered < end, answered, np.nan)
        happy = rng.random(len(shop)) < np.where(robot, 0.1, 0.55) * (1 - 0.7 * strain)
        settled = np.where(happy, answered + rng.exponential(3.0, len(shop)), np.nan)
        assert p.days == days
        return Told(shop, filed, about, seen, answered, settled)

    def truth(self) -> dict[str, object]:
        """What the product must find out by itself; the same names as the first market's truth."""
        day = self.parameters.date_of
        return {
            "seed": self.parameters.seed, "starts_on": day(0).isoformat(), "ends_on": self.parameters.ends_on.isoformat(),
            "days": self.parameters.days,
            "platforms": [
                {
                    "host": s.host, "name": s.name, "operator": s.operator, "character": _character(s),
                    "drop_rate": s.rate, "reporting": s.tell, "opened_on": day(s.opened).isoformat(), "counter": s.counter,
                    "stress_start": None if s.stress is None else day(s.stress).isoformat(),
                    "end_date": None if s.end is None else day(s.end).isoformat(),
                    "orders": self.orders[s.index].tolist(), "drops": self.drops[s.index].tolist(),
                    "shape": s.shape,
                }
                for s in self.shops
            ],
        }  # fmt: skip

    def write_truth(self, path: Path | str) -> None:
        """The truth as one JSON file."""
        Path(path).write_text(json.dumps(self.truth(), ensure_ascii=False), "utf-8")


def _character(shop: Shop) -> str:
    if shop.part == "failing":
        return "sudden" if shop.stress is None else "decline"
    return shop.part


def _strain(shop: Shop, days: int, rng: np.random.Generator) -> Floats:
    """0 to 1 per day: nothing for those without signs, else a step, an S-curve, a relapse after recovery, or a late rush."""
    t = np.arange(days)
    if shop.stress is None or shop.end is None:
        return np.zeros(days)
    x = np.clip((t - shop.stress) / (shop.end - shop.stress), 0, 1)
    height = rng.uniform(0.55, 1.0)
    curve = {
        "step": np.where(x > 0, 0.45 + 0.55 * x, 0),
        "logistic": 1 / (1 + np.exp(-9 * (x - 0.45))),
        "relapse": np.where(x < 0.3, 2.2 * x, np.where(x < 0.5, 0.25, 0.25 + 1.5 * (x - 0.5))),
        "late": x**2.2,
    }[shop.shape]
    return height * curve * (t >= shop.stress)


def _excite(
    shop: NDArray[np.int64], filed: Floats, stress: Floats, days: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Floats]:
    """Add the offspring of every complaint, generation by generation (branching ratio 0.18 to 0.38, mean delay 2.5 days)."""
    shops, times = [shop], [filed]
    for _ in range(12):
        inside = times[-1] < days
        parent, born = shops[-1][inside], times[-1][inside]
        ratio = 0.18 + 0.20 * stress[parent, np.maximum(born, 0).astype(int)]
        children = rng.poisson(ratio)
        if not children.sum():
            break
        shops.append(np.repeat(parent, children))
        times.append(np.repeat(born, children) + rng.exponential(2.5, int(children.sum())))
    return np.concatenate(shops), np.concatenate(times)


def _aftermath(shop: Shop, days: int, rng: np.random.Generator) -> tuple[int, Floats]:
    """Complaints once the shop is gone: those who still had money in it, falling off over weeks."""
    count = rng.poisson(min(30.0, 0.15 * shop.volume)) if shop.part == "failing" else 0
    return shop.index, (shop.end or 0) + rng.exponential(12.0, count)


def _about(
    market: OtherMarket, shop: NDArray[np.int64], filed: Floats, rng: np.random.Generator
) -> NDArray[np.int64]:
    """What each complaint is about: mostly drops in calm times, more of refunds and money under strain, all money once it is gone."""
    s = market.stress[shop, filed.astype(int)][:, None]
    gone = (
        np.array([10**6 if x.end is None else x.end for x in market.shops])[shop][:, None] <= filed[:, None]
    )
    calm, bad, last = (
        np.array(row)
        for row in (
            (0.55, 0.14, 0.03, 0.06, 0.22),
            (0.42, 0.26, 0.16, 0.11, 0.05),
            (0.1, 0.2, 0.35, 0.33, 0.02),
        )
    )
    mixture = np.where(gone, last, calm * (1 - s) + bad * s)
    return (rng.random((len(shop), 1)) > np.cumsum(mixture, axis=1)).sum(axis=1).clip(0, len(MIX) - 1)
