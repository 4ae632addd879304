"""Series of one site that are held against the sector: how long refunds stay open, and prices. Shown, never scored."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring.calendar import date_of
from scoring.facts import Facts
from scoring.prices import against_sector
from scoring.sector import LONGEST_OPEN, refund_cases, survival

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
    out: list[dict[str, Any]] = []
    for site in np.unique(rows.platform):
        mine = rows.platform == site
        found = survival(length[mine], closed[mine], LONGEST_OPEN)
        last = len(found.share) - 1
        falls = np.flatnonzero(np.diff(found.share, prepend=1.0)).tolist()
        host = facts.sites[int(site)].host
        for day in sorted({*falls, *(edge for edge in EDGES if edge <= last), last}):
            out.append(
                {
                    "host": host,
                    "measure": f"refund_open_{day}d",
                    "value": float(found.share[day]),
                    "n": float(found.at_risk[day]),
                    "low": float(found.low[day]),
                    "high": float(found.high[day]),
                }
            )
        out += [
            {"host": host, "measure": f"refund_censored_{day}d", "n": float(found.censored[day])}
            for day in np.flatnonzero(found.censored).tolist()
        ]
    return out


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
