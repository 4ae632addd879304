"""价格过低."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.prices import against_sector
from scoring.figures import Said, count
from scoring.finding import Cited, Finding, cite_rows, finding, last, recent_of
from scoring.observations.dataset import FittedDataset
from scoring.observations.panel import forward_fill, freshness, window
from scoring.utility import between


def price_anomaly(facts: FittedDataset) -> Finding:
    """价格过低 — Unusually low prices

    Why: 低得不寻常的价格常用来在短时间内收款。 | Unusually low prices are often used to collect money in a short time.
    Reads: price
    ok: 标价与同行同类商品的中位数相近或更高。 | Prices are near or above the peers' median for the same products.
    concern: 标价比同行中位数低约三成以上。 | Prices are about 30% or more below the peers' median.
    unknown: 没有可比的商品（至少 3 家同行有同一种商品）。 | No comparable products (at least 3 peers with the same goods).
    Limits: 高价不加分；促销期间会短暂偏低；同一种商品按标题里的品名、数量与期限辨认，宣传语不计。 | High prices earn nothing; sales lower prices for a while; goods are told by the name, amount and period in their title, praise left out.
    """
    rows, ratio = against_sector(facts)
    n = window(facts, rows, method.DROP_WINDOW // 3)
    mean = window(facts, rows, method.DROP_WINDOW // 3, ratio) / np.maximum(n, 1)
    ever = np.cumsum(n > 0, axis=1) > 0
    from_here = np.maximum.accumulate(np.where(n > 0, np.arange(facts.days)[None, :], -1), axis=1)
    mean = np.take_along_axis(mean, np.maximum(from_here, 0), axis=1)
    # A week without prices: those seen last stand, and a cut among them is not forgotten.
    week = window(facts, rows, method.CADENCE_DAYS)
    newest = forward_fill(
        window(facts, rows, method.CADENCE_DAYS, ratio) / np.maximum(week, 1), week > 0, 0.0
    )
    before = forward_fill(mean, week > 0, 0.0)
    mean = np.where((week > 0) | ~ever, mean, np.minimum(before, newest))
    age = (np.arange(facts.days)[None, :] - from_here).astype(float)
    utility = between(mean, ((np.log(0.4), 0.0), (np.log(0.7), 0.5), (np.log(0.95), 1.0)))

    def say(i: int) -> tuple[str, str]:
        if not ever[i, -1]:
            return "没有可与同行比较的商品。", "No products to compare with peers."
        ratio = count("price_ratio", np.exp(last(mean, i)))
        gap = 100 * (1 - ratio.value)
        if gap >= 5:
            return Said(
                f"标价平均比同行中位数低约 {gap:.0f}%。",
                f"Prices are on average about {gap:.0f}% below the peers' median.",
                ratio,
            )
        return Said("标价与同行中位数相近或更高。", "Prices are near or above the peers' median.", ratio)

    def cite(i: int) -> list[Cited]:
        return cite_rows("price", rows.id[recent_of(facts, rows, i, method.DROP_WINDOW // 3)])

    return finding(
        facts,
        utility,
        0.1,
        ever,
        method.STRENGTH_COMPLAINTS,
        freshness(age, 0),
        say,
        cite,
        value=np.exp(mean),
        n=n,
        unit="ratio",
    )
