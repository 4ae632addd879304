"""独角数卡 (dujiaoka) 1.x and 2.x with its themes: server-rendered lists, payment names on product pages.

A theme that is not known here is read like any unknown shop (crawler/spiders/storefront.py).
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from crawler.errors import SourceChanged
from crawler.pages.safe_parse import parse_json_bounded
from crawler.shops.page import Found, Good, More, Page, between, count, stock_of, text_in, yuan

ID = "dujiaoka"
NAME = "独角数卡"
SIGNS = (
    (("@独角数卡",), 6),
    (re.compile(r"Powered by\s*(?:<br ?/?>|<span[^>]*>|\s){0,3}<a[^>]*>\s*独角数卡"), 6),
    (("独角数卡西瓜版",), 6),
    (re.compile(r"/assets/(?:unicorn|luna|hyper|avatar|morpho)/"), 4),
    (('href="https://github.com/assimon/dujiaoka"', 'href="https://github.com/hiouttime/dujiaoka"'), 4),
    (re.compile(r'action="[^"]*/create-order"'), 3),
    (("/order-search",), 2),
    (re.compile(r"goodsMsg\s*=\s*\["), 3),
)
VERSION = re.compile(r"独角数卡[^<]{0,12}?[vV](\d+(?:\.\d+){1,2})")
_GOODS = re.compile(r"\bgoodsMsg\s*=\s*(?=\[)")
_GOODS_END = re.compile(r"(?<=\])\s{0,9};?\s{0,9}(?:</script>|\n\s{0,40}(?:var|let|const|function)\b)")
_GOODS_ID = re.compile(r'"goods"\s*:\s*\[\s*\{[^{}]{0,400}?"id"\s*:\s*(\d{1,9})')
_MOST_CHANNELS = 40
_STOCK = re.compile(r"库存\s*[:：(（]?\s*(-?\d+|[^\s\d)）]{1,8})")


def home(page: Page) -> Found:
    """Goods of the home page, whichever theme drew it."""
    found = Found()
    if script := between(page.text, _GOODS, _GOODS_END):
        _luna(script, found)
    found.goods += [_unicorn(card) for card in page.tree.css("#group-all .card")]
    found.goods += [_hyper(card) for card in page.tree.css("a.home-card")]
    found.goods += [_first_version(row) for row in page.tree.css("tr.product")]
    for selector in (".notice", "#notice-modal .modal-body", "blockquote.layui-elem-quote"):
        found.notices += [node.html or "" for node in page.tree.css(selector)]
    footer = page.tree.css_first("footer.footer .custom, .hyper-footer .footer-links, .footer")
    found.footer = footer.html or "" if footer else ""
    return found


def more(page: Page) -> list[More]:
    """One product page: the only public place that names the payment channels."""
    link = page.tree.css_first('a[href*="/buy/"]')
    if link is not None:
        return [More(link.attributes.get("href") or "", "item")]
    # luna writes its links in the browser, from the same list.
    script = between(page.text, _GOODS, _GOODS_END)
    number = _GOODS_ID.search(script) if script else None
    return [More(f"/buy/{number.group(1)}", "item")] if number else []


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The payment channels a product page offers."""
    pays = page.tree.css(".pay-type[data-name]")
    channels = [(n.attributes.get("data-name") or "", n.attributes.get("data-type") or "") for n in pays]
    labels = [n for n in page.tree.css("label") if n.css_first("input[name=payway]")]
    channels += [(text_in(n), "") for n in labels]
    options = page.tree.css("select[name=payway] option")[:_MOST_CHANNELS]
    channels += [(text_in(n), "") for n in options if n.attributes.get("value")]
    if not channels and page.tree.css_first("input[name=gid], input[name=pid], form#buy-form") is None:
        raise SourceChanged("neither a product form nor payment channels on the product page")
    return Found(payments=channels), []


def _luna(script: str, found: Found) -> None:
    try:
        groups = parse_json_bounded(script)
    except ValueError:
        raise SourceChanged("goodsMsg is not JSON") from None
    for group in groups:
        for item in group.get("goods") or ():
            stock, label = stock_of(item.get("in_stock"))
            found.goods.append(
                Good(
                    str(item.get("gd_name") or ""),
                    yuan(item.get("actual_price")),
                    yuan(item.get("retail_price")) or None,
                    stock,
                    label,
                    count(item.get("sales_volume")),
                    {1: True, 2: False}.get(item.get("type")),
                )
            )
    found.stated_empty = not found.goods


def _unicorn(card: LexborNode) -> Good:
    shown = _STOCK.search(text_in(card))
    stock, label = stock_of(shown.group(1)) if shown else (None, None)
    return Good(
        text_in(card.css_first("h6.card-title, .card-title")),
        yuan(text_in(card.css_first("strong"))),
        None,
        stock,
        label,
        None,
        _automatic(" ".join(text_in(badge) for badge in card.css(".badge"))),
    )


def _hyper(card: LexborNode) -> Good:
    sold_out = (card.attributes.get("href") or "").startswith("javascript")
    return Good(
        text_in(card.css_first("p.name, .name")),
        yuan(text_in(card.css_first(".price b, .price"))),
        None,
        0 if sold_out else None,
        "缺货" if sold_out else None,
        None,
        _automatic(text_in(card)),
    )


def _first_version(row: LexborNode) -> Good:
    """A row of 1.x: name, way of delivery, pieces, sales, price, in this order after a hidden cell."""
    cells = [text_in(cell) for cell in row.css("td")]
    numbers = [cell for cell in cells if cell.isdigit()]
    price = next((cell for cell in cells if "￥" in cell or "¥" in cell), "")
    name = row.css_first("strong, .product-name, td:not(.layui-hide)")
    return Good(
        text_in(name),
        yuan(price),
        None,
        count(numbers[0]) if numbers else None,
        None,
        count(numbers[1]) if len(numbers) > 1 else None,
        _automatic(" ".join(cells)),
    )


def _automatic(text: str) -> bool | None:
    if "自动" in text:
        return True
    return False if "人工" in text or "手动" in text else None
