"""Goods in data a page carries or loads: schema.org products, and lists of objects with a name and a price. Pure."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from crawler.pages.safe_parse import parse_json_bounded
from crawler.shops.money import currency_of
from crawler.shops.page import Good, Page, count, stock_of, yuan

_NAMES = ("name", "goods_name", "goodsName", "goodname", "gd_name", "title", "product_name", "productName", "shop_name_goods",
          "subject", "label", "goods_title", "commodity_name", "sku_name", "skuName", "item_name", "mingcheng")  # fmt: skip
_PRICES = ("price", "sell_price", "sellPrice", "goods_price", "goodsPrice", "sale_price", "salePrice", "actual_price", "current_price",
           "now_price", "amount", "money", "unit_price", "unitPrice", "price_amount", "priceText", "jiage")  # fmt: skip
_CENTS = (
    "price_cents",
    "priceCents",
    "price_in_cents",
    "price_fen",
    "priceFen",
    "amount_cents",
    "sale_price_cents",
)
_STOCKS = ("quantity", "qty", "store", "count", "surplus", "left")
_SALES = ("sales", "sold", "paid")
_FORMER_KEY = re.compile(
    r"(?:\w+_)?(?:origin(?:al)?|market|old|line|list|retail|regular|compare_at|crossed|before|msrp|ori)_(?:\w+_)?price|price_(?:ori\w*|old|market|before)"
)
_STOCK_KEY = re.compile(
    r"(?:\w+_)?g?(?:stock|inventory|kucun|remain\w*)(?:_(?:num|number|count|qty|quantity|left))?"
)
_SALES_KEY = re.compile(
    r"(?:\w+_)?(?:sales?|sell|sold)_(?:num|number|count|volume|qty|quantity|total|real|show)|\w+_(?:sales|sold)|qty_sell|xiaoliang|销量|已售"
)
_NAME_KEY = re.compile(
    r"(?!(?:cat|cate|category|type|group|class|brand|shop|store|seller|user|nick|site|author|vendor|merchant|tag|spec|unit)_)\w{1,20}_(?:name|title)|[gps](?:name|title)|(?:商品|产品)?(?:名称?|标题)"
)
_PRICE_KEY = re.compile(
    r"(?!\w*(?:market|origin|old|line|vip|member|agent|cost|wholesale|settle|trade|max|ladder|retail|supply|user|level))\w{1,20}_price|price_(?:now|sale|sell|show|current)|[gps]price|(?:商品)?[单售现]?价格?"
)
"""Whatever a system calls the name of a good and what is asked for it."""
_KINDS_KEY = re.compile(r"(?:\w+_)?(?:skus?|specs?|variants?|editions?|packages?)(?:_list)?")
_MOST_KINDS = 50
_ELSE_KEY = re.compile(
    r"(?:^|_)(?:levels?|grades?|coupons?|vouchers?|pay(?:s|ments?|_?ways?|_?types?|_?channels?|_?methods?)?|channels?|recharges?|agents?|shipping|freights?|withdraws?|orders?|carts?|recent|reviews?|comments?)(?:$|_)"
)
"""What other things than goods stand under."""
_CENTS_KEY = re.compile(r"(?!\w*(?:market|origin|old|line|vip|cost))\w{1,20}_price_(?:fen|cents?)")
_CURRENCIES = ("currency", "price_currency", "priceCurrency", "currencyCode", "currency_code")
_AMOUNTS = (
    "amount",
    "value",
    "price",
    "current",
    "final",
    "min",
    "minVariantPrice",
    "amount_min",
    "centAmount",
)
"""What holds the figure of a price that is an object of its own."""
_MINOR_UNITS = ("currency_minor_unit", "fractionDigits", "precision")
_SPOKEN = ("zh-CN", "zh_CN", "zh-Hans", "zh", "cn", "rendered", "en")
"""Which of a name's languages is read, the first that is there."""
_TOKEN = re.compile(
    r""""(?:[^"\\]|\\.)*"|'(?P<single>(?:[^'\\]|\\.)*)'|(?<![\w.$])(?P<key>[A-Za-z_$][\w$]*)\s*:|(?P<comma>,)(?=\s*[\]}])|(?P<word>undefined|void 0|NaN|![01])"""
)
"""What in a literal of a script JSON writes otherwise; a string in double quotes stays."""
_PARSED = re.compile(r'JSON\.parse\(\s*("(?:[^"\\]|\\.)*")')
"""JSON that a script holds as a text."""
_PUSHED = re.compile(r'\.push\(\[\s*\d+\s*,\s*("(?:[^"\\]|\\.)*")\s*\]\)')
"""A piece of a text that scripts hand over piece by piece (of a page a server draws in a stream)."""
_DATA = re.compile(r"(?:=\s*|^\s*|\w\(\s*|\w[\"']?\s*:\s*(?=\[\s*\{))(?=[\[{])")
"""Where data begins: a value that is set, the whole script, what a function is called with, a list of objects in an object that holds code as well."""
_FEWEST = 1
_MOST = 500
_MOST_ELEMENTS = 20_000
_MOST_ROWS = 10_000
_MOST_ATTRIBUTES = 1_000
_SHORTEST_DATA = 24
_LONGEST_SCRIPT = 2_000_000
_LONGEST_LITERAL = 300_000
_MANY_STARTS = 400
_MOST_LOOKED_AT = 4_000_000
"""Characters of a page's scripts, or of its attributes, in which the ends of literals are looked for, some more than once."""


def products(page: Page) -> list[Good]:
    """schema.org products in JSON-LD or microdata."""
    goods = []
    for script in page.tree.css('script[type="application/ld+json"]'):
        try:
            document = parse_json_bounded(script.text())
        except ValueError:
            continue
        goods += [_product(entry) for entry in _typed(document, "Product")]
    return [good for good in goods or _microdata(page) if good.name]


def _microdata(page: Page) -> list[Good]:
    """The products of schema.org microdata: what `itemprop` calls name, price, priceCurrency and availability."""
    goods = []
    for product in page.tree.css('[itemtype$="schema.org/Product" i]')[:_MOST]:
        told: dict[str, str] = {}
        for element in product.css("[itemprop]"):
            attributes = element.attributes
            said, what = element.text() or "", attributes.get("itemprop") or ""
            # The standard takes a link's address for its value; what shops mean by its name is its text.
            told.setdefault(
                what,
                " ".join(
                    (attributes.get("content") or (what != "name" and attributes.get("href")) or said).split()
                ),
            )
        price = told.get("price") or told.get("lowPrice")
        if told.get("name") and price and yuan(price) is not None:
            goods.append(_product({"name": told["name"], "offers": {**told, "price": price}}))
    return goods


def listed(page: Page) -> list[Good]:
    """Goods in JSON that a script of the page holds, the list with the most of them."""
    best: list[Good] = []
    scripts = [script.text() or "" for script in page.tree.css("script")]
    pushed: list[str] = []
    for piece in (piece for text in scripts for piece in _PUSHED.findall(text[:_LONGEST_SCRIPT])):
        with contextlib.suppress(ValueError):
            pushed.append(json.loads(piece))
    texts = (
        text[:_LONGEST_SCRIPT]
        for text in (*scripts, "".join(pushed))
        if re.search(r"price|money|amount|价格|jiage", text, re.IGNORECASE)
    )
    for documents in _documents(texts):
        # A script may put its goods into a list one by one.
        one_by_one = [row for row in documents if isinstance(row, dict) and _is_flat(row)]
        for document in (*documents, one_by_one):
            goods = goods_in_json(document)
            if len(goods) > len(best):
                best = goods
    return best or _in_attributes(page)


def _in_attributes(page: Page) -> list[Good]:
    """Goods that a component of the page is handed in an attribute, as JSON or as a script writes it."""
    best: list[Good] = []
    told = (
        value
        for element in page.tree.css("*")[:_MOST_ELEMENTS]
        for value in element.attributes.values()
        if value and len(value) > _SHORTEST_DATA and "{" in value and "rice" in value
    )
    for documents in _documents(value[:_LONGEST_LITERAL] for value in islice(told, _MOST_ATTRIBUTES)):
        best = max([best, *map(goods_in_json, documents)], key=len)
    return best


def goods_in_json(document: Any) -> list[Good]:
    """The goods of a parsed answer: of its lists of objects that have a name and a price, all that stand in the largest kind.

    A price is taken as it stands, in yuan; under a key that says 分 (fen, cents) it is a hundredth of what stands there.
    """
    by_keys: dict[tuple[str, str], list[Good]] = {}
    for row in map(_opened, islice(_rows(_dereferenced(document)), _MOST_ROWS)):
        name = _key(row, _NAMES, _NAME_KEY, _is_text)
        cents = _key(row, _CENTS, _CENTS_KEY, _is_whole)
        price = cents or _key(row, _PRICES, _PRICE_KEY, _is_price)
        if not name or not price:
            continue
        stock, label = stock_of(row.get(_key(row, _STOCKS, _STOCK_KEY, _is_said)))
        currency = next((currency_of(str(row[key])) for key in _CURRENCIES if row.get(key)), "CNY")
        asked = row[price] / 100 if cents else yuan(row[price])
        former = yuan(row.get(_key(row, (), _FORMER_KEY, _is_price))) if not cents else None
        good = Good(
            row[name].strip(),
            asked if currency == "CNY" else None,
            former if currency == "CNY" and former and asked is not None and former > asked else None,
            stock,
            label,
            count(row.get(_key(row, _SALES, _SALES_KEY, _is_said))),
            currency=currency,
        )
        by_keys.setdefault((name, price), []).append(good)
    best = max(by_keys.values(), key=len, default=[])
    return best[:_MOST] if len(best) >= _FEWEST else []


def _dereferenced(document: Any) -> Any:
    """Of a flat list whose objects and lists name the places of their values, the objects with their values, two levels deep."""
    if not isinstance(document, list) or len(document) < 8:
        return document
    rows = [row for row in document if isinstance(row, dict) and row]
    if not rows or not all(_is_whole(at) and at < len(document) for row in rows for at in row.values()):
        return document

    def told(row: dict[str, int], deep: int) -> dict[str, Any]:
        values = {key: document[at] for key, at in row.items()}
        return {
            key: told(value, deep - 1) if deep and isinstance(value, dict) else value
            for key, value in values.items()
        }

    return [told(row, 1) for row in rows]


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose name in several languages, or price with its currency, is an object of its own, as if it stood there plainly."""
    objects = {key: value for key, value in row.items() if isinstance(value, dict)}
    plain: dict[str, Any] = {}
    for key, value in objects.items():
        if key in _NAMES:
            plain[key] = next((value[word] for word in _SPOKEN if _is_text(value.get(word))), None)
        elif "price" in _words(key):
            for _ in range(2):  # priceRange → minVariantPrice → amount
                inner = next((value[word] for word in _AMOUNTS if word in value), None)
                if not isinstance(inner, dict):
                    break
                value = inner
            if not _is_price(inner):
                continue
            units = next((value[word] for word in _MINOR_UNITS if _is_whole(value.get(word))), 0)
            whole = str(inner).isdigit() and 0 < units < 5
            plain["price" if key == "prices" else key] = int(str(inner)) / 10**units if whole else inner
            plain |= {word: value[word] for word in _CURRENCIES if word in value}
    if not any(_is_price(value) and "price" in _words(key) for key, value in row.items()):
        # Of a good of several kinds the lowest price is asked, as a page would print it.
        kinds = next(
            (v for k, v in row.items() if _KINDS_KEY.fullmatch(_words(k)) and isinstance(v, list)), []
        )
        asked = [
            (kind, key)
            for kind in kinds[:_MOST_KINDS]
            if isinstance(kind, dict) and (key := _key(kind, _PRICES, _PRICE_KEY, _is_price))
        ]
        if asked and "price" not in plain:
            lowest, key = min(asked, key=lambda told: yuan(told[0][told[1]]) or 0)
            plain["price"] = lowest[key]
    return row | plain if plain else row


def _key(
    row: dict[str, Any], exact: tuple[str, ...], kind: re.Pattern[str], fits: Callable[[Any], bool]
) -> str:
    """The key of a row whose value fits: the first of `exact` that is there, else the first of the kind; empty for none."""
    return next((key for key in exact if fits(row.get(key))), None) or next(
        (key for key in row if kind.fullmatch(_words(key)) and fits(row[key])), ""
    )


def _is_flat(row: dict[str, Any]) -> bool:
    return not any(isinstance(value, dict | list) and value for value in row.values())


def _is_price(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and yuan(value) is not None and len(value) < 20
    )


def _is_said(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _words(key: Any) -> str:
    """goodsName → goods_name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(key)).lower()


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _rows(document: Any) -> Iterator[dict[str, Any]]:
    level = [document]
    while level:
        following: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if len(value) > 2 and all(isinstance(row, dict) for row in value.values()):
                    yield from value.values()  # by their numbers
                following += (inner for key, inner in value.items() if not _ELSE_KEY.search(_words(key)))
            elif isinstance(value, list):
                yield from (row for row in value if isinstance(row, dict))
                following += value
        level = [value for value in following if isinstance(value, dict | list)]


def _documents(texts: Iterable[str]) -> Iterator[list[Any]]:
    """What in each text can be read as JSON: the whole of it, or what follows an equals sign."""
    looked_at = 0
    for text in texts:
        with contextlib.suppress(ValueError):
            yield [parse_json_bounded(text)]
            continue
        found: list[Any] = []
        for match in islice(_PARSED.finditer(text), _MANY_STARTS):
            with contextlib.suppress(ValueError):
                found.append(parse_json_bounded(json.loads(match.group(1))))
        read = 0
        for match in islice(_DATA.finditer(text), _MANY_STARTS):
            start = match.end()
            if start < read or looked_at > _MOST_LOOKED_AT:
                continue
            end = _closing(text, start)
            looked_at += (end or len(text)) - start
            if end is None or end - start < _SHORTEST_DATA:
                continue
            literal = text[start:end]
            for form in (literal, _as_json(literal) if len(literal) <= _LONGEST_LITERAL else ""):
                with contextlib.suppress(ValueError):
                    found.append(parse_json_bounded(form))
                    read = end
                    break
        yield found


def _as_json(literal: str) -> str:
    """A literal as scripts write it (keys without quotes, single quotes, a comma before the end) in the form of JSON."""

    def written(match: re.Match[str]) -> str:
        if (text := match["single"]) is not None:
            return json.dumps(re.sub(r"\\(['\"\\/])", r"\1", text), ensure_ascii=False)
        if match["key"] is not None:
            return f'"{match["key"]}":'
        if match["word"] is not None:
            return {"!0": "true", "!1": "false"}.get(match["word"], "null")
        return "" if match["comma"] is not None else match.group()

    return _TOKEN.sub(written, literal)


def _closing(text: str, start: int) -> int | None:
    """Where the bracket at `start` closes; None where it does not."""
    depth, quoted, position = 0, "", start
    for match in re.compile(r"\\.|[\"'\[\]{}]").finditer(text, start):
        mark = match.group()
        if mark in "\"'":
            quoted = "" if quoted == mark else quoted or mark
        elif quoted or mark[0] == "\\":
            continue
        elif mark in "[{":
            depth += 1
        else:
            depth -= 1
            position = match.end()
            if depth == 0:
                return position
    return None


def _typed(document: Any, kind: str) -> Iterator[dict[str, Any]]:
    level = [document]
    while level:
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                types = value.get("@type")
                if kind in (types if isinstance(types, list) else [types]):
                    yield value
                else:
                    inner += value.values()
            elif isinstance(value, list):
                inner += value
        level = [value for value in inner if isinstance(value, dict | list)]


def _product(entry: dict[str, Any]) -> Good:
    offers = entry.get("offers") or {}
    first = offers[0] if isinstance(offers, list) and offers else offers
    offer: dict[str, Any] = first if isinstance(first, dict) else {}
    state = re.search(r"(OutOfStock|SoldOut|Discontinued)|(Limited)|InStock", str(offer.get("availability")))
    stock, label = (
        (None, None) if state is None else (0, "缺货") if state[1] else (None, "少量" if state[2] else "有货")
    )
    currency = currency_of(str(offer.get("priceCurrency") or "CNY"))
    price = offer.get("price", offer.get("lowPrice"))
    return Good(
        str(entry.get("name") or "").strip(),
        yuan(price) if currency == "CNY" else None,
        None,
        stock,
        label,
        currency=currency,
    )
