"""彩虹自助下单 / 代刷 (rainbow): the server-rendered faka list, or the public getclass/gettool lists; order counters.

Counters that are all zero are hidden counters, not zero. The winners' list (`gift`) is dropped unread.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from selectolax.lexbor import LexborNode

from crawler.shops.page import Found, Good, More, Orders, Page, count, stock_of, text_in, yuan

ID = "rainbow"
NAME = "彩虹自助下单"
SIGNS = (
    (re.compile(r"hashsalt\s*="), 5),
    (re.compile(r"assets/js/main\.js\?ver=\d+"), 3),
    (re.compile(r"assets/(?:faka|store|simple|cyui|layui)/(?:css|images|js)/"), 2),
    (('class="indexlistlb', "stitle tableth2"), 3),
    (('name="_template_virtualdata"',), 4),
    (re.compile(r'id="count_(?:yxts|orders\d?|money\d?)"'), 3),
    (re.compile(r"\./\?mod=(?:buy|query|cart|kf)"), 2),
)
VERSION = re.compile(r"assets/js/main\.js\?ver=(\d{4})\b")
_CLASSES = 30
_SOLD = re.compile(r"销量\s*[:：]?\s*(\d+)")


def home(page: Page) -> Found:
    """The faka list, notices and footer; a fabricated-activity switch is read with the other signs."""
    found = Found(goods=[good for row in page.tree.css("tr") if (good := _row(row)) is not None])
    for selector in ("#anounce", ".anounce", ".account-verify", "#myModal .modal-body"):
        found.notices += [node.html or "" for node in page.tree.css(selector)]
    footer = page.tree.css_first(".copyright, .footer, footer")
    found.footer = footer.html or "" if footer else ""
    return found


def more(page: Page) -> list[More]:
    """The order counters, and the class list when the page itself lists no goods."""
    wanted = [More("./ajax.php?act=getcount", "count")]
    if page.tree.css_first("td.stitle") is None:
        wanted.append(More("./ajax.php?act=getclass", "classes"))
    return wanted


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """Counters, classes, or the goods of one class."""
    document = page.envelope((0,))
    if what == "count":
        return Found(orders=orders_of(document)), []
    rows = [row for row in document.get("data") or [] if isinstance(row, dict)]
    if what == "classes":
        active = [row for row in rows if str(row.get("active", "1")) == "1"][:_CLASSES]
        return Found(stated_empty=not active), [
            More(f"./ajax.php?act=gettool&cid={quote(str(row['cid']))}", "goods")
            for row in active
            if row.get("cid")
        ]
    goods = [_good(row) for row in rows if str(row.get("close", "0")) != "1"]
    return Found(goods=goods, stated_empty=not goods), []


def orders_of(document: dict[str, Any]) -> Orders:
    """Order counters; all zero means the owner hides them: the switch leaves the shop's age in days (`yxts`) as it is."""
    total, done, today = (count(document.get(key)) for key in ("orders", "orders1", "orders2"))
    if not total and not done and not today:
        return Orders(hidden=True)
    return Orders(total, done, today)


def _row(row: LexborNode) -> Good | None:
    cell = row.css_first("td.stitle")
    if cell is None:
        return None
    name = cell.css_first("font[title]")
    stock, label = stock_of(_pieces(text_in(row.css_first('font[title="商品库存"]'))))
    state = text_in(row.css_first('font[title="商品状态"]'))
    if "下架" in state:
        stock, label = 0, "已下架"
    sold = _SOLD.search(text_in(row))
    way = " ".join(a.attributes.get("title") or "" for a in cell.css("a[title]"))
    return Good(
        (name.attributes.get("title") if name else None) or text_in(name or cell),
        yuan(text_in(row.css_first('font[title="商品售价"]'))),
        None,
        stock,
        label,
        int(sold.group(1)) if sold else None,
        True if way.startswith("自动") else False if way.startswith("手动") else None,
    )


def _good(row: dict[str, Any]) -> Good:
    stock, label = stock_of(row.get("stock"))
    return Good(
        str(row.get("name") or ""),
        yuan(row.get("price")),
        None,
        stock,
        label,
        count(row.get("sales")),
        {"1": True, "0": False}.get(str(row.get("isfaka"))),
    )


def _pieces(text: str) -> str:
    return text.removesuffix("个").removesuffix("张").strip()
