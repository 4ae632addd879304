"""链动小铺 and other shopApi malls: of a merchant the public list of its goods, asked by the name in its address.

Their lists often stand behind a firewall that refuses machines; then the visit is blocked, and the shop is not empty.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from crawler.shops.page import Found, Good, More, Page, count, stock_of, yuan
from store.text.malls import place_of

ID = "ldxp-shopapi"
NAME = "链动小铺"
SIGNS = ((("/shopApi/Shop/", "/shopApi/goods/", "pay.ldxp.cn", "wzyp.cn"), 5),)
OF_MERCHANTS = True
_SIZE = 20
_PAGES = 25
_LABELS = {"out": "缺货", "low": "少量", "normal": "有货", "high": "充足"}


def home(page: Page) -> Found:
    """Nothing but what every page shows; outside a merchant's path the goods cannot be told apart."""
    return Found(behind_login=not _merchant(page))


def more(page: Page) -> list[More]:
    """The first page of a merchant's goods."""
    name = _merchant(page)
    if not name:
        return []
    if "16688" in (urlsplit(page.url).hostname or "") or (
        "/shopApi/goods/" in page.text and "/shopApi/Shop/" not in page.text
    ):
        asked = {"shop_no": name, "goods_category_no": "", "keywords": "", "sort": "default"}
        return [More("/shopApi/goods/list", "goods", "POST", json.dumps(asked))]
    return [_cards(name, 1)]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """One page of goods, and the next where there is one."""
    data = page.envelope((1,)).get("data") or {}
    rows = data.get("list") or []
    goods = [_good(row) for row in rows]
    if what == "goods":
        return Found(goods=goods, stated_empty=not goods), []
    number, name = int(what.partition(":")[0]), what.partition(":")[2]
    left = (count(data.get("total")) or 0) > number * _SIZE
    following = [_cards(name, number + 1)] if rows and left and number < _PAGES else []
    return Found(goods=goods, stated_empty=not goods and number == 1), following


def _cards(name: str, number: int) -> More:
    asked = {"token": name, "keywords": "", "category_id": 0, "goods_type": "card", "current": number, "pageSize": _SIZE}  # fmt: skip
    return More("/shopApi/Shop/goodsList", f"{number}:{name}", "POST", json.dumps(asked))


def _good(row: dict[str, Any]) -> Good:
    price, usual = yuan(row.get("price")), yuan(row.get("market_price"))
    more_of_it = row.get("extend") if isinstance(row.get("extend"), dict) else {}
    pieces = (more_of_it or {}).get("stock_count", row.get("stock_available_quantity"))
    status = str(row.get("stock_available_status") or "")
    stock, label = stock_of(pieces)
    return Good(
        str(row.get("name") or ""),
        price,
        usual if usual and price and usual > price else None,
        0 if status == "out" else stock,
        _LABELS.get(status, label),
    )


def _merchant(page: Page) -> str:
    """The merchant's name in the page's address; empty where it names none."""
    parts = urlsplit(page.url)
    return place_of((parts.hostname or "").lower(), parts.path).merchant.partition("/")[2]
