"""佰阅发卡 KamiFaka: an empty page filled by two public JSON lists."""

from __future__ import annotations

import re
from typing import Any

from crawler.errors import SourceChanged
from crawler.shops.page import Found, Good, More, Page, count, stock_of, yuan

ID = "kamifaka"
NAME = "佰阅发卡"
SIGNS = (
    (("kamifaka-frontend",), 6),
    (re.compile(r"/static/user/js/app\.[0-9a-f]{8}\.js"), 4),
    (("kamiFaka_v", "KAMIFKA", "佰阅发卡"), 4),
)


def more(page: Page) -> list[More]:
    """Goods and shop settings."""
    return [More("/api/v2/theme_list", "goods"), More("/api/v2/get_system", "system")]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The goods, or the shop's settings."""
    document = page.json()
    if not isinstance(document, dict):
        raise SourceChanged("not a JSON object")
    return (_goods(document) if what == "goods" else _system(document)), []


def _goods(document: dict[str, Any]) -> Found:
    rows = document.get("shops2")
    if rows is None:
        rows = [good for group in document.get("shops") or () for good in group.get("shops") or ()]
    if not isinstance(rows, list) or ("shops" not in document and "shops2" not in document):
        raise SourceChanged("no goods list")
    goods = []
    for row in rows:
        stock, label = stock_of(row.get("stock"))
        sold = count(row.get("sales"))
        automatic = row.get("auto") if isinstance(row.get("auto"), bool) else None
        goods.append(
            Good(str(row.get("name") or ""), yuan(row.get("price")), None, stock, label, sold, automatic)
        )
    return Found(goods=goods, stated_empty=not goods)


def _system(document: dict[str, Any]) -> Found:
    def info(key: str) -> str:
        part = document.get(key)
        return str(part.get("info") or "") if isinstance(part, dict) else ""

    pays = [p for p in document.get("pays") or () if isinstance(p, dict) and p.get("isactive", True)]
    return Found(
        payments=[(str(p.get("name") or ""), str(p.get("icon") or "")) for p in pays],
        notices=[text for key in ("top_notice", "toast_notice") if (text := info(key))],
        contacts=info("contact_us"),
    )
