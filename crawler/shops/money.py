"""Amounts as shops print them: currency signs and words, thousands separators, ranges, and 万, w and k of counters. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_COMMA_DECIMALS = r"(?:\d{1,3}(?:[.\u00a0\u202f]\d{3})+|\d{1,8}),\d{2}(?!\d)"
"""1.299,00 as much of Europe and South America writes it."""
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d{1,8})(?:\.\d{1,8})?"
_NUMBER = rf"(?:{_COMMA_DECIMALS}|{_PLAIN})"
_SIGNS = {
    "CNY": r"(?:CN)?[¥￥]|(?:RMB|CNY|人民币)(?![a-z])",
    "HKD": r"HK\$|港币|港元|HKD",
    "TWD": r"NT\$|新台币|TWD",
    "USDT": r"USDT|₮",
    "BRL": r"(?<![a-z])R\$|BRL",
    "SGD": r"(?<![a-z])S\$|SGD",
    "AUD": r"(?<![a-z])AU?\$|AUD",
    "CAD": r"(?<![a-z])CA?\$|CAD",
    "USD": r"US\$|\$|USD(?!T)|美元|美金",
    "EUR": r"€|EUR|欧元",
    "GBP": r"£|GBP|英镑",
    "RUB": r"₽|RUB|卢布|руб(?:\.|лей|ля)?",
    "KRW": r"₩|KRW|韩元",
    "JPY": r"JPY|日元|円",
    "VND": r"₫|(?-i:đ)(?![^\W\d_])|VND|越南盾",
    "THB": r"฿|THB|泰铢",
    "INR": r"₹|INR|卢比",
    "PHP": r"₱",
    "MYR": r"(?<![a-z])(?-i:RM)(?![a-z])|MYR|林吉特|马币",
    "IDR": r"(?<![a-z])(?-i:Rp)\.?(?![a-z])|IDR|印尼盾",
    "TRY": r"₺",
    "UAH": r"₴|UAH|грн",
    "PLN": r"zł|PLN",
    "CZK": r"Kč|CZK",
    "NOK": r"NOK",
    "SEK": r"SEK",
    "DKK": r"DKK",
    "ISK": r"ISK",
    "XXX": r"(?<![a-z])(?-i:kr)\b\.?",
}
UNTOLD = "XXX"
"""ISO 4217's code of no currency: a sign that several share (kr), where nothing else tells whose it is."""
CODES = "|".join(code for code in _SIGNS if code != UNTOLD)
"""The codes of the currencies, for patterns."""
ANY_SIGN = "|".join(_SIGNS.values())
"""Whatever names a currency, for patterns."""
_AFTER = {"CNY": r"元|块(?:钱|(?![\u3400-\u9fff]))|圆"}
_BEGINS = r"(?=[^\d\s<>\"'=_./-]\D{0,5}\d)"
"""What can be a sign stands shortly before a number: it is looked for nowhere else."""
_BEFORE_NUMBER = re.compile(
    "|".join(f"(?P<{name}>{signs})" for name, signs in _SIGNS.items()) + "", re.IGNORECASE
)
AMOUNT = re.compile(
    rf"(?:{_BEGINS}(?P<sign>{ANY_SIGN})\s*(?:[:：]\s*)?(?P<after>{_NUMBER})"
    rf"|(?<![\d.,])(?P<before>{_NUMBER})\s*(?=[^\d\s.,])(?P<unit>{_AFTER['CNY']}|{ANY_SIGN})(?!(?<=[¥￥$€£₽₩₮])\s*{_NUMBER}(?!\s*[¥￥$€£₽₩₮]|[\d.,])))",
    re.IGNORECASE,
)
"""One amount with its currency: the sign before the number or the word after it."""
BARE = re.compile(rf"(?<![\d.,]){_PLAIN}(?![\d,])")
"""A number without a currency; whether it is a price is for the reader to know."""
_COMMA = re.compile(_COMMA_DECIMALS)
_CODE = re.compile(r"(?!cn|rmb)[a-z]{3}", re.IGNORECASE)
"""The code of any currency, also of one whose prices are not looked for in texts (TRY, PHP, CHF)."""
_COUNT = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*([万wk千亿]?)", re.IGNORECASE)
_TIMES = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000, "亿": 100_000_000}


@dataclass(frozen=True)
class Money:
    """An amount and its ISO 4217 currency (USDT besides); `start`, `end` say where it stood in the text."""

    amount: float
    currency: str
    start: int
    end: int


def amounts(text: str) -> list[Money]:
    """Every amount that names its currency, in order."""
    return [
        Money(
            _value(match["after"] or match["before"]),
            currency_of(match["sign"] or match["unit"]),
            match.start(),
            match.end(),
        )
        for match in AMOUNT.finditer(text)
    ]


def _value(written: str) -> float:
    if _COMMA.fullmatch(written):
        whole, _, decimals = written.rpartition(",")
        return float("".join(filter(str.isdigit, whole)) + "." + decimals)
    return float(written.replace(",", ""))


def currency_of(word: str) -> str:
    """The currency a sign, word or code stands for; CNY for 元, ¥ and ￥ (nobody in this sector sells in yen)."""
    word = word.strip()
    found = _BEFORE_NUMBER.fullmatch(word)
    if found is not None:
        return str(found.lastgroup)
    return word.upper() if _CODE.fullmatch(word) else "CNY"


def yuan(value: Any) -> float | None:
    """A price in yuan out of "¥ 9.60", "9.90元", 9.9 or "1,299.00"; None where there is none or it is another currency's."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if value >= 0 else None
    text = str(value or "")
    told = amounts(text)
    if told:
        return next((money.amount for money in told if money.currency == "CNY"), None)
    if _BEFORE_NUMBER.search(text) and not re.search(_SIGNS["CNY"], text, re.IGNORECASE):
        return None
    found = BARE.search(text)
    return float(found.group().replace(",", "")) if found else None


def count(value: Any) -> int | None:
    """A whole number out of 35, "35", "库存(35)", "1.2万", "12.5w" or "3k"; None when there is none or it is negative."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value >= 0 else None
    found = _COUNT.search(str(value))
    if found is None:
        return None
    number = float(found.group(1).replace(",", "")) * _TIMES.get(found.group(2).lower(), 1)
    return round(number) if number >= 0 else None
