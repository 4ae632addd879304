"""行政处罚."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring import method
from scoring.figures import Said, count
from scoring.finding import OK, Cited, Finding, cite_rows, finding, outcome_from_utility, recent_of, window_of
from scoring.observations.dataset import NEVER, Dataset, Ints, ObservationColumns
from scoring.observations.panel import decayed, visited, window

_YEARS = 3650
"""Days a published record is looked back for."""


def penalties(facts: Dataset) -> Finding:
    """行政处罚与经营异常 — Penalties and abnormal operation

    Why: 监管部门公示的记录由其查证后作出。 | What an authority has published was established by it.
    Reads: penalty
    ok: 查询过公示系统，未见仍然有效的记录。 | The register was queried and showed no record that still stands.
    concern: 有未移出的行政处罚或经营异常记录。 | There are penalties or entries of abnormal operation that were not lifted.
    unknown: 没有查询过公示系统。 | The register has not been queried.
    Limits: 影响随时间减半（两年）；已移出的记录只列出，自移出日起不计分；同名企业须先核对主体。 | The effect halves in two years; a lifted entry stays listed and is not scored from the day it was lifted; firms of the same name must be told apart first.
    """
    rows = facts.rows["penalty"]
    # A hit on an open block list comes as a penalty record too, but no authority decided anything.
    rows = rows.take(rows["category"] != method.BLOCKLISTED)
    every = rows
    rows = replace(rows, gone=np.minimum(rows.gone, _ended(facts, rows)))
    seen, _ = visited(facts, "penalty")
    n = window(facts, rows, _YEARS)
    asked = np.cumsum(seen, axis=1) > 0
    known = asked | (window(facts, every, _YEARS) > 0)
    load = decayed(facts, rows, method.HALF_LIFE_PENALTY)
    utility = np.where(n > 0, 0.45 * 0.5 ** np.maximum(load - 0.5, 0.0), 0.9)

    def mine(i: int) -> list[Cited]:
        return cite_rows("penalty", rows.id[recent_of(facts, rows, i, _YEARS)])

    def say(i: int) -> tuple[str, str]:
        window = window_of(facts, _YEARS)
        standing = count("penalties_standing", len(recent_of(facts, rows, i, _YEARS)), window)
        lifted = count("penalties_lifted", len(recent_of(facts, every, i, _YEARS)) - standing.value, window)
        over = int(lifted.value)
        also = (f"；另有 {over} 条已移出", f"; {over} more [was|were] lifted") if over else ("", "")
        told = (standing, lifted) if over else (standing,)
        if standing.value:
            return Said(
                f"近十年公示的行政处罚或经营异常记录，有 {standing.value:.0f} 条未移出{also[0]}。",
                f"{standing.value:.0f} published penalty or abnormal-operation record(s) of the last ten years [was|were] not lifted{also[1]}.",
                *told,
            )
        if asked[i, -1]:
            return Said(
                f"查询过公示系统，近十年未见仍有效的处罚或经营异常记录{also[0]}。",
                f"The register was queried and shows no record of the last ten years that still stands{also[1]}.",
                *told,
            )
        if over:
            return Said(
                f"所知的 {over} 条处罚或经营异常记录均已移出；公示系统尚未查询。",
                f"{over} penalty record(s) known [was|were] lifted; the register has not been queried.",
                lifted,
            )
        return "尚未查询公示系统。", "The register has not been queried yet."

    outcome = np.where(known & (n == 0), OK, outcome_from_utility(utility, known)).astype(np.int8)
    return finding(
        facts,
        utility,
        0.05,
        known,
        method.STRENGTH_OFFICIAL,
        1.0,
        say,
        mine,
        value=n,
        n=n,
        unit="records",
        outcome=outcome,
    )


def _ended(facts: Dataset, rows: ObservationColumns) -> Ints:
    """The day index from which each record no longer stands: NEVER, or the day it was lifted."""
    ended = rows["ended_on"]
    return np.where(ended >= NEVER, NEVER, ended - facts.first_day)
