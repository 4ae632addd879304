"""A shop whose system is not known: repeated blocks that hold a name and a price. An unknown system is no fault."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborNode

from crawler.nesting import json_in
from crawler.shops.page import Found, Good, Page, stock_of, text_in, yuan

_PRICED = re.compile(r"[¥￥]\s*\d+(?:\.\d{1,3})?|\d+(?:\.\d{1,2})?\s*元")
_YUAN_SIGN = re.compile(r"[¥￥]\s*\d+(?:\.\d{1,3})?")
_STOCK = re.compile(r"库存\s*[:：(（]?\s*(-?\d+|充足|少量|紧张|缺货|售罄)")
_BLOCKS = ".goods, .product, .item, .goods-item, .product-item, .card, li, tr"
_MOST = 500


def home(page: Page) -> Found:
    """Goods from schema.org data, else from blocks that hold exactly one price."""
    goods = _structured(page) or _blocks(page)
    return Found(goods=goods[:_MOST], stated_empty=True)


def _blocks(page: Page) -> list[Good]:
    found: dict[str, Good] = {}
    for block in page.tree.css(_BLOCKS):
        text = text_in(block)
        if not 4 < len(text) < 300 or not _PRICED.search(text):
            continue
        name = _name(block, text)
        # A name may hold a sum of its own (话费100元): prices are looked for outside it, and ¥ says more than 元.
        rest = text.replace(name, " ", 1)
        prices = _YUAN_SIGN.findall(rest) or _PRICED.findall(rest)
        if not name or name in found or len(prices) not in (1, 2):
            continue
        shown = _STOCK.search(text)
        stock, label = (
            stock_of(shown.group(1))
            if shown
            else (None, "缺货" if "缺货" in text or "售罄" in text else None)
        )
        automatic = True if "自动发货" in text else False if "人工" in text else None
        if label == "缺货":
            stock = 0
        found[name] = Good(
            name,
            yuan(prices[0]),
            yuan(prices[1]) if len(prices) == 2 else None,
            stock,
            label,
            None,
            automatic,
        )
    return list(found.values())


def _name(block: LexborNode, text: str) -> str:
    for selector in (".name", ".title", "h3", "h4", "h5", "a[title]", "a", "td"):
        node = block.css_first(selector)
        if node is not None:
            name = node.attributes.get("title") or text_in(node)
            if 2 <= len(name) <= 120 and not _YUAN_SIGN.search(name) and not _PRICED.fullmatch(name):
                return name
    head = _PRICED.split(text)[0].strip(" ·|-：:")
    return head if 2 <= len(head) <= 120 else ""


def _structured(page: Page) -> list[Good]:
    goods = []
    for script in page.tree.css('script[type="application/ld+json"]'):
        try:
            document = json_in(script.text())
        except ValueError:
            continue
        for entry in document if isinstance(document, list) else [document]:
            if isinstance(entry, dict) and entry.get("@type") == "Product":
                offers = entry.get("offers") or {}
                offer: dict[str, Any] = offers[0] if isinstance(offers, list) else offers
                out = "OutOfStock" in str(offer.get("availability"))
                label = "缺货" if out else None
                goods.append(
                    Good(
                        str(entry.get("name") or ""),
                        yuan(offer.get("price")),
                        None,
                        0 if out else None,
                        label,
                    )
                )
    return goods
