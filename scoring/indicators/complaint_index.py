"""投诉指数."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.drop_rate import observed_days
from scoring.features.order_volume import volume
from scoring.features.orders import ORDERS, exposure
from scoring.figures import Said, count, two_digits
from scoring.finding import Cited, Finding, cite_rows, finding, last, recent_of
from scoring.observations.dataset import FittedDataset
from scoring.observations.panel import (
    complaint_freshness,
    complaints,
    copy_weights,
    forward_fill,
    visited,
    window,
)
from scoring.utility import between


def complaint_index(facts: FittedDataset) -> Finding:
    """投诉指数 — Complaint index

    Why: 投诉多少要和订单多少放在一起看。 | The number of complaints means something only beside the number of orders.
    Reads: complaint, orders
    Law: deliver, breach
    ok: 每单投诉不高于同行的约三倍。 | Complaints per order are below about three times the peers'.
    concern: 每单投诉达到同行的约三倍以上。 | Complaints per order are about three times the peers' or more.
    unknown: 订单量未知，或只有网站自己的计数。 | The number of orders is unknown, or only the site's own counter tells it.
    Limits: 1 表示与同行相当；已向 1 收缩。 | 1 means the same as peers; shrunk towards 1.
    """
    rows = complaints(facts)
    seen, covered = visited(facts, "complaint")
    every = forward_fill(window(facts, rows, method.DROP_WINDOW, copy_weights(facts)), covered, 0.0)
    told = volume(facts)
    orders = np.where(told.alone, np.nan, told.per_day) * observed_days(facts, facts.priors.heard)[0]
    expected = orders / 1000 * facts.priors.index[None, :]
    known = np.isfinite(expected) & (expected > 0) & (np.cumsum(seen, axis=1) > 0)
    index = (every + 3.0) / (np.nan_to_num(expected) + 3.0)
    # Once a site's own counter is gone, the index stands as the worse of what it was and what is likely now: hiding helps nobody.
    own = exposure(facts)
    counter = own.basis == ORDERS
    gone = own.ever & ~counter
    before = forward_fill(np.where(known, index, 0.0), counter, 0.0)
    index = np.where(gone, np.maximum(before, np.where(known, index, 0.0)), index)
    known = np.where(gone, before > 0, known)
    utility = between(index, ((0.5, 0.85), (1.0, 0.7), (2.0, 0.6), (3.0, 0.5), (4.0, 0.0)))

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "订单量未知，无法计算投诉指数。", "Orders unknown; no complaint index."
        found = count("complaint_index", last(index, i))
        return Said(
            f"每单投诉约为同行的 {two_digits(found.value)} 倍（估计，订单量为推算）。",
            f"Complaints per order are about {two_digits(found.value)} times the peers' (an estimate; orders are inferred).",
            found,
        )

    def cite(i: int) -> list[Cited]:
        return cite_rows("complaint", rows.id[recent_of(facts, rows, i, method.DROP_WINDOW)])

    return finding(
        facts,
        utility,
        0.15,
        known,
        method.STRENGTH_COMPLAINTS,
        complaint_freshness(facts),
        say,
        cite,
        value=index,
        n=every,
        unit="ratio",
    )
