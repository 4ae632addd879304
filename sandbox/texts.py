"""Compose the words of one complaint. The same (seed, index) always gives the same text; planted personal data is reported back."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import opencc

from sandbox import phrases
from sandbox.names import GIVEN, SURNAMES


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
    dice = random.Random(seed * 1_000_003 + index)
    amount = round(goods[1] * dice.choice((1, 1, 1, 2, 5)), 2)
    reply = dice.choice(phrases.REPLIES)
    if origin == "decoy":
        company, title, text = dice.choice(phrases.DECOYS)
        return Words(
            title, text, company, "服务问题", "退款", round(dice.uniform(20, 3000), 2), ("other",), (), reply
        )
    slots = {
        "site": site, "host": host, "goods": goods[0], "amount": f"{amount:g}", "days": str(dice.randint(2, 20)),
        "pay": dice.choice(("支付宝", "微信", "花呗", "云闪付")), "hour": str(dice.randint(7, 11)),
        "date": f"{int(stamp[4:6])}月{int(stamp[6:8])}日", "qq": f"10000{dice.randint(10000, 99999)}",
    }  # fmt: skip
    if origin == "shill":
        text = f"{dice.choice(phrases.SHILLS)}，{dice.choice(phrases.SHILLS)}"
        return Words(f"{site}{goods[0]}小问题", text, site, "服务问题", "解释", amount, ("other",), (), reply)
    if origin == "smear":
        return _smear(dice, slots, kind, amount, reply)
    return _genuine(dice, slots, kind, amount, stamp, reply)


def _genuine(
    dice: random.Random, slots: dict[str, str], kind: str, amount: float, stamp: str, reply: str
) -> Words:
    kinds = [kind]
    cores = [dice.choice(phrases.CORES[kind])]
    if kind in phrases.SECOND and dice.random() < 0.3:
        kinds.append(dice.choice(phrases.SECOND[kind]))
        cores.append(dice.choice(phrases.CORES[kinds[1]]))
    opener = dice.choice(phrases.OPENERS) if kind != "spam" else ""
    if kind in ("drop.unspecified", "spam") and "{goods}" in cores[0]:
        opener = dice.choice(("{site}，", "", "在{site}，"))
    body = opener + "，".join(cores) + "。" + dice.choice(phrases.EXTRAS)
    text = _slang(body.format(**slots), dice)
    planted: list[str] = [slots["qq"]] if kind == "spam" else []
    for field in dice.sample(
        sorted(phrases.PERSONAL), dice.choice((0, 0, 0, 1, 1, 2)) if kind != "spam" else 0
    ):
        value = personal(field, dice, stamp)
        planted.append(value)
        piece = dice.choice(phrases.PERSONAL[field]).format(v=value)
        text = text + piece if dice.random() < 0.7 else piece + text
    closer = dice.choice(phrases.CLOSERS).format(**slots) if kind != "spam" else ""
    text += closer
    title = _title(dice, slots, cores[0])
    if dice.random() < 0.02:
        # Names may change form too; numbers do not. What is planted is listed as it stands in the text.
        text, planted = _traditional().convert(text), [_traditional().convert(value) for value in planted]
    return Words(
        title,
        text,
        slots["site"],
        _issue(kind),
        dice.choice(phrases.APPEALS),
        amount,
        tuple(kinds),
        tuple(planted),
        reply,
    )


def _title(dice: random.Random, slots: dict[str, str], core: str) -> str:
    short = core.format(**slots).rstrip("，。")
    return dice.choice(("{site}{short}", "{short}", "投诉{site}：{short}", "{site}{goods}{short}")).format(
        **slots, short=short
    )[:48]


def _smear(dice: random.Random, slots: dict[str, str], kind: str, amount: float, reply: str) -> Words:
    """One of a few sentences, paraphrased by word swaps, emoji and a fresh order number."""
    text = dice.choice(phrases.SMEARS).format(**slots)
    for old, new in dice.sample(phrases.SWAPS, 4):
        text = text.replace(old, new)
    number = f"20269999{dice.randint(10**9, 10**10 - 1)}"
    text += dice.choice(("", "😡", "!!!", "，单号" + number, "😡😡订单号：" + number))
    planted = (number,) if number in text else ()
    title = f"{slots['site']}{dice.choice(('不发货', '坑钱', '收钱不办事', '千万别来'))}"
    return Words(title, text, slots["site"], _issue(kind), "退款,赔偿", amount, (kind,), planted, reply)


def _slang(text: str, dice: random.Random) -> str:
    """A third of buyers write sloppily: one or two replacements."""
    if dice.random() < 0.35:
        for old, new in dice.sample(phrases.SLANG, 2):
            text = text.replace(old, new, 1)
    return text


def _issue(kind: str) -> str:
    return (
        phrases.ISSUES.get(kind)
        or phrases.ISSUES.get(kind.split(".")[0].split("_")[0])
        or phrases.ISSUES["not_a_drop"]
    )


def personal(field: str, dice: random.Random, stamp: str) -> str:
    """An invented value of a kind of personal data."""
    if field == "phone":
        return f"1380000{dice.randint(0, 9999):04d}"
    if field == "name":
        return dice.choice(SURNAMES) + dice.choice(GIVEN)
    if field == "order":
        return dice.choice(("", "DD", "E")) + stamp + f"{dice.randint(0, 999999):06d}"
    if field == "qq":
        return f"10000{dice.randint(1000, 99999)}"
    if field == "wechat":
        return f"demo_buyer_{dice.randint(100, 999)}"
    if field == "card":
        return f"62220000000{dice.randint(10**7, 10**8 - 1)}"
    if field == "email":
        return f"buyer{dice.randint(100, 99999)}@example.test"
    return "11010519491231002X"
