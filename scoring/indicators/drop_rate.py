"""掉单率 as an indicator; the arithmetic is in scoring/features/drop_rate.py."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features import drop_rate as droprate
from scoring.features.drop_rate import (
    COUNTED,
    UNKNOWN,
    hidden_after_shown,
    interval,
    relative,
    reporting_range,
)
from scoring.features.orders import ORDERS
from scoring.figures import Said, count, two_digits
from scoring.figures import share as share_figure
from scoring.finding import (
    HIDDEN,
    Cited,
    Finding,
    cite_rows,
    last,
    outcome_from_utility,
    recent_of,
    window_of,
)
from scoring.observations.dataset import FittedDataset
from scoring.observations.panel import complaint_freshness, forward_fill, visited
from scoring.utility import lognormal


def percent(value: float | None) -> str:
    """A share as a percentage with two significant digits."""
    return "—" if value is None else f"{two_digits(100 * value)}%"


def drop_rate(facts: FittedDataset) -> Finding:
    """掉单率 — Drop rate

    Why: 付款后没有按约定到账是用户最直接的损失。 | Paying and not receiving what was agreed is the user's most direct loss.
    Reads: order, complaint, orders, price
    Law: deliver, breach
    ok: 掉单率低于约 4%。 | The drop rate lies below about 4%.
    concern: 掉单率约 4% 或更高。 | The drop rate lies at about 4% or above.
    unknown: 不知道订单量，算不出比率。 | The number of orders is unknown, so no rate can be given.
    hidden: 网站曾显示订单计数，现已隐藏。 | The site used to show an order counter and hides it now.
    Limits: 无订单明细时为估计：先给出相对同行中位数的倍数；每 100 名受害者中有多少人会公开投诉，无人知晓，所以掉单率本身只是一个很宽的范围。投诉是单方说法，不等于事实。只有网站自己的计数、没有销量或库存可以印证时，计数不影响得分；订单量未知时不给出比率，只在投诉多于任何规模的同行所应有时计为不利。 | Without order records it is an estimate: first a multiple of the sector's median; how many of a hundred victims complain in public nobody knows, so the rate itself is a wide range. Complaints are claims. A counter that neither sales nor stock support moves no score; where the number of orders is unknown no rate is given, and more complaints than a peer of any size would have count against.
    """
    found = droprate.drop_rate(facts)
    known = found.basis != UNKNOWN
    mean, sd = lognormal(np.nan_to_num(found.likely, nan=0.04), "drop_rate", np.nan_to_num(found.likely_sd))
    # Silence rule (ii): a counter hidden after being shown counts as what was last seen, at most HIDDEN_CAP.
    hidden = hidden_after_shown(found) & ~known
    # What only the site's own counter tells counts as no number of orders at all: neither for the site nor against it.
    weighed = known & ~found.alone
    held = np.minimum(np.minimum(forward_fill(mean, weighed, 0.5), mean), method.HIDDEN_CAP)
    # Without a number of orders no rate is given, but more complaints than a peer of any size has still count against.
    peers = np.minimum(mean, method.PRIOR_UTILITY["B"])
    # One that is just no longer read counts as the worse of what was last seen and what is likely now.
    peers = np.minimum(peers, forward_fill(mean, weighed, 1.0))
    utility = np.where(hidden, held, np.where(weighed, mean, peers))
    # A site whose own counter is gone counts for no better than while it was shown, whatever its sales still tell.
    counter = (found.exposure.basis == ORDERS) | (found.basis == COUNTED)
    gone = found.exposure.ever & ~counter
    utility = np.where(gone, np.minimum(utility, forward_fill(utility, counter, 1.0)), utility)
    fresh = np.where(found.basis == COUNTED, 1.0, complaint_freshness(facts))
    read = np.cumsum(visited(facts, "complaint")[0], axis=1) > 0
    fresh = np.where(
        hidden & forward_fill(known, known, False).astype(bool), 1.0, np.where(known | read, fresh, 0.0)
    )
    outcome = np.where(hidden, HIDDEN, outcome_from_utility(utility, known)).astype(np.int8)
    strength = np.where(
        (found.basis == COUNTED) & ~found.alone, method.STRENGTH_OFFICIAL, method.STRENGTH_COMPLAINTS
    )

    def say(i: int) -> tuple[str, str]:
        part = interval(found, i)
        orders = share_figure(
            "orders_dropped",
            last(found.dropped, i),
            last(found.orders.paid, i),
            window_of(facts, method.DROP_WINDOW),
        )
        n, k = int(orders.of or 0), int(orders.n or 0)
        few = (
            f"近 90 天 {n} 笔已知订单中 {k} 笔未按约定到账。",
            f"{k} of {n} known order(s) of the last 90 days [was|were] not delivered as agreed.",
        )
        if not k:
            few = (
                f"近 90 天 {n} 笔已知订单都按约定到账。",
                f"None of {n} known order(s) of the last 90 days failed to be delivered as agreed.",
            )
        if part.rate is None:
            zh, en = (
                ("网站隐藏了订单计数，暂无法估计掉单率。", "The site hides its order counter; no drop rate can be estimated now.")
                if last(hidden, i)
                else ("无法得知订单量，暂不给出掉单率。", "The number of orders is unknown; no drop rate is given.")
            )  # fmt: skip
            return Said(few[0] + zh, f"{few[1]} {en}", orders) if n else Said(zh, en)
        span = (percent(part.low), percent(part.high))
        if int(found.basis[i, -1]) == COUNTED:
            return Said(
                f"{few[0][:-1]}，掉单率 {percent(orders.value)}（90% 区间 {span[0]}–{span[1]}）。",
                f"{few[1][:-1]}: drop rate {percent(orders.value)} (90% interval {span[0]}–{span[1]}).",
                orders,
            )
        guess, beside = count("drop_rate_estimate", part.rate), relative(found, i)
        per = two_digits(100 * guess.value)
        least, most = (f"{share:.0%}" for share in reporting_range())
        zh = f"若按受害者中 {least}–{most} 会公开投诉推算，每 100 单约 {per} 单付款后未到账（90% 可能在 {span[0]}–{span[1]} 之间）。"
        en = f"If {least} to {most} of the victims complain in public, about {per} in 100 paid orders are not delivered (90% likely between {span[0]} and {span[1]})."
        more = [orders] if n else []
        if beside.rate is not None and beside.low is not None and beside.high is not None:
            ends = (
                count("drop_rate_relative_low", beside.low),
                count("drop_rate_relative_high", beside.high),
            )
            middle = count("drop_rate_relative", beside.rate)
            low, high = (two_digits(end.value) for end in ends)
            times = two_digits(middle.value)
            zh = f"掉单率约为同行中位数的 {times} 倍（90% 可能在 {low}–{high} 倍之间）。" + zh
            en = (
                f"The drop rate is about {times} times the sector's median (90% likely between {low} and {high}). "
                + en
            )
            more = [middle, *ends, *more]
        return Said(zh + (few[0] if n else ""), en + (f" {few[1]}" if n else ""), guess, *more)

    def cite(i: int) -> list[Cited]:
        if int(found.basis[i, -1]) == COUNTED:
            paid = facts.rows["order"]
            mine = recent_of(facts, paid, i, method.DROP_WINDOW)
            bad = mine[paid["state"][mine] != "delivered"]
            return cite_rows("order", paid.id[bad if len(bad) else mine])
        rows, _, _ = droprate.drop_complaints(facts)
        orders = facts.rows["orders"]
        shown = recent_of(facts, orders, i, method.DROP_WINDOW)[-2:]
        claims = cite_rows("complaint", rows.id[recent_of(facts, rows, i, method.DROP_WINDOW)])
        return claims + cite_rows("orders", orders.id[shown])

    return Finding(outcome, found.rate, utility, sd, strength, fresh, found.n, "share", say, cite)
