"""Findings into a score: prior-anchored, not renormalised over what is present. Pure arithmetic over panels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scoring import method
from scoring.finding import NOT_APPLICABLE, UNKNOWN, Definition, Finding
from scoring.observations.dataset import Dataset, Floats
from scoring.observations.panel import Bools

_COMPLAINED = ("B", "C", "D")
"""Dimensions that complaints speak about."""


@dataclass(frozen=True)
class Scored:
    """Score before caps (0-100), its standard deviation, coverage (0-100) and each row's points, platforms × days.

    `points` has a panel per weighted indicator and one `prior_<dimension>` per dimension; they sum to `score`.
    `utility_of` is each dimension's mean utility, `worst`/`best` the score if everything missing were bad/good.
    """

    score: Floats
    sd: Floats
    coverage: Floats
    points: dict[str, Floats]
    utility_of: dict[str, Floats]
    worst: Floats
    best: Floats


def aggregate(facts: Dataset, found: dict[str, tuple[Definition, Finding]], families: Floats) -> Scored:
    """S_D = (κ·u0 + Σ w·e·v) / (κ + Σ w·e), v = f·u + (1−f)·min(u, u0), κ = PRIOR_SHARE·Σ w of the applicable indicators.

    The sums run over what was ever seen. Evidence that grows old (f → 0) pulls a good finding down to the prior u0 and
    leaves a bad one where it is, so that silence never lifts a score; what was never seen leaves the prior. `families`
    is the number of source families seen so far; with one, coverage is at most COVERAGE_ONE_FAMILY.
    """
    shape = facts.shape
    points: dict[str, Floats] = {}
    utility_of: dict[str, Floats] = {}
    score, variance, worst, best = (np.zeros(shape) for _ in range(4))
    answered, applicable = np.zeros(shape), np.zeros(shape)
    for dimension, size in method.DIMENSIONS.items():
        mine = [(d, f) for d, f in found.values() if d.dimension == dimension]
        weights = [np.where(f.outcome == NOT_APPLICABLE, 0.0, d.weight) for d, f in mine]
        total = np.sum(weights, axis=0) if mine else np.zeros(shape)
        kappa = np.maximum(method.PRIOR_SHARE * total, 1e-9)
        u0 = method.PRIOR_UTILITY[dimension]
        masses = [w * f.strength * (f.freshness > 0) for w, (_, f) in zip(weights, mine, strict=True)]
        norm = kappa + np.sum(masses, axis=0) if mine else kappa
        utility = kappa * u0 / norm
        points[f"prior_{dimension}"] = size * utility
        variance += (size * kappa / norm * method.PRIOR_SD) ** 2
        known = np.zeros(shape)
        for weight, mass, (definition, finding) in zip(weights, masses, mine, strict=True):
            part = mass * _faded(finding, u0) / norm
            points[definition.id] = size * part
            utility = utility + part
            known += mass
            variance += (size * mass / norm * finding.sd) ** 2
            answered += weight * finding.strength * finding.freshness * (finding.outcome != UNKNOWN)
            applicable += weight
        utility_of[dimension] = utility
        score += size * utility
        missing = np.maximum(total - known, 0.0) / (norm + np.maximum(total - known, 0.0))
        worst += size * utility * (1 - missing)
        best += size * (utility * (1 - missing) + missing)
    coverage = 100 * answered / np.maximum(applicable, 1e-9)
    coverage = np.where(families <= 1, np.minimum(coverage, method.COVERAGE_ONE_FAMILY), coverage)
    return Scored(score, np.sqrt(variance), coverage, points, utility_of, worst, best)


def _faded(finding: Finding, u0: float) -> Floats:
    """The utility after ageing: towards the prior for what is better than it, unchanged for what is worse."""
    fresh = finding.freshness
    return fresh * finding.utility + (1 - fresh) * np.minimum(finding.utility, u0)


def limit_score_drop(scored: Scored, watched: Bools, supported: Bools) -> Scored:
    """The score, with the dimensions of complaints losing at most PACE; what is given back for now is the row `cap_pace`.

    A burst of complaints is either found to be arranged within days (scoring/linkage/campaigns.py) or counts in full soon after; one that
    nothing else has `supported` yet loses at most PACE_BURST, whoever wrote it in whatever words. Nothing of this lifts a score.
    Before the days marked in `watched` nothing is given back: a first look counts at once.
    """
    span, most = method.PACE
    long, least = method.PACE_BURST
    plain = np.sum([method.DIMENSIONS[d] * scored.utility_of[d] for d in _COMPLAINED], axis=0)
    slow = plain.copy()
    for day in range(1, plain.shape[1]):
        floor = slow[:, max(day - span + 1, 0) : day].max(axis=1) - most
        alone = np.minimum(slow[:, max(day - long, 0) : day].max(axis=1) - least, slow[:, day - 1])
        floor = np.where(supported[:, day], floor, np.maximum(floor, alone))
        slow[:, day] = np.where(watched[:, day], np.maximum(plain[:, day], floor), plain[:, day])
    back = slow - plain
    return replace(scored, score=scored.score + back, points={**scored.points, "cap_pace": back})


def limited(score: Floats, limit: Floats) -> Floats:
    """The score under a limit (100 = none), in the order of the scores before: min(s, limit - CAP_SLOPE * (100 - s)).

    Below the cap of closed sites there is no order: their grade must not hang on what they showed last.
    """
    slope = np.where(limit > method.CAPS["closed"], method.CAP_SLOPE, 0.0)
    below = limit - slope * (100.0 - score)
    return np.where(limit < 100.0, np.minimum(score, below), score)


def lowest_cap(caps: dict[str, Bools], shape: tuple[int, ...]) -> Floats:
    """The lowest cap that applies to each platform and day, 100 where none does."""
    limit = np.full(shape, 100.0)
    for name, where in caps.items():
        limit = np.where(where, np.minimum(limit, method.CAPS[name]), limit)
    return limit


def cap(scored: Scored, caps: dict[str, Bools]) -> tuple[Floats, dict[str, Floats]]:
    """(score after caps, points taken by each cap ≤ 0); the lowest cap that applies takes them all."""
    limit = np.full(scored.score.shape, 100.0)
    which = np.full(scored.score.shape, -1)
    names = list(caps)
    for at, name in enumerate(names):
        lower = caps[name] & (method.CAPS[name] < limit)
        limit = np.where(lower, method.CAPS[name], limit)
        which = np.where(lower, at, which)
    capped = limited(scored.score, limit)
    taken = {n: np.where(which == at, capped - scored.score, 0.0) for at, n in enumerate(names)}
    return capped, {f"cap_{n}": t for n, t in taken.items()}
