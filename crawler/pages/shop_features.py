"""What a shop's page shows of the shop: contacts, payment channels, promises, footer numbers, software. Pure.

The values leave the crawler only to be turned into keyed hashes (store/evidence/normalize.py); nothing here writes them anywhere.

No payment page is ever opened and no order made: what a shop offers only after an order is not seen.

They are quoted, not judged. A sentence is looked at closely only when it holds one of the words a promise needs.

Contacts are counted by kind (their values: crawler/pages/shop_features.py); promises are quoted, not judged. Keys of `signs_of` are the keys of
`signs` in the stored page record.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from store.text.hosts import host_key
from store.text.pattern_scan import PatternScan
from store.text.query import registrable
from store.text.registration_numbers import find_icp, find_licences, find_police, uscc_is_valid

_KINDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "qq": (
        ("qq.com/msgrd", "tencent://", "qq"),
        re.compile(
            r"(?:wpa\.qq\.com/msgrd\?|tencent://message/\?)[^\"'\s]*uin=(\d+)|qq\s*[:：]?\s*(\d{5,11})"
        ),
    ),
    "qq_group": (
        ("jq.qq.com", "qm.qq.com", "群"),
        re.compile(
            r"(?:jq|qm)\.qq\.com/([^\s\"'<>]{0,80})|(?:(?:qq?\s*|交流|官方|售后|用户|客户|加)群|群号)\s*[:：]?\s*(\d{5,11})"
        ),
    ),
    "wechat": (
        ("微信", "vx", "wechat", "weixin"),
        re.compile(
            r"(?:微信|vx|wechat)(?:号|客服)?\s*[:：]\s*([a-z][\w-]{4,19})|微信(?:号|客服)?\s+(?=[a-z_-]*\d)([a-z][a-z0-9_-]{5,19})|weixin\.qq\.com/([^\s\"'<>]{0,80})"
        ),
    ),
    "telegram": (
        (
            "t.me/",
            "telegram",
            "tg",
            "电报",
            "飞机",
        ),
        re.compile(
            r"\bt\.me/(\w+)|\btg://resolve\?domain=(\w+)|(?:telegram|\btg|电报|飞机)(?:客服|频道|群组?|号)?\s*[:：]?\s*@(\w+)"
        ),
    ),
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
_CREDITS = PatternScan((_CREDIT, _CREDIT_BEHIND))
_OTHERS = re.compile(
    r"(?:货源|供货|进货|上家|上游|供应商|注册商|域名投诉|投诉|举报|支付(?:问题|接口|技术|通道|平台|遇到)|[码易]支付|聚合付|收款接口)"
    r"[^<>。|·\n]{0,16}?(?:qq|q群|微信|vx|tg|telegram|电报|飞机|邮箱|mail|客服|热线|群|[:：@])"
)
"""Who is named with a contact that may be on many shops' pages."""
_LONGEST_LINE = 120
_CREDIT_END = re.compile(r"</(?:p|div|footer|li|td|section|center|small)\b|<br|<p\b|<div\b|\n\s*\n|\||·|。")
_MAKER = re.compile(r"由|by\b|感谢")
_LONGEST_CREDIT = 300
_MOST_CREDITS = 200


@lru_cache(maxsize=2)
def without_credits(low: str) -> str:
    """A lower-cased page without what names the makers of its theme or software and those who look after it: not the shop's contacts."""
    for begin, close in _COMMENTS:
        low = _without(low, begin, close)
    low = _META.sub(" ", low)
    kept, at = [], 0
    ahead, behind = _CREDITS.matches(low)
    cuts = [(_link_start(low, m.start()), m.end()) for m in ahead[:_MOST_CREDITS]]
    cuts += [(_maker_start(low, m.start()), m.end()) for m in behind[:_MOST_CREDITS]]
    for start, end in sorted(cuts):
        if end <= at:
            continue
        line = _CREDIT_END.search(low, end, end + _LONGEST_CREDIT)
        kept.append(low[at : max(at, start)])
        at = line.start() if line else min(len(low), end + _LONGEST_CREDIT)
    return "".join([*kept, low[at:]])


def _without(low: str, begin: re.Pattern[str], close: str) -> str:
    """Without what stands between the two; one that is not closed is left."""
    if close not in low:
        return low
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


def _is_anothers(low: str, value: str) -> bool:
    """Does a value stand on a lower-cased page only beside words for somebody else: a supplier, a registrar, who takes payments or complaints?"""
    at = low.find(value)
    while at >= 0:
        before = low[max(0, at - _LONGEST_LINE) : at]
        ends = [found.end() for found in _CREDIT_END.finditer(before)]
        if not _OTHERS.search(before, ends[-1] if ends else 0):
            return False
        at = low.find(value, at + 1)
    return True


def contacts_in(low: str) -> dict[str, list[str]]:
    """kind -> different values in a lower-cased page, sorted; kinds without any are left out, as are makers of themes."""
    return _shown(without_credits(low))


def _shown(low: str) -> dict[str, list[str]]:
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


_CHANNELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "usdt",
        re.compile(
            r"usdt|trc-?20|erc-?20|\btrx\b|epusdt|bepusdt|tokenpay|coinbase|coinpayments|比特币|加密货币|泰达币",
            re.I,
        ),
    ),
    (
        "licensed",
        re.compile(
            r"当面付|zfbf2f|aliweb|电脑网站支付|\bmqq\b|\bmzfb\b|\bmwx\b|wescan|pszfb|pswx|微信官方|支付宝官方|jsapi|\bofficial\b|paypal|stripe",
            re.I,
        ),
    ),
    ("personal_qr", re.compile(r"码支付|codepay|v免签|\bvzfb\b|\bvwx\b|个人收款|收款码|免签", re.I)),
    ("aggregator", re.compile(r"payjs|paysapi|虎皮椒|xunhu|迅虎|yungouos|xorpay|有赞", re.I)),
    ("epay", re.compile(r"epay|易支付|彩虹支付|\balipay\b|\bwxpay\b|\bqqpay\b", re.I)),
    ("balance", re.compile(r"余额|#system|预存款?|充值到账户", re.I)),
    ("manual", re.compile(r"人工转账|加微信付款|联系客服付款|转账汇款|对公转账", re.I)),
)
"""First match wins; `epay` codes alipay/wxpay/qqpay are those of 易支付, the licensed ones have names of their own."""
_IN_PAGE: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("licensed", "openapi.alipay.com", re.compile(r"openapi\.alipay\.com/gateway")),
    ("licensed", "tenpay.com", re.compile(r"wx\.tenpay\.com|pay\.weixin\.qq\.com")),
    ("epay", ".php", re.compile(r"action=[\"'][^\"']{0,120}/(?:submit|mapi)\.php")),
    ("epay", "epay", re.compile(r"/plugins?/epay/|epay_(?:submit|notify)")),
    ("personal_qr", "codepay", re.compile(r"codepay\.fateqq\.com|xiuxiu888\.com|/codepay/")),
    ("personal_qr", "收款码", re.compile(r"扫(?:描)?(?:下方|以下|个人)?收款码|个人收款码")),
    ("aggregator", "pay", re.compile(r"payjs\.cn|xunhupay\.com|vrmrgame\.com|yungouos\.com|xorpay\.com|paysapi\.com")),
    ("usdt", "usdt", re.compile(r"(?:支持|支付|付款|收款|充值)[^。；<\n]{0,12}usdt|usdt[^。；<\n]{0,12}(?:支付|付款|收款|充值)|trc-?20")),
    ("manual", "付款", re.compile(r"加(?:我|客服)?(?:微信|qq)[^。；<\n]{0,6}付款|联系客服付款|人工转账")),
    ("balance", "余额", re.compile(r"余额支付|仅支持余额|只支持余额|先充值后(?:下单|购买)|预存(?:款|余额)")),
)  # fmt: skip
"""(class, literal the lower-cased page must hold, expression)."""


def payment_class(name: str) -> str:
    """The class of a channel by its name and handle; `unknown` when neither says."""
    return next((kind for kind, pattern in _CHANNELS if pattern.search(name)), "unknown")


def listed(payments: list[tuple[str, str]]) -> list[dict[str, str]]:
    """[{name, class}] of the (name, handle) pairs a system's lists gave."""
    return [{"name": name[:40], "class": payment_class(f"{name} {handle}")} for name, handle in payments]


def hinted(low: str) -> list[str]:
    """Classes that the markup or wording of a lower-cased page gives away, where no list names the channels."""
    return sorted({kind for kind, word, pattern in _IN_PAGE if word in low and pattern.search(low)})


_SENTENCE = re.compile(r"[。；;\n！!]+")
_LONGEST = 90
_PROMISE_KINDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
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
    for kind, (words, pattern) in _PROMISE_KINDS.items():
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


_FEATURES: dict[str, tuple[str, ...]] = {
    "order_query": (
        "查询订单",
        "订单查询",
        "查单",
        "order-search",
        "mod=query",
        "/user/index/query",
        "#/record",
    ),
    "order_reminder": ("订单提醒", "短信提醒", "邮件通知", "邮件提醒", "到账通知", "到账提醒", "站内信"),
    "auto_retry": ("自动补单", "自动重试", "掉单自动", "自动补发"),
    "timeout_refund": ("超时自动退款", "超时退款", "超时未到账退款", "自动退款"),
    "drop_priority": ("掉单优先", "掉单专线", "掉单通道"),
    "prepaid_balance": ("余额充值", "账户余额", "预存", "充值余额", "会员充值返"),
    "sub_sites": ("regsite", "开通分站", "加盟分站", "分站加盟", "搭建分站"),
    "svip": ("svip", "超级会员"),
}
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{2}\d{6}[0-9A-Z]{10}(?![0-9A-Z])")
_LICENCE = ("gsxt.gov.cn", "营业执照", "亮照", "dxzhgl.miit.gov.cn")
_ICP_LINK = ("//beian.miit.gov.cn", "//www.miitbeian.gov.cn", "//miitbeian.gov.cn")
_COUNTERS = {
    "total": re.compile(
        r"(?:累计|总|历史|全站)(?:成交)?(?:订单|交易)(?:总?数|总?量)?\s*[:：]?\s*(\d[\d,]*)\s*(?:单|笔|个)?"
    ),
    "processed": re.compile(
        r"(?:已处理|已完成|已发货|完成订单)(?:订单)?\s*[:：]?\s*(\d[\d,]*)\s*(?:单|笔|个)?"
    ),
    "today": re.compile(r"今日(?:成交)?(?:订单|交易|成交)(?:数|量)?\s*[:：]?\s*(\d[\d,]*)\s*(?:单|笔|个)?"),
}
_FABRICATED: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "virtual_data_switch",
        "_template_virtualdata",
        re.compile(
            r'name="_template_virtualdata"[^>]{0,200}value="1"|value="1"[^>]{0,200}name="_template_virtualdata"'
        ),
    ),
    (
        "random_purchases",
        "math.random",
        re.compile(
            r"math\.random[\s\S]{0,400}(?:购买了|下单了|刚刚购买|成功购买)|(?:购买了|下单了|刚刚购买|成功购买)[\s\S]{0,400}math\.random"
        ),
    ),
)
"""(name, literal the lower-cased page must hold, expression): switches and scripts that show purchases nobody made."""
_PERMIT = re.compile(r"[\u4e00-\u9fa5]网文\s?[〔\[(（]\d{4}[〕\])）]\s?[\d-]{3,12}号")
_FILE = re.compile(r"""(?:src|href)=["']([^"'?#\s]{1,200}\.(?:css|js))""")
_CLASS = re.compile(r"""class=["']([^"'<>]{1,200})["']""")
_FEWEST_PARTS = 12
_LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")
"""Hashes are written in letters: digits would look like somebody's number."""
_COMPANY = re.compile(
    r"(?:©|&copy;|版权所有|Copy\s?[Rr]ight|主办单位|公司名称|运营(?:主体|方))[^<\n]{0,30}?([\u4e00-\u9fa5（）()]{2,30}(?:有限公司|有限责任公司|股份公司|工作室|商行|经营部|合伙企业))"
)
_ANY_COMPANY = re.compile(r"([\u4e00-\u9fa5（）()]{4,30}(?:有限公司|有限责任公司|股份公司))")


def signs_of(html: str, text: str, payments: list[tuple[str, str]], contacts: str = "") -> dict[str, Any]:
    """The signs of one page: `contacts` kind → count, `payments` [{name, class}] of its lists, `payment_hints` [class] of
    its markup and words, `promises` [{kind, text}], `features` [name], `licence_link`, `icp_link`, `fabricated_activity`
    as booleans, `fabricated` [what shows it], `permits` [text], `template` a hash of the page's structure.

    `html` is the page, `text` its visible prose, `payments` (name, handle) pairs a system's lists gave.
    """
    low = f"{html} {contacts}".lower()
    made_up = [name for name, word, pattern in _FABRICATED if word in low and pattern.search(low)]
    return {
        "contacts": {kind: len(values) for kind, values in contacts_in(low).items()},
        "payments": listed(payments),
        "payment_hints": hinted(low),
        "promises": promises_of(text),
        "features": [name for name, words in _FEATURES.items() if any(word in low for word in words)],
        "licence_link": any(word in low for word in _LICENCE),
        "icp_link": any(word in low for word in _ICP_LINK),
        "fabricated_activity": bool(made_up),
        "fabricated": made_up,
        "permits": list(dict.fromkeys(_PERMIT.findall(text)))[:3],
        "template": template_of(html),
    }


def contact_values(html: str, contacts: str = "") -> dict[str, list[str]]:
    """The shop's own contacts and accounts, for the `contacts` of a page record."""
    low = f"{html} {contacts}".lower()
    shown = without_credits(low)
    own = {kind: [v for v in values if not _is_anothers(shown, v)] for kind, values in _shown(shown).items()}
    return telling(low, own)


def template_of(html: str) -> str | None:
    """A hash of the files and classes a page is built of, whatever it says; None for a page with too few to tell."""
    files = {match.rsplit("/", 1)[-1] for match in _FILE.findall(html)}
    classes = {name for match in _CLASS.findall(html) for name in match.split()}
    parts = sorted(files) + sorted(name for name in classes if not any(c.isdigit() for c in name))
    if len(parts) < _FEWEST_PARTS:
        return None
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    return digest.translate(_LETTERS)


def footer_numbers(footer: str) -> tuple[str | None, dict[str, list[str]]]:
    """The filing number a footer shows (else its telecom licence), and what was odd about it and the police number.

    The second part has `icp_flags`, `police` (numbers in one spelling) and `police_flags`, as store.text.registration_numbers says,
    `licences` (telecom licences) and `credit_codes` (统一社会信用代码 whose check digit fits).
    """
    licences = find_licences(footer)
    shown = find_icp(footer) or licences
    police = find_police(footer)
    number = shown[0] if shown else None
    text = (
        f"{number.main}-{number.sequence}" if number and number.sequence else number.main if number else None
    )
    return text, {
        "icp_flags": list(number.flags) if number else [],
        "police": [entry.main for entry in police[:5]],
        "police_flags": sorted({flag for entry in police for flag in entry.flags}),
        "licences": [entry.main for entry in licences[:3]],
        "credit_codes": [code for code in dict.fromkeys(_CODE.findall(footer)) if uscc_is_valid(code)][:3],
    }


def orders_shown(text: str) -> dict[str, int]:
    """Order counters written in the visible text: some of total, processed, today; empty when it shows no total."""
    line = " ".join(text.split())
    found = {name: pattern.search(line) for name, pattern in _COUNTERS.items()}
    shown = {name: int(match.group(1).replace(",", "")) for name, match in found.items() if match}
    return shown if "total" in shown else {}


def company_of(footer: str) -> str | None:
    """The company a footer names, if any."""
    found = _COMPANY.search(footer) or _ANY_COMPANY.search(footer)
    return found.group(1).strip("（）() ") if found else None


_MOVED = re.compile(
    r"(?:备用|最新|新)(?:域名|网址|地址)[^a-z]{0,12}((?:[a-z0-9-]+\.)+[a-z]{2,18})", re.IGNORECASE
)


_MOVING = re.compile(
    r"新(?:域名|网址|地址|站)|(?:搬|迁移?)(?:家|至|到)|域名(?:已)?更换|更换(?:域名|网址)|(?:域名|网址|地址)发布"
)
_LITTLE = 160
"""Characters of a page that says hardly more than where the shop went."""


def announced_hosts(text: str, host: str, links: Sequence[str] = ()) -> list[str]:
    """Hosts of other domains that a shop's own words name as its new or further address, at most five; of a page that says little
    more than that it moved also those of its `links`.
    """
    named = _MOVED.findall(text)
    if len(text) <= _LITTLE and _MOVING.search(text):
        named += [urlsplit(link).hostname or "" for link in links if link.startswith("http")]
    found = [h for h in named if h and registrable(h) != registrable(host)]
    return list(dict.fromkeys(host_key(h) for h in found))[:5]
