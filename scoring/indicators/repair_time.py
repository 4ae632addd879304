"""补单/处理用时."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.drop_rate import DROPS, drop_complaints
from scoring.figures import Figure, Said
from scoring.figures import share as share_figure
from scoring.finding import (
    NOT_APPLICABLE,
    Cited,
    Finding,
    cite_rows,
    finding,
    outcome_from_utility,
    recent_of,
    window_of,
)
from scoring.observations.dataset import NEVER, Dataset
from scoring.observations.panel import (
    complaint_freshness,
    counted_today,
    days_of_column,
    forward_fill,
    interval_sum,
    until_known,
    visited,
)
from scoring.utility import Aside, lognormal


def repair_time(facts: Dataset) -> Finding:
    """投诉后处理用时 — Time until a drop complaint is settled

    Why: 掉单难免，处理得快慢差别很大。 | Drops happen; how fast they are put right differs a lot.
    Reads: complaint
    Law: dispute_routes
    ok: 掉单投诉平均约 30 天以内解决。 | Drop complaints are settled in less than about 30 days on average.
    concern: 掉单投诉平均约 30 天以上才解决，或一直没有解决。 | They take about 30 days or more, or stay open.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    not_applicable: 近 90 天没有计入的掉单投诉。 | No drop complaints that count in the last 90 days.
    Limits: 仍未解决的按已等待的时间计（右删失），指数模型。 | Open ones count with the time waited so far (censored), in an exponential model.
    """
    rows, weight, _ = drop_complaints(facts)
    # One settled on an unknown day counts as open until it was seen settled, and says nothing afterwards.
    rows = until_known(facts, rows, "completed_at", "settled_at")
    done = days_of_column(facts, rows, "completed_at")
    begin, end = np.maximum(rows.day, rows.seen), rows.day + method.DROP_WINDOW
    seen, covered = visited(facts, "complaint")
    cases = forward_fill(interval_sum(facts, rows, begin, end, weight), covered, 0.0)
    settled = forward_fill(interval_sum(facts, rows, np.maximum(begin, done), end, weight), covered, 0.0)
    today = np.arange(facts.days)[None, :]
    # Days waited: today − filing while open, the whole time once settled.
    open_n = interval_sum(facts, rows, begin, np.minimum(end, done), weight)
    open_day = interval_sum(facts, rows, begin, np.minimum(end, done), weight * rows.day)
    closed = interval_sum(
        facts, rows, np.maximum(begin, done), end, weight * np.maximum(np.minimum(done, 10_000) - rows.day, 0)
    )
    waited = forward_fill(np.maximum(open_n * today - open_day, 0.0) + closed, covered, 0.0)
    mean = (waited + 2 * 7.0) / (settled + 2.0)  # A prior worth two cases of a week each.
    utility, sd = lognormal(mean * np.log(2.0), "repair_time", 1 / np.sqrt(settled + 2.0))
    read = np.cumsum(seen, axis=1) > 0
    known = read & (cases >= 0.5)
    outcome = np.where(read & ~known, NOT_APPLICABLE, outcome_from_utility(utility, known)).astype(np.int8)

    once = counted_today(facts)
    once = once.take((once["kinds"] & DROPS) != 0)
    aside = Aside(facts, "drops_set_aside", method.DROP_WINDOW, bits=DROPS)
    took = days_of_column(facts, once, "completed_at") - once.day

    def say(i: int) -> Said:
        mine = recent_of(facts, once, i, method.DROP_WINDOW)
        if not len(mine):
            return aside.say(
                i,
                ("掉单投诉", "drop complaint(s)"),
                ("近 90 天未见掉单投诉。", "No drop complaints seen in the last 90 days."),
            )
        window = window_of(facts, method.DROP_WINDOW)
        over = share_figure(
            "drops_settled", np.count_nonzero(once["settled_at"][mine] < NEVER), len(mine), window
        )
        settled_zh, settled_en = _settled(over.n or 0, over.of or 0)
        dated = mine[once["completed_at"][mine] < NEVER]
        if not len(dated):
            return Said(
                f"{settled_zh}。",
                f"{settled_en}.",
                over,
            )
        middle = Figure(
            "drops_settled_days_median", float(np.median(took[dated])), float(len(dated)), None, *window
        )
        spent = (
            (f" {middle.value:g} 天", f"{middle.value:g} day(s)")
            if middle.value
            else ("不到 1 天", "less than a day")
        )
        which = "the one" if middle.n == 1 else f"the {middle.n:.0f}"
        return Said(
            f"{settled_zh}；解决日期已知的 {middle.n:.0f} 起，{'用了' if middle.n == 1 else '用时中位数'}{spent[0]}。",
            f"{settled_en}; {which} with a known day took {spent[1]}{'' if middle.n == 1 else ' (median)'}.",
            over,
            middle,
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", once.id[recent_of(facts, once, i, method.DROP_WINDOW)]) or aside.cite(i)

    return finding(
        facts,
        utility,
        sd,
        known,
        method.STRENGTH_COMPLAINTS,
        complaint_freshness(facts),
        say,
        cite,
        value=mean * np.log(2.0),
        n=cases,
        unit="days",
        outcome=outcome,
    )


def _settled(n: float, of: float) -> tuple[str, str]:
    """How many of how many were settled, in words that say when it is few or none (zh, en), without a full stop."""
    zh, en = (
        f"近 90 天 {of:.0f} 起互不重复的掉单投诉中",
        f"{of:.0f} non-delivery complaint(s) in the last 90 days (repetitions left out)",
    )
    if not n:
        return f"{zh}，没有一起解决", f"None of {en} [has|have] been settled"
    if n == of:
        return (
            f"{zh.removesuffix('中')}{'都' if of > 1 else ''}已解决",
            f"{n:.0f} of {en} [has|have] been settled",
        )
    few = 4 * n < of
    return (
        f"{zh}，{'只有' if few else '有'} {n:.0f} 起解决",
        f"{'Only ' if few else ''}{n:.0f} of {en} [has|have] been settled",
    )
