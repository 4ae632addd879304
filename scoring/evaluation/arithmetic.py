"""Measures of rankings, probabilities and warnings, all weighted by platform so that a bootstrap over operators is cheap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from scoring.facts import Floats, Ints

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
