"""风铃发卡 CardSystem: everything is in the page's own `var config`; prices are integers in 分."""

from __future__ import annotations

import json
import re
from typing import Any

from crawler.errors import SourceChanged
from crawler.pages.safe_parse import parse_json_bounded
from crawler.shops.page import Found, Good, More, Page, between, count, stock_of

ID = "card-system"
NAME = "风铃发卡"
SIGNS = (
    (("web_shop doesn't work properly without JavaScript",), 6),
    (('var config = {"url":',), 4),
    (("/shop_theme/classic/", "/shop_theme/ms/", "/shop_theme/material/", "site=fakaxitong.com"), 5),
    (("/s#/record", "/s#/report"), 3),
)
_CONFIG = re.compile(r"var config = (?=\{)")
_SCRIPT_END = re.compile(r"</script>")
_CATEGORIES = 20


def home(page: Page) -> Found:
    """Goods, payment names, notice and company from the config."""
    config = _config(page)
    shop = config.get("shop") or {}
    found = Found(
        payments=[
            (str(pay.get("name") or ""), str(pay.get("img") or "")) for pay in config.get("pays") or ()
        ],
        notices=[_delta(shop.get(key)) for key in ("ann", "ann_pop") if shop.get(key)],
        footer=str(config.get("company") or ""),
        contacts=f"QQ {shop['qq']}" if shop.get("qq") else "",
    )
    for category in config.get("categories") or ():
        found.goods += [_good(row) for row in category.get("products") or ()]
    found.stated_empty = "categories" in config and not config["categories"]
    return found


def more(page: Page) -> list[More]:
    """Categories whose goods the config leaves out; one behind a password is not asked."""
    wanted = []
    for category in _config(page).get("categories") or ():
        if "products" not in category and not category.get("password_open"):
            body = json.dumps({"category_id": category.get("id")})
            wanted.append(More("/api/shop/product", "goods", "POST", body))
    return wanted[:_CATEGORIES]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The goods of one category."""
    document = page.envelope(("success",), "message")  # type: ignore[arg-type]
    goods = [_good(row) for row in document.get("data") or ()]
    return Found(goods=goods, stated_empty=not goods), []


def _config(page: Page) -> dict[str, Any]:
    script = between(page.text, _CONFIG, _SCRIPT_END)
    if script is None:
        raise SourceChanged("no config in the page")
    try:
        config = parse_json_bounded(script.rstrip("; \t\r\n"))
    except ValueError:
        raise SourceChanged("the config is not JSON") from None
    if not isinstance(config, dict):
        raise SourceChanged("the config is not an object")
    return config


def _good(row: dict[str, Any]) -> Good:
    # price_whole is the table of wholesale prices, no former price.
    fen = count(row.get("price"))
    stock, label = stock_of(row.get("count2") if row.get("count2") is not None else row.get("count"))
    if label in ("不足", "无"):
        stock = 0
    return Good(
        str(row.get("name") or ""),
        fen / 100 if fen is not None else None,
        None,
        stock,
        label,
        None,
        {0: True, 1: False}.get(row.get("delivery")),  # type: ignore[arg-type]
    )


def _delta(value: Any) -> str:
    """The text of a notice, which may be an editor's Delta document."""
    try:
        document = parse_json_bounded(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    operations = document.get("ops") if isinstance(document, dict) else None
    if not isinstance(operations, list):
        return str(value)
    return "".join(str(part.get("insert")) for part in operations if isinstance(part.get("insert"), str))
