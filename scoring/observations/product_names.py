"""What a product is, whatever its title is dressed up with: titles of different shops that mean the same goods become one. Pure.

Only what says nothing about the goods is left out: praise, speed of delivery, marks, the order in which the period stands. Amounts, brands, tiers of
membership and the way of delivery (直充, 卡密) are the goods, and two titles that differ in one of them stay two.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PRAISE_WORDS = (
    "自动发货|自动发卡|自动秒发|秒发货|秒发|秒到账|秒到|秒充|极速到账|极速|即时到账|立即到账|闪电发货|闪电|24小时自动|24小时|全天候|全自动"
    "|热卖|热销|爆款|爆卖|推荐|特价|特惠|优惠|限时|促销|抢购|秒杀|活动价|新品|上新|超值|全网最低|最低价|低价|福利|折扣"
    "|官方|正品|正规|官网|稳定|安全|可靠|放心|质保|包售后|售后无忧|可叠加|可续费|支持续费|现货|库存充足"
    "|(?<![a-z])(?:hot|new|sale|fast)(?![a-z])"
)
_PRAISED = re.compile(_PRAISE_WORDS)
_SHEATHED = re.compile(r"[【\[(〔{<《「『]([^】\])〕}>》」』]{0,20})[】\])〕}>》」』]")
_DIGITS = {"一": "1", "二": "2", "两": "2", "双": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "十": "10", "十二": "12", "半": "0.5"}  # fmt: skip
_PERIOD = re.compile(
    r"(?P<n>\d{1,4}|十二|[一二两双三四五六七八九十半])\s?个?\s?(?P<unit>天|日|周|星期|月|季度|季|年)(?:卡|会员卡)?"
    r"|(?P<card>天|日|周|月|季|半年|年)(?:费)?(?:卡|包)"
)
_DAYS = {
    "天": 1.0,
    "日": 1.0,
    "周": 7.0,
    "星期": 7.0,
    "月": 30.0,
    "季度": 90.0,
    "季": 90.0,
    "半年": 180.0,
    "年": 360.0,
}
_ABOUT = {29: 30, 31: 30, 89: 90, 92: 90, 93: 90, 182: 180, 183: 180, 365: 360, 366: 360}
"""Lengths in days by which shops write a month, a quarter, half a year and a year."""
_MEMBER = re.compile(r"(?<![a-z])vip\s?会员|会员\s?vip(?![a-z])")
_MARKS = re.compile(r"(?<!\d)[.+:/%-]|[.+:/%-](?!\d)|[^\w.+:/%-]|_")


@lru_cache(maxsize=200_000)
def ware(title: str) -> str:
    """The goods a product's title names, as a key to compare shops by; a title of nothing but praise stays itself.

    The period is counted in days and stands at the end: 腾讯视频月卡, 【秒发】腾讯视频 1个月 and 腾讯视频31天 are one.
    """
    plain = unicodedata.normalize("NFKC", title).casefold()
    text = _SHEATHED.sub(lambda held: f" {held[1]} ", plain)
    text = _MEMBER.sub("会员", _PRAISED.sub(" ", text))
    periods = sorted({_days(found) for found in _PERIOD.finditer(text)})
    text = _MARKS.sub("", _PERIOD.sub(" ", text))
    named = text + "".join(f"|{days:g}d" for days in periods)
    return named if text else _MARKS.sub("", plain) or plain


def _days(found: re.Match[str]) -> float:
    if found["card"]:
        return _DAYS[found["card"]]
    count = found["n"]
    days = float(_DIGITS.get(count, count)) * _DAYS[found["unit"]]
    return float(_ABOUT.get(int(days), days)) if days == int(days) else days
