"""补单/处理用时."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.curves import lognormal
from scoring.droprate import drop_complaints
from scoring.facts import NEVER, Facts
from scoring.finding import NOT_APPLICABLE, Cited, Finding, cite_rows, finding, judge, last, recent_of
from scoring.panel import complaint_freshness, hold, spread, visited


def repair_time(facts: Facts) -> Finding:
    """投诉后处理用时 — Time until a drop complaint is settled

    Why: 掉单难免，处理得快慢差别很大。 | Drops happen; how fast they are put right differs a lot.
    Reads: complaint
    ok: 未到账投诉的平均了结时间少于约 30 天。 | Drop complaints are settled in less than about 30 days on average.
    concern: 未到账投诉平均约 30 天以上才了结，或一直未了结。 | They take about 30 days or more, or stay open.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    not_applicable: 近 90 天没有未到账投诉。 | No drop complaints in the last 90 days.
    Limits: 仍未了结的按已等待的时间计（右删失），指数模型。 | Open ones count with the time waited so far (censored), in an exponential model.
    """
    rows, weight, _ = drop_complaints(facts)
    done = np.where(
        rows["completed_at"] >= NEVER, NEVER, rows["completed_at"] // MICROSECONDS - facts.first_day
    )
    begin, end = np.maximum(rows.day, rows.seen), rows.day + method.DROP_WINDOW
    seen, covered = visited(facts, "complaint")
    cases = hold(spread(facts, rows, begin, end, weight), covered, 0.0)
    settled = hold(spread(facts, rows, np.maximum(begin, done), end, weight), covered, 0.0)
    today = np.arange(facts.days)[None, :]
    # Days waited: today − filing while open, the whole time once settled.
    open_n = spread(facts, rows, begin, np.minimum(end, done), weight)
    open_day = spread(facts, rows, begin, np.minimum(end, done), weight * rows.day)
    closed = spread(
        facts, rows, np.maximum(begin, done), end, weight * np.maximum(np.minimum(done, 10_000) - rows.day, 0)
    )
    waited = hold(np.maximum(open_n * today - open_day, 0.0) + closed, covered, 0.0)
    mean = (waited + 2 * 7.0) / (settled + 2.0)  # A prior worth two cases of a week each.
    utility, sd = lognormal(mean * np.log(2.0), "repair_time", 1 / np.sqrt(settled + 2.0))
    read = np.cumsum(seen, axis=1) > 0
    known = read & (cases >= 0.5)
    outcome = np.where(read & ~known, NOT_APPLICABLE, judge(utility, known)).astype(np.int8)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "近 90 天没有未到账投诉。", "No drop complaints in the last 90 days."
        d = last(mean, i) * np.log(2.0)
        if d > method.DROP_WINDOW:
            # The model's median would lie beyond anything observed: say what was counted instead.
            count, done_n = last(cases, i), last(settled, i)
            return (
                f"近 90 天 {count:.0f} 起未到账投诉中，{done_n:.0f} 起已了结。",
                f"Of {count:.0f} drop complaints in the last 90 days, {done_n:.0f} are settled.",
            )
        return (
            f"未到账投诉通常要约 {d:.0f} 天才处理（含仍未了结的）。",
            f"Drop complaints usually take about {d:.0f} days to be settled (open ones included).",
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", rows.id[recent_of(facts, rows, i, method.DROP_WINDOW)])

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
