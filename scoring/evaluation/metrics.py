"""Metrics of rankings, probabilities and warnings, weighted by platform so that a bootstrap over operators is cheap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from scoring.evaluation.ground_truth import Truth
from scoring.observations.dataset import Floats, Ints

Bools = NDArray[np.bool_]
Figure = Callable[[Floats], float]
"""A figure as a function of how often each platform counts."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 90 % bootstrap interval; nan where there was nothing to measure."""

    value: float
    low: float
    high: float


def bootstrap(figure: Figure, groups: Ints, draws: int, seed: int) -> Estimate:
    """The figure, and the 5 % and 95 % points over `draws` resamples of whole groups (operators)."""
    size = int(groups.max()) + 1 if len(groups) else 0
    value = figure(np.ones(len(groups)))
    if not size or not draws or not np.isfinite(value):
        return Estimate(value, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, size, size), minlength=size).astype(float)
        found.append(figure(times[groups]))
    known = np.array([f for f in found if np.isfinite(f)])
    if not len(known):
        return Estimate(value, np.nan, np.nan)
    low, high = np.quantile(known, (0.05, 0.95))
    return Estimate(value, float(low), float(high))


def ratio(top: float | np.floating, bottom: float | np.floating) -> float:
    """top ÷ bottom, nan for 0 ÷ 0."""
    return float(top / bottom) if bottom > 0 else float("nan")


def auc(score: Floats, bad: Bools, weight: Floats) -> float:
    """P(a bad one scores higher than a good one), ties one half, weighted (Mann–Whitney)."""
    value, at = np.unique(score, return_inverse=True)
    plus = np.bincount(at, weight * bad, len(value))
    minus = np.bincount(at, weight * ~bad, len(value))
    below = np.cumsum(minus) - minus
    return ratio((plus * (below + minus / 2)).sum(), plus.sum() * minus.sum())


def detection_at(score: Floats, bad: Bools, weight: Floats, share: float) -> float:
    """Largest weighted share of the bad ones above a threshold that at most `share` of the good ones pass."""
    order = np.argsort(-score, kind="stable")
    s, b, w = score[order], bad[order], weight[order]
    last = np.r_[s[1:] != s[:-1], True] if len(s) else np.empty(0, bool)
    false = np.cumsum(w * ~b)
    if not len(s) or false[-1] <= 0:
        return float("nan")
    allowed = last & (false / false[-1] <= share)
    true = np.cumsum(w * b)
    return ratio(true[allowed].max() if allowed.any() else 0.0, true[-1])


def calibration_error(p: Floats, bad: Bools, weight: Floats, bins: int = 10) -> float:
    """ECE: mean over equally filled bins of |mean probability − share of bad ones|."""
    order = np.argsort(p, kind="stable")
    w = weight[order]
    total = w.sum()
    if total <= 0:
        return float("nan")
    which = np.minimum((np.cumsum(w) - w / 2) / total * bins, bins - 1).astype(int)
    size = np.bincount(which, w, bins)
    gap = np.bincount(which, w * (p[order] - bad[order]), bins)
    return float(np.abs(gap[size > 0]).sum() / total)


def brier_skill(p: Floats, bad: Bools, weight: Floats) -> float:
    """1 − Brier score ÷ that of the base rate."""
    base = ratio((weight * bad).sum(), weight.sum())
    return 1 - ratio((weight * (p - bad) ** 2).sum(), (weight * (base - bad) ** 2).sum())


def median(values: Floats, weight: Floats) -> float:
    """Weighted median, nan of nothing."""
    keep = weight > 0
    if not keep.any():
        return float("nan")
    order = np.argsort(values[keep])
    w = np.cumsum(weight[keep][order])
    return float(values[keep][order][np.searchsorted(w, w[-1] / 2)])


def logistic(x: Floats, y: Floats, ridge: float = 1.0) -> Callable[[Floats], Floats]:
    """A ridge logistic regression (Newton) of y in {0, 1} on the columns of x, as a function from x to probabilities."""
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-9

    def prepared(values: Floats) -> Floats:
        return np.column_stack([np.ones(len(values)), np.clip((values - centre) / scale, -6, 6)])

    z = prepared(x)
    beta = np.zeros(z.shape[1])
    penalty = np.diag([0.0, *[ridge] * x.shape[1]])
    for _ in range(25):
        p = expit(z @ beta)
        step = np.linalg.solve(
            (z * (p * (1 - p))[:, None]).T @ z + penalty + 1e-9 * np.eye(len(beta)),
            z.T @ (y - p) - penalty @ beta,
        )
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return lambda values: np.asarray(expit(prepared(values) @ beta), float)


BURN_IN = 60
"""Days at the beginning that are not judged: there is no past yet to compare with."""
HOLD = 28
"""A baseline's signal stands for so many days, as long as our own 预警 at least does, so that entries compare."""


@dataclass(frozen=True)
class Detection:
    """Per platform: is it a gradual failure that counts, days from first signal in the stress to the end (-1 = none),
    false entries, calm years, and entries in stress (true)."""

    gradual: Bools
    lead: Ints
    false: Ints
    years: Floats
    true: Ints

    def share(self, ahead: int, weight: Floats) -> float:
        """Share of gradual failures signalled at least `ahead` days before the end."""
        return ratio((weight * (self.gradual & (self.lead >= ahead))).sum(), (weight * self.gradual).sum())

    def median_lead(self, weight: Floats) -> float:
        """Median days of lead of those signalled."""
        return median(self.lead.astype(float), weight * (self.gradual & (self.lead >= 0)))

    def per_year(self, weight: Floats) -> float:
        """False entries a platform-year."""
        return ratio((weight * self.false).sum(), (weight * self.years).sum())

    def precision(self, weight: Floats) -> float:
        """Share of all entries that were in stress."""
        true = (weight * self.true).sum()
        return ratio(true, true + (weight * self.false).sum())


def detect(on: Bools, truth: Truth) -> Detection:
    """Measure a signal (platforms × days). A signal carried into the stress from before counts as a detection there."""
    days = np.arange(truth.days)[None, :]
    calm_end = truth.calm_until()[:, None]
    start = np.concatenate([on[:, :1], on[:, 1:] & ~on[:, :-1]], axis=1)
    start[:, BURN_IN] |= on[:, BURN_IN]
    judged = days >= BURN_IN
    false: Ints = np.sum(start & judged & (days < calm_end), axis=1, dtype=np.int64)
    inside = (days >= truth.stress[:, None]) & (days < truth.end[:, None]) & judged
    hit = on & inside
    first = np.where(hit.any(axis=1), hit.argmax(axis=1), truth.days)
    lead: Ints = np.where(hit.any(axis=1), truth.end - first, -1).astype(np.int64)
    gradual = truth.gradual() & (truth.stress > BURN_IN)
    years = np.clip(truth.calm_until() - BURN_IN, 0, None) / 365.0
    true = hit.any(axis=1) & (start & inside).any(axis=1)
    return Detection(gradual, lead, false, years, np.asarray(true, dtype=np.int64))


def held(on: Bools, length: int = HOLD) -> Bools:
    """The signal kept up for `length` days after each day it is given."""
    days = np.arange(on.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(on, days, -length), axis=1)
    return np.asarray(days - last < length)


def at_equal_alarms(panels: list[Floats], truths: list[Truth], per_year: float) -> float:
    """The lowest threshold at which a statistic (a panel per market) enters no oftener than `per_year` in calm times.

    Chosen on the very markets it is measured on, which favours the baseline.
    """
    values = np.unique(
        np.concatenate([np.quantile(p[:, BURN_IN:], np.linspace(0.5, 1, 400)) for p in panels])
    )
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        found = [detect(held(p >= values[middle]), t) for p, t in zip(panels, truths, strict=True)]
        false, years = sum(d.false.sum() for d in found), sum(d.years.sum() for d in found)
        low, high = (low, middle) if false <= per_year * years and values[middle] > 0 else (middle + 1, high)
    return float(values[low])
