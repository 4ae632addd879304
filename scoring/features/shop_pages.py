"""What the newest home page shows, and what kind of shop a platform is. The last day only."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scoring.finding import Cited, pages_of
from scoring.observations.dataset import Dataset
from scoring.observations.panel import cached

Home = tuple[dict[str, Any], Cited]
TEXT_ONLY = (
    "只有首页的文字（由他人提供或早先存档），没有它的代码和功能，所以未知。",
    "Only the text of the home page is known (handed in, or archived earlier), not its code and functions: unknown.",
)
"""What is said where a home page was read and its signs were not."""


def homes(facts: Dataset) -> list[Home | None]:
    """(signs, the page as evidence) of every platform in order; no signs where only the text of its home page is known (handed in),
    None where no home page was read."""
    found: list[Home | None] = cached(
        facts, "homes", lambda: [_home(facts, i) for i in range(len(facts.sites))]
    )
    return found


def _home(facts: Dataset, site: int) -> Home | None:
    pages = facts.rows["page"]
    # A page record that only says where the site moved is no home page.
    mine = [at for at in reversed(pages_of(facts, site)) if pages["role"][at] == "home" and pages["text"][at]]
    if not mine:
        return None
    at = next((at for at in mine if pages["signs"][at]), mine[0])
    return pages["signs"][at] or {}, ("page", int(pages.id[at]))


_SELLS = (
    ("svip", re.compile(r"会员|vip|月卡|季卡|年卡|黄钻|绿钻|视频|音乐", re.I)),
    ("topup", re.compile(r"话费|流量|油卡|q\s*币|充值|直充|电费", re.I)),
    ("game_card", re.compile(r"点券|点卡|游戏|王者|和平精英|原神|steam|皮肤|金币|钻石", re.I)),
)
_CLEAR = 0.7


def software_of(facts: Dataset, site: int) -> str | None:
    """The shop software last recognised."""
    rows = facts.rows["page"]
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    seen = [s for s in rows["software"][a:b] if s]
    return seen[-1] if seen else facts.sites[site].software


def software_version_of(facts: Dataset, site: int) -> str | None:
    """The version its pages printed last, of the software last recognised; None where they print none."""
    rows = facts.rows["page"]
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    newest = next((at for at in range(b - 1, a - 1, -1) if rows["software"][at]), None)
    said = (rows["signs"][newest] or {}).get("software_version") if newest is not None else None
    return str(said)[:20] if said else None


def sells_of(facts: Dataset, site: int) -> str:
    """svip, topup, game_card, mixed or unknown, by the names of the products seen."""
    rows = facts.rows["price"]
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    products = set(rows["product"][a:b].tolist())
    counts = {kind: sum(1 for p in products if pattern.search(str(p))) for kind, pattern in _SELLS}
    total = sum(counts.values())
    if not total:
        return "unknown"
    kind, most = max(counts.items(), key=lambda item: item[1])
    return kind if most >= _CLEAR * total else "mixed"
