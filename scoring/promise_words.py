"""The promises a site may make, by their words: instant delivery, refund within days, compensation for drops, withdrawals."""

from __future__ import annotations

import re
from functools import lru_cache

PROMISES: dict[str, re.Pattern[str]] = {
    "instant_delivery": re.compile(r"[^。；\n]{0,16}(秒到账|即时到账|秒发|自动发货|秒充)[^。；\n]{0,10}"),
    "refund_days": re.compile(
        r"[^。；\n]{0,10}\d{1,4}\s{0,3}(天|日|个工作日|小时)[^。；\n]{0,6}(退款|无理由)[^。；\n]{0,10}"
    ),
    "drop_compensation": re.compile(
        r"[^。；\n]{0,12}(掉单|漏单|未到账)[^。；\n]{0,8}(赔|补偿|包赔)[^。；\n]{0,10}"
    ),
    "withdrawal": re.compile(r"[^。；\n]{0,10}(余额|随时)[^。；\n]{0,8}(可提现|提现到账)[^。；\n]{0,10}"),
}
_NEEDS = {
    "instant_delivery": ("秒", "即时到账", "自动发货"),
    "refund_days": ("退款", "无理由"),
    "drop_compensation": ("掉单", "漏单", "未到账"),
    "withdrawal": ("可提现", "提现到账"),
}
"""Words one of which a text must hold: looking for words is much cheaper than for expressions, and most texts hold none."""
_SPACE = re.compile(r"\s+")
_LABEL = re.compile(r"[\W_]*(秒到账|即时到账|秒发|自动发货|秒充)[\W_]*")
"""A word beside a product, not a sentence."""
_SHORTEST_NAME = 4
_HOLDS_BACK = re.compile(r"不|暂停|关闭|停止")
_DAYS = re.compile(r"(\d+)\s*(天|日|个工作日|小时)")
_AFTER = re.compile(r"(?:退款|无理由)[^，,。；\n\d]{0,8}(\d+)\s*(天|日|个工作日|小时)")
_BEFORE = re.compile(r"(\d+)\s*(天|日|个工作日|小时)[^，,。；\n\d]{0,6}(?:退款|无理由)")
_PER_DAY = {"天": 1.0, "日": 1.0, "个工作日": 1.4, "小时": 1 / 24}
"""Days of each unit; five working days make a week."""


@lru_cache(maxsize=20_000)
def made(promise: str, text: str | None, goods: frozenset[str] = frozenset()) -> str | None:
    """The words in which a text makes a promise, None when it does not or takes it back in the same breath.

    `goods` are the names of what the site sells: a line that holds one, and a bare label beside one, describe goods.
    """
    if not text or not any(word in text for word in _NEEDS[promise]):
        return None
    names = [name for name in (_SPACE.sub("", one) for one in goods) if len(name) >= _SHORTEST_NAME]
    for match in PROMISES[promise].finditer(text):
        words = match.group(0).strip()
        if not _of_goods(words, _line(text, match), names):
            return None if _HOLDS_BACK.search(words) else words
    return None


def _line(text: str, match: re.Match[str]) -> str:
    """The line of a text in which a match lies."""
    end = text.find("\n", match.end())
    return text[text.rfind("\n", 0, match.start()) + 1 : None if end < 0 else end]


def _of_goods(words: str, line: str, names: list[str]) -> bool:
    """Whether the words are a label, or stand in a line about one of the goods."""
    if _LABEL.fullmatch(words):
        return True
    bare = _SPACE.sub("", line)
    return any(name in bare or bare in name for name in names)


def days_promised(words: str) -> float:
    """The time limit a promise names for the refund, in days; 7 when it names none.

    The one after the word refund counts ("退款统一在7个工作日内处理"), else the one right before it, else the first.
    """
    found = _AFTER.search(words) or _BEFORE.search(words) or _DAYS.search(words)
    return int(found.group(1)) * _PER_DAY[found.group(2)] if found else 7.0
