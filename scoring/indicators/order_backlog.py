"""未处理订单积压."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.order_volume import volume
from scoring.features.orders import FEWEST_A_DAY, backlog
from scoring.figures import Said, count
from scoring.finding import HIDDEN, Cited, Finding, last, outcome_from_utility, row_at
from scoring.observations.dataset import FittedDataset
from scoring.observations.panel import forward_fill, freshness
from scoring.utility import lognormal


def order_backlog(facts: FittedDataset) -> Finding:
    """未处理订单积压 — Backlog of unprocessed orders

    Why: 已付款而未处理的订单越积越多，是发货或资金出问题的直接迹象。 | A growing pile of paid, unprocessed orders is a direct sign of trouble with stock or money.
    Reads: orders
    Law: deliver, breach
    ok: 未处理订单少于约两天的订单量。 | Unprocessed orders amount to less than about two days of orders.
    concern: 未处理订单达到或超过约两天的订单量。 | Unprocessed orders amount to about two days of orders or more.
    unknown: 页面没有可用的订单计数。 | The page shows no usable order counters.
    hidden: 网站隐藏订单计数。 | The site hides its order counters.
    Limits: 计数由网站自报；“已处理”可能包含退单，因此是下限。 | The counters are the site's own; "processed" may include cancelled orders, so this is a lower bound.
    """
    b = backlog(facts)
    known = np.isfinite(b.days)
    mean, sd = lognormal(np.nan_to_num(b.days, nan=1.0) + 0.05, "order_backlog", 0.3)
    ever = forward_fill(known, known, False).astype(bool)
    disclosed = facts.priors.disclose[None, :] >= method.PEERS_DISCLOSE
    hidden = b.hidden & ~known
    held = np.where(ever, np.minimum(forward_fill(mean, known, 0.5), method.HIDDEN_CAP), method.HIDDEN_CAP)
    # One that is no longer shown stands as it was: it grows old, and a bad one does not go away.
    utility = np.where(hidden, held, forward_fill(mean, known, 0.5))
    fresh = np.where(
        hidden, (ever | disclosed).astype(float), np.where(ever, freshness(b.age, method.CADENCE_DAYS), 0.0)
    )
    outcome = np.where(hidden, HIDDEN, outcome_from_utility(utility, known)).astype(np.int8)

    def say(i: int) -> tuple[str, str]:
        if last(hidden, i):
            return (
                "网站隐藏了订单计数，看不到积压。",
                "The site hides its order counters; the backlog cannot be seen.",
            )
        if not last(known, i):
            return "页面没有可用的订单计数。", "The page shows no usable order counters."
        at = int(b.position[i, -1])
        waiting = count("orders_unprocessed", max(float(b.rows["total"][at] - b.rows["processed"][at]), 0.0))
        worth = count("backlog_days", last(b.days, i))
        pace = count("orders_per_day", max(last(b.orders_per_day, i), FEWEST_A_DAY))
        a_day = f"{pace.value:.0f}" if pace.value >= 10 else f"{pace.value:.1f}"
        if not round(waiting.value):
            return Said(
                f"页面计数显示没有未处理的订单（推算每天约 {a_day} 单）。",
                f"The page's counters show no unprocessed orders (an estimated {a_day} order(s) a day).",
                waiting,
                worth,
                pace,
            )
        days = (f"约 {worth.value:.1f} 天", f"about {worth.value:.1f} days")
        if worth.value < 0.05:
            days = ("远不到一天", "far less than a day")
        return Said(
            f"页面计数显示 {waiting.value:.0f} 单尚未处理，相当于{days[0]}的订单量（推算每天约 {a_day} 单）。",
            f"The page's counters show {waiting.value:.0f} order(s) not yet processed, {days[1]} of orders (an estimated {a_day} a day).",
            waiting,
            worth,
            pace,
        )

    def cite(i: int) -> list[Cited]:
        return row_at(b.position, "orders", b.rows, i)

    n = np.where(known, b.orders_per_day, 0.0)
    # What only the site's own counter tells lifts nothing; it can still speak against the site.
    lifts = volume(facts).alone & (utility > method.PRIOR_UTILITY["B"])
    return Finding(
        outcome,
        b.days,
        utility,
        sd,
        np.where(lifts, 0.0, method.STRENGTH_OWN_PAGE),
        fresh,
        n,
        "days",
        say,
        cite,
    )
