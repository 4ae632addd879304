"""What a look on request may say by itself: grey with its facts, or orange where a rule of the method needs no rating. Pure.

Never blue, never red, never a score: one look is no history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring import method
from scoring.linkage.attributes import COPIED
from scoring.linkage.links import links_of
from scoring.observations.dataset import ObservationColumns, Site
from scoring.observations.market import Link


@dataclass(frozen=True)
class LookedAt:
    """What counts by itself: penalties that stand, entries of open lists, and closed sites that are linked by two independent keys."""

    penalties: int = 0
    listings: int = 0
    closed_sisters: tuple[str, ...] = ()


def verdict_of_look(found: LookedAt) -> str:
    """橙 where something counts by itself, else 灰."""
    return "橙" if found.penalties or found.listings or found.closed_sisters else "灰"


def sure_links(rows: dict[str, ObservationColumns], sites: list[Site], host: str) -> list[Link]:
    """The links of `host` among a few sites that share something with it; `rows` are all of theirs.

    Keys that a page carries say so only beside another kind: what comes with a theme is learned from the whole market, and a
    look reads a small part of it. Rarity counts as in a market of LINK_MARKET sites, which is the most cautious.
    """
    found = links_of(rows, sites).get(host, [])
    return [link for link in found if set(link.traits) - set(COPIED) and link.confidence >= method.LINK_SURE]


def beside_median(prices: dict[str, float], medians: dict[str, float]) -> tuple[int, float | None]:
    """(how many wares have a market median, the middle of price / median over them); None below three wares."""
    shares = [price / medians[ware] for ware, price in prices.items() if medians.get(ware)]
    return len(shares), float(np.median(shares)) if len(shares) >= 3 else None
