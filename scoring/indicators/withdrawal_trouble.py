"""提现受阻强度."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.order_volume import expected, volume
from scoring.figures import Said, count
from scoring.finding import Cited, Finding, cite_rows, finding, recent_of, window_of
from scoring.observations.dataset import BIT, FittedDataset
from scoring.observations.panel import (
    complaint_freshness,
    complaints,
    copy_weights,
    counted_today,
    decayed,
    forward_fill,
    visited,
)
from scoring.utility import Aside, lognormal

_BALANCES = BIT["withdrawal_blocked"] | BIT["balance_frozen"]


def withdrawal_trouble(facts: FittedDataset) -> Finding:
    """提现受阻 — Trouble withdrawing balances

    Why: 余额提不出来，往往先于网站停运。 | Balances that cannot be withdrawn often come before a closure.
    Reads: complaint, orders
    Law: prepaid
    ok: 提现或余额类投诉相对订单量很少。 | Few complaints about withdrawals or balances for the number of orders.
    concern: 提现或余额类投诉相对订单量偏多。 | Many such complaints for the number of orders.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 订单量未知、或只有网站自己的计数时，按年限相近的同行的中等规模计。 | Where orders are unknown, or only the site's own counter tells them, the middling size of sites of like age is assumed.
    """
    rows, weight = complaints(facts), copy_weights(facts)
    mask = (rows["kinds"] & (BIT["withdrawal_blocked"] | BIT["balance_frozen"] | BIT["upstream_funds"])) != 0
    mine, weight = rows.take(mask), weight[mask]
    people = counted_today(facts)
    people = people.take((people["kinds"] & _BALANCES) != 0)
    aside = Aside(facts, "withdrawals_set_aside_30d", 30, bits=_BALANCES)
    seen, covered = visited(facts, "complaint")
    known = np.cumsum(seen, axis=1) > 0
    weighed = forward_fill(decayed(facts, mine, method.HALF_LIFE_WITHDRAWAL, weight), covered, 0.0)
    # A decayed count is worth half-life / ln 2 days of orders.
    worth = method.HALF_LIFE_WITHDRAWAL / np.log(2.0)
    told = volume(facts)
    # A number that only the site's own counter tells moves no score.
    own = np.where(told.alone, np.nan, told.per_day)
    # A counter that is hidden now does not turn a small shop into a middling one.
    own = forward_fill(own, np.isfinite(own), np.nan)
    orders = np.where(np.isfinite(own), own, np.exp(expected(facts, facts.priors.peers))) * worth
    prior = method.WITHDRAWAL_PRIOR
    rate = 10_000 * (weighed + prior[0]) / (orders + prior[1])
    utility, sd = lognormal(rate, "withdrawal_trouble", 1 / np.sqrt(weighed + 1.0))

    def say(i: int) -> tuple[str, str]:
        told = count("withdrawal_complaints_30d", len(recent_of(facts, people, i, 30)), window_of(facts, 30))
        if not told.value:
            return aside.say(
                i,
                (
                    "反映余额提不出来或被冻结的投诉",
                    "complaint(s) about balances that cannot be withdrawn or are frozen",
                ),
                (
                    "近 30 天未见余额提不出来或被冻结的投诉。",
                    "No complaints seen in the last 30 days about balances that cannot be withdrawn or are frozen.",
                ),
            )
        return Said(
            f"近 30 天有 {told.value:.0f} 起互不重复的投诉反映余额提不出来或被冻结。",
            f"{told.value:.0f} complaint(s) of the last 30 days (repetitions left out) [says|say] that a balance cannot be withdrawn or is frozen.",
            told,
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", mine.id[recent_of(facts, mine, i, 90)])

    return finding(
        facts,
        utility,
        sd,
        known,
        method.STRENGTH_COMPLAINTS,
        complaint_freshness(facts),
        say,
        cite,
        value=rate,
        n=weighed,
        unit="per_10k_orders",
    )
