"""Block pages and availability: pages that stand in front of a site or in its place, and the probe an answer or its absence makes.

A page is never taken for one of them because of a word somewhere in it: an open shop may announce that its old address
is closed, and carry a captcha on its order form. It names what the page is and never tries to pass it. Classes are those of the
availability indicator: up slow js_challenge waf_block diverted blocked_unfiled frozen closed_by_owner maintenance expired hold
placeholder parked server_error not_found, and for failures dns_gone tls_error timeout connect_refused broken.

A probe also keeps what happened at each layer, so that an outage, a diversion, a bad certificate and a wall stay different
facts: `dns` ok, none or sinkhole · `tcp` ok, refused or timeout · `tls` ok, failed or what is wrong with the certificate ·
`status` of HTTP · `body`, the class of the page. Null: this layer was not reached, or not seen.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import html as entities
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from scrapy.http import Response

from crawler.pages.decoding import text_of

CHALLENGES = {
    "js_challenge": (
        "acw_sc__v2",
        "setcookie('sec_defend",
        'setcookie("sec_defend',
        "浏览器不支持cookie或者不正常访问",
        "cf-browser-verification",
        "cf_chl_opt",
        "__jsl_clearance",
        "/.safeline/",
        "雷池 waf",
        "雷池waf",
        "/_guard/",
        "请稍候，正在进行安全检查",
        "checking your browser before accessing",
        "_incapsula_resource",
        "ddos-guard",
        "wzws_",
        "5秒盾",
        "五秒盾",
        "正在验证您是否是真人",
        "正在验证您的浏览器",
        "正在进行安全检测",
        "verifying you are human",
        "verify you are human by",
    ),
    "waf_block": (
        "当前访问疑似黑客攻击",
        "创宇盾",
        "网站防火墙",
        "您的请求带有不合法参数",
        "your request has been blocked as it may cause potential threats",
        "sucuri website firewall",
        "您的请求疑似攻击行为",
        "安全策略拦截",
        "防护策略拦截",
    ),
}
"""Class → what only a wall's own page holds."""
CAPTCHAS = (
    "/cdn-cgi/challenge-platform/",
    "geetest.com/",
    "initgeetest(",
    "tencentcaptcha(",
    "aliyuncaptcha",
    "g-recaptcha",
    "请完成安全验证",
    "拖动滑块",
    "按住滑块",
    "请依次点击",
    "向右滑动",
    "请输入验证码后继续",
    "人机验证",
)
"""What a wall shares with the order and login forms of ordinary shops: alone on a page without goods or forms it is a wall."""


def _spelled(words: tuple[str, ...]) -> tuple[bytes, ...]:
    # Such pages often declare no charset, so both spellings count.
    return tuple(
        word.encode(encoding)
        for word in words
        for encoding in (("utf-8",) if word.isascii() else ("utf-8", "gb18030"))
    )


_SURE = tuple((name, word) for name, words in CHALLENGES.items() for word in _spelled(words))
_CAPTCHA_WORDS = _spelled(CAPTCHAS)

_SETS_AND_GOES_ON = (re.compile(rb"document\s*\.\s*cookie\s*="), re.compile(rb"location\b"))
"""What a page that is nothing but a script does when it only looks whether a browser asks: it sets a cookie and loads again."""
_TRADITIONAL = str.maketrans(
    "結業關閉維護網營運務終產權舊恢復過異個這", "结业关闭维护网营运务终产权旧恢复过异个这"
)
_OTHER_SITES = (
    "旧",
    "老",
    "原",
    "假",
    "冒",
    "他",
    "某",
    "些",
    "旧的",
    "老的",
    "原来的",
    "之前的",
    "以前的",
    "原先的",
)
_SUBJECT = (
    "".join(f"(?<!{word})" for word in _OTHER_SITES)
    + r"(?:(?:本|该|此|您访问的|你访问的|当前)?(?:站点|网站|店铺|商铺|商店|小店|小站|商家|商户|平台)|(?:本|该|此)[店站])"
)
_PLACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "diverted",
        re.compile(
            r"反诈(?:中心|骗)|已被(?:依法)?(?:拦截|屏蔽)|依法(?:予以)?(?:拦截|关停|屏蔽)|被[^。，]{0,12}依法(?:予以)?(?:查处|查封|取缔)|(?:涉嫌|存在|含有)[^。，]{0,4}(?:诈骗|欺诈|违法|违规|不良|有害)[^。]{0,20}(?:拦截|禁止访问|停止访问|无法访问|限制访问)"
            r"|(?:温馨提示|风险提示)[^。]{0,40}(?:诈骗|拦截)|停止访问该网站|(?:互联网)?不良信息(?:举报|拦截)"
            r"|运营商[^。]{0,8}(?:停止解析|拦截|屏蔽)|(?:该|此)(?:网址|网站|域名)[^。]{0,10}存在[^。]{0,6}风险[^。]{0,30}(?:停止解析|停止访问|拦截)"
            r"|(?:中国(?:移动|电信|联通|广电)|管理?局|公安机关|网信办)[^。]{0,30}(?:访问限制|限制访问|停止访问|禁止访问)"
            r"|(?:列入|属于)[^。]{0,10}(?:不良|违法|危险|欺诈)[^。]{0,8}(?:网站|名单)[^。]{0,12}(?:访问|拦截)"
        ),
    ),
    (
        "blocked_unfiled",
        re.compile(
            r"(?:域名|网站)[^。<]{0,16}未(?:进行|完成|取得|办理|按规定)?(?:ICP|工信部)?\s*备案|(?:该|此)?网站(?:暂时)?(?:未备案|无法访问)[^。]{0,20}备案"
            r"|未备案(?:或|，|,|。|$)|备案信息[^。<]{0,6}(?:不存在|已被?注销)|(?:没有|未)将?[^。<]{0,10}(?:域名|网站)[^。<]{0,8}(?:进行|办理)备案|备案后方可[^。<]{0,4}访问|(?:域名|网站)[^。<]{0,4}未在[^。<]{0,10}(?:接入)?备案"
            r"|备案号?[^。<]{0,8}(?:已被?|被)(?:注销|取消|吊销)|(?:域名|网站)[^。<，]{0,4}没有[^。<，]{0,14}备案",
            re.IGNORECASE,
        ),
    ),
    (
        "hold",
        re.compile(
            r"(?:client|server)\s?hold|(?:域名|解析)(?:(?!到期|过期)[^。]){0,16}(?:暂停解析|停止解析|被锁定|被停用)|未(?:通过|完成)?实名(?:认证|制)[^。]{0,16}(?:解析|域名|访问)"
            r"|domain (?:name )?(?:has been |is )?suspended",
            re.IGNORECASE,
        ),
    ),
    (
        "expired",
        re.compile(
            r"(?:域名(?:\s*[\w.-]{3,60})?|网站|站点|主机|空间|服务)[^。，]{0,8}(?:已过期|已到期|过期停|到期停|已经到期|到期未续费|欠费)|账[户号](?:已经?)?欠费|(?:欠费|余额不足)[^。<]{0,16}(?:被暂停|已暂停|停机|停用)|domain (?:name )?(?:has |is )?expired|expired domain",
            re.IGNORECASE,
        ),
    ),
    (
        "frozen",
        re.compile(
            rf"(?:{_SUBJECT}|账[号户])[^。<，旧老原]{{0,6}}(?:已?被|已|因违[规反])[^。<，]{{0,10}}(?:冻结|封禁|查封|封停|封店|被限制访问)"
            r"|(?:店铺|商家|商户)(?:因?违[规反])[^。<]{0,8}已?被[^。<]{0,6}(?:下架|封禁|关闭|处罚)|account (?:has been |is )?suspended",
            re.IGNORECASE,
        ),
    ),
    (
        "server_error",
        re.compile(
            r"\bSQLSTATE\[|\bfatal error\s*: +uncaught|establishing a database connection|数据库(?:连接|链接)(?:失败|错误|出错)|\bmysqli?(?:::\w+\(\)|_connect)|\baccess denied for user '",
            re.IGNORECASE,
        ),
    ),
    (
        "closed_by_owner",
        re.compile(
            rf"(?:关站|闭站|停业|停运|停止运营|停止服务|结业|歇业|关店|关闭|结束(?:营业|经营|运营))(?:公告|通知|声明|说明)|{_SUBJECT}(?:原因|[^。<，旧老原]){{0,14}}(?:已(?:经)?被?(?:管理员|站长|店主)?(?:停止运行|关闭)|被管理员停止|停止运营|停止营业|停止服务|已关站|永久关闭|关闭交易|正式关闭|即日起关闭)"
            rf"|{_SUBJECT}[^。<，旧老原]{{0,24}}不再(?:营业|经营|运营)|{_SUBJECT}已(?:经)?关(?:站|店|闭|门)?[了啦]?(?=[。，,！!]|$)|(?:^|。)(?:关站|闭站|关店|闭店|停业|歇业)[了啦咯]?[！!]*(?=。|$)|(?:决定)?(?:于|自)[^。<，]{{0,14}}[日起]结束(?:营业|经营|运营)"
            r"|(?:closed|shut ?down) (?:permanently|for good)|permanently (?:closed|shut ?down)|ceased (?:trading|operations?)|no longer (?:in (?:operation|business)|operating|trading)"
            rf"|{_SUBJECT}[^。<，旧老原]{{0,6}}(?:已|已经|宣布)(?:倒闭|破产|解散)|(?:{_SUBJECT}|本?该?服务)[^。<，旧老原]{{0,16}}(?:正式|永久)下线|(?:平台|网站|本站)注销公告"
            rf"|{_SUBJECT}[^。<，旧老原]{{0,4}}(?:全面|正式)停止(?:业务|经营)|{_SUBJECT}[^。<，旧老原]{{0,4}}经营(?:至|到)[^。<]{{0,16}}(?:为止|止)[，,]"
            r"|店铺不存在|(?:商户|商家|店铺)不存在(?:或已关闭)?|此站点未开通|站点已(?:停用|暂停)|site (?:is )?(?:closed|disabled|stopped)",
            re.IGNORECASE,
        ),
    ),
    (
        "maintenance",
        re.compile(
            rf"(?:{_SUBJECT}|店铺|系统)(?:暂时|临时)(?:关闭|停止)|(?:机房|数据|服务器)(?:正在)?(?:迁移|搬迁)|(?:放假|休假)(?:通知|公告|说明)|店铺?已打烊|暂停营业|(?:商家|店铺|商户|本店)(?:暂)?(?:未营业|休息(?:中|至|到))|暂停服务\s*\d"
            r"|(?:服务器|数据库)(?:升级|维护|更换)|正在(?:更换|迁移)|performing (?:\w+ ){0,2}maintenance|site maintenance|be right back"
            r"|(?:维护|升级|检修|整改)中|升级维护|维护升级|系统维护|正在(?:维护|升级)|(?:暂停|停机)(?:访问)?维护|(?:网站|系统|程序)(?:程序|系统|版本)?升级|under maintenance|scheduled maintenance|be back soon|down for maintenance|maintenance mode",
            re.IGNORECASE,
        ),
    ),
    (
        "parked",
        re.compile(
            r"域名[^。，<]{0,12}(?:出售|转让|停放|停靠|出租)|(?:本|此|该)域名[^。<]{0,6}(?:出售|转让|出租|停放)|(?:domain(?: name)?|[\w-]+\.[a-z]{2,12}) (?:is|may be) (?:for sale|available for purchase)|buy this domain|sedoparking|sedo domain parking|parkingcrew|此域名(?:可|正在)",
            re.IGNORECASE,
        ),
    ),
    (
        "placeholder",
        re.compile(
            r"没有找到站点|(?:网站|站点)[^。，<店商]{0,2}(?:不存在|未找到|尚未(?:启动|开通|创建|绑定|发布))|default web ?site page|welcome to nginx|apache2? (?:\w+ )?default page|test page for|恭喜[，,]?\s*站点创建成功|站点创建成功|it works!|iis (?:windows )?server|默认(?:页面|站点)"
            r"|建站成功|一键安装包\s*安装成功|(?:主机|虚拟主机)创建成功|site is created successfully|installed (?:openlitespeed|tomcat)|caddy works|your web server is working|欢迎使用\s*wordpress|(?:^|。)index of /|tengine test|openresty!|网站(?:正在)?建设|coming soon",
            re.IGNORECASE,
        ),
    ),
)
_SHORT = 420
"""Visible characters. What stands on a longer page is said by its title and headings only."""
_SCRIPTS = re.compile(
    r"<(script|style|noscript|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
_FRAME = re.compile(
    r"<(nav|footer|header|a|button|form)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
_ENDED = re.compile(
    rf"(?<![“「‘\"'])(?:{_SUBJECT}|本商城)(?:现|已|即日起|自|于|因|由于)[^。！？!?，旧老原新“”「」]{{0,24}}?(?:(?<=现)|(?<=已)|(?<=已经)|(?<=即日起)|(?<=日)|(?<=日起)|(?<=正式)|(?<=永久)|(?<=彻底)|(?<=全面))"
    r"(?:停止(?:运营|营业|服务)|关闭|关停|关站|闭站|停运|停业|歇业|结业)\s*(?:[。！!，,；;]|$)",
)
_BACK = re.compile(
    r"恢复(?:营业|运营|访问|正常)|重新(?:开业|上线|营业|开放)|照常|正常(?:营业|运营|下单|售卖|销售)"
)
_TAGS = re.compile(r"<[^>]*>")
_TITLE = re.compile(r"<title[^>]*>(.{0,300}?)</title", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h[1-3]\b[^>]*>(.{0,300}?)</h[1-3]", re.IGNORECASE | re.DOTALL)
_FORM = re.compile(
    r"<(?:form|input|select)\b[^>]{0,200}(?:gid|goods|product|price|num|count|cart|order|pay)", re.IGNORECASE
)
_PRICE = re.compile(r"[¥￥]|\d\s*元")
_DOORS = re.compile(
    r"(?:查询订单|订单查询|查单)(?!.{0,6}(?:退款|申请))|购物车|(?:立即|马上)(?:购买|下单|抢购)(?!\s*[此该本]?域名)|选择商品|商品分类|全部商品"
)
"""What leads on inside an open shop."""
_OWN_SCRIPT = re.compile(r"<script\b[^>]{0,200}\bsrc\s*=\s*[\"']?(?!https?:|//)[\w./-]", re.IGNORECASE)
_DRAWS = re.compile(
    r"\bfetch\s*\(|\baxios\b|\$\s*\.\s*(?:ajax|get|post|getJSON)\s*\(|XMLHttpRequest|\bcreateApp\s*\(|\bnew Vue\b|\bcreateRoot\s*\(|<script\b[^>]{0,80}\btype\s*=\s*[\"']?module"
)
"""What loads or draws more than the page came with."""
_MOUNT = re.compile(r"<div\b[^>]{0,80}\bid\s*=\s*[\"']?(?:app|root|__next|__nuxt)\b", re.IGNORECASE)
"""Where an app puts what it draws."""
_EMPTY_PLACE = re.compile(
    r"<(div|ul|ol|main|section|tbody)\b[^>]{0,120}\bid\s*=[^>]{1,120}>\s*</\1", re.IGNORECASE
)
"""What a page leaves open for its script."""
_HAS_WALL = re.compile(
    r"(?:接入|启用|开启|使用|采用|部署)[^。]{0,8}(?:雷池|创宇盾|防火墙|[5五]秒盾|waf)", re.IGNORECASE
)
"""What a shop says of itself that has such a wall and is not one."""
_WALL_TITLE = re.compile(
    r"安全|验证|检测|防护|防火墙|拦截|waf|moment|secur|verif|denied|challenge|check", re.IGNORECASE
)
_SCRIPT_FILE = re.compile(r"<script\b[^>]{0,200}\bsrc\s*=", re.IGNORECASE)
_WAY_ON = re.compile(r"<a\b[^>]{0,200}\bhref\s*=\s*[\"']?/?[a-z][\w./?=&-]*[\"'\s>]", re.IGNORECASE)
"""A link to another page of the same site."""
_DAY = re.compile(
    r"(?<!\d)(?:(20\d\d)\s*[-/.年]\s*)?(\d{1,2})(?:\s*月\s*|(?<=\d)[-/](?=\d))(\d{1,2})(?!\d|\s*[:：%折])"
)
_FARTHEST = 366
"""Days from now in which a maintenance may end."""
_LONGEST_WALL = 30_000


def wall_of(body: bytes) -> str | None:
    """`js_challenge` or `waf_block` when the page is a wall in front of the site, else None.

    A shop may carry a captcha on its own forms: a page with a price, an order form or much to read is no wall.
    """
    if len(body) > _LONGEST_WALL:
        return None
    low = body.lower()
    sure = next((name for name, word in _SURE if word in low), None)
    only_script = (
        b"<script" in low and b" src=" not in low and all(part.search(low) for part in _SETS_AND_GOES_ON)
    )
    if sure is None and not only_script and not any(word in low for word in _CAPTCHA_WORDS):
        return None
    text = body.decode("utf-8", "ignore") if b"\xa3\xa4" not in body else body.decode("gb18030", "ignore")
    shown = visible_text(text)
    if sure is None and only_script and not shown:
        return "js_challenge"
    if sure is not None:
        wall = len(_PRICE.findall(shown)) <= 3 and len(shown) < 2_000 and not _leads_on(text, shown)
        wall = wall and not (_MOUNT.search(text) and _DRAWS.search(text))
        if wall and _HAS_WALL.search(shown) and _draws_more(text):
            wall = any(map(_WALL_TITLE.search, _TITLE.findall(text)))
        return sure if wall else None
    if _PRICE.search(shown) or _FORM.search(text) or len(shown) > _SHORT:
        return None
    return "js_challenge"


def place_of(status: int, text: str, today: dt.date | None = None) -> str | None:
    """What an answer is instead of a working site, or None when it is one; `text` is the decoded page. An end that is announced
    for a day after `today`, or for no day, has not come.

    Whether the page is a shop of a known system the caller knows better: of such a page it asks nothing here.
    """
    said = standing(text)
    if len(_PRICE.findall(said)) <= 3:
        for name, pattern in _PLACES:
            if (found := pattern.search(said)) and not (
                name == "closed_by_owner" and _is_to_come(found.group(), today)
            ):
                return name
    if status in (401, 403, 405, 407, 429, 451, 456):
        return "waf_block"
    if status >= 500:
        return "server_error"
    if status in (404, 410):
        return "not_found"
    return None


def _is_to_come(said: str, today: dt.date | None) -> bool:
    """Is it announced for a later day, or, as 将, for one that is not named or not known to be past?"""
    last = max(_days_named(said, today), default=None) if today is not None else None
    return last > today if last is not None and today is not None else "将" in said


def says_it_ended(text: str) -> bool:
    """Whether a page that keeps a shop's frame (menu, footer) says in its headings, or in the little it says besides, that it has closed.

    For pages without goods only. It must be said of this site and as done: 已, 现, 即日起; what came back is open.
    """
    seen = _FRAME.sub(" ", _SCRIPTS.sub(" ", text[:200_000]))
    said = [_plain(match) for match in (*_TITLE.findall(seen)[:2], *_HEADING.findall(seen)[:6])]
    shown = _plain(_TITLE.sub(" ", seen))
    if len(shown) <= _SHORT:
        said.append(shown)
    return not _BACK.search(shown) and any(_ENDED.search(part) for part in said)


def standing(text: str) -> str:
    """What a page says as itself: its title and headings, and all of it where it is short."""
    seen = _SCRIPTS.sub(" ", text[:200_000])
    said = [_plain(match) for match in (*_TITLE.findall(seen)[:2], *_HEADING.findall(seen)[:6])]
    shown = _plain(_TITLE.sub(" ", seen))
    short = len(shown) <= _SHORT
    if _leads_on(text, shown) or (not short and _PRICE.search(shown)) or _draws_more(text[:200_000]):
        # Where orders are looked up, goods have prices, or an app draws the rest, a notice is a notice: only the title speaks of the page itself.
        said = said[:1]
    elif short:
        said.append(shown)
    return "。".join(dict.fromkeys(filter(None, said))).translate(_TRADITIONAL)


def _leads_on(text: str, shown: str) -> bool:
    """Whether a page leads on inside a shop, or loads a script of its own and links to other pages of its site."""
    if _DOORS.search(shown):
        return True
    head = text[:200_000]
    return bool(_OWN_SCRIPT.search(head)) and len(_WAY_ON.findall(head)) > 1


def _draws_more(head: str) -> bool:
    """Whether a script of the page loads or draws more than it came with."""
    return bool(
        _DRAWS.search(head)
        or (_SCRIPT_FILE.search(head) and (_MOUNT.search(head) or _EMPTY_PLACE.search(head)))
    )


def visible_text(text: str) -> str:
    """The text of a page without its tags, on one line; a quick look that needs no parser."""
    return _plain(_SCRIPTS.sub(" ", text[:200_000]))


@lru_cache(maxsize=256)
def _plain(fragment: str) -> str:
    return " ".join(entities.unescape(_TAGS.sub(" ", fragment)).split())


_STOPS = re.compile(
    r"(?:^|[./_-])(?:warn(?:ing)?|blk|block(?:ed|page)?|forbid(?:den)?|den(?:y|ied)|intercept|lanjie|fanzha|(?:anti)?fraud|stop(?:page)?|beian|weibeian|unsafe)(?=[./_-]|\Z)",
    re.IGNORECASE,
)
"""Of the address to which somebody on the line leads visitors."""


def leads_to_stop_page(target: str, host: str) -> bool:
    """Whether an address on another site is that of a page about `host`, and of one that stops visitors: it names both. A new
    address of a shop may name the old one, and stops nobody.
    """
    parts = urlsplit(target)
    return host in unquote(parts.query).lower() and bool(_STOPS.search(f"{parts.hostname}{parts.path}"))


SLOW_SECONDS = 5.0
WALLS = {"js_challenge", "waf_block", "diverted"}
"""Somebody stands between us and the site: of the site itself nothing was seen, so it is not down."""
_FAILURES: dict[str, dict[str, Any]] = {
    "dns_gone": {"class": "dns_gone", "dns": "none"},
    "sinkhole": {"outcome": "refused", "class": "diverted", "dns": "sinkhole"},
    "tls_error": {"class": "tls_error", "dns": "ok", "tcp": "ok", "tls": "failed"},
    "timeout": {"class": "timeout", "dns": "ok", "tcp": "ok"},
    "connect_timeout": {"class": "timeout", "dns": "ok", "tcp": "timeout"},
    "connect_refused": {"class": "connect_refused", "dns": "ok", "tcp": "refused"},
    "broken": {"class": "broken", "dns": "ok"},
}
_FAULTS = (("expired", "expired"), ("not yet valid", "not_yet_valid"), ("hostname mismatch", "wrong_name"), ("ip address mismatch", "wrong_name"),
           ("self-signed", "self_signed"), ("self signed", "self_signed"), ("", "untrusted"))  # fmt: skip
"""What the TLS library says of a certificate → the word that is stored; the first that fits."""


def certificate_word(fault: str) -> str:
    """expired, not_yet_valid, wrong_name, self_signed or untrusted, out of what the TLS library says."""
    return next(word for said, word in _FAULTS if said in fault.lower())


def probe_of_page(
    status: int,
    body: bytes,
    text: str,
    latency: float | None,
    shop: bool = False,
    certificate: str | None = None,
    today: dt.date | None = None,
) -> dict[str, Any]:
    """Outcome, class, latency and layers of an answered home page; a wall is refused, a page in its place is down.

    `shop` says that the page was recognised as a shop's own: then nothing it announces is taken for its end. `certificate` is
    what its certificate was, a word of `tls`; None where the page came without TLS. `until` is the day a maintenance page names for
    its end, `today` the year it is read in where it names none.
    """
    kind = None if shop and status == 200 else wall_of(body) or place_of(status, text, today)
    milliseconds = round(latency * 1000) if latency is not None else None
    if kind is None:
        slow = latency is not None and latency >= SLOW_SECONDS
        outcome, kind = ("slow", "slow") if slow else ("ok", "up")
    else:
        outcome = "refused" if kind in WALLS else "down"
    layers = {"dns": "ok", "tcp": "ok", "tls": certificate, "body": "up" if kind == "slow" else kind}
    probe = {"outcome": outcome, "class": kind, "status": status, "latency_ms": milliseconds, **layers}
    until = end_of_maintenance(text, today) if kind == "maintenance" and today is not None else None
    return probe if until is None else probe | {"until": until}


def end_of_maintenance(text: str, today: dt.date) -> dt.date | None:
    """The day a maintenance page says it ends; None where it names none, or one more than a year from `today`.

    Of a span the later day counts. A day without a year is the one nearest to `today`.
    """
    return max(_days_named(standing(text), today), default=None)


def _days_named(said: str, today: dt.date) -> list[dt.date]:
    """The days a text names that lie within a year of `today`; one without a year is the nearest."""
    ends = []
    for year, month, day in _DAY.findall(said):
        for one in [int(year)] if year else [today.year - 1, today.year, today.year + 1]:
            with contextlib.suppress(ValueError):
                ends.append((bool(year), dt.date(one, int(month), int(day))))
    known = [end for written, end in ends if written and abs((end - today).days) <= _FARTHEST]
    near = [end for written, end in ends if not written and abs((end - today).days) <= _FARTHEST // 2]
    return known + near


def probe_of_failure(kind: str, answer: Response | None = None) -> dict[str, Any] | None:
    """The probe a failed request makes, or None when nothing was learned about the site.

    Where a refusal or a closed shop answered in place of robots.txt, that answer is the observation. A robots.txt that fails
    (a server's error, no answer in time) means that nothing was asked: the site is neither down nor closed, but unknown.
    """
    if answer is not None and answer.status >= 500:
        return None
    if answer is not None:
        probe = probe_of_page(answer.status, answer.body, text_of(answer), None)
        return probe if probe["outcome"] in ("down", "refused") and probe["class"] != "not_found" else None
    if kind not in _FAILURES:
        return None
    return {"outcome": "down", "status": None, "latency_ms": None, **_FAILURES[kind]}
