"""What any shop page shows besides its goods: contacts, payment classes, promises, licence links, features.

Contacts are counted by kind (their values: crawler/contacts.py); promises are quoted, not judged. Keys of `signs_of` are the keys of
`signs` in the stored page record.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from crawler.contacts import contacts_in, telling
from crawler.payments import hinted, listed
from crawler.promises import promises_of
from store.filing_numbers import find_icp, find_licences, find_police, uscc_is_valid

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
    return telling(low, contacts_in(low))


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

    The second part has `icp_flags`, `police` (numbers in one spelling) and `police_flags`, as store.filing_numbers says,
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
