"""换域名次数."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.figures import Said, count
from scoring.finding import Cited, Finding, finding, last, recent_of, window_of
from scoring.observations.dataset import Dataset
from scoring.observations.panel import freshness, visited, window
from scoring.utility import between
from scoring.warning.site_signals import moved


def domain_hops(facts: Dataset) -> Finding:
    """一年内换域名 — Domain changes within a year

    Why: 频繁换域名让用户难以追索。 | Changing domains often makes it hard to hold anybody to account.
    Reads: page, move
    ok: 一年内没有或只有一次换域名公告或跳转。 | None or one announcement of a new domain, or redirect to one, within a year.
    concern: 一年内两次以上公告换域名或跳转到新域名。 | Two or more within a year.
    unknown: 没有读到页面。 | No page could be read.
    Limits: 依据页面上“最新地址、更换域名”一类公告，以及首页跳转到另一注册域名。 | Based on announcements such as "new address" on the pages, and on redirects to another registrable domain.
    """
    rows = moved(facts)
    moves = facts.rows["move"]
    # A notice of a new address is counted where it stands on a page; only redirects are added.
    moves = moves.take(moves["via"] == "redirect") if len(moves) else moves
    n = window(facts, rows, 365) + window(facts, moves, 365)
    seen, _ = visited(facts, "site")
    known = np.cumsum(seen, axis=1) > 0
    last_seen = np.maximum.accumulate(np.where(seen, np.arange(facts.days)[None, :], -1), axis=1)
    late = (np.arange(facts.days)[None, :] - last_seen).astype(float)
    utility = between(n, ((0.0, 1.0), (1.0, 0.6), (2.0, 0.3), (3.0, 0.0)))

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有读到页面，换域名情况未知。", "No page read; domain changes unknown."
        changes = count("domain_changes", last(n, i), window_of(facts, 365))
        if not changes.value:
            return Said("过去一年未见换域名。", "No change of domain seen in the past year.", changes)
        return Said(
            f"过去一年见到 {changes.value:.0f} 次换域名的公告或跳转。",
            f"{changes.value:.0f} sign(s) of a new domain (a notice or a redirect) seen in the past year.",
            changes,
        )

    def cite(i: int) -> list[Cited]:
        announced = [("page", int(x)) for x in rows.id[recent_of(facts, rows, i, 365)]]
        return announced + [("move", int(x)) for x in moves.id[recent_of(facts, moves, i, 365)]]

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
