"""Published surveillance detectors on weekly counts, as baselines of the warning: Farrington (1996) and an NB-CUSUM.

Golden against R surveillance (tests/golden). None of them is part of a rating.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from scoring.facts import Facts, Floats
from scoring.panel import complaints

WEEK = 7
YEAR, HALF_WINDOW = 52, 3
ALPHA = 0.05
CUSUM_SHAPE, CUSUM_RATIO = 4.0, 2.0
CUSUM_PAST, CUSUM_LAG = 16, 2
CUSUM_FLOOR = 0.25
"""Complaints a week expected at least, since a doubling of nothing is nothing."""


def weekly_counts(facts: Facts) -> Floats:
    """Complaints by the week they became visible in, platforms × whole weeks."""
    rows = complaints(facts)
    weeks = facts.days // WEEK
    week = rows.seen // WEEK
    inside = (week >= 0) & (week < weeks)
    counts = np.bincount(rows.platform[inside] * weeks + week[inside], minlength=len(facts.sites) * weeks)
    return counts.reshape(len(facts.sites), weeks).astype(float)


def standing(weekly: Floats, days: int) -> Floats:
    """A figure per week as one per day: known at the week's end, and standing until the next one is."""
    out = np.zeros((len(weekly), days))
    for t in range(weekly.shape[1]):
        out[:, (t + 1) * WEEK - 1 : (t + 2) * WEEK - 1] = weekly[:, t : t + 1]
    return out


def farrington_bound(reference: Floats) -> Floats:
    """Upper bound of a week from its reference weeks (last axis): quasi-Poisson mean, reweighted once by Anscombe residuals,
    two-thirds power transformation, quantile 1 − ALPHA/2 (Farrington et al. 1996; farrington() without trend)."""
    n = reference.shape[-1]
    mean = reference.mean(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = _dispersion(reference, mean, np.ones_like(reference))
        residual = 1.5 * (reference ** (2 / 3) * mean[..., None] ** (-1 / 6) - np.sqrt(mean[..., None]))
        residual /= np.sqrt(spread[..., None] * (1 - 1 / n))
        down = np.where(residual > 1, residual**-2.0, 1.0)
        weight = n / down.sum(axis=-1)[..., None] * down
        mean = (weight * reference).sum(axis=-1) / weight.sum(axis=-1)
        spread = _dispersion(reference, mean, weight)
        tau = spread + spread / weight.sum(axis=-1)
        bound = (mean ** (2 / 3) + ndtri(1 - ALPHA / 2) * np.sqrt(4 / 9 * mean ** (1 / 3) * tau)) ** 1.5
    return np.where(mean > 0, bound, 0.0)


def _dispersion(y: Floats, mean: Floats, weight: Floats) -> Floats:
    """Pearson's dispersion of an intercept alone, at least 1."""
    pearson = (weight * (y - mean[..., None]) ** 2 / mean[..., None]).sum(axis=-1) / (y.shape[-1] - 1)
    found: Floats = np.maximum(np.nan_to_num(pearson, nan=1.0), 1.0)
    return found


def farrington(facts: Facts) -> Floats:
    """Excess of the last whole week over the mean of the same weeks a year before, in bounds; 0 within the first year."""
    y = weekly_counts(facts)
    out = np.zeros_like(y)
    for t in range(YEAR + HALF_WINDOW, y.shape[1]):
        past = y[:, t - YEAR - HALF_WINDOW : t - YEAR + HALF_WINDOW + 1]
        mean, bound = past.mean(axis=1), farrington_bound(past)
        # Without a complaint in the reference weeks there is no bound; limit54 asks for five in four weeks anyway.
        room = np.maximum(bound - mean, 1.0)
        enough = y[:, max(t - 3, 0) : t + 1].sum(axis=1) >= 5
        out[:, t] = np.where(enough, (y[:, t] - mean) / room, 0.0)
    return standing(out, facts.days)


def cusum(y: Floats, expected: Floats, shape: float, ratio: float) -> Floats:
    """S_t = max(0, S_{t-1} + log NB(y; ratio·m, shape) / NB(y; m, shape)) along the last axis."""
    step = y * np.log(ratio) - (y + shape) * np.log((shape + ratio * expected) / (shape + expected))
    out: Floats = np.zeros(step.shape)
    value: Floats = np.zeros(step.shape[:-1])
    for t in range(step.shape[-1]):
        value = np.maximum(value + step[..., t], 0.0)
        out[..., t] = value
    return out


def nb_cusum(facts: Facts) -> Floats:
    """NB-CUSUM of a doubling of weekly complaints against the mean of CUSUM_PAST weeks that end CUSUM_LAG weeks ago."""
    y = weekly_counts(facts)
    total = np.concatenate([np.zeros((len(y), 1)), np.cumsum(y, axis=1)], axis=1)
    end = np.maximum(np.arange(y.shape[1]) - CUSUM_LAG, 0)
    begin = np.maximum(end - CUSUM_PAST, 0)
    expected = np.maximum((total[:, end] - total[:, begin]) / np.maximum(end - begin, 1), CUSUM_FLOOR)
    known = end - begin >= 4
    return standing(cusum(np.where(known, y, 0.0), expected, CUSUM_SHAPE, CUSUM_RATIO), facts.days)
