"""A shop's own contacts and accounts on a page: how many of each kind, and the values that tell two shops apart.

The values leave the crawler only to be turned into keyed hashes (store/rows.py); nothing here writes them anywhere.
"""

from __future__ import annotations

import re
from itertools import islice

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
_COUNTED = "0123456789012345678909876543210987654321"
_FILLERS = ("share", "joinchat", "username", "yourname", "your_name", "yourusername", "your_username", "telegram", "example", "xxxx", "test", "demo",
            "wechat", "weixin", "addstickers", "iv", "proxy", "socks")  # fmt: skip
_UNTOLD = ("chat",)
"""Kinds whose value names a service, not a shop."""


_COMMENTS = ((re.compile(r"<!--"), "-->"), (re.compile(r"(?:^|(?<=[\s;{}>(]))/\*"), "*/"))
"""How comments begin and end: what a theme's author wrote there no visitor sees."""
_META = re.compile(
    r"<meta\s+name=[\"']?(?:author|generator|copyright|designer|developer)\b[^<>]{0,400}>",
)
_CREDIT = re.compile(
    r"(?:(?:theme|template|skin|power(?:ed)?|design(?:ed)?|develop(?:ed)?|made|built|coded|created|provided)\s*(?:by|with)\b|(?:theme|template|author|developer)\s*[:：]"
    r"|(?:主题|模板|程序|源码|系统|页面|皮肤|前端|美化)\s*(?:作者|开发|设计|制作|美化|提供|来源|支持|由|by)"
    r"|(?:主题|模板|模版|程序|源码|皮肤)\s*(?:售后|定制|购买|出售|授权|交流|反馈|官方|[:：])|(?:网站|建站|搭建)\s*(?:建设|制作|设计|开发|定制|联系|by)"
    r"|技术支持|同款(?:网站|源码|系统|搭建|模板)|开源(?:地址|项目)|本站由|演示站|授权查询)"
)
_CREDIT_BEHIND = re.compile(
    r"提供技术支持|强力驱动|(?:荣誉|倾情|倾力)(?:出品|制作)|(?:制作|设计|开发|美化)的(?:主题|模板|程序)"
)
"""Words that stand behind the maker's name: what the line holds before them is the maker's."""
_CREDIT_END = re.compile(r"</(?:p|div|footer|li|td|section|center|small)\b|<br|<p\b|<div\b|\n\s*\n|\||·|。")
_MAKER = re.compile(r"由|by\b|感谢")
_LONGEST_CREDIT = 300
_MOST_CREDITS = 200


def without_credits(low: str) -> str:
    """A lower-cased page without what names the makers of its theme or software and those who look after it: not the shop's contacts."""
    for begin, close in _COMMENTS:
        low = _without(low, begin, close)
    low = _META.sub(" ", low)
    kept, at = [], 0
    cuts = [(_link_start(low, m.start()), m.end()) for m in islice(_CREDIT.finditer(low), _MOST_CREDITS)]
    cuts += [
        (_maker_start(low, m.start()), m.end()) for m in islice(_CREDIT_BEHIND.finditer(low), _MOST_CREDITS)
    ]
    for start, end in sorted(cuts):
        if end <= at:
            continue
        line = _CREDIT_END.search(low, end, end + _LONGEST_CREDIT)
        kept.append(low[at : max(at, start)])
        at = line.start() if line else min(len(low), end + _LONGEST_CREDIT)
    return "".join([*kept, low[at:]])


def _without(low: str, begin: re.Pattern[str], close: str) -> str:
    """Without what stands between the two; one that is not closed is left."""
    kept, at = [], 0
    while (opened := begin.search(low, at)) and (ends := low.find(close, opened.end())) >= 0:
        kept.append(low[at : opened.start()])
        at = ends + len(close)
    return " ".join([*kept, low[at:]])


def _link_start(low: str, at: int) -> int:
    """Where the link begins whose text holds this place; the place itself when none does."""
    before = low[max(0, at - _LONGEST_CREDIT) : at]
    begins = before.rfind("<a ")
    return at - len(before) + begins if begins > before.rfind("</a") else at


def _maker_start(low: str, at: int) -> int:
    """Where the line's words about its maker begin, as 由 in 由…提供技术支持; the place itself when none do."""
    before = low[max(0, at - _LONGEST_CREDIT) : at]
    ends = [found.end() for found in _CREDIT_END.finditer(before)]
    made = _MAKER.search(before, ends[-1] if ends else 0)
    return at - len(before) + made.start() if made else _link_start(low, at)


def contacts_in(low: str) -> dict[str, list[str]]:
    """kind -> different values in a lower-cased page, sorted; kinds without any are left out, as are makers of themes."""
    low = without_credits(low)
    found = {kind: _values(low, *parts) for kind, parts in _KINDS.items()}
    found["email"] = _emails(low)
    return {kind: values for kind, values in found.items() if values}


def telling(low: str, contacts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The values by which two shops may be compared: contacts that are a shop's own, and its analytics accounts."""
    shown = without_credits(low)
    accounts = sorted(
        {f"{host}/{v}" for host, pattern in _ANALYTICS if host in shown for v in pattern.findall(shown)}
    )
    own = {
        kind: told
        for kind, values in contacts.items()
        if kind not in _UNTOLD and (told := [value for value in values if not _is_filler(value)])
    }
    return own | ({"analytics": accounts} if accounts else {})


def _is_filler(value: str) -> bool:
    """Is it what a theme or a form shows before anything is entered, or an address of the service itself?"""
    digits = re.sub(r"\D", "", value)
    if digits and not re.search(r"[a-z]", value):
        return len(set(digits)) < 3 or digits in _COUNTED or digits.startswith("1380013800")
    name, _, domain = value.partition("@")
    return (
        domain.startswith(("example.", "domain.", "email.", "test.", "demo.", "yourdomain."))
        or domain in ("admin.com", "xxx.com", "abc.com")
        or name in _FILLERS
    )


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
