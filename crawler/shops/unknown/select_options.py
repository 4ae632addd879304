"""Goods of a shop's form: the options of a select box (name, price and stock in one line), or elements with a data-price. Pure."""

from __future__ import annotations

import re

from crawler.shops.money import BARE, amounts, yuan
from crawler.shops.page import SOLD_OUT, Good, Page, count, stock_of
from crawler.shops.unknown.price_blocks import LETTER, without_said

_MOST = 2_000
_PRICES = ("price", "data-price", "data-money", "money", "data-goods-price")
_MOST_ELEMENTS = 20_000
_PREFIX = re.compile(r"^(?:data-)?(?:item|goods|product|sku|shop|card)-(?=\w+$)")
"""item-price and data-item-price are data-price."""
_PRICED = re.compile(r"-(?:price|money)\s*=", re.IGNORECASE)
_FORMERS = ("data-market-price", "data-original-price", "data-old-price", "data-list-price")
_NAMES = ("data-name", "data-title", "data-goods-name", "data-goodsname", "title")
_STOCKS = ("stock", "data-stock", "data-kucun", "kucun", "data-count")
_STOCK = re.compile(r"(?:库存|剩余|余)\s*[:：]?\s*(\d[\d,]*|[\u4e00-\u9fff]{2,4})")
_TAIL = re.compile(r"[\s\-—–|/·:：,，;；=→>~～(（\[【]+(?:价格|售价|单价)?\s*[:：]?\s*$")
_AMOUNT_OF = re.compile(r"充值|额度|余额|数量|支付|付款|订单|优惠|默认|请选择|全部")
_QUANTITY = re.compile(r"num|count|pay|amount|quantity|recharge|coupon|lang|sort", re.IGNORECASE)


def goods_in_options(page: Page) -> list[Good]:
    """The goods of the select boxes of a page: options that carry a price, of boxes with two of them or with their stock."""
    goods: list[Good] = []
    for box in page.tree.css("select"):
        if _QUANTITY.search(f"{box.attributes.get('name') or ''} {box.attributes.get('id') or ''}"):
            continue
        found: list[Good] = []
        for number, option in enumerate(box.css("option")):
            if number >= _MOST:
                break
            good = _good(" ".join((option.text() or "").split()), option.attributes)
            if good is not None:
                found.append(good)
        if len(found) > 1 or any(good.stock is not None for good in found):
            goods += found
    return goods


def goods_in_attributes(page: Page) -> list[Good]:
    """The goods a page's own script reads from its elements: at least two of one tag with a price and a name in their attributes."""
    found: dict[str, list[Good]] = {}
    for element in page.tree.css("*")[:_MOST_ELEMENTS] if _PRICED.search(page.text) else ():
        attributes = {_PREFIX.sub("data-", key): value for key, value in element.attributes.items()}
        if not any(attributes.get(key) for key in _PRICES if "-" in key):
            continue
        name = next((attributes[key] for key in _NAMES if attributes.get(key)), None)
        good = _good(" ".join((name or element.text() or "").split())[:120], attributes)
        if good is not None and element.tag != "option":
            found.setdefault(element.tag or "", []).append(good)
    best = max(found.values(), key=len, default=[])
    return best if len(best) > 1 else []


def _good(text: str, attributes: dict[str, str | None]) -> Good | None:
    """One option's good; None where it has no name or no price."""
    told = amounts(text)
    kept = next((attributes[key] for key in _PRICES if attributes.get(key)), None)
    if told and not kept:
        last = told[-1]
        name, behind = text[: last.start], text[last.end :]
        price, currency = last.amount, last.currency
        if LETTER.search(without_said(re.split(r"[(（\[【]", behind)[0].lstrip("元块 "))):
            return None  # Steam $20 充值码
    elif kept and BARE.fullmatch(kept.strip()):
        price, currency = float(kept.replace(",", "")), "CNY"
        same = next((money for money in reversed(told) if money.amount == price), None)
        name, behind = (text[: same.start], text[same.end :]) if same else (text, "")
    else:
        return None
    shown = _STOCK.search(behind) or _STOCK.search(text)
    if shown is not None and shown.start() < len(name) and not behind:
        name = name[: shown.start()]
    name = _TAIL.sub("", name).strip()
    if len(name) < 2 or _AMOUNT_OF.match(name):
        return None
    held = next((attributes[key] for key in _STOCKS if attributes.get(key)), None)
    stock, label = stock_of(held or (shown.group(1) if shown else None))
    if stock is None and label and label.replace(",", "").isdigit():
        stock, label = count(label), None
    if stock is None and label is None and (gone := SOLD_OUT.search(behind)):
        stock, label = 0, gone.group()
    if currency != "CNY":
        return Good(name, None, None, stock, label, currency=currency)
    former = yuan(next((attributes[key] for key in _FORMERS if attributes.get(key)), None))
    return Good(name, price, former if former and former > price else None, stock, label)
