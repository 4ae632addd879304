"""异次元发卡 (acg-faka): its public category tree and goods lists as JSON; notice and footer from the home page."""

from __future__ import annotations

import re
from typing import Any

from crawler.shops.page import Found, Good, More, Page, count, stock_of, yuan

ID = "acg-faka"
NAME = "异次元发卡"
SIGNS = (
    (("/assets/common/js/ready.js?v=",), 5),
    (('setVar("CAT_ID"',), 4),
    (("navbar-acg", 'alt="ACG Logo"'), 3),
    (("/assets/static/pay.js", "/assets/static/acg.js", "Pay.getCategory"), 5),
    (("/user/index/query",), 2),
    (('class="content-icp"', 'class="cdn-support"'), 2),
)
VERSION = re.compile(
    r"\?v=(\d+\.\d+\.\d+)\" rel=\"icon\"|/assets/(?:common/js/ready|static/(?:acg|pay))\.js\?v=(\d+\.\d+(?:\.\d+)?)\""
)
_LIMIT = 40
_CATEGORIES = 30


def home(page: Page) -> Found:
    """Notice and footer; the goods come from the lists."""
    found = Found()
    for panel in page.tree.css(".panel"):
        title = panel.css_first(".panel-title")
        body = panel.css_first(".panel-body")
        if title is not None and body is not None and "公告" in title.text():
            found.notices.append(body.html or "")
    footer = page.tree.css_first("body > footer, .content-icp")
    found.footer = footer.html or "" if footer else ""
    return found


def more(page: Page) -> list[More]:
    """The category tree."""
    return [More("/user/api/index/data", "categories")]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The category tree or one page of a category's goods."""
    document = page.envelope((200,))
    rows = document.get("data") or []
    if what == "categories":
        found = [_goods(id_, 1) for id_ in _leaves(rows)][:_CATEGORIES]
        return Found(stated_empty=not found), found
    category, number = what.rsplit(":", 1)
    goods = [_good(row) for row in rows]
    total = count(document.get("total")) or 0
    following = [_goods(category, int(number) + 1)] if goods and int(number) * _LIMIT < total else []
    return Found(goods=goods, stated_empty=not goods), following


def _goods(category: str, number: int) -> More:
    path = f"/user/api/index/commodity?categoryId={category}&limit={_LIMIT}&page={number}"
    return More(path, f"{category}:{number}")


def _leaves(rows: list[dict[str, Any]]) -> list[str]:
    ids: list[str] = []
    for row in rows:
        ids.append(str(row.get("id")))
        ids += _leaves(row.get("children") or [])
    return ids


def _good(row: dict[str, Any]) -> Good:
    # Before 2.0 the stock of automatic goods was called card_count.
    stock, label = stock_of(row.get("stock", row.get("card_count")))
    return Good(
        str(row.get("name") or ""),
        yuan(row.get("price")),
        None,
        stock,
        label,
        count(row.get("order_sold")),
        {0: True, 1: False}.get(row.get("delivery_way")),  # type: ignore[arg-type]
    )
