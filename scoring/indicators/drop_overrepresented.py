"""掉单投诉偏高倍数 (EB05)."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv

from scoring import method
from scoring.features.drop_rate import DROPS, drop_complaints
from scoring.figures import Said, count
from scoring.figures import share as share_figure
from scoring.finding import Cited, Finding, cite_rows, finding, last, recent_of, window_of
from scoring.observations.dataset import FittedDataset, Floats
from scoring.observations.panel import (
    complaint_freshness,
    complaints,
    copy_weights,
    counted_today,
    forward_fill,
    visited,
    window,
)
from scoring.utility import between

_PRIOR = 3.0
"""Shape and rate of the Gamma prior of the ratio: mean 1, worth 3 expected cases."""


def eb05(cases: Floats, expected: Floats) -> Floats:
    """5 % point of the posterior Gamma(cases + 3, expected + 3) of a ratio of observed to expected, any shape.

    DuMouchel's EB05 with one component: a second one, fitted on the tuning markets, vanishes, because the share of drops
    varies less between platforms than chance alone would make it.
    """
    # The quantile of each shape once, where it changes: counts repeat over the days, and the inverse is slow.
    flat = np.ravel(cases)
    new = np.r_[True, flat[1:] != flat[:-1]][: len(flat)]
    shape, at = np.unique(flat[new] + _PRIOR, return_inverse=True)
    quantile = gammaincinv(shape, 0.05)[at][np.cumsum(new) - 1].reshape(np.shape(cases))
    found: Floats = quantile / (expected + _PRIOR)
    return found


def drop_overrepresented(facts: FittedDataset) -> Finding:
    """掉单投诉占比 — Over-representation of drop complaints

    Why: 不需要订单量也能看出一个网站的投诉是否特别集中在“付了款没到账”。 | Shows without order counts whether a site's complaints are unusually about paying and not receiving.
    Reads: complaint
    Law: deliver, breach
    ok: 掉单投诉占比的下界不高于同行的两倍。 | The lower bound of the share of drop complaints is at most twice that of peers.
    concern: 掉单投诉占比的下界达到同行的两倍以上。 | The lower bound is more than twice that of peers.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 只比较投诉的构成，不反映总量。 | Compares the mix of complaints, not their number.
    """
    rows, weight, _ = drop_complaints(facts)
    seen, covered = visited(facts, "complaint")
    known = np.cumsum(seen, axis=1) > 0
    drops = forward_fill(window(facts, rows, method.DROP_WINDOW, weight), covered, 0.0)
    every = forward_fill(
        window(facts, complaints(facts), method.DROP_WINDOW, copy_weights(facts)), covered, 0.0
    )
    expected = every * facts.priors.drop_share[None, :]
    low = eb05(drops, expected)
    utility = between(np.log2(np.maximum(low, 0.1)), ((0.0, 1.0), (1.0, 0.5), (2.0, 0.0)))

    once = counted_today(facts)
    of_drops = once.take((once["kinds"] & DROPS) != 0)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "投诉信息源尚未成功读取。", "No complaint source read yet."
        every = len(recent_of(facts, once, i, method.DROP_WINDOW))
        mine = len(recent_of(facts, of_drops, i, method.DROP_WINDOW))
        found = share_figure("drops_90d", mine, every, window_of(facts, method.DROP_WINDOW))
        if not mine:
            return Said(
                f"近 90 天 {every} 起互不重复的投诉中，没有掉单投诉。"
                if every
                else "近 90 天没有计入的投诉，无法比较。",
                f"None of {every} complaint(s) in the last 90 days (repetitions left out) [is|are] about a drop."
                if every
                else "No complaint of the last 90 days counts: nothing to compare.",
                found,
            )
        if last(drops, i) < 3:
            return Said(
                f"近 90 天 {every} 起互不重复的投诉中，掉单投诉 {mine} 起，太少，无法比较。",
                f"{mine} of {every} complaint(s) in the last 90 days (repetitions left out) [is|are] about a drop: too few to compare.",
                found,
            )
        ratio = count("drop_ratio_low", last(low, i))
        if ratio.value <= 1:
            return Said(
                f"近 90 天 {every} 起互不重复的投诉中，掉单投诉 {mine} 起，占比未见高于同行。",
                f"{mine} of {every} complaint(s) in the last 90 days (repetitions left out) [is|are] about a drop, not shown to be more than the share of peers.",
                found,
            )
        return Said(
            f"近 90 天 {every} 起互不重复的投诉中，掉单投诉 {mine} 起，占比估计至少约为同行的 {ratio.value:.1f} 倍。",
            f"{mine} of {every} complaint(s) in the last 90 days (repetitions left out) [is|are] about a drop, an estimated {ratio.value:.1f} times the share of peers or more.",
            found,
            ratio,
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", of_drops.id[recent_of(facts, of_drops, i, method.DROP_WINDOW)])

    return finding(
        facts,
        utility,
        0.15,
        known,
        method.STRENGTH_COMPLAINTS,
        complaint_freshness(facts),
        say,
        cite,
        value=low,
        n=drops,
        unit="ratio",
    )
