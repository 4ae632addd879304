"""What the complaint site knows about one complaint at a moment: its state, token, company and stars. No wire format here."""

from __future__ import annotations

import hashlib
from typing import Any

from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.phrases import DECOYS
from sandbox.market.stage import SOURCE_HOSTS

HOST = SOURCE_HOSTS["heimao"]
ALIASES = ("机灵喵", "洞察喵", "友爱喵", "正义喵", "勇敢喵", "诚实喵")
FIELDS = (("9", "网络购物"), ("17", "虚拟充值"), ("21", "数字会员"), ("30", "生活服务"))


def status(market: Market, index: int, day: float) -> int:
    """1 passed, 3 to be assigned, 4 being handled, 6 replied, 7 completed, 8 closed, at `day`."""
    c = market.complaints
    if c.completed[index] <= day:
        return 7
    if c.replied[index] <= day:
        return 6
    age = day - c.filed[index]
    if market.words(index).kinds[0] == "spam" and age > 3:
        return 8
    return 1 if age < 0.1 else 3 if age < 0.5 else 4


def sld(market: Market, number: str) -> str:
    """The token without which a detail page does not open."""
    return hashlib.md5(f"{market.parameters.seed}:{number}".encode(), usedforsecurity=False).hexdigest()


def company_of(market: Market, index: int) -> str:
    """couid of the company a complaint is filed against, "" when it is only named in words."""
    k = int(market.complaints.platform[index])
    if k >= 0:
        return market.platforms[k].couid or ""
    names = [name for name, _, _ in DECOYS]
    return str(3000000000 + 101 * names.index(market.words(index).object))


def stars(market: Market, index: int, day: float) -> dict[str, Any]:
    """1-5 stars after completion, zeros before."""
    if not market.complaints.completed[index] <= day:
        return {"attitude": 0, "process": 0, "satisfaction": 0, "evalContent": ""}
    praised = int(market.complaints.origin[index]) == 2
    low = 5 if praised else 1 + scatter(index, 12) % 5
    return {
        "attitude": low,
        "process": low,
        "satisfaction": low,
        "evalContent": "非常满意" if praised else "",
    }
