"""Goods of a shop nobody wrote a parser for, found by repeated structure: the same path of tags and classes, one price each. Pure.

Every price on the page is found first (prices.py). Blocks that repeat around them make lists (records.py). What names the
goods is the place inside the block whose texts are most like names over the whole list (product_names.py), so that a badge, a
counter or a button, which repeat themselves, is never taken for one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from crawler.shops.money import Money
from crawler.shops.page import SOLD_OUT, Good, count, stock_of
from crawler.shops.unknown.page_outline import Element, column_of
from crawler.shops.unknown.price_blocks import (
    Price,
    ask_something,
    bare_decimals,
    free_in,
    innermost,
    join_split,
    prices_in,
    set_levels_apart,
    set_named_apart,
    set_slogans_apart,
    set_sums_apart,
    split_lines,
    trust_places,
)
from crawler.shops.unknown.product_blocks import lists_in
from crawler.shops.unknown.product_names import names_of

_STOCK = re.compile(
    r"(?:库存|剩余|余量|还剩|仅剩|存货|可售|剩|(?<![\u4e00-\u9fff])[余存]|stock|only)\s*(?:数量|量|状态|情况)?\s*[:：(（\[]?\s*(?:[仅只还]?[剩余]余?)?\s*"
    r"(-?\d[\d,]*(?:\.\d+)?\s*[万wk]?\+?|充足|少量|紧张|不足|缺货|售罄|告罄|大量|一般|有货|无货|正常|不限|无限|现货|爆棚|非常多|较少|很多|所剩无几)"
    r"|(?<![\d.,])(\d[\d,]*)\s*(?:pcs\s*)?(?:in stock|left|available|可用|[件个张份]?可售)",
    re.IGNORECASE,
)
_SOLD = re.compile(
    r"(?:销量|销售|已售|售出|已卖|成交|月销|总销|已出|热销|sold|sales)\s*(?:量|数量|数|出|了)?\s*[:：(（]?\s*(\d[\d,]*(?:\.\d+)?\s*[万wk]?)"
    r"|(?<![\d.¥￥])(\d[\d,]*(?:\.\d+)?[万wk]|\d[\d,]*)\+?\s*(?:(?:人|件|笔|单|次|份)\s*(?:已?购买|付款|已[买购])|(?:人|件|笔|单|次|份)?\s*(?:已售|售出|成交)(?!\s*[:：]?\s*\d)|\s+sold)",
    re.IGNORECASE,
)
_PIECES = re.compile(
    r"(-?\d[\d,]*(?:\.\d+)?\s*[万wk]?\+?)\s*(?:[个件张份条枚套只组]|pcs|шт)?\s*[.。]?", re.IGNORECASE
)
"""A number of pieces and nothing else."""
_STOCK_MARK = re.compile(
    r"(?:^|[-_\s])(?:\w{0,8}stock|inventory|kucun|qty|quantity|remain\w*|surplus)(?:$|[-_\s])", re.IGNORECASE
)
_STOCK_ATTRIBUTES = ("data-stock", "data-inventory", "data-kucun", "data-goods-stock")
_SOLD_MARK = re.compile(r"(?:^|[-_\s])(?:\w{0,8}sold|sales|xiaoliang)(?:$|[-_\s])", re.IGNORECASE)
_A_LIST = 3
"""Goods that make a list; fewer sums with a sign may stand anywhere on a page."""
_TEAM = re.compile(r"\d\s*人\s*(?:成?团|拼)|拼团价|砍价")
_GONE_MARK = re.compile(
    r"(?:^|[-_\s])(?:sold-?out|sell-?out|out-?of-?stock|stock-?out|no-?stock|quehuo|shouqing|empty-stock|is-out|disabled-good)\w*(?:$|[-_\s])",
    re.IGNORECASE,
)


def goods_in(body: Element, is_article: bool = False) -> list[Good]:
    """The goods of a page of unknown structure, in the page's order; none where nothing repeats and nothing looks sold.

    In an article what could be bought shows how: a table of prices is what its author compares.
    """
    split_lines(body)
    join_split(body)
    set_sums_apart(body)
    prices = innermost(list(prices_in(body)))
    prices += free_in(body, prices)
    prices.sort(key=lambda price: price.element.number)
    trust_places(prices)
    set_slogans_apart(prices)
    sure = [price for price in prices if price.sure]
    ask_something(sure)
    set_named_apart(sure)
    set_levels_apart(sure)
    goods = _listed(sure, is_article=is_article)
    if len(goods) < _A_LIST:
        decimals = list(bare_decimals(body))
        set_levels_apart(decimals)
        plain = _listed(decimals, fewest=_A_LIST, is_article=is_article)
        if len(plain) > 2 * len(goods):
            return plain
    return goods or _listed(prices, is_article=is_article)


def _listed(prices: list[Price], fewest: int = 1, *, is_article: bool) -> list[Good]:
    """The goods around `prices`, of lists of at least `fewest`."""
    lists = lists_in(prices, is_article)
    rows: list[tuple[int, bool, Good]] = []
    linked: dict[tuple[str, float], str] = {}
    formers = sorted(
        (price for price in prices if price.role == "former"), key=lambda price: price.element.number
    )
    numbers = [price.element.number for price in formers]
    for records in lists:
        if len(records) < fewest:
            continue
        links = Counter(link for block, _ in records if (link := _link_of(block)))
        for (block, price), name in zip(records, names_of(records), strict=True):
            link = _link_of(block)
            if name and link and links[link] == 1:
                # A slide or a ranking leads to a good of the list: it is called there what it is called in the longer list.
                name = linked.setdefault((link, price.money.amount), name)
            if name:
                good = _good(block, price, name, _former(block, formers, numbers))
                rows.append((block.number, bool(_TEAM.search(block.text)), good))
    found: dict[str, Good] = {}
    # What a team pays is what one buyer pays only where nothing else is asked.
    for _, _, good in sorted(rows, key=lambda row: (row[1], row[0])):
        known = found.get(good.name)
        found[good.name] = good if known is None else both(known, good)
    return _without_cut(list(found.values()))


def _link_of(block: Element) -> str:
    """Where the first link of a block leads; empty for a link that leads nowhere by itself."""
    for element in (block, *block.walk()):
        href = element.attributes.get("href") or ""
        if element.tag == "a" and href and not href.startswith(("#", "javascript:")):
            return href
    return ""


def _without_cut(goods: list[Good]) -> list[Good]:
    """The goods without those whose name is the cut beginning of another's at the same price."""
    cut = re.compile(r"\s*(?:…|\.{2,})$")
    whole = [good for good in goods if not cut.search(good.name)]
    return [
        good
        for good in goods
        if not (found := cut.search(good.name))
        or not any(
            other.price == good.price and other.name.startswith(good.name[: found.start()]) for other in whole
        )
    ]


def _former(block: Element, formers: list[Price], numbers: list[int]) -> Money | None:
    """The first crossed-out price inside a block; `formers` in the page's order, `numbers` their places."""
    for price in formers[bisect_left(numbers, block.number) :]:
        if any(above is block for above in (price.element, *price.element.ancestors())):
            return price.money
        if price.element.number > block.number + 400:
            break
    return None


def both(first: Good, second: Good) -> Good:
    """A good that stands on the page twice (recommended, then listed): what either says."""
    if first.price != second.price or first.currency != second.currency:
        return first
    return replace(
        first,
        list_price=first.list_price if first.list_price is not None else second.list_price,
        stock=first.stock if first.stock is not None else second.stock,
        label=first.label or second.label,
        sold=first.sold if first.sold is not None else second.sold,
        automatic=first.automatic if first.automatic is not None else second.automatic,
    )


def _good(block: Element, price: Price, name: str, former: Money | None) -> Good:
    lines = list(_lines(block, name))
    stock, label = _stock(block, name, lines)
    currency = price.money.currency
    return Good(
        name,
        price.money.amount if currency == "CNY" else None,
        former.amount if former is not None and former.currency == "CNY" == currency else None,
        stock,
        label,
        _sold(lines),
        _automatic(block.text.replace(name, " ", 1)),
        currency=currency,
    )


def _stock(block: Element, name: str, lines: list[tuple[str, Element]]) -> tuple[int | None, str | None]:
    for text, element in lines:
        if shown := _STOCK.search(text):
            word = (shown.group(1) or shown.group(2)).strip()
            if re.fullmatch(r"[\d,.]+\s*[万wk]?\+?", word, re.IGNORECASE):
                return count(word), None
            return stock_of(word)
        if text and len(text) < 20 and column_of(element) == "stock":
            shown = _PIECES.fullmatch(text)
            return stock_of(count(shown.group(1))) if shown else stock_of(text)
    for text, element in lines:
        if (shown := _PIECES.fullmatch(text)) and _STOCK_MARK.search(element.marks):
            return stock_of(count(shown.group(1)))
    for element in block.walk():
        for attribute in _STOCK_ATTRIBUTES:
            if (value := element.attributes.get(attribute)) and _PIECES.fullmatch(value.strip()):
                return stock_of(count(value))
    for element in block.walk():
        alt = (element.attributes.get("alt") or "") if element.tag == "img" else ""
        if _GONE_MARK.search(element.marks) or SOLD_OUT.search(alt):
            return 0, "缺货"
    rest = block.text.replace(name, " ", 1)
    if said := re.search(r"即将[售告]罄|库存紧张|少量|充足|有货|现货|\bin stock\b", rest, re.IGNORECASE):
        return None, said.group()
    if said := SOLD_OUT.search(rest):
        return 0, said.group()[:20]
    return None, None


def _sold(lines: list[tuple[str, Element]]) -> int | None:
    for text, element in lines:
        if shown := _SOLD.search(text):
            return count(shown.group(1) or shown.group(2))
        if text and len(text) < 20 and column_of(element) == "sold":
            return count(text)
    for text, element in lines:
        if (shown := _PIECES.fullmatch(text)) and _SOLD_MARK.search(element.marks):
            return count(shown.group(1))
    return None


def _lines(block: Element, name: str) -> Iterator[tuple[str, Element]]:
    """Short texts inside a block, the smallest elements first: beside one another 剩余 2 件 and 已售 5 would read 2 件已售."""
    later: list[Element] = []
    for element in block.walk():
        if element.children:
            later.append(element)
        elif element.own:
            yield element.own.replace(name, " ", 1), element
    for element in reversed(later):
        text = element.text
        if len(text) <= 60:
            yield text.replace(name, " ", 1), element


def _automatic(text: str) -> bool | None:
    if re.search(r"自动|秒发", text):
        return True
    return False if re.search(r"人工|手动|手工", text) else None
