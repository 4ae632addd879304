"""What a shop page is to its reader, and what reading gives back. Values only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.errors import SourceChanged
from crawler.pages.safe_parse import parse_html_bounded, parse_json_bounded
from crawler.shops.money import count, yuan

__all__ = [
    "Found",
    "Good",
    "More",
    "Orders",
    "Page",
    "Shelf",
    "between",
    "count",
    "stock_class",
    "stock_of",
    "text_in",
    "yuan",
]

STOCK_CLASSES = ("sold_out", "low", "in_stock", "unlimited", "unknown")
_LOW = re.compile(r"少量|紧张|所剩无几|数量有限|即将[售告]罄|不足|较少|low", re.I)
_PLENTY = re.compile(r"充足|现货|爆棚|大量|一般|有货|正常|非常多|很多|in.?stock", re.I)
_UNLIMITED = re.compile(r"不限|无限|unlimited", re.I)
_FEW = 5
SOLD_OUT = re.compile(
    r"缺货|(?<!即将)(?<!快要)(?<!将)[售告]罄|已抢[光完]|已?售完|完售|卖光|卖完|无货|补货中|out.of.stock|sold.?out"
    r"|нет в наличии|ausverkauft|agotado|esgotado|esaurito|rupture de stock|품절|hết hàng|stok habis|在庫切れ|tükendi",
    re.I,
)


@dataclass
class Good:
    """One product as offered: yuan, pieces; None means not shown. `label` is the site's own word for its stock."""

    name: str
    price: float | None = None
    list_price: float | None = None
    stock: int | None = None
    label: str | None = None
    sold: int | None = None
    automatic: bool | None = None
    currency: str = "CNY"
    """ISO 4217 (USDT besides). Of another currency than CNY no price in yuan is made up."""


@dataclass
class Orders:
    """A shop's own order counters; `hidden` when it shows none, which is not zero."""

    total: int | None = None
    processed: int | None = None
    today: int | None = None
    hidden: bool = False


@dataclass
class Found:
    """What one page gave."""

    goods: list[Good] = field(default_factory=list)
    orders: Orders | None = None
    payments: list[tuple[str, str]] = field(default_factory=list)
    """(name, handle) of payment channels."""
    notices: list[str] = field(default_factory=list)
    """HTML of notices."""
    company: str = ""
    footer: str = ""
    """HTML or text of the footer, where the system keeps it outside the page's own footer."""
    contacts: str = ""
    version: str = ""
    """The version of its software, where the page or a list prints it."""
    stated_empty: bool = False
    """The source itself says there is nothing, which is the only way in which nothing is an answer."""
    behind_login: bool = False
    """The system shows its goods or their prices to members only: hidden, which is neither nothing nor a failure."""


@dataclass(frozen=True)
class More:
    """A public list to fetch: address relative to the page, and what `lists` is told it is."""

    path: str
    what: str
    method: str = "GET"
    body: str | None = None


class Page:
    """One fetched page: its address, decoded text, and parsed forms made when first asked for."""

    def __init__(self, url: str, text: str, seen: Found | None = None) -> None:
        """`text` is decoded already: parsers never see bytes. `seen`: what crawler.shops.generic saw of it, where another process has read it."""
        self.url = url
        self.text = text
        self.seen = seen

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed HTML; raises SourceChanged when it is nested beyond what selectors can be asked of in time."""
        try:
            return parse_html_bounded(self.text)
        except ValueError as error:
            raise SourceChanged(str(error)) from None

    def json(self) -> Any:
        """The parsed JSON; raises SourceChanged when it is none."""
        try:
            return parse_json_bounded(self.text)
        except ValueError:
            raise SourceChanged(f"not JSON: {self.text[:60]!r}") from None

    def envelope(self, good: tuple[int, ...], key: str = "code") -> dict[str, Any]:
        """The JSON object whose `key` is one of `good`; raises SourceChanged otherwise."""
        document = self.json()
        if not isinstance(document, dict) or document.get(key) not in good:
            said = (
                {k: document.get(k) for k in (key, "msg", "message")}
                if isinstance(document, dict)
                else document
            )
            raise SourceChanged(f"refused list: {str(said)[:120]}")
        return document


def text_in(node: LexborNode | None) -> str:
    """The visible text of a node on one line; empty for none."""
    return " ".join(node.text(separator=" ").split()) if node is not None else ""


def stock_of(value: Any) -> tuple[int | None, str | None]:
    """(pieces, label) of a stock shown as a number, as a word, or not at all. Unknown is neither in stock nor sold out."""
    if value is None or value == "":
        return None, None
    if isinstance(value, int | float):
        return (int(value), None) if value >= 0 else (None, None)
    text = str(value).strip()
    if re.fullmatch(r"-?\d+(?:\.0+)?", text):
        return stock_of(int(float(text)))
    if SOLD_OUT.search(text):
        return 0, text[:20]
    return None, text[:20]


def stock_class(good: Good) -> str:
    """One of STOCK_CLASSES: by the pieces shown, else by the site's own word; stock that is not shown is unknown."""
    label = good.label or ""
    if good.stock is not None:
        return "sold_out" if good.stock == 0 else "low" if good.stock <= _FEW else "in_stock"
    if SOLD_OUT.search(label):
        return "sold_out"
    for name, pattern in (("unlimited", _UNLIMITED), ("low", _LOW), ("in_stock", _PLENTY)):
        if pattern.search(label):
            return name
    return "unknown"


class Shelf:
    """What a visit saw on offer: how many goods, of which stock class, delivered how, priced or not."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.names: set[str] = set()
        self.hidden = False
        self._stock = dict.fromkeys(STOCK_CLASSES, 0)
        self._delivery = {"automatic": 0, "manual": 0, "unknown": 0}
        self.priced = 0

    def put(self, name: str, good: Good) -> None:
        """Count one good, seen for the first time."""
        self.names.add(name)
        self._stock[stock_class(good)] += 1
        self._delivery[
            "unknown" if good.automatic is None else "automatic" if good.automatic else "manual"
        ] += 1
        self.priced += good.price is not None

    def signs(self) -> dict[str, Any]:
        """What the page record says of them: `goods` and `delivery`; `hidden` says that a login stands before them."""
        stock = {name: n for name, n in self._stock.items() if n}
        return {
            "goods": {"read": len(self.names), "priced": self.priced, "hidden": self.hidden, **stock},
            "delivery": {name: n for name, n in self._delivery.items() if n},
        }


def between(text: str, start: re.Pattern[str], end: re.Pattern[str]) -> str | None:
    """What stands from the end of the first `start` to the beginning of the next `end`; None where either is missing.

    Two searches in place of one lazy pattern: a page that repeats the start a thousand times must not be read a thousand times.
    """
    if (begun := start.search(text)) is None or (ended := end.search(text, begun.end())) is None:
        return None
    return text[begun.end() : ended.start()]
