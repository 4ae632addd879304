"""ZFAKA: a public paged goods list as JSON; a password-protected group is unknown, not empty."""

from __future__ import annotations

import re

from crawler.shops.page import Found, Good, More, Page, count, stock_of, yuan

ID = "zfaka"
NAME = "ZFAKA"
SIGNS = (
    (re.compile(r'name="keywords" content="[^"]*ZFAKA'), 6),
    (('name="author" content="资料空白"',), 4),
    (re.compile(r"Powered by[\s\S]{0,80}ZFAKA"), 4),
    (re.compile(r"/templates/(?:hibiscus|choice|hyacinth|shadan)/"), 4),
    (("/product/get/",), 3),
)
VERSION = re.compile(
    r"zfaka/?\"[^>]{0,60}>\s*ZFAKA\s+v?(\d+(?:\.\d+){1,3})|name=\"version\" content=\"(\d+(?:\.\d+){1,3})\"",
    re.IGNORECASE,
)
_LIMIT = 20
_PAGES = 30


def home(page: Page) -> Found:
    """Notices and footer; the goods come from the list."""
    found = Found(notices=[node.html or "" for node in page.tree.css("blockquote.layui-elem-quote")])
    footer = page.tree.css_first("footer, .footer, .layui-footer")
    found.footer = footer.html or "" if footer else ""
    return found


def more(page: Page) -> list[More]:
    """The first page of goods."""
    return [_page(1)]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """One page of goods and the one after it."""
    document = page.envelope((0,))
    rows = document.get("data") or []
    goods = []
    for row in rows:
        controlled = str(row.get("stockcontrol", "1")) == "1"
        stock, label = stock_of(row.get("qty")) if controlled else (None, "不限")
        goods.append(
            Good(
                str(row.get("name") or ""),
                yuan(row.get("price")),
                yuan(row.get("price_ori")) or None,
                stock,
                label,
                count(row.get("qty_sell")),
                {"1": True, "0": False}.get(str(row.get("auto"))),
            )
        )
    number = int(what)
    total = count(document.get("count")) or 0
    following = [_page(number + 1)] if rows and number * _LIMIT < total and number < _PAGES else []
    return Found(goods=goods, stated_empty=not goods), following


def _page(number: int) -> More:
    return More(f"/product/get/?limit={_LIMIT}&page={number}", str(number))
