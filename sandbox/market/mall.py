"""A mall with three merchants at its paths: one that delivers, one that drops orders, and one that ends while its mall goes on.

The merchants are shops of the market that have moved in: their orders, complaints and prices stay as drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandbox.market.platforms import COMMON_ROBOTS, Platform

HOST = "daji-mall.test"
NAME = "大集商城"
PARTS = (("healthy", "STEADY1"), ("sloppy", "DROPS22"), ("sudden", "GONE303"))
"""Which character moves in under which name, in this order."""
_THEMES = ("theme_badges", "theme_table", "theme_buttons")


def open_mall(platforms: Sequence[Platform]) -> Platform:
    """Move one shop of each part into the mall; returns the mall itself, which has the filing and is no shop of the market."""
    chosen = [
        next(
            p
            for p in platforms
            if p.character == part
            and p.condition == "ordinary"
            and p.robots in COMMON_ROBOTS
            and p.desk is None
        )
        for part, _ in PARTS
    ]
    first = chosen[0]
    mall = replace(
        first, host=HOST, name=NAME, word="大集", aliases=[], software="plain", couid=None, robots="allow",
        opened_day=-2000, stress_day=None, end_day=None, hides_day=None, contacts=["qq"],
    )  # fmt: skip
    for shop, (_, token), theme in zip(chosen, PARTS, _THEMES, strict=True):
        shop.host, shop.software, shop.robots = f"{HOST}/shop/{token}", theme, "allow"
        shop.filing = replace(shop.filing, number=None, footer=None)
    return mall
