"""退款拖延."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring import method
from scoring.figures import Said, count
from scoring.figures import share as share_figure
from scoring.finding import (
    OK,
    Cited,
    Finding,
    cite_rows,
    outcome_from_utility,
    recent_of,
    share_words,
    window_of,
)
from scoring.observations.dataset import BIT, Dataset
from scoring.observations.panel import (
    complaint_freshness,
    complaints,
    copy_weights,
    counted_today,
    days_of_column,
    decayed,
    forward_fill,
    settled_unknown,
    until_known,
    visited,
)
from scoring.utility import Aside, between, share

_REFUNDS = BIT["refund_delayed"] | BIT["refund_refused"]


def refund_delay(facts: Dataset) -> Finding:
    """退款 7 天未到 — Refunds outstanding after 7 days

    Why: 拖延退款占用用户的钱，是资金紧张的常见先兆。 | Delaying refunds keeps users' money and often precedes a cash shortage.
    Reads: complaint
    Law: refund_15
    ok: 要求退款的投诉人里，约三分之一以上在 7 天内得到解决，或近期没有此类投诉。 | About a third or more of those who complained about refunds were settled within 7 days, or there were no such complaints lately.
    concern: 要求退款的投诉人里，约三分之二以上 7 天后仍未解决。 | About two thirds or more of those who complained about refunds were still waiting after 7 days.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 依据公开投诉是否已解决，私下退款看不到。 | Based on the status of public complaints; refunds made privately are not seen.
    """
    rows = complaints(facts)
    mask = (rows["kinds"] & _REFUNDS) != 0
    mine, weight = rows.take(mask), copy_weights(facts)[mask]
    late = days_of_column(facts, mine, "completed_at") > mine.day + 7
    # Censored until seven days have passed; settled on an unknown day it says nothing about the first seven.
    ripe = until_known(facts, replace(mine, day=mine.day + 7), "completed_at", "settled_at")
    seen, covered = visited(facts, "complaint")
    cases = decayed(facts, ripe, method.HALF_LIFE_COMPLAINT, weight)
    hits = decayed(facts, ripe.take(late), method.HALF_LIFE_COMPLAINT, weight[late])
    cases, hits = forward_fill(cases, covered, 0.0), forward_fill(hits, covered, 0.0)
    bad, sd = share(hits, cases, method.SHARES["refund_delay"])
    # Nobody complaining about refunds while we look is a (weaker) good sign; the prior share stands for it.
    utility = between(bad, method.SHARE_POINTS["refund_delay"])
    known = np.cumsum(seen, axis=1) > 0
    outcome = np.where(known & (cases < 1), OK, outcome_from_utility(utility, known)).astype(np.int8)

    once = counted_today(facts)
    once = once.take((once["kinds"] & _REFUNDS) != 0)
    aside = Aside(facts, "refunds_set_aside", method.DROP_WINDOW, 7, _REFUNDS)
    undated = settled_unknown(once)
    open_after = days_of_column(facts, once, "completed_at") > once.day + 7

    def say(i: int) -> Said:
        if not known[i, -1]:
            return Said(
                "投诉信息源尚未成功读取，退款情况未知。", "No complaint source read yet; refunds unknown."
            )
        window = window_of(facts, method.DROP_WINDOW, 7)
        recent = recent_of(facts, once, i, method.DROP_WINDOW, ripe=7)
        unknown = count("refunds_settled_unknown_day", np.count_nonzero(undated[recent]), window)
        dated = recent[~undated[recent]]
        also = (
            (
                f"另有 {unknown.value:.0f} 起已解决，日期不详。",
                f" {unknown.value:.0f} more [was|were] settled on an unknown day.",
            )
            if unknown.value
            else ("", "")
        )
        if not len(dated):
            if unknown.value:
                return Said(
                    f"近 90 天提出、已满 7 天的互不重复的退款类投诉 {unknown.value:.0f} 起均已解决，日期不详。",
                    f"{unknown.value:.0f} refund complaint(s) filed in the last 90 days and at least 7 days old (repetitions left out): all settled, on an unknown day.",
                    unknown,
                )
            return aside.say(
                i,
                ("退款类投诉", "refund complaint(s)"),
                (
                    "近 90 天未见已满 7 天的退款类投诉。",
                    "No refund complaint filed in the last 90 days and at least 7 days old was seen.",
                ),
            )
        late_ones = share_figure(
            "refunds_open_after_7d", np.count_nonzero(open_after[dated]), len(dated), window
        )
        zh, en = share_words(int(late_ones.n or 0), len(dated))
        return Said(
            f"近 90 天提出、已满 7 天的互不重复的退款类投诉 {zh}在 7 天后仍未解决。{also[0]}",
            f"Of refund complaints filed in the last 90 days and at least 7 days old (repetitions left out), {en} [was|were] still open after 7 days.{also[1]}",
            late_ones,
            *((unknown,) if unknown.value else ()),
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows(
            "complaint", once.id[recent_of(facts, once, i, method.DROP_WINDOW, ripe=7)]
        ) or aside.cite(i)

    return Finding(
        outcome,
        np.where(cases > 0, hits / np.maximum(cases, 1e-9), np.nan),
        utility,
        sd,
        np.full(facts.shape, method.STRENGTH_COMPLAINTS),
        complaint_freshness(facts),
        cases,
        "share",
        say,
        cite,
    )
