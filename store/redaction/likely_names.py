"""Chinese names of people that nothing leads to, by how they are made and what stands around them. Pure.

A segmenter with a dictionary says which characters are one word, of which part of speech; a logistic model weighs that, the
characters of the name and its neighbours. research/personal_names/train.py makes the weights, which are read on first use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from store.redaction.name_parts import (
    BRANDS,
    COMMON,
    HAN,
    NOT_NAME,
    OTHERS,
    RARE,
    USUAL,
    is_everyday,
    surname,
)

WEIGHTS = "names_model.json"
"""Feature → hundredths of log-odds, and under "" those of a span without features."""
_ENOUGH = -150
"""From how many hundredths of log-odds a span is a name: below even, because a name kept harms more than a word lost."""
FAMILY = re.compile(rf"{surname(COMMON + OTHERS + RARE + '付佘')}(?=[{HAN}])")
_GIVEN = frozenset(USUAL)
_CLASS = {**dict.fromkeys(COMMON, "common"), **dict.fromkeys(OTHERS, "other")}
_THING = re.compile(
    rf"(?:(?![在于的是和与我你他她把给因了不没诉被告打说退收要骗让])[{HAN}a-z0-9]){{0,4}}(?:公司|集团|银行|平台|卡盟|商城|商行|旗舰|专营|专卖|工作室|医院|大学|学[院校]|中学|小学|法院|皮肤|点券|钻石|礼包|账号|卡牌|碎片|武将|专辑|演唱会|电影|珠宝|剪刀|药业|食品|保险|证券|基金|游戏|手游|模拟器|加速器|周边|同款|套餐|流量|激活码|cdk|月卡|年卡|季卡|周卡|购物|商店|超市)"
    "|[省市区县镇路街局厂网]|科技|网络|信息|app"
)
"""What follows the name of a company, a product or somebody in a story."""
_HAN = re.compile(f"[{HAN}]{{1,2}}")


def find_likely(shadow: str) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text, none within another."""
    if FAMILY.search(shadow) is None:
        return
    weights = _weights()
    best: dict[int, tuple[int, int]] = {}
    for start, end, seen in candidates(shadow):
        score = weights[""] + sum(weights.get(feature, 0) for feature in seen)
        if score >= _ENOUGH and score > best.get(start, (_ENOUGH - 1, 0))[0]:
            best[start] = score, end
    last = 0
    for start, (_, end) in best.items():
        if start >= last and not BRANDS.match(shadow, start):
            yield start, end
            last = end


@cache
def _weights() -> dict[str, int]:
    weights: dict[str, int] = json.loads(files(__package__).joinpath(WEIGHTS).read_text("utf-8"))
    return weights


def candidates(shadow: str) -> Iterator[tuple[int, int, list[str]]]:
    """Spans made as names are, in order, with their features: a surname and one or two characters, one of them usual in names."""
    words: list[tuple[str, str]] = []
    starts: dict[int, int] = {}
    for match in FAMILY.finditer(shadow):
        start, given = match.span()
        following = _HAN.match(shadow, given)
        for length in range(len(following.group()) if following else 0, 0, -1):
            name = shadow[given : given + length]
            if _GIVEN.isdisjoint(name):
                continue
            if not words:
                words, starts = _segmented(shadow)
            yield start, given + length, _features(shadow, words, starts, start, match.group(), name)


def _segmented(shadow: str) -> tuple[list[tuple[str, str]], dict[int, int]]:
    """The words of a text with their parts of speech, and which word begins at which character."""
    import rjieba  # reading its dictionary takes a quarter of a second, and most programs meet no name

    words, starts, at = rjieba.tag(shadow), {}, 0
    for nth, (word, _) in enumerate(words):
        starts[at] = nth
        at += len(word)
    starts[at] = len(words)
    return words, starts


def _features(
    shadow: str, words: list[tuple[str, str]], starts: dict[int, int], start: int, family: str, given: str
) -> list[str]:
    end = start + len(family) + len(given)
    usual = sum(c in _GIVEN for c in given)
    kind = "two" if len(family) == 2 else _CLASS.get(family, "rare")
    seen = [
        f"family={family}",
        f"family is {kind}",
        f"usual={usual}/{len(given)}",
        *(f"given={c}" for c in given),
        *(f"given{nth}/{len(given)}={c}" for nth, c in enumerate(given)),
    ]
    first, after = starts.get(start), starts.get(end)
    seen.append(f"whole words={first is not None}{after is not None}")
    if first is None:
        nth = max(n for at, n in starts.items() if at < start)
        seen += [f"cuts={words[nth][0]}", f"cuts a {words[nth][1]}"]
        before = nth
    else:
        inside: list[tuple[str, str]] = []
        at = start
        while at < end and at in starts:
            inside.append(words[starts[at]])
            at += len(inside[-1][0])
        lengths, tags = (
            "+".join(part) for part in zip(*((str(len(w)), tag) for w, tag in inside), strict=True)
        )
        seen += [
            f"words={lengths}",
            f"words={lengths} of {len(given)}",
            f"tags={tags}",
            f"shape={lengths} {tags}",
        ]
        seen += [f"holds={word}" for word, _ in inside if len(word) > 1]
        before = first - 1
    if before >= 0:
        seen += [f"before={words[before][0]}", f"before a {words[before][1]}"]
    if after is not None and after < len(words):
        seen += [f"after={words[after][0]}", f"after a {words[after][1]}"]
    for reach in (1, 2):
        seen += [
            f"left{reach}={shadow[max(0, start - reach) : start]}",
            f"right{reach}={shadow[end : end + reach]}",
        ]
    left, right = _sort(shadow[start - 1 : start] if start else ""), _sort(shadow[end : end + 1])
    seen += [f"left {left}", f"right {right}", f"between {left} and {right}"]
    if _THING.match(shadow, end):
        seen.append("a thing")
    if is_everyday(shadow, start):
        seen.append("everyday")
    if NOT_NAME.match(shadow, start):
        seen.append("no name")
    if len(given) == 2 and given[0] == given[1]:
        seen.append("twice")
    return seen


def _sort(sign: str) -> str:
    """A letter, a figure, a Chinese character, or the sign itself; empty at an end."""
    if sign.isdigit():
        return "0"
    return "han" if _HAN.match(sign) else "a" if sign.isalpha() else sign
