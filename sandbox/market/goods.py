"""What the shops sell and for how much: an invented assortment of common digital goods with face values, prices, stock and sales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.market.parameters import MarketParameters
from sandbox.market.platforms import Platform

CATALOGUE: dict[str, tuple[tuple[str, float, float], ...]] = {
    # category: (product, official price in yuan, usual share of it)
    "视频会员": (
        ("腾讯视频VIP月卡", 25, 0.62), ("腾讯视频SVIP月卡", 35, 0.66), ("腾讯视频VIP年卡", 238, 0.60), ("爱奇艺黄金VIP月卡", 25, 0.62),
        ("爱奇艺白金VIP月卡", 35, 0.66), ("爱奇艺黄金VIP年卡", 238, 0.61), ("优酷VIP月卡", 25, 0.55), ("优酷VIP周卡", 9, 0.60),
        ("芒果TV会员月卡", 22, 0.60), ("哔哩哔哩大会员月卡", 25, 0.72), ("QQ音乐豪华绿钻月卡", 18, 0.66), ("网易云音乐黑胶VIP月卡", 18, 0.65),
    ),
    "充值业务": (
        ("Q币10个", 10, 0.96), ("Q币50个", 50, 0.96), ("Q币100个", 100, 0.955), ("话费慢充50元", 50, 0.965), ("话费慢充100元", 100, 0.96),
        ("QQ超级会员月卡", 20, 0.72), ("QQ黄钻月卡", 10, 0.74), ("百度网盘超级会员月卡", 30, 0.70), ("加油卡100元", 100, 0.975),
    ),
    "游戏点卡": (
        ("Steam充值卡50元", 50, 0.97), ("Steam充值卡100元", 100, 0.965), ("王者荣耀60点券", 6, 0.94), ("王者荣耀680点券", 68, 0.93),
        ("和平精英600点券", 60, 0.93), ("原神创世结晶300", 30, 0.90), ("网易一卡通100点", 10, 0.97), ("盛趣一卡通100元", 100, 0.97),
        ("完美一卡通50元", 50, 0.97), ("骏网一卡通100元", 100, 0.965),
    ),
}  # fmt: skip
SELLS = {"svip": ("视频会员",), "topup": ("充值业务",), "game_card": ("游戏点卡",), "mixed": tuple(CATALOGUE)}
DECORATIONS = ("{}", "{}", "【秒到】{}", "{} 自动发货", "{}（官方直充）", "特价 {}")


@dataclass(frozen=True)
class Product:
    """One item of one shop; `share` is its part of the shop's orders."""

    id: int
    title: str
    plain: str
    category: str
    face: float
    base_price: float
    share: float
    sold_before: int
    automatic: bool


def stock_shelves(platforms: list[Platform], parameters: MarketParameters) -> list[list[Product]]:
    """The assortment of every platform, in platform order."""
    rng = np.random.default_rng([parameters.seed, 4])
    return [_shelf(p, rng) for p in platforms]


def _shelf(platform: Platform, rng: np.random.Generator) -> list[Product]:
    pool = [(category, *item) for category in SELLS[platform.sells] for item in CATALOGUE[category]]
    size = min(len(pool), int(rng.integers(7, 10)) if len(pool) < 15 else int(rng.integers(12, 22)))
    chosen = sorted(int(i) for i in rng.choice(len(pool), size, replace=False))
    shares = rng.dirichlet(np.full(size, 0.8))
    bait = 0.55 if platform.character == "praised" else 1.0
    shelf = []
    for position, item in enumerate(chosen):
        category, plain, face, usual = pool[item]
        price = face * usual * (1 + platform.discount * (1.6 - usual)) * float(rng.normal(1, 0.015))
        style = DECORATIONS[int(rng.integers(len(DECORATIONS)))]
        shelf.append(
            Product(
                id=101 + platform.index % 7 * 10 + position, title=style.format(plain), plain=plain, category=category,
                face=float(face), base_price=round(price * (bait if position == 0 else 1), 2),
                share=float(shares[position]), sold_before=int(rng.integers(20, 6000)), automatic=bool(rng.random() < 0.8),
            )
        )  # fmt: skip
    return shelf


def scatter(*parts: int) -> int:
    """A repeatable pseudo-random 32-bit number from small integers (multiply and xor, no state)."""
    value = 2166136261
    for part in parts:
        value = ((value ^ (part & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
        value ^= value >> 15
    value = (value * 2246822519) & 0xFFFFFFFF
    return value ^ (value >> 13)
