"""Complaint evidence for the warning: negative-binomial log-likelihood ratios of surges against each platform's own past.

A complaint counts on the day it became visible, in the bucket of the day it was filed; a bucket adds at most
COMPLAINT_CAP. Quiet days count (negatively) only when a healthy visit saw them; days nobody looked add exactly 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scoring import method
from scoring.observations.dataset import BIT, NEVER, Dataset, FittedDataset, Floats, Ints, ObservationColumns
from scoring.observations.market import Population
from scoring.observations.panel import (
    Bools,
    cached,
    complaints,
    copy_rank,
    copy_weights,
    decayed,
    interval_sum,
    share_read,
    visited,
    window,
    without,
)

_BITS = (
    ("withdrawal", BIT["withdrawal_blocked"] | BIT["balance_frozen"] | BIT["upstream_funds"]),
    ("refund", BIT["refund_delayed"] | BIT["refund_refused"]),
    ("unreachable", BIT["unreachable"] | BIT["site_gone"]),
    (
        "drop",
        BIT["drop.payment_not_synced"]
        | BIT["drop.stuck"]
        | BIT["drop.record_lost"]
        | BIT["drop.unspecified"]
        | BIT["out_of_stock_after_payment"],
    ),
)
_LATEST_REPORT = 30
_FEWEST_DAYS = 21


@dataclass(frozen=True)
class Surge:
    """`evidence` is the log-likelihood ratio per ρ, platform and day; `recent` the weighted positive part of each stream
    over STREAM_WINDOW days; `complainants` distinct ones over COMPLAINANT_WINDOW days; `informed` days with a visit."""

    rows: ObservationColumns
    stream: Ints
    evidence: list[Floats]
    recent: dict[str, Floats]
    complainants: Floats
    informed: np.ndarray


def stream_of(kinds: Ints) -> Ints:
    """Index into method.COMPLAINT_STREAMS for each complaint, -1 for those of no stream."""
    order = [method.COMPLAINT_STREAMS.index(name) for name, _ in _BITS]
    return np.select([(kinds & bits) != 0 for _, bits in _BITS], order, -1).astype(np.int64)


def surge(facts: FittedDataset) -> Surge:
    """The complaint evidence of every platform and day."""
    rows, weight, rank = complaints(facts), copy_weights(facts), copy_rank(facts)
    stream = stream_of(rows["kinds"])
    keep = stream >= 0
    # What was evidence once, before it was held back and released, is no news the second time.
    keep &= ~rows["again"]
    rows, weight, rank, stream = rows.take(keep), weight[keep], rank[keep], stream[keep]
    seen, _ = visited(facts, "complaint")
    baseline, ready = _baselines(facts, rows, stream, weight)
    # A board read in part shows a part of the calm.
    gap = _revealed(facts, seen) * share_read(facts)[0]
    evidence = []
    for rho in method.SHIRYAEV_RHO:
        k = method.STREAM_SHAPE
        loss = [np.log((k + rho * m) / (k + m)) for m in baseline]
        calm = k * np.sum(loss, axis=0)
        gain = np.stack([np.log(rho) - part for part in loss])
        total = _cells(facts, rows, stream, weight, gain, calm) - gap * calm
        evidence.append(np.where(ready, total, 0.0))
    recent = {}
    for at, name in enumerate(method.COMPLAINT_STREAMS):
        mine = stream == at
        count = window(facts, rows.take(mine), method.STREAM_WINDOW, weight[mine])
        expected = baseline[at] * method.STREAM_WINDOW
        k = method.STREAM_SHAPE * method.STREAM_WINDOW
        # Evidence of this stream alone for its best-fitting doubling over the window.
        recent[name] = np.where(
            ready, count * np.log(2.0) - (k + count) * np.log((k + 2 * expected) / (k + expected)), 0.0
        )
    first = rank == 0
    people = window(facts, rows.take(first), method.COMPLAINANT_WINDOW)
    return Surge(rows, stream, evidence, recent, people, seen)


def complainants(facts: Dataset) -> Floats:
    """Distinct complainants of any stream filed in the last COMPLAINANT_WINDOW days and visible, platforms × days: each text and
    person once, and none while held back."""

    def make() -> Floats:
        rows = complaints(facts)
        each = rows.take((stream_of(rows["kinds"]) >= 0) & (rows["rank"] == 0))
        return window(facts, each, method.COMPLAINANT_WINDOW)

    found: Floats = cached(facts, "complainants", make)
    return found


def sustained(facts: Dataset) -> Bools:
    """Where complaints go on: more people than usual also outside the fullest SUSTAINED days of the last twice as many.

    A burst, of strangers or of victims of one bad day, lies in one span; who fails is complained of for weeks. By the day a complaint
    became known, each text and person once.
    """

    def make() -> Bools:
        span, times, more = method.SUSTAINED
        rows = complaints(facts)
        rows = rows.take((stream_of(rows["kinds"]) >= 0) & (rows["rank"] == 0))
        new = np.zeros(facts.shape)
        known = np.maximum(rows.seen, rows.day)
        inside = (known >= 0) & (known < facts.days)
        np.add.at(new, (rows.platform[inside], known[inside]), 1.0)
        total = np.concatenate([np.zeros((len(new), 1)), np.cumsum(new, axis=1)], axis=1)
        today = np.arange(facts.days)

        def between(first: int, last: int) -> Floats:
            """People who became known from `first` to `last` days ago, both included."""
            found: Floats = total[:, np.maximum(today - last + 1, 0)] - total[:, np.maximum(today - first, 0)]
            return found

        each = between(span - 1, 0)
        fullest = each.copy()
        for back in range(1, span + 1):
            fullest[:, back:] = np.maximum(fullest[:, back:], each[:, :-back])
        length = method.BASELINE_LONG
        days = np.clip(today - 2 * span + 1, 1, length)
        usual = between(2 * span - 1 + length, 2 * span) * span / days
        return np.asarray(between(2 * span - 1, 0) - fullest >= times * usual + more)

    found: Bools = cached(facts, "sustained", make)
    return found


def _gap(seen: np.ndarray) -> Floats:
    """On days with a visit, the days it covers (since the visit before, at most CADENCE_DAYS); 0 otherwise."""
    today = np.arange(seen.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(seen, today, -NEVER), axis=1)
    before = np.concatenate([np.full((seen.shape[0], 1), -NEVER), last[:, :-1]], axis=1)
    return np.where(seen, np.where(before < 0, 1, np.minimum(today - before, method.CADENCE_DAYS)), 0).astype(
        float
    )


def _revealed(facts: Dataset, seen: np.ndarray) -> Floats:
    """Days of filings a visit reveals: those since the visit before, on a first look those the sources show, at most _LATEST_REPORT.

    As many as can bring gains: a first look or one after an interruption would else count the complaints of a month
    against the calm of a day.
    """
    today = np.arange(seen.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(seen, today, -NEVER), axis=1)
    before = np.concatenate([np.full((seen.shape[0], 1), -NEVER), last[:, :-1]], axis=1)
    since = np.where(before < 0, facts.complaints_since[None, :] - 1, before)
    return np.where(seen, np.clip(today - since, 1, _LATEST_REPORT), 0).astype(float)


def _cells(
    facts: Dataset, rows: ObservationColumns, stream: Ints, weight: Floats, gain: Floats, calm: Floats
) -> Floats:
    """Sum of the gains of complaints, capped per platform, day seen and day filed, added on the day seen."""
    sites, days = facts.shape
    day = np.maximum(rows.seen, 0)
    timely = (rows.seen - rows.day <= _LATEST_REPORT) & (rows.seen >= 0) & (day < days)
    p, t, d = rows.platform[timely], day[timely], rows.day[timely]
    value = weight[timely] * gain[stream[timely], p, t]
    key = (p * days + t) * (_LATEST_REPORT + 2) + np.clip(t - d, 0, _LATEST_REPORT + 1)
    cell, at = np.unique(key, return_inverse=True)
    place = cell // (_LATEST_REPORT + 2)
    total = np.bincount(at, value, len(cell))
    total = np.minimum(total, method.COMPLAINT_CAP + calm.ravel()[place])
    found: Floats = np.bincount(place, total, sites * days).astype(float).reshape(sites, days)
    return found


def _baselines(
    facts: FittedDataset, rows: ObservationColumns, stream: Ints, weight: Floats
) -> tuple[list[Floats], np.ndarray]:
    """(complaints a day expected in each stream, whether there is enough past to say so).

    The smaller of the rates over 56 and 120 days that end 14 days ago, shrunk to the platform's own volume times the
    population's mix of streams, and that volume to the population's.
    """
    shares, volume = facts.priors.streams, facts.priors.volume
    ok, _ = visited(facts, "complaint")
    today = np.arange(facts.days)[None, :]
    first = np.where(ok.any(axis=1), ok.argmax(axis=1), NEVER)[:, None]
    start = np.minimum(first, facts.complaints_since[None, :])
    rates: list[list[Floats]] = []
    enough = None
    prior = method.BASELINE_PRIOR_DAYS
    for length in (method.BASELINE_SHORT, method.BASELINE_LONG):
        known = np.clip(today - method.BASELINE_GAP - start, 0, length).astype(float) * (first <= today)
        enough = known >= _FEWEST_DAYS if enough is None else enough
        begin = np.maximum(rows.day + method.BASELINE_GAP + 1, rows.seen)
        counts = []
        for at in range(len(method.COMPLAINT_STREAMS)):
            mine = stream == at
            end = rows.day[mine] + method.BASELINE_GAP + 1 + length
            counts.append(interval_sum(facts, rows.take(mine), begin[mine], end, weight[mine]))
        total = (np.sum(counts, axis=0) + prior * volume[None, :]) / (known + prior)
        rates.append(
            [(c + prior * total * s[None, :]) / (known + prior) for c, s in zip(counts, shares, strict=True)]
        )
    return [np.minimum(short, long) for short, long in zip(*rates, strict=True)], np.asarray(enough)


def population(facts: Dataset) -> Population:
    """(share of each stream among complaints of streams, complaints a day of an average platform), per day; causal."""
    rows, weight = complaints(facts), copy_weights(facts)
    stream = stream_of(rows["kinds"])
    together, rows = (
        replace(facts, sites=facts.sites[:1]),
        replace(rows, platform=np.zeros_like(rows.platform)),
    )
    counts = [
        decayed(together, rows.take(stream == at), 60.0, weight[stream == at]).sum(axis=0)
        for at in range(len(method.COMPLAINT_STREAMS))
    ]
    total = np.sum(counts, axis=0)
    shares = [(c + 2.0) / (total + 2.0 * len(counts)) for c in counts]
    known = np.clip(np.arange(facts.days) - np.minimum(facts.complaints_since, NEVER) + 1, 1, None)
    worth = (1 - 0.5 ** (np.minimum(known, 10_000) / 60.0)) / (1 - 0.5 ** (1 / 60.0))
    return shares, np.maximum(total / np.maximum(worth, 1.0) / max(len(facts.sites), 1), 0.005)


def populations_without(facts: Dataset) -> dict[int, Population]:
    """Day on which complaints were withdrawn -> the population as if what was withdrawn by then had never been."""
    gone = facts.rows["complaint"].gone
    days = np.unique(gone[(gone >= 0) & (gone < facts.days)]).tolist()
    return {day: population(without(facts, day)) for day in days}
