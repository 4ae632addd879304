"""Baselines: published detectors and simpler systems asked about the same facts; higher is worse everywhere.

Golden against R surveillance (tests/golden). None of them is part of a rating.

EARS C3 as in the CDC's Early Aberration Reporting System on weekly counts; BBB points after its published table; an index
after 电诉宝's three inputs; the bare count; and the raw rates a logistic regression is given. None of them is part of a rating.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from scoring.features.orders import backlog, exposure
from scoring.indicators.operating_time import operating_time
from scoring.observations.dataset import BIT, NEVER, Dataset, Floats, Ints, ObservationColumns
from scoring.observations.day_index import MICROSECONDS
from scoring.observations.panel import complaints, of_kinds, window

WEEK = 7
YEAR, HALF_WINDOW = 52, 3
ALPHA = 0.05
CUSUM_SHAPE, CUSUM_RATIO = 4.0, 2.0
CUSUM_PAST, CUSUM_LAG = 16, 2
CUSUM_FLOOR = 0.25
"""Complaints a week expected at least, since a doubling of nothing is nothing."""


def weekly_counts(facts: Dataset) -> Floats:
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


def farrington(facts: Dataset) -> Floats:
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


def nb_cusum(facts: Dataset) -> Floats:
    """NB-CUSUM of a doubling of weekly complaints against the mean of CUSUM_PAST weeks that end CUSUM_LAG weeks ago."""
    y = weekly_counts(facts)
    total = np.concatenate([np.zeros((len(y), 1)), np.cumsum(y, axis=1)], axis=1)
    end = np.maximum(np.arange(y.shape[1]) - CUSUM_LAG, 0)
    begin = np.maximum(end - CUSUM_PAST, 0)
    expected = np.maximum((total[:, end] - total[:, begin]) / np.maximum(end - begin, 1), CUSUM_FLOOR)
    known = end - begin >= 4
    return standing(cusum(np.where(known, y, 0.0), expected, CUSUM_SHAPE, CUSUM_RATIO), facts.days)


EARS_WEEKS = 7
EARS_LAG = 2
SPREAD_FLOOR = 0.5
"""Complaints a week: the least spread EARS is given, since a week without any has none."""
_REFUND = BIT["refund_delayed"] | BIT["refund_refused"]
_MONEY = BIT["withdrawal_blocked"] | BIT["balance_frozen"]


def ears_c3(facts: Dataset) -> Floats:
    """EARS C3 of the last whole week: Σ over three weeks of max(0, C2 − 1), C2 = (y − mean) / sd of 7 weeks, 2 weeks back."""
    y = weekly_counts(facts)
    weeks = y.shape[1]
    c2 = np.zeros_like(y)
    for t in range(EARS_WEEKS + EARS_LAG, weeks):
        past = y[:, t - EARS_LAG - EARS_WEEKS : t - EARS_LAG]
        spread = np.maximum(past.std(axis=1, ddof=1), SPREAD_FLOOR)
        c2[:, t] = (y[:, t] - past.mean(axis=1)) / spread
    above = np.maximum(c2 - 1, 0)
    c3 = above.copy()
    c3[:, 1:] += above[:, :-1]
    c3[:, 2:] += above[:, :-2]
    return standing(c3, facts.days)


def raw_count(facts: Dataset) -> Floats:
    """Complaints of the last 30 days."""
    return window(facts, complaints(facts), 30)


def _answered(facts: Dataset, rows: ObservationColumns, column: str) -> ObservationColumns:
    at = np.where(rows[column] >= NEVER, NEVER, rows[column] // MICROSECONDS - facts.first_day)
    done = at < facts.days
    later: Ints = np.maximum(at[done], rows.seen[done])
    return replace(rows.take(done), seen=later)


def bbb_points(facts: Dataset) -> Floats:
    """100 − points: volume of a year 15, unanswered 40, unresolved 30, slow 5, time in business 10, each in proportion."""
    rows = complaints(facts)
    n = window(facts, rows, 365)
    answered = window(facts, _answered(facts, rows, "answered_at"), 365)
    settled = window(facts, _answered(facts, rows, "settled_at"), 365)
    years = np.nan_to_num(operating_time(facts).value)
    open_ = 1 - answered / np.maximum(n, 1)
    unsettled = 1 - settled / np.maximum(n, 1)
    busy = np.minimum(np.log1p(n) / np.log(200), 1)
    lost = 15 * busy + np.where(n > 0, 40 * open_ + 30 * unsettled + 5 * (unsettled > 0.5), 0)
    found: Floats = lost + 10 * np.exp(-years / 3)
    return found


def reply_index(facts: Dataset) -> Floats:
    """1 − mean of the month's reply share, share answered within a week, and completion share; nothing asked = 0 (best)."""
    rows = complaints(facts)
    n = window(facts, rows, 30)
    replied = _answered(facts, rows, "answered_at")
    prompt = replied.take(replied.seen - replied.day <= WEEK)
    parts = [window(facts, r, 30) for r in (replied, prompt, _answered(facts, rows, "settled_at"))]
    return np.where(n > 0, 1 - np.sum(parts, axis=0) / (3 * np.maximum(n, 1)), 0.0)


def raw_rates(facts: Dataset) -> list[Floats]:
    """Unshrunk rates of 30 days, for a logistic regression: volume, per order, growth, shares by kind, replies, backlog."""
    rows = complaints(facts)
    n = window(facts, rows, 30)
    before = (window(facts, rows, 90) - n) / 2
    kinds = rows["kinds"]
    refund, money = (window(facts, rows.take((kinds & bits) != 0), 30) for bits in (_REFUND, _MONEY))
    silent = window(facts, of_kinds(rows, "unreachable", "site_gone"), 30)
    replied = window(facts, _answered(facts, rows, "answered_at"), 30)
    orders = 30 * np.nan_to_num(exposure(facts).per_day)
    per_order = np.where(orders > 0, n / np.maximum(orders, 1), 0.0)
    some = np.maximum(n, 1)
    return [
        np.log1p(n), np.log1p(1000 * per_order), np.log((n + 1) / (before + 1)), refund / some, money / some, silent / some,
        replied / some, np.log1p(np.nan_to_num(backlog(facts).days)), (orders > 0).astype(float),
    ]  # fmt: skip
