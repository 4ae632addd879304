"""Sentences in which a shop promises or excludes something: refunds, compensation, delivery times, notices of delay.

They are quoted, not judged. A sentence is looked at closely only when it holds one of the words a promise needs.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[。；;\n！!]+")
_LONGEST = 90
_KINDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "no_refund": (
        ("不退", "不予退", "不支持退", "概不", "一经售出"),
        re.compile(r"不退不换|概不退[款换]|不予退款|不支持退|非质量问题.{0,8}不退|一经售出.{0,10}不"),
    ),
    "compensation": (
        ("赔", "补偿", "补时长"),
        re.compile(r"假一赔|赔偿|包赔|赔付|补偿|补时长"),
    ),
    "refund": (
        ("退",),
        re.compile(
            r"全额退款|原路退[回款]|(?<!不)可(?:申请)?退款|(?<!不)支持(?:.{0,8})退款|包退|无条件退|小时内退款|超时.{0,10}退款|自动退款"
        ),
    ),
    "delivery_time": (
        ("秒", "分钟", "小时", "即时"),
        re.compile(
            # Bounded: two open-ended runs of digits beside each other take minutes on a page of nothing but digits.
            r"\d{1,4} ?(?:-|~|—|至|到)? ?\d{0,4} ?(?:秒|分钟|小时)(?:内)?(?:到账|发货|充值|完成|处理)|即时到账|秒到|秒发"
        ),
    ),
    "delay_notice": (
        ("延", "暂停", "暂缓", "维护"),
        re.compile(
            r"延迟到账|到账延迟|到账.{0,4}延迟|暂停发货|暂停提现|提现.{0,4}延迟|系统维护|通道维护|暂缓|延期"
        ),
    ),
}


def promises_of(text: str) -> list[dict[str, str]]:
    """[{kind, text}]: at most two different sentences a kind; kinds no_refund compensation refund delivery_time delay_notice."""
    sentences = dict.fromkeys(" ".join(part.split()) for part in _SENTENCE.split(text[:20_000]))
    found: list[dict[str, str]] = []
    for kind, (words, pattern) in _KINDS.items():
        if not any(word in text for word in words):
            continue
        quoted = 0
        for sentence in sentences:
            # A plain loop over two or three words is cheaper than asking the pattern, and most sentences end here.
            for word in words:
                if word in sentence:
                    break
            else:
                continue
            if match := pattern.search(sentence):
                start = max(0, match.start() - 30) if len(sentence) > _LONGEST else 0
                found.append({"kind": kind, "text": sentence[start : start + _LONGEST]})
                quoted += 1
                if quoted == 2:
                    break
    return found
