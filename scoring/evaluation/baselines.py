"""What simpler systems would have said about the same facts, per platform and day; higher = worse everywhere.

EARS C3 as in the CDC's Early Aberration Reporting System on weekly counts; BBB points after its published table; an index
after 电诉宝's three inputs; the bare count; and the raw rates a logistic regression is given. None of them is part of a rating.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.backlog import backlog
from scoring.calendar import MICROSECONDS
from scoring.evaluation.detectors import WEEK, standing, weekly_counts
from scoring.exposure import exposure
from scoring.facts import BIT, NEVER, Facts, Floats, Ints, Rows
from scoring.indicators.operating_time import operating_time
from scoring.panel import complaints, of_kinds, window

EARS_WEEKS = 7
EARS_LAG = 2
SPREAD_FLOOR = 0.5
"""Complaints a week: the least spread EARS is given, since a week without any has none."""
_REFUND = BIT["refund_delayed"] | BIT["refund_refused"]
_MONEY = BIT["withdrawal_blocked"] | BIT["balance_frozen"]


def ears_c3(facts: Facts) -> Floats:
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


def raw_count(facts: Facts) -> Floats:
    """Complaints of the last 30 days."""
    return window(facts, complaints(facts), 30)


def _answered(facts: Facts, rows: Rows, column: str) -> Rows:
    at = np.where(rows[column] >= NEVER, NEVER, rows[column] // MICROSECONDS - facts.first_day)
    done = at < facts.days
    later: Ints = np.maximum(at[done], rows.seen[done])
    return replace(rows.take(done), seen=later)


def bbb_points(facts: Facts) -> Floats:
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


def reply_index(facts: Facts) -> Floats:
    """1 − mean of the month's reply share, share answered within a week, and completion share; nothing asked = 0 (best)."""
    rows = complaints(facts)
    n = window(facts, rows, 30)
    replied = _answered(facts, rows, "answered_at")
    prompt = replied.take(replied.seen - replied.day <= WEEK)
    parts = [window(facts, r, 30) for r in (replied, prompt, _answered(facts, rows, "settled_at"))]
    return np.where(n > 0, 1 - np.sum(parts, axis=0) / (3 * np.maximum(n, 1)), 0.0)


def raw_rates(facts: Facts) -> list[Floats]:
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
