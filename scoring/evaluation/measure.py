"""What one market's judgement comes to against its truth: small arrays that can be pooled over markets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from scoring import method
from scoring.droprate import COUNTED, ESTIMATED, DropRate, drop_rate
from scoring.evaluation import baselines, counterfactual, detectors
from scoring.evaluation.detection import BURN_IN
from scoring.evaluation.oracle import drop_rates
from scoring.evaluation.truth import Truth
from scoring.exposure import ORDERS
from scoring.facts import Facts, Floats, Ints
from scoring.grade import NR
from scoring.judge import GREY, Judged, judge
from scoring.priors import fit
from scoring.warning import ALARM, STALE, WARNING

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
    """The rate as a multiple of the sector's median, its interval, and the rate an oracle would give: snapshots × 4."""


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


def measure(name: str, judged: Judged, truth: Truth) -> Market:
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
            "nb_cusum": detectors.nb_cusum(facts),
            "farrington": detectors.farrington(facts),
            "raw_count": baselines.raw_count(facts),
        },
        snapshots=_snapshots(judged, truth),
        flips=flips,
        weeks=weeks,
        quiet_changes=_quiet(judged),
        hidden_better=_hidden(judged),
        sum_error=float(np.abs(np.sum(list(judged.points.values()), axis=0) - judged.score).max()),
    )


def measure_rates(name: str, facts: Facts, truth: Truth) -> Market:
    """Of a market only what its drop rates come to: nothing is judged, so that many markets take little time. Needs facts.priors."""
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
        found.relative, found.relative * np.exp(-z), found.relative * np.exp(z), drop_rates(found.complaints, truth)
    ]  # fmt: skip


def snapshot_days(days: int) -> list[int]:
    """Every STEP days from FIRST on (or the middle of a short calendar), while HARM_DAYS of truth remain."""
    return list(range(min(FIRST, days // 2), days - STEP, STEP))


def _snapshots(judged: Judged, truth: Truth) -> Snapshots:
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


def _drops(facts: Facts) -> tuple[Floats, Floats, Floats, Ints]:
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


def _flips(judged: Judged, truth: Truth) -> tuple[Floats, Floats]:
    """(verdict changes from one week to the next, weeks) of each platform in calm times, grey left out."""
    weekly = judged.verdict[:, BURN_IN::7]
    day = np.arange(judged.facts.days)[BURN_IN::7]
    calm = (day[None, 1:] < truth.calm_until()[:, None]) & (weekly[:, 1:] != GREY) & (weekly[:, :-1] != GREY)
    return ((weekly[:, 1:] != weekly[:, :-1]) & calm).sum(axis=1).astype(float), calm.sum(axis=1).astype(
        float
    )


def _quiet(judged: Judged) -> Ints:
    """Changes of grade, colour or state over QUIET_DAYS in which nothing is seen; turning grey for want of evidence is none."""
    facts = counterfactual.quiet(judged.facts, QUIET_DAYS)
    later = judge(replace(facts, priors=fit(facts)))
    part = slice(judged.facts.days - 1, None)
    changed = np.zeros((len(facts.sites), QUIET_DAYS), bool)
    for panel, none in ((later.grade, NR), (later.verdict, GREY), (later.warned.state, STALE)):
        now, before = panel[:, part][:, 1:], panel[:, part][:, :-1]
        changed |= (now != before) & (now != none) & (before != none)
    found: Ints = changed.sum(axis=1).astype(np.int64)
    return found


def _hidden(judged: Judged) -> Ints:
    """1 for each platform whose colour or grade is better on any later day for having hidden all it controls.

    The same prices, pages and growth of counters shown on is what it is compared with; grey is not better.
    """
    facts = judged.facts
    day = max(facts.days - HIDE_DAYS, 0)
    shown, hidden = (judge(f(facts, day)) for f in (counterfactual.shown_from, counterfactual.hidden_from))
    after = slice(day + 1, None)
    a, b = shown.verdict[:, after], hidden.verdict[:, after]
    colour = (b < a) & (a != GREY) & (b != GREY)
    g, h = shown.grade[:, after], hidden.grade[:, after]
    better = colour | ((h < g) & (g != NR) & (h != NR))
    found: Ints = better.any(axis=1).astype(np.int64)
    return found


def attack_outcome(before: Judged, after: Judged, starts: dict[str, int]) -> Floats:
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
