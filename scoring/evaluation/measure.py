"""Measure one market's judgement against its truth, hide or silence evidence, and pool figures over markets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from scoring import method
from scoring.evaluation import baselines
from scoring.evaluation.ground_truth import Truth
from scoring.evaluation.metrics import BURN_IN, Detection, Estimate, Figure, bootstrap, detect
from scoring.evaluation.oracle import drop_rates
from scoring.features.drop_rate import COUNTED, ESTIMATED, DropRate, drop_rate
from scoring.features.orders import ORDERS, exposure
from scoring.features.population import fit_population_priors
from scoring.observations.dataset import (
    NEVER,
    CrawlCoverage,
    Dataset,
    FittedDataset,
    Floats,
    Ints,
    ObservationColumns,
    joined,
)
from scoring.observations.day_index import MICROSECONDS
from scoring.observations.panel import D
from scoring.rating.assessment import Assessment, assess
from scoring.rating.grades import NR
from scoring.rating.verdict import GREY
from scoring.warning.state_machine import ALARM, STALE, WARNING

STEP = 30
FIRST = 180
QUIET_DAYS = 30
HIDE_DAYS = 60
ATTACK_DAYS = 30
CLASSES = ("counted", "orders", "orders_inconsistent", "sold")
BASELINES = ("ears_c3", "raw_count", "bbb", "reply_index")


@dataclass(frozen=True)
class Snapshots:
    """One entry per platform and snapshot day on which the platform was open: what was said, and what was true."""

    site: Ints
    day: Ints
    bad: Floats
    failing: NDArray[np.bool_]
    harm: Floats
    score: Floats
    verdict: Ints
    rated: NDArray[np.bool_]
    answers: Floats
    baselines: Floats
    raw: Floats
    rate: Floats
    low: Floats
    high: Floats
    realised: Floats
    kind: Ints
    beside: Floats
    """The rate as a multiple of the sector's median, its interval, and the rates two oracles would give: snapshots × 5."""


@dataclass(frozen=True)
class Market:
    """What is kept of a judged market; `truth` and the panels are platforms × days."""

    name: str
    truth: Truth
    groups: Ints
    warning: NDArray[np.bool_]
    proposed: NDArray[np.bool_]
    panels: dict[str, Floats]
    snapshots: Snapshots
    flips: Floats
    weeks: Floats
    quiet_changes: Ints
    hidden_better: Ints
    sum_error: float
    attacked: Floats | None = None


def measure(name: str, judged: Assessment, truth: Truth) -> Market:
    """Everything measured about one market."""
    facts = judged.facts
    state = judged.warned.state
    _, groups = np.unique(truth.operator.astype(str), return_inverse=True)
    flips, weeks = _flips(judged, truth)
    return Market(
        name=name,
        truth=truth,
        groups=groups.astype(np.int64),
        warning=np.isin(state, (WARNING, ALARM)),
        proposed=judged.warned.proposed >= 0,
        panels={
            "ears_c3": baselines.ears_c3(facts),
            "nb_cusum": baselines.nb_cusum(facts),
            "farrington": baselines.farrington(facts),
            "raw_count": baselines.raw_count(facts),
        },
        snapshots=_snapshots(judged, truth),
        flips=flips,
        weeks=weeks,
        quiet_changes=_quiet(judged),
        hidden_better=_hidden(judged),
        sum_error=float(np.abs(np.sum(list(judged.points.values()), axis=0) - judged.score).max()),
    )


def measure_rates(name: str, facts: FittedDataset, truth: Truth) -> Market:
    """Of a market only what its drop rates come to: nothing is judged, so that many markets take little time."""
    found, (low, rate, high, kind) = drop_rate(facts), _drops(facts)
    beside = _beside(found, truth)
    _, groups = np.unique(truth.operator.astype(str), return_inverse=True)
    parts = []
    for day in snapshot_days(facts.days):
        site = np.flatnonzero(truth.end > day)
        at, none = (site, np.full(len(site), day)), np.zeros(len(site))
        parts.append(
            Snapshots(
                site, at[1], truth.bad(day)[site], truth.failing(day)[site], truth.harm(day)[site], none, none.astype(np.int64),
                none > 0, none[:, None], none[:, None], none[:, None], rate[at], low[at], high[at], truth.realised(day)[site], kind[at],
                np.column_stack([b[at] for b in beside]),
            )
        )  # fmt: skip
    empty, no = np.zeros(len(facts.sites)), np.zeros((len(facts.sites), 0), bool)
    return Market(
        name, truth, groups.astype(np.int64), no, no, {}, _joined(parts), empty, empty, empty.astype(np.int64),
        empty.astype(np.int64), 0.0,
    )  # fmt: skip


def _joined(parts: list[Snapshots]) -> Snapshots:
    names = list(Snapshots.__dataclass_fields__)
    return Snapshots(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _beside(found: DropRate, truth: Truth) -> list[Floats]:
    """What Snapshots.beside holds, as panels."""
    z = method.INTERVAL_Z * found.relative_sd
    return [
        found.relative, found.relative * np.exp(-z), found.relative * np.exp(z), drop_rates(found.complaints, truth),
        drop_rates(found.complaints, truth, each_share=False),
    ]  # fmt: skip


def snapshot_days(days: int) -> list[int]:
    """Every STEP days from FIRST on (or the middle of a short calendar), while HARM_DAYS of truth remain."""
    return list(range(min(FIRST, days // 2), days - STEP, STEP))


def _snapshots(judged: Assessment, truth: Truth) -> Snapshots:
    facts = judged.facts
    low, rate, high, kind = _drops(facts)
    worse = {
        "ears_c3": baselines.ears_c3(facts), "raw_count": baselines.raw_count(facts),
        "bbb": baselines.bbb_points(facts), "reply_index": baselines.reply_index(facts),
    }  # fmt: skip
    raw, beside = baselines.raw_rates(facts), _beside(drop_rate(facts), truth)
    answers = [judged.score, judged.warned.log_odds, *judged.scored.utility_of.values()]
    parts = []
    for day in snapshot_days(facts.days):
        site = np.flatnonzero((truth.end > day) & (judged.coverage[:, day] > 0))
        at = (site, np.full(len(site), day))
        parts.append(
            Snapshots(
                site, at[1], truth.bad(day)[site], truth.failing(day)[site], truth.harm(day)[site], judged.score[at],
                judged.verdict[at].astype(np.int64), judged.grade[at] != NR, np.column_stack([a[at] for a in answers]),
                np.column_stack([worse[b][at] for b in BASELINES]), np.column_stack([r[at] for r in raw]), rate[at], low[at],
                high[at], truth.realised(day)[site], kind[at], np.column_stack([b[at] for b in beside]),
            )
        )  # fmt: skip
    return _joined(parts)


def _drops(facts: FittedDataset) -> tuple[Floats, Floats, Floats, Ints]:
    """(low, rate, high, exposure class or -1) of the drop rate on every day; where counted the rate of (k + ½) / (n + 1)."""
    found = drop_rate(facts)
    z = method.INTERVAL_Z
    counted = found.basis == COUNTED
    a, b = found.dropped + 0.5, np.maximum(found.n - found.dropped, 0) + 0.5
    rate = np.where(counted, a / (a + b), found.rate)
    low = np.where(counted, betaincinv(a, b, 0.05), found.rate * np.exp(-z * found.log_sd))
    high = np.where(counted, betaincinv(a, b, 0.95), np.minimum(1, found.rate * np.exp(z * found.log_sd)))
    broken = found.exposure.log_sd >= method.EXPOSURE_SD["orders_inconsistent"]
    by_orders = np.where(broken, 2, 1)
    estimated = np.where(found.exposure.basis == ORDERS, by_orders, 3)
    kind = np.where(counted, 0, np.where(found.basis == ESTIMATED, estimated, -1))
    return low, rate, high, kind.astype(np.int64)


def _flips(judged: Assessment, truth: Truth) -> tuple[Floats, Floats]:
    """(verdict changes from one week to the next, weeks) of each platform in calm times, grey left out."""
    weekly = judged.verdict[:, BURN_IN::7]
    day = np.arange(judged.facts.days)[BURN_IN::7]
    calm = (day[None, 1:] < truth.calm_until()[:, None]) & (weekly[:, 1:] != GREY) & (weekly[:, :-1] != GREY)
    return ((weekly[:, 1:] != weekly[:, :-1]) & calm).sum(axis=1).astype(float), calm.sum(axis=1).astype(
        float
    )


def _quiet(judged: Assessment) -> Ints:
    """Changes of grade, colour or state over QUIET_DAYS in which nothing is seen; turning grey for want of evidence is none."""
    facts = quiet(judged.facts, QUIET_DAYS)
    later = assess(facts.fitted(fit_population_priors(facts)))
    part = slice(judged.facts.days - 1, None)
    changed = np.zeros((len(facts.sites), QUIET_DAYS), bool)
    for panel, none in ((later.grade, NR), (later.verdict, GREY), (later.warned.state, STALE)):
        now, before = panel[:, part][:, 1:], panel[:, part][:, :-1]
        changed |= (now != before) & (now != none) & (before != none)
    found: Ints = changed.sum(axis=1).astype(np.int64)
    return found


def _hidden(judged: Assessment) -> Ints:
    """1 for each platform whose colour or grade is better on any later day for having hidden all it controls.

    The same prices, pages and growth of counters shown on is what it is compared with; grey is not better.
    """
    facts = judged.facts
    day = max(facts.days - HIDE_DAYS, 0)
    shown, hidden = (assess(f(facts, day)) for f in (shown_from, hidden_from))
    after = slice(day + 1, None)
    a, b = shown.verdict[:, after], hidden.verdict[:, after]
    colour = (b < a) & (a != GREY) & (b != GREY)
    g, h = shown.grade[:, after], hidden.grade[:, after]
    better = colour | ((h < g) & (g != NR) & (h != NR))
    found: Ints = better.any(axis=1).astype(np.int64)
    return found


def attack_outcome(before: Assessment, after: Assessment, starts: dict[str, int]) -> Floats:
    """Per attacked platform: (most points lost within ATTACK_DAYS, newly in 预警, newly proposed for 警报), rows × 3."""
    rows = []
    place = {s.host: i for i, s in enumerate(after.facts.sites)}
    for site, who in enumerate(before.facts.sites):
        if who.host not in starts:
            continue
        part = slice(starts[who.host], starts[who.host] + ATTACK_DAYS)
        other = place[who.host]
        lost = (before.score[site, part] - after.score[other, part]).max()

        def newly(on_before: NDArray[np.bool_], on_after: NDArray[np.bool_]) -> float:
            return float((on_after & ~on_before).any())

        warned = newly(before.warned.state[site, part] >= WARNING, after.warned.state[other, part] >= WARNING)
        alarm = newly(before.warned.proposed[site, part] >= 0, after.warned.proposed[other, part] >= 0)
        rows.append((max(float(lost), 0.0), warned, alarm))
    return np.array(rows, dtype=float).reshape(-1, 3)


SHOWN_BY_THE_SITE = ("orders", "price", "page")


def hidden_from(facts: D, day: int) -> D:
    """From `day` on every site hides all it controls: what was seen before stands, and the same visits find nothing further."""
    rows, visits = dict(facts.rows), facts.visits
    for kind in SHOWN_BY_THE_SITE:
        rows[kind] = facts.rows[kind].take(facts.rows[kind].seen <= day)
        visits = _looked_at(visits, _repeated(rows[kind], day, facts.days, np.zeros(len(facts.sites))))
    rows["orders"] = _hidden_counters(rows["orders"], day, facts.days)
    return replace(facts, rows=rows, visits=visits, cache={})


def shown_from(facts: D, day: int) -> D:
    """From `day` on every site goes on showing what it showed then: the same prices and pages, counters growing as before."""
    rows = dict(facts.rows)
    pace = np.nan_to_num(exposure(facts).per_day[:, min(day, facts.days - 1)])
    for kind in SHOWN_BY_THE_SITE:
        past = rows[kind].take(rows[kind].seen <= day)
        rows[kind] = _sorted(joined(past, _repeated(past, day, facts.days, pace)))
    return replace(facts, rows=rows, cache={})


def _last_of_each(rows: ObservationColumns) -> ObservationColumns:
    """The newest row of each platform and thing (product, role of the page)."""
    if not len(rows):
        return rows
    thing = rows.columns.get("product", rows.columns.get("role"))
    _, name = (
        np.unique(thing.astype(str), return_inverse=True)
        if thing is not None
        else (None, np.zeros(len(rows), int))
    )
    order = np.lexsort((rows.at, name, rows.platform))
    newest = np.r_[(np.diff(rows.platform[order]) != 0) | (np.diff(name[order]) != 0), True]
    return rows.take(np.sort(order[newest]))


def _moved(rows: ObservationColumns, days: Ints | int) -> ObservationColumns:
    columns = {k: v.copy() for k, v in rows.columns.items()}
    return replace(
        rows, seen=rows.seen + days, day=rows.day + days, at=rows.at + days * MICROSECONDS, columns=columns
    )


def _repeated(past: ObservationColumns, day: int, days: int, pace: np.ndarray) -> ObservationColumns:
    """The newest rows once more every week after `day`, their order counters grown at `pace` (orders a day of each platform)."""
    last = _last_of_each(past)
    weeks = np.arange(7, max(days, 8), 7)
    later = np.repeat(weeks, len(last))
    again = last.take(np.tile(np.arange(len(last)), len(weeks)))
    inside = (again.seen + later > day) & (again.seen + later < days)
    later = later[inside]
    more = _moved(again.take(inside), later)
    grown = np.round(pace[more.platform] * later)
    counted = {name: more[name] + grown for name in ("total", "processed") if name in more.columns}
    return replace(more, columns={**more.columns, **counted})


def _hidden_counters(past: ObservationColumns, day: int, days: int) -> ObservationColumns:
    """Every week a visit finds the counter hidden, on the days on which it would have been read."""
    more = _repeated(past, day, days, np.zeros(int(past.platform.max(initial=0)) + 1))
    hidden = {name: np.full(len(more), np.nan) for name in ("total", "processed", "today")}
    hidden["hidden"] = np.ones(len(more))
    return _sorted(joined(past, replace(more, columns={**more.columns, **hidden})))


def _looked_at(visits: CrawlCoverage, rows: ObservationColumns) -> CrawlCoverage:
    """The visits, and one that went well for each of the rows: whoever hides is visited as often as who does not."""
    return CrawlCoverage(
        source=np.concatenate([visits.source, rows.source]),
        day=np.concatenate([visits.day, rows.seen]),
        platform=np.concatenate([visits.platform, rows.platform]),
        ok=np.concatenate([visits.ok, np.ones(len(rows), bool)]),
        crawl=np.concatenate([visits.crawl, np.zeros(len(rows), np.int64)]),
        share=np.concatenate([visits.share, np.ones(len(rows))]),
    )


def _sorted(rows: ObservationColumns) -> ObservationColumns:
    return rows.take(np.lexsort((rows.id, rows.at, rows.seen, rows.platform)))


def quiet(facts: Dataset, days: int) -> Dataset:
    """`days` further days on which nothing at all is seen: no evidence, no visit."""
    return replace(
        facts,
        days=facts.days + days,
        complaints_since=np.concatenate([facts.complaints_since, np.full(days, facts.complaints_since[-1])]),
        line=facts.line.longer(days),
        rows={k: _stands(r, facts.days) for k, r in facts.rows.items()},
        cache={},
    )


def _stands(rows: ObservationColumns, days: int) -> ObservationColumns:
    """What stood on the last day stands on."""
    return replace(rows, gone=np.where(rows.gone >= days, NEVER, rows.gone))


AT_LEAST, AT_MOST, WITHIN, REPORT = "≥", "≤", "within", ""
FALSE_ALLOWED = 0.02
YEARLY_HAZARD = 0.10
FEWEST = 5
"""Figures of fewer cases are shown, not judged."""
BASELINE_NAMES = {
    "ears_c3": "EARS C3",
    "nb_cusum": "NB-CUSUM",
    "farrington": "Farrington",
    "raw_count": "投诉条数 complaint count",
    "bbb": "BBB 点数 points",
    "reply_index": "电诉宝式回复指数 reply index",
    "logistic": "原始比率的逻辑回归 logistic on raw rates",
}


BEST_OBSERVER = "最好的观察者（知道市场怎样造出） best observer (knows how the market was made)"
PUBLIC_OBSERVER = (
    "同上，但不知道各站有多少受害者投诉 the same, not knowing which share of each site's victims complains"
)
TRUE_RATE = "真实掉单率（无人可见） true drop rate (seen by nobody)"


@dataclass(frozen=True)
class Row:
    """One measured target. `met` is None where there is no target or nothing to measure; `n` the cases behind the figure."""

    id: str
    title: tuple[str, str]
    figure: Estimate
    unit: str
    rule: str = REPORT
    target: tuple[float, ...] = ()
    n: int = 0
    baselines: dict[str, float] = field(default_factory=dict)
    note: tuple[str, str] = ("", "")

    @property
    def met(self) -> bool | None:
        """Whether the figure itself (not its interval) meets the target."""
        value = self.figure.value
        if self.rule == REPORT or not np.isfinite(value) or self.n < FEWEST:
            return None
        if self.rule == WITHIN:
            return bool(self.target[0] <= value <= self.target[1])
        return bool(value >= self.target[0] if self.rule == AT_LEAST else value <= self.target[0])


class Pool:
    """Markets side by side: weights per platform of all of them, and operators as the unit of resampling."""

    def __init__(self, markets: list[Market], draws: int, seed: int = 1) -> None:
        self.markets, self.draws, self.seed = markets, draws, seed
        sizes = [len(m.groups) for m in markets]
        self.start = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        offsets = np.cumsum([0, *[int(m.groups.max()) + 1 for m in markets]])
        self.groups: Ints = np.concatenate([m.groups + o for m, o in zip(markets, offsets, strict=False)])
        self.site: Ints = np.concatenate(
            [m.snapshots.site + s for m, s in zip(markets, self.start, strict=False)]
        )
        self.of: Ints = np.repeat(np.arange(len(markets)), [len(m.snapshots.site) for m in markets])

    def column(self, name: str) -> Floats:
        """A column of the snapshots of all markets."""
        return np.concatenate([getattr(m.snapshots, name) for m in self.markets])

    def estimate(self, figure: Figure) -> Estimate:
        """The figure with its interval over operators."""
        return bootstrap(figure, self.groups, self.draws, self.seed)

    def detection(self, signal: Callable[[Market], np.ndarray]) -> Detection:
        """A signal measured in every market, platforms one after the other."""
        found = [detect(signal(m), m.truth) for m in self.markets]
        return Detection(
            *(np.concatenate([getattr(d, n) for d in found]) for n in Detection.__dataclass_fields__)
        )
