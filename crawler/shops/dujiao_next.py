"""独角 Next (dujiao-next): public configuration, goods and notices as JSON.

Prices are in the shop's currency, which only the configuration tells: it is asked before the goods.
"""

from __future__ import annotations

from typing import Any

from crawler.shops.page import Found, Good, More, Page, count, stock_of, yuan

ID = "dujiao-next"
NAME = "独角 Next"
SIGNS = ((("/api/v1/public/config", "/api/v1/public/products", "dujiao-next", "Dujiao-Next"), 5),)
_SIZE = 50
_PAGES = 20
_LABELS = {"unlimited": "不限", "in_stock": "有货", "low_stock": "少量", "out_of_stock": "缺货"}


def more(page: Page) -> list[More]:
    """Configuration, which leads to the goods, and notices."""
    return [More("/api/v1/public/config", "config"), More("/api/v1/public/posts?type=notice", "posts")]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """One of the public lists."""
    document = page.envelope((0,), "status_code")
    data = document.get("data")
    if what == "config":
        config = data if isinstance(data, dict) else {}
        return _config(config), [_goods(1, str(config.get("currency") or "CNY").upper()[:8])]
    rows = data if isinstance(data, list) else (data or {}).get("items") or []
    if what == "posts":
        return Found(notices=[_words(row.get("content") or row.get("title")) for row in rows]), []
    number, currency = int(what.split(":")[0]), what.split(":")[1]
    goods = [_good(row, currency) for row in rows]
    pages = count((document.get("pagination") or {}).get("total_page")) or 1
    following = [_goods(number + 1, currency)] if goods and number < min(pages, _PAGES) else []
    return Found(goods=goods, stated_empty=not goods), following


def _config(data: dict[str, Any]) -> Found:
    contact = data.get("contact") or {}
    return Found(
        payments=[
            (str(c.get("name") or ""), f"{c.get('provider_type') or ''} {c.get('channel_type') or ''}")
            for c in data.get("payment_channels") or ()
        ],
        contacts=" ".join(f"{kind} {value}" for kind, value in contact.items() if value),
        footer=_words(data.get("footer") or data.get("icp") or ""),
        version=str(data.get("app_version") or "").removeprefix("v")[:20],
    )


def _good(row: dict[str, Any], shop_currency: str) -> Good:
    manual = row.get("fulfillment_type") == "manual"
    pieces = row.get("manual_stock_available" if manual else "auto_stock_available")
    status = str(row.get("stock_status") or "")
    stock, _ = stock_of(pieces)
    if row.get("is_sold_out") or status == "out_of_stock":
        stock = 0
    elif status == "unlimited" or (stock == 0 and row.get("is_sold_out") is False):
        # Goods made by hand count no pieces: nought that is said not to be sold out is no number.
        stock = None
    if row.get("stock_quantity_hidden") and stock:
        # A shop that shows its stock by words or ranges sends 1 for any number of pieces.
        stock = None
    currency = str(row.get("price_currency") or row.get("currency") or shop_currency).upper()
    usual, promoted = yuan(row.get("price_amount")), yuan(row.get("promotion_price_amount"))
    reduced = promoted is not None and usual is not None and 0 < promoted < usual
    return Good(
        _words(row.get("title")),
        (promoted if reduced else usual) if currency == "CNY" else None,
        usual if reduced and currency == "CNY" else None,
        stock,
        _LABELS.get(status, status[:20] or None),
        count(row.get("sales")),
        {"auto": True, "manual": False}.get(str(row.get("fulfillment_type"))),
        currency=currency,
    )


def _words(value: Any) -> str:
    """A text that may come by language."""
    if isinstance(value, dict):
        return str(value.get("zh-CN") or next(iter(value.values()), ""))
    return str(value or "")


def _goods(number: int, currency: str) -> More:
    return More(f"/api/v1/public/products?page={number}&page_size={_SIZE}", f"{number}:{currency}")
