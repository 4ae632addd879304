"""A shop's own contacts and accounts on a page: how many of each kind, and the values that tell two shops apart.

The values leave the crawler only to be turned into keyed hashes (store/rows.py); nothing here writes them anywhere.
"""

from __future__ import annotations

import re

_KINDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "qq": (
        ("qq.com/msgrd", "tencent://", "qq"),
        re.compile(
            r"(?:wpa\.qq\.com/msgrd\?|tencent://message/\?)[^\"'\s]*uin=(\d+)|qq\s*[:：]?\s*(\d{5,11})"
        ),
    ),
    "qq_group": (
        ("jq.qq.com", "qm.qq.com", "群"),
        re.compile(r"(?:jq|qm)\.qq\.com/([^\s\"'<>]{0,80})|(?:qq\s*群|群号)\s*[:：]?\s*(\d{5,11})"),
    ),
    "wechat": (
        ("微信", "vx", "wechat", "weixin"),
        re.compile(
            r"(?:微信|vx|wechat)(?:号|客服)?\s*[:：]\s*([a-z][\w-]{4,19})|weixin\.qq\.com/([^\s\"'<>]{0,80})"
        ),
    ),
    "telegram": (("t.me/", "telegram"), re.compile(r"\bt\.me/(\w+)|telegram\s*[:：]?\s*@(\w+)")),
    "whatsapp": (("wa.me/", "whatsapp"), re.compile(r"wa\.me/(\d*)|whatsapp\s*[:：]?\s*\+?(\d+)")),
    "phone": (
        ("电话", "热线", "手机", "tel"),
        re.compile(r"(?:电话|热线|手机|tel)\s*[:：]?\s*(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})"),
    ),
    "chat": (
        ("53kf.com", "meiqia", "tawk.to", "crisp.chat", "livechatinc", "udesk.cn"),
        re.compile(r"(53kf\.com|meiqia|tawk\.to|crisp\.chat|livechatinc|udesk\.cn)"),
    ),
}
"""kind -> (literals one of which the lower-cased page must hold, expression whose groups are the value)."""
_EMAIL_END = re.compile(r"@([\w-]{1,63}\.[a-z]{2,10})\b")
_EMAIL_START = re.compile(r"[a-z0-9_.+-]+$")
_ANALYTICS = (
    ("hm.baidu.com", re.compile(r"hm\.baidu\.com/hm\.js\?([0-9a-f]{32})")),
    ("cnzz.com", re.compile(r"cnzz\.com/[^\"'\s]*[?&]id=(\d{6,12})")),
    ("51.la", re.compile(r"la\.init\(\{[^}]{0,80}?id:\s*[\"'](\w{6,32})")),
    ("googletagmanager", re.compile(r"googletagmanager\.com/gtag/js\?id=([\w-]{6,20})")),
)
_UNTOLD = ("chat",)
"""Kinds whose value names a service, not a shop."""


_CREDIT = re.compile(
    r"(?:(?:theme|template|skin|power(?:ed)?|design(?:ed)?|develop(?:ed)?|made|built|coded|created|provided)\s*(?:by|with)\b|(?:theme|template|author|developer)\s*[:：]"
    r"|(?:主题|模板|程序|源码|系统|页面|皮肤|前端|美化)\s*(?:作者|开发|设计|制作|美化|提供|来源|支持|由|by)|技术支持|开源(?:地址|项目)|本站由)"
)
_CREDIT_END = re.compile(r"</(?:p|div|footer|li|td|section|center|small)\b|<br|<p\b|<div\b|\n\s*\n|\||·|。")
_LONGEST_CREDIT = 300


def without_credits(low: str) -> str:
    """A lower-cased page without the lines that name the makers of its theme or software: their contacts are not the shop's."""
    kept, at = [], 0
    for match in _CREDIT.finditer(low):
        if match.start() < at:
            continue
        end = _CREDIT_END.search(low, match.end(), match.end() + _LONGEST_CREDIT)
        kept.append(low[at : match.start()])
        at = end.start() if end else min(len(low), match.end() + _LONGEST_CREDIT)
    return "".join([*kept, low[at:]])


def contacts_in(low: str) -> dict[str, list[str]]:
    """kind -> different values in a lower-cased page, sorted; kinds without any are left out, as are makers of themes."""
    low = without_credits(low)
    found = {kind: _values(low, *parts) for kind, parts in _KINDS.items()}
    found["email"] = _emails(low)
    return {kind: values for kind, values in found.items() if values}


def telling(low: str, contacts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The values by which two shops may be compared: contacts that are a shop's own, and its analytics accounts."""
    accounts = sorted(
        {f"{host}/{v}" for host, pattern in _ANALYTICS if host in low for v in pattern.findall(low)}
    )
    own = {kind: values for kind, values in contacts.items() if kind not in _UNTOLD}
    return own | ({"analytics": accounts} if accounts else {})


def _values(low: str, triggers: tuple[str, ...], pattern: re.Pattern[str]) -> list[str]:
    if not any(word in low for word in triggers):
        return []
    return sorted({next((g for g in match.groups() if g), match.group()) for match in pattern.finditer(low)})


def _emails(low: str) -> list[str]:
    """Found from the @ backwards: a page has few of them, and looking for names first would be slow."""
    found = set()
    for match in _EMAIL_END.finditer(low):
        start = _EMAIL_START.search(low[max(0, match.start() - 64) : match.start()])
        if start:
            found.add(f"{start.group()}@{match.group(1)}")
    return sorted(found)
