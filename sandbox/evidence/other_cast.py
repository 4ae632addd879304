"""Who is in the second kind of market (sandbox.evidence.other_market): shops with shared operators and suppliers, drawn once."""

from __future__ import annotations

import numpy as np

from sandbox.evidence.other_market import SHAPES, OtherParameters, Shop

_FIRST = "云海星风明天金银青蓝赤紫东南西北远近飞速优品尚佳汇聚通达恒久瑞祥"
_SECOND = "鸟鱼虎豹鹿鹤松竹梅兰石泉溪川岭谷桥帆舟灯笔墨书画琴棋弦月晨夕"
_GOODS = (
    ("剧集会员一个月", 30.0), ("剧集会员一个季度", 78.0), ("音乐会员一个月", 15.0), ("网盘会员一个月", 30.0), ("手游代币六百枚", 60.0),
    ("手游代币三千枚", 298.0), ("话费五十元", 50.0), ("话费一百元", 100.0), ("端游点卡三十元", 30.0), ("端游点卡一百元", 100.0),
    ("漫画会员一个月", 12.0), ("听书会员一个月", 19.0), ("加速器月卡", 28.0), ("电竞平台周卡", 9.0),
)  # fmt: skip


def cast(parameters: OtherParameters) -> list[Shop]:
    """All shops in index order; failing ones are spread over the second half of the calendar."""
    rng = np.random.default_rng([parameters.seed, 9001])
    count = parameters.platforms
    failing = round(parameters.failing_share * count)
    silent = round(parameters.silent_share * failing)
    parts = ["silent"] * silent + ["failing"] * (failing - silent) + ["orderly"] * max(1, count // 50)
    parts += ["careless"] * max(2, count // 12)
    parts += ["steady"] * (count - len(parts))
    parts = [parts[i] for i in rng.permutation(count)]
    operators = _operators(count, rng)
    shops = [_shop(i, parts[i], operators[i], parameters, rng) for i in range(count)]
    if parameters.unknown.reporting is not None:
        _set_reporting(shops, parameters)
    _set_volumes(shops, parameters, rng)
    return shops


def _operators(count: int, rng: np.random.Generator) -> list[int]:
    """One to four shops share an operator."""
    out: list[int] = []
    while len(out) < count:
        out += [len(set(out))] * int(rng.choice([1, 2, 3, 4], p=[0.6, 0.25, 0.1, 0.05]))
    return out[:count]


def _shop(
    index: int, part: str, operator: int, parameters: OtherParameters, rng: np.random.Generator
) -> Shop:
    days = parameters.days
    end = stress = None
    if part in ("failing", "silent"):
        end = int(rng.integers(days // 3, days))
        stress = end - int(rng.triangular(30, 60, 121)) if part == "failing" else None
    elif part == "orderly":
        end = int(rng.integers(days // 2, days))
    word = _FIRST[index % len(_FIRST)] + _SECOND[index // len(_FIRST) % len(_SECOND)]
    goods = [_GOODS[i] for i in rng.choice(len(_GOODS), int(rng.integers(3, 8)), replace=False)]
    bad = part == "careless" or rng.random() < 0.06
    rate = rng.lognormal(np.log(0.12), 0.25) if bad else rng.lognormal(np.log(0.015), 0.8)
    margin = rng.normal(0.78, 0.06)
    return Shop(
        index=index, host=f"shop-{operator}-{index}.test", name=f"{word}数卡{index}", operator=f"{_FIRST[operator % len(_FIRST)]}{operator}数码商行",
        supplier=int(rng.integers(max(3, parameters.platforms // 12))),
        part="failing" if part == "silent" else "careless" if bad and part == "steady" else part,
        shape=SHAPES[int(rng.integers(len(SHAPES)))], opened=-int(rng.gamma(2.0, 350)) - 60, stress=stress, end=end, volume=1.0,
        rate=float(np.clip(rate, 0.001, 0.2)), tell=float(1 / (1 + np.exp(3.6 + 0.5 * rng.standard_normal()))),
        counter="shown" if rng.random() < parameters.backlog_share else "hidden" if rng.random() < 0.5 else "none",
        answers=float(rng.beta(1.2, 0.8)), feed=bool(rng.random() < parameters.feed_share),
        cuts_prices=bool(rng.random() < 0.5), tightens=bool(rng.random() < 0.6),
        filed=str(rng.choice(["企业", "个人", "none"], p=[0.7, 0.17, 0.13])),
        products=[(title, face, float(np.clip(margin + rng.normal(0, 0.03), 0.4, 1.05))) for title, face in goods],
    )  # fmt: skip


def _set_reporting(shops: list[Shop], parameters: OtherParameters) -> None:
    """The market's own share of complaining victims, spread over the shops as before and by the amounts they sell at."""
    usual = 1 / (1 + np.exp(3.6))
    amounts = np.array([np.mean([face * share for _, face, share in s.products]) for s in shops])
    for shop, more in zip(shops, parameters.unknown.reporting_of(amounts), strict=True):
        shop.tell = float(
            np.clip(shop.tell / usual * (parameters.unknown.reporting or usual) * more, 0.001, 0.6)
        )


def _set_volumes(shops: list[Shop], parameters: OtherParameters, rng: np.random.Generator) -> None:
    """Pareto volumes, scaled so that the median shop has `complaints_per_day` (each drop complaint brings about one more)."""
    raw = np.minimum(1 + rng.pareto(1.6, len(shops)), 25)
    calm = np.array([v * s.rate * s.tell for v, s in zip(raw, shops, strict=True)]) * 2.0
    factor = parameters.complaints_per_day / float(np.median(calm))
    for volume, shop in zip(raw, shops, strict=True):
        shop.volume = float(np.clip(volume * factor, 8, 4000))
