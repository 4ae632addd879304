"""What any shop page shows besides its goods: contacts, payment classes, promises, licence links, features.

Contacts are counted by kind and never kept; promises are quoted, not judged. Keys of `signs_of` are the keys of
`signs` in the stored page record.
"""

from __future__ import annotations

import re
from typing import Any

from crawler.promises import promises_of
from store.filing_numbers import find_icp, find_licences, find_police

_CONTACTS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "qq": (
        ("qq.com/msgrd", "tencent://", "qq"),
        re.compile(r"(?:wpa\.qq\.com/msgrd\?|tencent://message/\?)[^\"'\s]*uin=\d+|qq\s*[:：]?\s*\d{5,11}"),
    ),
    "qq_group": (
        ("jq.qq.com", "qm.qq.com", "群"),
        re.compile(r"(?:jq|qm)\.qq\.com/|(?:qq\s*群|群号)\s*[:：]?\s*\d{5,11}"),
    ),
    "wechat": (
        ("微信", "vx", "wechat", "weixin"),
        re.compile(r"(?:微信|vx|wechat)(?:号|客服)?\s*[:：]\s*[a-z][\w-]{4,19}|weixin\.qq\.com/"),
    ),
    "telegram": (("t.me/", "telegram"), re.compile(r"\bt\.me/\w+|telegram\s*[:：]?\s*@\w+")),
    "whatsapp": (("wa.me/", "whatsapp"), re.compile(r"wa\.me/|whatsapp\s*[:：]?\s*\+?\d+")),
    "email": (("@",), re.compile(r"@(?<=[a-z0-9_.+-]@)[\w-]+\.[a-z]{2,10}\b")),
    "phone": (
        ("电话", "热线", "手机", "tel"),
        re.compile(r"(?:电话|热线|手机|tel)\s*[:：]?\s*(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})"),
    ),
    "chat": (
        ("53kf.com", "meiqia", "tawk.to", "crisp.chat", "livechatinc", "udesk.cn"),
        re.compile(r"53kf\.com|meiqia|tawk\.to|crisp\.chat|livechatinc|udesk\.cn"),
    ),
}
"""kind -> (literals one of which the lower-cased page must hold, expression that counts): most pages hold few."""

_CHANNELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "usdt",
        re.compile(
            r"usdt|trc-?20|erc-?20|\btrx\b|epusdt|bepusdt|tokenpay|coinbase|coinpayments|比特币|加密货币|泰达币",
            re.I,
        ),
    ),
    (
        "official",
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
"""First match wins; `epay` codes alipay/wxpay/qqpay are those of 易支付, the official ones have names of their own."""

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
_FABRICATED = re.compile(
    r'name="_template_virtualdata"[^>]*value="1"|value="1"[^>]*name="_template_virtualdata"'
)
_COMPANY = re.compile(
    r"(?:©|&copy;|版权所有|Copy\s?[Rr]ight|主办单位|公司名称|运营(?:主体|方))[^<\n]{0,30}?([\u4e00-\u9fa5（）()]{2,30}(?:有限公司|有限责任公司|股份公司|工作室|商行|经营部|合伙企业))"
)
_ANY_COMPANY = re.compile(r"([\u4e00-\u9fa5（）()]{4,30}(?:有限公司|有限责任公司|股份公司))")


def signs_of(html: str, text: str, payments: list[tuple[str, str]], contacts: str = "") -> dict[str, Any]:
    """The signs of one page: `contacts` kind → count, `payments` [{name, class}], `promises` [{kind, text}],
    `features` [name], `licence_link`, `icp_link` and `fabricated_activity` as booleans.

    `html` is the page, `text` its visible prose, `payments` (name, handle) pairs a system's lists gave.
    """
    low = f"{html} {contacts}".lower()
    return {
        "contacts": {kind: n for kind in _CONTACTS if (n := _count(low, *_CONTACTS[kind]))},
        "payments": [
            {"name": name[:40], "class": payment_class(f"{name} {handle}")} for name, handle in payments
        ],
        "promises": promises_of(text),
        "features": [name for name, words in _FEATURES.items() if any(word in low for word in words)],
        "licence_link": any(word in low for word in _LICENCE),
        "icp_link": any(word in low for word in _ICP_LINK),
        "fabricated_activity": "_template_virtualdata" in low and bool(_FABRICATED.search(low)),
    }


def _count(low: str, triggers: tuple[str, ...], pattern: re.Pattern[str]) -> int:
    return len(set(pattern.findall(low))) if any(word in low for word in triggers) else 0


def footer_numbers(footer: str) -> tuple[str | None, dict[str, list[str]]]:
    """The filing number a footer shows (else its telecom licence), and what was odd about it and the police number.

    The second part has `icp_flags`, `police` (numbers in one spelling) and `police_flags`, as store.filing_numbers says.
    """
    shown = find_icp(footer) or find_licences(footer)
    police = find_police(footer)
    number = shown[0] if shown else None
    text = (
        f"{number.main}-{number.sequence}" if number and number.sequence else number.main if number else None
    )
    return text, {
        "icp_flags": list(number.flags) if number else [],
        "police": [entry.main for entry in police[:5]],
        "police_flags": sorted({flag for entry in police for flag in entry.flags}),
    }


def orders_shown(text: str) -> dict[str, int]:
    """Order counters written in the visible text: some of total, processed, today; empty when it shows no total."""
    line = " ".join(text.split())
    found = {name: pattern.search(line) for name, pattern in _COUNTERS.items()}
    shown = {name: int(match.group(1).replace(",", "")) for name, match in found.items() if match}
    return shown if "total" in shown else {}


def payment_class(name: str) -> str:
    """The class of a channel by its name and handle; `unknown` when neither says."""
    return next((kind for kind, pattern in _CHANNELS if pattern.search(name)), "unknown")


def company_of(footer: str) -> str | None:
    """The company a footer names, if any."""
    found = _COMPANY.search(footer) or _ANY_COMPANY.search(footer)
    return found.group(1).strip("（）() ") if found else None
