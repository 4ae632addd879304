"""Compose the words of one complaint. The same (seed, index) always gives the same text; planted personal data is reported back."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import opencc

from sandbox.market import phrases
from sandbox.market.names import GIVEN, SURNAMES

Roll = Callable[[], float]
"""Draws from [0, 1); the few helpers below are an order faster than those of random.Random, and a market has 10^5 texts."""
T = TypeVar("T")
PERSONAL = tuple(sorted(phrases.PERSONAL))


def pick(roll: Roll, options: Sequence[T]) -> T:
    """One of the options."""
    return options[int(roll() * len(options))]


def whole(roll: Roll, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(roll() * (high - low + 1))


def some(roll: Roll, options: Sequence[T], count: int) -> list[T]:
    """`count` different options in random order."""
    places: list[int] = []
    while len(places) < count:
        place = int(roll() * len(options))
        if place not in places:
            places.append(place)
    return [options[place] for place in places]


@dataclass(frozen=True)
class Words:
    """The text side of a complaint; `planted` lists invented personal data as it stands in the text."""

    title: str
    text: str
    object: str
    issue: str
    appeal: str
    amount: float
    kinds: tuple[str, ...]
    planted: tuple[str, ...]
    reply: str


@cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def compose(
    seed: int, index: int, kind: str, origin: str, site: str, host: str, goods: tuple[str, float], stamp: str
) -> Words:
    """Words of complaint `index`; `stamp` is the filing time as YYYYMMDDHHMMSS, `origin` genuine, smear, shill or decoy."""
    roll = random.Random(seed * 1_000_003 + index).random
    amount = round(goods[1] * pick(roll, (1, 1, 1, 2, 5)), 2)
    reply = pick(roll, phrases.REPLIES)
    if origin == "decoy":
        company, title, text = pick(roll, phrases.DECOYS)
        return Words(
            title, text, company, "服务问题", "退款", round(20 + 2980 * roll(), 2), ("other",), (), reply
        )
    slots = {
        "site": site, "host": host, "goods": goods[0], "amount": f"{amount:g}", "days": str(whole(roll, 2, 20)),
        "pay": pick(roll, ("支付宝", "微信", "花呗", "云闪付")), "hour": str(whole(roll, 7, 11)),
        "date": f"{int(stamp[4:6])}月{int(stamp[6:8])}日", "qq": f"10000{whole(roll, 10000, 99999)}",
    }  # fmt: skip
    if origin == "shill":
        text = f"{pick(roll, phrases.SHILLS)}，{pick(roll, phrases.SHILLS)}"
        return Words(f"{site}{goods[0]}小问题", text, site, "服务问题", "解释", amount, ("other",), (), reply)
    if origin == "smear":
        return _smear(roll, slots, kind, amount, reply)
    return _genuine(roll, slots, kind, amount, stamp, reply)


def _genuine(roll: Roll, slots: dict[str, str], kind: str, amount: float, stamp: str, reply: str) -> Words:
    kinds = [kind]
    cores = [pick(roll, phrases.CORES[kind])]
    if kind in phrases.SECOND and roll() < 0.3:
        kinds.append(pick(roll, phrases.SECOND[kind]))
        cores.append(pick(roll, phrases.CORES[kinds[1]]))
    opener = pick(roll, phrases.OPENERS) if kind != "spam" else ""
    if kind in ("drop.unspecified", "spam") and "{goods}" in cores[0]:
        opener = pick(roll, ("{site}，", "", "在{site}，"))
    body = opener + "，".join(cores) + "。" + pick(roll, phrases.EXTRAS)
    text = _slang(body.format(**slots), roll)
    planted: list[str] = [slots["qq"]] if kind == "spam" else []
    for field in some(
        roll, sorted(phrases.PERSONAL), pick(roll, (0, 0, 0, 1, 1, 2)) if kind != "spam" else 0
    ):
        value = personal(field, roll, stamp)
        planted.append(value)
        piece = pick(roll, phrases.PERSONAL[field]).format(v=value)
        text = text + piece if roll() < 0.7 else piece + text
    closer = pick(roll, phrases.CLOSERS).format(**slots) if kind != "spam" else ""
    text += closer
    title = _title(roll, slots, cores[0])
    if roll() < 0.02:
        # Names may change form too; numbers do not. What is planted is listed as it stands in the text.
        text, planted = _traditional().convert(text), [_traditional().convert(value) for value in planted]
    return Words(
        title,
        text,
        slots["site"],
        _issue(kind),
        pick(roll, phrases.APPEALS),
        amount,
        tuple(kinds),
        tuple(planted),
        reply,
    )


def _title(roll: Roll, slots: dict[str, str], core: str) -> str:
    short = core.format(**slots).rstrip("，。")
    return pick(roll, ("{site}{short}", "{short}", "投诉{site}：{short}", "{site}{goods}{short}")).format(
        **slots, short=short
    )[:48]


def _smear(roll: Roll, slots: dict[str, str], kind: str, amount: float, reply: str) -> Words:
    """One of a few sentences, paraphrased by word swaps, emoji and a fresh order number."""
    text = pick(roll, phrases.SMEARS).format(**slots)
    for old, new in some(roll, phrases.SWAPS, 4):
        text = text.replace(old, new)
    number = f"20269999{whole(roll, 10**9, 10**10 - 1)}"
    text += pick(roll, ("", "😡", "!!!", "，单号" + number, "😡😡订单号：" + number))
    planted = (number,) if number in text else ()
    title = f"{slots['site']}{pick(roll, ('不发货', '坑钱', '收钱不办事', '千万别来'))}"
    return Words(title, text, slots["site"], _issue(kind), "退款,赔偿", amount, (kind,), planted, reply)


def _slang(text: str, roll: Roll) -> str:
    """A third of buyers write sloppily: one or two replacements."""
    if roll() < 0.35:
        for old, new in some(roll, phrases.SLANG, 2):
            text = text.replace(old, new, 1)
    return text


def _issue(kind: str) -> str:
    return (
        phrases.ISSUES.get(kind)
        or phrases.ISSUES.get(kind.split(".")[0].split("_")[0])
        or phrases.ISSUES["not_a_drop"]
    )


def personal(field: str, roll: Roll, stamp: str) -> str:
    """An invented value of a kind of personal data."""
    if field == "phone":
        return f"1380000{whole(roll, 0, 9999):04d}"
    if field == "name":
        return pick(roll, SURNAMES) + pick(roll, GIVEN)
    if field == "order":
        return pick(roll, ("", "DD", "E")) + stamp + f"{whole(roll, 0, 999999):06d}"
    if field == "qq":
        return f"10000{whole(roll, 1000, 99999)}"
    if field == "wechat":
        return f"demo_buyer_{whole(roll, 100, 999)}"
    if field == "card":
        return f"62220000000{whole(roll, 10**7, 10**8 - 1)}"
    if field == "email":
        return f"buyer{whole(roll, 100, 99999)}@example.test"
    return "11010519491231002X"
