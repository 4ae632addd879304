"""换域名次数."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.curves import between
from scoring.facts import Facts
from scoring.finding import Cited, Finding, finding, last, recent_of
from scoring.panel import freshness, visited, window
from scoring.signs import moved


def domain_hops(facts: Facts) -> Finding:
    """一年内换域名 — Domain changes within a year

    Why: 频繁换域名让用户难以追索。 | Changing domains often makes it hard to hold anybody to account.
    Reads: page
    ok: 一年内没有或只有一次换域名公告。 | None or one announcement of a new domain within a year.
    concern: 一年内两次以上公告换域名。 | Two or more within a year.
    unknown: 没有读到页面。 | No page could be read.
    Limits: 依据页面上“最新地址、更换域名”一类公告。 | Based on announcements such as "new address" on the pages.
    """
    rows = moved(facts)
    n = window(facts, rows, 365)
    seen, _ = visited(facts, "site")
    known = np.cumsum(seen, axis=1) > 0
    last_seen = np.maximum.accumulate(np.where(seen, np.arange(facts.days)[None, :], -1), axis=1)
    late = (np.arange(facts.days)[None, :] - last_seen).astype(float)
    utility = between(n, ((0.0, 1.0), (1.0, 0.6), (2.0, 0.3), (3.0, 0.0)))

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有读到页面，换域名情况未知。", "No page read; domain changes unknown."
        count = int(last(n, i))
        if count == 0:
            return "过去一年未见换域名公告。", "No announcement of a new domain in the past year."
        return (
            f"过去一年公告换过 {count} 次域名。",
            f"{count} change(s) of domain announced in the past year.",
        )

    def cite(i: int) -> list[Cited]:
        return [("page", int(x)) for x in recent_of(facts, rows, i, 365).id]

    return finding(
        facts,
        utility,
        0.1,
        known,
        method.STRENGTH_OWN_PAGE,
        freshness(late, method.CADENCE_DAYS),
        say,
        cite,
        value=n,
        n=n,
        unit="times",
    )
