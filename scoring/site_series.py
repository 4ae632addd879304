"""Series of one site that are held against the sector: how long refunds stay open, and prices. Shown, never scored."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring.calendar import date_of
from scoring.facts import Facts
from scoring.prices import against_sector
from scoring.sector import LONGEST_OPEN, refund_cases, survivals

EDGES = (0, 1, 7, 15, 30)
"""Days given even when nothing ended on them: the filing, and the limits people ask about."""
MOST_PRODUCTS = 20
"""So many products a site, those seen most often."""


def refund_rows(facts: Facts) -> list[dict[str, Any]]:
    """Kaplan-Meier share of each site's refund complaints still open, at the corners of its step curve.

    Measures refund_open_<d>d (share, n at risk, 90 % interval) and refund_censored_<d>d (n still open today after d days);
    the same cases and the same estimator as the sector's curve.
    """
    rows, length, closed = refund_cases(facts)
    sites = len(facts.sites)
    if not len(rows):
        return []
    found = survivals(rows.platform, length, closed, sites, LONGEST_OPEN)
    last = np.full(sites, -1, dtype=np.int64)
    np.maximum.at(last, rows.platform, np.minimum(length, LONGEST_OPEN))
    day = np.arange(LONGEST_OPEN + 1)[None, :]
    falls = np.diff(found.share, prepend=1.0, axis=1) != 0
    told = (falls | np.isin(day, EDGES)) & (day <= last[:, None]) | (day == last[:, None])
    hosts = [site.host for site in facts.sites]
    open_rows = [
        {
            "host": hosts[site],
            "measure": f"refund_open_{at}d",
            "value": value,
            "n": n,
            "low": low,
            "high": high,
        }
        for site, at, value, n, low, high in zip(
            *(where.tolist() for where in np.nonzero(told)),
            *(panel[told].tolist() for panel in (found.share, found.at_risk, found.low, found.high)),
            strict=True,
        )
    ]
    left = found.censored > 0
    return open_rows + [
        {"host": hosts[site], "measure": f"refund_censored_{at}d", "n": n}
        for site, at, n in zip(
            *(where.tolist() for where in np.nonzero(left)), found.censored[left].tolist(), strict=True
        )
    ]


def sector_price_rows(facts: Facts) -> list[dict[str, Any]]:
    """The latest price of each comparable product of each site beside the sector's median known that day.

    Measure price_sector_<product>: value = price and low = median, both in yuan; n = prices seen.
    """
    rows, log_ratio = against_sector(facts)
    if not len(rows):
        return []
    names, product = np.unique(rows["product"].astype(str), return_inverse=True)
    key = rows.platform * len(names) + product
    order = np.lexsort((rows.at, key))
    kinds, first, count = np.unique(key[order], return_index=True, return_counts=True)
    latest = order[first + count - 1]
    out = []
    for site in np.unique(kinds // len(names)):
        mine = np.flatnonzero(kinds // len(names) == site)
        for at in sorted(mine[np.argsort(-count[mine], kind="stable")][:MOST_PRODUCTS].tolist()):
            price = float(rows["price"][latest[at]])
            out.append(
                {
                    "host": facts.sites[int(site)].host,
                    "on": date_of(facts.first_day + int(rows.day[latest[at]])),
                    "measure": f"price_sector_{names[kinds[at] % len(names)]}",
                    "value": price,
                    "low": price / float(np.exp(log_ratio[latest[at]])),
                    "n": float(count[at]),
                }
            )
    return out
