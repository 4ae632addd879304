"""企业发卡 (a mall software): a merchant's categories stand in its page; goods and prices are asked as its script asks them.

Two generations of one page: a select box `goodid`, filled with options and priced good by good, or boxes filled from JSON.
The second answers some hosts only within the session its page began (crawler/spiders/storefront.py).
"""

from __future__ import annotations

import re
from typing import Any

from crawler.errors import SourceChanged
from crawler.shops.page import Found, Good, More, Page, count, stock_of, text_in, yuan

ID = "enterprise-faka"
NAME = "企业发卡"
SIGNS = (
    (("selectcateid(", "/ajax/getgoodlist", "/ajax/getgoodinfo"), 5),
    (re.compile(r"name=[\"']cateid[\"']"), 3),
    (re.compile(r"(?:id|name)=[\"'](?:goodid|goodslist|is_pwdforsearch)[\"']|selectgoodid\("), 2),
    (("/orderquery",), 1),
)
OF_MERCHANTS = True
_CATEGORIES = 20
_GOODS = 60
_PIECES = re.compile(r"(\d+)\s*[张件个]?$")


def home(page: Page) -> Found:
    """Notice and contacts of the merchant; the goods come from the lists."""
    return Found(
        notices=[node.html or "" for node in page.tree.css("#remark, .gonggao, .notice, .shop_notice")]
    )


def more(page: Page) -> list[More]:
    """The list of each category, in the form this page's own script asks for."""
    ids = [node.attributes.get("value") for node in page.tree.css('[name="cateid"], [name="cateid"] option')]
    for node in page.tree.css("[class*=category-]"):
        ids += re.findall(r"category-(\d+)", node.attributes.get("class") or "")
    known = list(dict.fromkeys(id_ for id_ in ids if id_ and id_.isdigit() and int(id_)))[:_CATEGORIES]
    what, path = (
        ("options", "/ajax/getgoodlist")
        if page.tree.css_first("select#goodid, select[name=goodid]") is not None
        else ("rows", "/ajax/getgoodlistjson")
    )
    return [More(path, what, "POST", f"cateid={id_}") for id_ in known]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The goods of a category, or what one of its goods costs."""
    if what == "rows":
        return _rows(page), []
    if what == "options":
        if page.text.strip() in ("ok", ""):
            return Found(), []  # no goods in this category
        options = [(node.attributes.get("value"), text_in(node)) for node in page.tree.css("option")]
        if not options:
            raise SourceChanged(f"neither options nor ok: {page.text[:60]!r}")
        goods = [(id_, name) for id_, name in options if id_ and id_.isdigit() and name][:_GOODS]
        return Found(), [More("/ajax/getgoodinfo", name, "POST", f"goodid={id_}") for id_, name in goods]
    told = page.json()
    if not isinstance(told, dict) or "price" not in told:
        raise SourceChanged("no price of a good")
    stock, label = _stock(told.get("kucun"), told.get("goodinvent"))
    return Found(goods=[Good(what, yuan(told["price"]), None, stock, label)]), []


def _rows(page: Page) -> Found:
    rows = page.json()
    if not isinstance(rows, list):
        raise SourceChanged("not a list of goods")
    goods = []
    for row in rows:
        stock, label = _stock(row.get("kucun"), row.get("stockStr"))
        goods.append(Good(str(row.get("name") or "").strip(), yuan(row.get("price")), None, stock, label))
    return Found(goods=goods)


def _stock(pieces: Any, said: Any) -> tuple[int | None, str | None]:
    """A merchant may hide its pieces behind a word: then the number sent with it is not taken."""
    words = re.sub(r"<[^>]*>", "", str(said or "")).removeprefix("库存").strip(" :：")
    if not words or _PIECES.search(words):
        return stock_of(count(words) if words else count(pieces))
    return (0, "库存不足") if words == "不足" else stock_of(words)
