"""可用率."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.figures import Said
from scoring.figures import share as share_figure
from scoring.finding import Cited, Finding, cite_rows, finding, last, recent_of, window_of
from scoring.observations.dataset import Dataset
from scoring.observations.panel import freshness, window
from scoring.utility import lognormal
from scoring.warning.site_signals import down_probes


def availability(facts: Dataset) -> Finding:
    """30 天可用率 — Availability over 30 days

    Why: 网站经常打不开，用户就查不了订单、退不了款。 | A site that is often down leaves users unable to see orders or get refunds.
    Reads: probe
    Law: closing
    ok: 近 30 天探测失败不超过约 2%。 | At most about 2% of probes failed in 30 days.
    concern: 近 30 天探测失败超过约 2%。 | More than about 2% of probes failed in 30 days.
    unknown: 没有探测，或网站拒绝自动访问。 | No probes, or the site refuses automatic access.
    Limits: 拒绝自动访问不算失败；我们自己的线路故障日已排除。 | A refusal is no failure; days our own line failed are excluded.
    """
    rows, down = down_probes(facts)
    usable = (rows["outcome"] != "refused") & ~((rows["outcome"] == "down") & ~down)
    rows, down = rows.take(usable), down[usable]
    n = window(facts, rows, 30)
    failed = rows.take(down)
    bad = window(facts, failed, 30)
    # Without a probe the failures that grow old are not made up for: the share stays that of the last one.
    probed = np.zeros(facts.shape, bool)
    inside = (rows.seen >= 0) & (rows.seen < facts.days)
    probed[rows.platform[inside], rows.seen[inside]] = True
    at = np.maximum.accumulate(np.where(probed & (n > 0), np.arange(facts.days)[None, :], -1), axis=1)
    known = at >= 0
    share = (bad + 0.02) / (n + 2.0)
    share = np.take_along_axis(share, np.maximum(at, 0), axis=1)
    seen = np.take_along_axis(bad, np.maximum(at, 0), axis=1)
    utility, sd = lognormal(share, "availability", 1 / np.sqrt(seen + 2.0))
    late = (np.arange(facts.days)[None, :] - at).astype(float)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有可用的探测结果。", "No usable probes."
        down = share_figure("probes_down", last(bad, i), last(n, i), window_of(facts, 30))
        if not down.of:
            return "近 30 天没有可用的探测结果。", "No usable probes in 30 days."
        if not down.n:
            return Said(
                f"近 30 天探测 {down.of:.0f} 次，都能打开。",
                f"The site could be reached in all of {down.of:.0f} probe(s) in 30 days.",
                down,
            )
        return Said(
            f"近 30 天探测 {down.of:.0f} 次，{'都' if down.n == down.of else f'其中 {down.n:.0f} 次'}打不开。",
            f"{down.n:.0f} of {down.of:.0f} probe(s) in 30 days could not reach the site.",
            down,
        )

    def cite(i: int) -> list[Cited]:
        recent = recent_of(facts, failed, i, 30)
        return cite_rows(
            "probe", failed.id[recent] if len(recent) else rows.id[recent_of(facts, rows, i, 30)[-2:]]
        )

    return finding(
        facts,
        utility,
        sd,
        known,
        method.STRENGTH_OFFICIAL,
        freshness(late, 0),
        say,
        cite,
        value=1 - share,
        n=n,
        unit="share",
    )
