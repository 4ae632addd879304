"""Long numbers however they are split or written: telephones, identity numbers, bank cards, order numbers. Pure.

A cluster is digits (also Chinese numerals) with at most a few signs between them. Which part of it is a person's number is
decided by how many digits there are and how they are grouped, so that lists of prices and dates are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Span = tuple[int, int, str]
"""Start, end and type of what is to be taken out."""

NUMERALS = "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖洞两拐勾"
"""Chinese numerals, and how digits are called on the telephone (幺洞两拐勾)."""
TO_DIGITS = str.maketrans(NUMERALS, "00123456789" + "1" + "123456789" + "0279")
DIGIT = f"[0-9{NUMERALS}]"
_EMOJI = "\u200d\u2190-\u2bff\u3030\u303d\ufe0f\u20e3\U0001f000-\U0001faff"
_SIGN = rf"[\s.\-_·•*~|/\\,()、。—–…'\"+#{_EMOJI}]"
CLUSTER = re.compile(rf"{DIGIT}(?:{_SIGN}{{0,4}}+{DIGIT}){{6,}}+")
_FILLER = (
    r"(?:[(\[【]?(?:空格|删掉汉字|删掉|去掉|去汉字|去字|去括号|删字|哈+|零宽|不要|杠|横杠|加|接)[)\]】]?"
    r"|\([^()0-9]{0,6}\)|\[[^\[\]0-9#]{0,6}\]|【[^【】0-9]{0,6}】|(?<=[一二三四五六七八九零〇壹贰叁肆伍陆柒捌玖])。(?=[一二三四五六七八九零〇壹贰叁肆伍陆柒捌玖])|[^0-9a-z一-鿿\ue000\ue001。;!?]{1,4})?+"
)
SPELLED = rf"{DIGIT}(?:{_FILLER}{DIGIT}){{5,21}}+"
"""Six to twenty-two digits with signs, or a word that is to be left out, between them; only to be read after a word that says
what the number is."""
_GROUP = re.compile(rf"[0-9]+|[{NUMERALS}]+")
_FREE = re.compile(rf"[{_EMOJI}\s]*[{_EMOJI}][{_EMOJI}\s]*|")
_LIST_SIGN = re.compile(r"[,、/|]")
_ID = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx]")
_OLD_ID = re.compile(r"[1-6]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}|(?:00)?8869\d{8}|09\d{8}")
_AREA = re.compile(r"(?:010|02\d|0[3-9]\d\d)")
_LANDLINE = re.compile(rf"{_AREA.pattern}[1-9]\d{{6,7}}")
_BORN = re.compile(r"[1-9]\d{5}(?:18|19|20)")
_MOBILE_SIZES = frozenset(
    [
        (3, 4, 4),
        (4, 4, 3),
        (4, 3, 4),
        (3, 3, 5),
        (3, 5, 3),
        (3, 8),
        (8, 3),
        (7, 4),
        (4, 7),
        (5, 6),
        (6, 5),
        (1, 10),
        (10, 1),
    ]
    + [
        (2, 9),
        (2, 4, 5),
        (1, 2, 4, 4),
        (1, 5, 5),
        (2, 3, 3, 3),
        (4, 4, 2, 1),
        (3, 2, 3, 3),
        (3, 2, 2, 4),
        (3, 4, 2, 2),
        (3, 2, 2, 2, 2),
    ]
)
CALLED = re.compile(r"电话|手机|号码?|联系|拨打|打给?|回电|致电|tel|phone")
_CALL_REACH = 24
"""Characters before the end of a number in which such a word counts."""
_PAID_TO = re.compile(
    "卡|银行|[工农建中交招]行|转|汇|打款|打到|存|光大|浦发|民生|中信|兴业|平安|华夏|广发|邮储"
)
_LOCAL_SIZES = frozenset([(7,), (8,), (4, 4), (3, 4), (4, 3), (2, 2, 2, 2)])
_CLOSING_X = re.compile(r"[\s\-.]?x(?![a-z0-9])")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_AHEAD = 40
"""Digits; the longest number has 19."""
_ORDER_FROM = 13
"""A number of so many digits in one piece names an order, an account or a card, never a price."""


def find_numbers(shadow: str, clusters: Iterable[re.Match[str]]) -> Iterator[Span]:
    """Spans of personal numbers in a folded text (store/redaction/redact.py), of which `clusters` are the CLUSTERs; linear in its length."""
    for cluster in clusters:
        if cluster.group().isascii() and cluster.group().isdigit():
            groups = [(*cluster.span(), cluster.group())]
        else:
            groups = [
                (*m.span(), m.group().translate(TO_DIGITS)) for m in _GROUP.finditer(shadow, *cluster.span())
            ]
        digits = "".join(group[2] for group in groups)
        at = passed = 0
        while at < len(groups):
            used, kind, end = _longest(shadow, groups, at, digits[passed : passed + _AHEAD])
            passed += sum(len(group[2]) for group in groups[at : at + used])
            if kind:
                yield groups[at][0], end, kind
            at += used


def _longest(shadow: str, groups: list[tuple[int, int, str]], at: int, ahead: str) -> tuple[int, str, int]:
    """The longest window of groups from `at`, whose digits begin `ahead`, that is a number: (groups used, type or "", end)."""
    alone = groups[at][2]
    if len(alone) >= _ORDER_FROM:
        kind, extra = _solid(alone, shadow, groups[at][1])
        return 1, kind, groups[at][1] + extra
    best = (1, "", groups[at][1])
    lengths = _lengths(ahead)
    if not lengths:
        return best
    most = max(lengths)
    digits, seps, sizes = "", [], []
    free = True
    for index in range(at, len(groups)):
        if len(digits) + len(groups[index][2]) > most:
            break
        if index > at:
            seps.append(shadow[groups[index - 1][1] : groups[index][0]])
            free = free and _FREE.fullmatch(seps[-1]) is not None
        digits += groups[index][2]
        sizes.append(len(groups[index][2]))
        if len(digits) in lengths:
            kind, extra = _window(digits, tuple(sizes), seps, free, shadow, groups[index][1])
            if kind:
                best = (index - at + 1, kind, groups[index][1] + extra)
    return best


def _lengths(ahead: str) -> set[int]:
    """How many digits a number told by its groups may have if it begins `ahead`; spares most windows over lists of prices."""
    lengths: set[int] = set()
    if mobile := _MOBILE.match(ahead):
        lengths.add(mobile.end())
    if _LANDLINE.match(ahead):
        lengths |= {10, 11, 12}
    if _BORN.match(ahead):
        lengths |= {17, 18}
    if ahead[0] in "3456":
        lengths |= {16, 17, 18, 19}
    return lengths


def _solid(digits: str, shadow: str, end: int) -> tuple[str, int]:
    if len(digits) <= 15 and _MOBILE.fullmatch(digits):
        return "手机号", 0
    if len(digits) == 17 and (extra := _x_after(shadow, end)) and _ID.fullmatch(digits + "x"):
        return "身份证", extra
    if _ID.fullmatch(digits) or _OLD_ID.fullmatch(digits):
        return "身份证", 0
    return (
        ("银行卡", 0) if 16 <= len(digits) <= 19 and (digits[:2] == "62" or _luhn(digits)) else ("订单号", 0)
    )


def _window(
    digits: str, sizes: tuple[int, ...], seps: list[str], free: bool, shadow: str, end: int
) -> tuple[str, int]:
    """What digits in groups are; `free` says that only emoji and script changes stand between them."""
    chunked = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]
    if _decimals(sizes, seps):
        return "", 0
    if len(digits) == 17 and (extra := _x_after(shadow, end)) and _ID.fullmatch(digits + "x"):
        return "身份证", extra
    if (
        len(digits) == 18
        and _ID.fullmatch(digits)
        and (len(sizes) <= 5 or free or chunked or id_checks(digits))
    ):
        return "身份证", 0
    card = (
        digits[:2] == "62" and len(sizes) <= 6 and _PAID_TO.search(shadow, max(0, end - 40), end) is not None
    )
    if (
        len(digits) >= 16
        and digits[0] in "3456"
        and len(sizes) > 1
        and (free or chunked or len(sizes) == 2 or (card and not any(_LIST_SIGN.search(sep) for sep in seps)))
    ):
        groups_end_round = all(sep.isspace() for sep in seps) and not re.sub(r"0{2,}", "", digits)[4:]
        return ("", 0) if groups_end_round else ("银行卡", 0)
    if _MOBILE.fullmatch(digits):
        called = CALLED.search(shadow, max(0, end - _CALL_REACH), end) is not None
        return ("手机号", 0) if _grouped_as_mobile(sizes, seps, free, called) else ("", 0)
    if _LANDLINE.fullmatch(digits) and (len(sizes) == 1 or free or _grouped_as_landline(sizes, digits)):
        return "电话", 0
    return "", 0


def _joined(sizes: tuple[int, ...], seps: list[str]) -> tuple[tuple[int, ...], list[str]]:
    """Groups that only a change of script parts are one."""
    joined, between = [sizes[0]], []
    for size, sep in zip(sizes[1:], seps, strict=True):
        if sep:
            joined.append(size)
            between.append(sep)
        else:
            joined[-1] += size
    return tuple(joined), between


def _grouped_as_mobile(sizes: tuple[int, ...], seps: list[str], free: bool, called: bool) -> bool:
    """Whether groups of digits are a mobile number; `called`: a word before them says that somebody is to be called."""
    sizes, seps = _joined(sizes, seps)
    if len(sizes) == 1 or free or max(sizes) == 1:
        return True
    if len({*seps}) == 1 and sizes[0] <= 3 and set(sizes[1:]) == {1} and not _LIST_SIGN.search(seps[0]):
        return True
    if len(sizes) >= 2 and sizes[0] in (2, 4) and sum(sizes) > 11:  # +86 and the rest
        return _grouped_as_mobile(sizes[1:], seps[1:], free, called)
    if any(_LIST_SIGN.search(sep) for sep in seps):
        # Two prices are hardly ever written with eight digits and three, and without a space.
        return (
            sizes == (3, 4, 4)
            or (called and sizes in _MOBILE_SIZES and len({*seps}) == 1)
            or (sizes in ((8, 3), (3, 8), (7, 4)) and seps in (["/"], ["|"]))
        )
    return (
        sizes in _MOBILE_SIZES
        or (max(sizes) == 2 and len(sizes) <= 8)
        or sizes in ((4, 3, 3), (2, 4, 4), (4, 6))
    )


def _grouped_as_landline(sizes: tuple[int, ...], digits: str) -> bool:
    area = _AREA.match(digits)
    return area is not None and sizes[0] == area.end() and sizes[1:] in _LOCAL_SIZES


def _decimals(sizes: tuple[int, ...], seps: list[str]) -> bool:
    """Whether it reads as prices: a point before one or two digits, and other signs elsewhere."""
    points = [sep == "." for sep in seps]
    return any(points) and not all(points) and any(p and sizes[i + 1] <= 2 for i, p in enumerate(points))


def _x_after(shadow: str, end: int) -> int:
    """Length of a closing X of an identity number after `end`, with the sign before it; 0 if there is none."""
    found = _CLOSING_X.match(shadow, end)
    return len(found.group()) if found else 0


def id_checks(digits: str) -> bool:
    """Whether the last digit is the check digit of GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = sum(int(d) * w for d, w in zip(digits[:17], _ID_WEIGHTS, strict=True))
    return "10x98765432"[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
