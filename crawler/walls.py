"""Pages that stand in front of a site or in place of it: challenges, refusals, closures, parked and unfiled domains.

It names what the page is and never tries to pass it. Classes are those of the availability indicator:
up slow js_challenge waf_block parked closed_by_owner frozen blocked_unfiled dns_gone tls_error timeout server_error.
"""

from __future__ import annotations

import re

_WALLS = {
    "js_challenge": (
        "acw_sc__v2",
        "setcookie('sec_defend",
        'setcookie("sec_defend',
        "浏览器不支持cookie或者不正常访问",
        "cf-browser-verification",
        "/cdn-cgi/challenge-platform/",
        "cf_chl_opt",
        "__jsl_clearance",
        "geetest.com/",
        "initgeetest(",
        "tencentcaptcha(",
        "aliyuncaptcha",
        "g-recaptcha",
        "请完成安全验证",
        "拖动滑块",
        "请输入验证码后继续",
        "人机验证",
    ),
    "waf_block": (
        "当前访问疑似黑客攻击",
        "创宇盾",
        "网站防火墙",
        "您的请求带有不合法参数",
        "your request has been blocked as it may cause potential threats",
    ),
}
_SPELLED = tuple(
    (name, word.encode(encoding))
    for name, words in _WALLS.items()
    for word in words
    for encoding in (("utf-8",) if word.isascii() else ("utf-8", "gb18030"))
)
"""(class, bytes to find in the lower-cased page); such pages often declare no charset, so both spellings count."""

_PLACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "blocked_unfiled",
        re.compile(
            r"(?:域名|网站)[^。<]{0,12}未(?:进行|完成|取得)?(?:ICP)?备案|该网站未备案|备案信息[^。<]{0,6}(?:不存在|已注销).{0,20}无法访问"
        ),
    ),
    (
        "frozen",
        re.compile(r"(?:店铺|商户|商家|账[号户]|站点|网站)[^。<，]{0,4}(?:已?被|已)(?:冻结|封禁|查封)"),
    ),
    (
        "closed_by_owner",
        re.compile(
            r"店铺正在维护|(?:本站|网站|店铺|商家)[^。<，]{0,6}(?:已(?:经)?被?关闭|暂停营业|停止运营|停止营业|已关站|关闭交易)|店铺不存在|此站点未开通|<title>\s*(?:网站)?维护中"
        ),
    ),
    (
        "parked",
        re.compile(
            r"域名(?:出售|转让|停放|正在出售)|domain (?:name )?(?:is|may be) for sale|buy this domain|sedoparking|parkingcrew",
            re.I,
        ),
    ),
)
_SHORT = 6_000
"""Characters. A long page that merely speaks of a closed shop is a shop, not a closure."""


def wall_of(body: bytes) -> str | None:
    """`js_challenge` or `waf_block` when the page is a wall in front of the site, else None.

    A shop may carry a captcha on its own forms, so a page with a price list is never a wall.
    """
    if len(body) > 30_000:
        return None
    low = body.lower()
    found = next((name for name, spelled in _SPELLED if spelled in low), None)
    return None if found is None or _has_goods(body) else found


def place_of(status: int, text: str) -> str | None:
    """What an answer is instead of a working site, or None when it is one."""
    if status in (401, 403, 405, 407, 429, 451, 456):
        return "waf_block"
    visible = text if len(text) < _SHORT else text[:1_500]
    for name, pattern in _PLACES:
        if pattern.search(visible) and not _has_goods(text.encode()):
            return name
    if status >= 500:
        return "server_error"
    if status in (404, 410):
        return "not_found"
    return None


def _has_goods(body: bytes) -> bool:
    return body.count("￥".encode()) + body.count("¥".encode()) + body.count("元".encode()) > 3
