"""退款拖延."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.curves import between, share
from scoring.facts import BIT, NEVER, Facts
from scoring.finding import OK, Cited, Finding, cite_rows, judge, recent_of, share_words
from scoring.panel import (
    complaint_freshness,
    complaints,
    copy_weights,
    decayed,
    hold,
    visited,
)


def refund_delay(facts: Facts) -> Finding:
    """退款 7 天未到 — Refunds outstanding after 7 days

    Why: 拖延退款占用用户的钱，是资金紧张的常见先兆。 | Delaying refunds keeps users' money and often precedes a cash shortage.
    Reads: complaint
    ok: 要求退款的投诉人里，约三分之一以上在 7 天内了结，或近期没有此类投诉。 | About a third or more of those who complained about refunds were settled within 7 days, or there were no such complaints lately.
    concern: 要求退款的投诉人里，约三分之二以上 7 天后仍未了结。 | About two thirds or more of those who complained about refunds were not settled after 7 days.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 依据公开投诉的办结状态，私下退款看不到。 | Based on the status of public complaints; refunds made privately are not seen.
    """
    rows = complaints(facts)
    mask = (rows["kinds"] & (BIT["refund_delayed"] | BIT["refund_refused"])) != 0
    mine, weight = rows.take(mask), copy_weights(facts)[mask]
    done = mine["completed_at"]
    done_day = np.where(done >= NEVER, NEVER, done // MICROSECONDS - facts.first_day)
    late = done_day > mine.day + 7
    ripe = replace(mine, day=mine.day + 7)  # Censored until seven days have passed.
    seen, covered = visited(facts, "complaint")
    cases = decayed(facts, ripe, method.HALF_LIFE_COMPLAINT, weight)
    hits = decayed(facts, ripe.take(late), method.HALF_LIFE_COMPLAINT, weight[late])
    cases, hits = hold(cases, covered, 0.0), hold(hits, covered, 0.0)
    bad, sd = share(hits, cases, method.SHARES["refund_delay"])
    # Nobody complaining about refunds while we look is a (weaker) good sign; the prior share stands for it.
    utility = between(bad, method.SHARE_POINTS["refund_delay"])
    known = np.cumsum(seen, axis=1) > 0
    outcome = np.where(known & (cases < 1), OK, judge(utility, known)).astype(np.int8)

    def counts(i: int) -> tuple[int, int]:
        recent = recent_of(facts, ripe, i, 90)
        return int(late[recent].sum()), len(recent)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "投诉信息源尚未成功读取，退款情况未知。", "No complaint source read yet; refunds unknown."
        hit, n = counts(i)
        if n == 0:
            return "近 90 天未见退款类投诉。", "No refund complaints seen in the last 90 days."
        zh, en = share_words(hit, n)
        return (
            f"近 90 天退款类投诉 {zh}在 7 天后仍未了结。",
            f"Of refund complaints in the last 90 days, {en} were not settled after 7 days.",
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", ripe.id[recent_of(facts, ripe, i, 90)])

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
