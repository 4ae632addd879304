"""Lists a page asks its own host for while a browser draws it: what of them it has not drawn yet, and where their next pages are. Pure.

A page draws one tab of its categories, or the first ten of forty goods. Which keys hold names and prices, and whether prices are
in yuan or in fen, is learned from a list all of which is drawn; a list that is drawn in part was filtered by the page and is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawler.pages.safe_parse import parse_json_bounded
from crawler.shops.money import count, yuan
from crawler.shops.page import Good, More, Page, stock_of
from crawler.shops.unknown.product_names import clean

ASKED = "asked"
"""First word of what such a list is called."""
_EACH = "*"
_MOST_PAGES = 10
_MOST_CATEGORY_PAGES = 3
_MOST_CATEGORIES = 10
_MOST_NAMED = 60
"""Entries of a list of categories."""
_MOST_BOXES = 20
_MOST_LISTS = 2_000
_MOST_ROWS = 500
_FEWEST = 2
_PAGE_KEY = re.compile(
    r"p|pn|pg|pages?|(?:cur(?:r|rent)?_?)?page_?(?:no|num|number|index|i)?|current", re.IGNORECASE
)
_FROM_KEY = re.compile(r"skip|offset|start|from", re.IGNORECASE)
_SIZE_KEY = re.compile(
    r"limit|take|rows|(?:page)?_?size|page_?size|per_?page|length|num|count", re.IGNORECASE
)
_PAGES_KEY = re.compile(r"total_?pages?|pages|page_?(?:count|total)|last_?page", re.IGNORECASE)
_TOTAL_KEY = re.compile(
    r"total|count|total_?(?:count|num|size|items|elements|rows|records)|item_?count|record_?count",
    re.IGNORECASE,
)
_MORE_KEY = re.compile(r"has_?(?:more|next)(?:_?page)?|more", re.IGNORECASE)
_STATE_KEY = re.compile(
    r"(?:is_?)?(?:show|shown|status|state|(?:on_?)?shelf|deleted?|hidd?en?|enabled?|online|visible|publish(?:ed)?|listed)",
    re.IGNORECASE,
)
"""Whether a good is offered at all: whatever all that are drawn have there, others must have too."""
_FORMER_KEY = re.compile(r"(?:ori|market|old|line|list|retail|regular|cost|member|vip)", re.IGNORECASE)

Row = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A request of the page and its answer in JSON."""

    method: str
    url: str
    body: str
    text: str


@dataclass(frozen=True)
class Shape:
    """Where a list stands in an answer and what its keys mean; prices are `scale`-ths of a yuan. Empty keys are not known."""

    path: Path
    name: str
    price: str
    scale: int
    former: str
    stock: str
    sold: str
    state: tuple[tuple[str, Any], ...]

    def goods(self, document: Any) -> list[Good]:
        """The goods of the lists of this shape."""
        rows = (row for path, some in _lists(document) if path == self.path for row in some)
        return [good for row in islice(rows, _MOST_ROWS) if (good := self._good(row)) is not None]

    def _good(self, row: Row) -> Good | None:
        name, price = _name(row.get(self.name)), _number(row.get(self.price))
        if not name or price is None or any(row.get(key) != value for key, value in self.state):
            return None
        asked, former = price / self.scale, _number(row.get(self.former))
        former = former / self.scale if former is not None else None
        stock, label = stock_of(row.get(self.stock)) if self.stock else (None, None)
        return Good(
            name,
            round(asked, 2),
            round(former, 2) if former is not None and former > asked else None,
            stock,
            label,
            count(row.get(self.sold)) if self.sold else None,
        )


@dataclass(frozen=True)
class Behind:
    """A list of which more is to be asked: the request, its `shape`, where the request says which page (`turn`), and from which on.
    A page has `size` goods when it is full."""

    asked: Asked
    shape: Shape
    first: int
    most: int
    turn: Path = ()
    step: int = 1
    began: int = 1
    size: int = 0

    def more(self, number: int, place: int) -> More:
        """The request for one page; `place` of this list among those behind the page."""
        asked = self.asked
        if self.turn and number > 1:
            asked = _with(asked, self.turn, self.began + (number - 1) * self.step)
        return More(asked.url, f"{ASKED} {place} {number}", asked.method, asked.body or None)

    def read(self, document: Any, number: int, place: int, known: set[str]) -> tuple[list[Good], list[More]]:
        """The goods of one page, and the page after it while each brings goods that are not `known`."""
        goods = self.shape.goods(document)
        new = any(good.name not in known for good in goods)
        goes_on = (
            new and self.turn and number < self.most and _goes_on(document, number, len(goods), self.size)
        )
        return goods, [self.more(number + 1, place)] if goes_on else []


def choices(page: Page) -> list[list[Row]]:
    """The select boxes of a page, each as a list of what may be chosen and what it is called."""
    return [
        [
            {"value": value, "name": " ".join((option.text() or "").split())}
            for option in box.css("option")[:_MOST_NAMED]
            if (value := option.attributes.get("value")) and value not in ("0", "-1")
        ]
        for box in page.tree.css("select")[:_MOST_BOXES]
    ]


def behind(
    asked: Sequence[Asked],
    drawn: Sequence[Good],
    shown: str,
    categories: bool,
    boxes: Sequence[list[Row]] = (),
) -> list[Behind]:
    """What a page that has drawn these goods keeps behind them; `shown` is its text, `categories` whether to ask for those too,
    `boxes` what its select boxes name.
    """
    by_name = {good.name: good for good in drawn if good.price is not None}
    read = [(one, document) for one in asked if (document := _parsed(one.text)) is not None]
    told = [*(document for _, document in read), *boxes]
    found: list[Behind] = []
    for one, document in read:
        shape, size = _learned(document, by_name)
        if shape is None:
            continue
        turn = _turn(one, size)
        beside = [
            rows
            for path, rows in _lists(document)
            if path == shape.path and not any(_name(row.get(shape.name)) in by_name for row in rows)
        ]
        if beside and shape.goods(document):
            found.append(Behind(one, shape, 1, 1))
        if turn is not None and _goes_on(document, 1, size, turn.size):
            found.append(replace(turn, shape=shape))
        if categories:
            for other in _other_categories(one, told, shown, by_name):
                if any((other.url, other.body) == (known.url, known.body) for known in asked):
                    continue  # the page asked for it itself
                again = (
                    replace(turn, asked=other, shape=shape, first=1) if turn else Behind(other, shape, 1, 1)
                )
                found.append(replace(again, most=min(again.most, _MOST_CATEGORY_PAGES)))
    return found


def _parsed(text: str) -> Any:
    try:
        return parse_json_bounded(text)
    except ValueError:
        return None


def _lists(document: Any) -> Iterator[tuple[Path, list[Row]]]:
    """Every list of objects, and the keys that lead to it."""
    level: list[tuple[Path, Any]] = [((), document)]
    seen = 0
    while level:
        following: list[tuple[Path, Any]] = []
        for path, value in level:
            if isinstance(value, dict):
                following += [
                    ((*path, str(key)), inner)
                    for key, inner in value.items()
                    if isinstance(inner, dict | list)
                ]
            elif isinstance(value, list):
                rows = [_opened(row) for row in value if isinstance(row, dict)]
                if rows:
                    seen += 1
                    yield path, rows
                following += [((*path, _EACH), inner) for inner in value if isinstance(inner, dict | list)]
            if seen > _MOST_LISTS:
                return
        level = following


def _opened(row: Row) -> Row:
    """A row with what the objects in it say, as stock in {"extend": {"stock": 3}}, under keys of both."""
    return row | {
        f"{key}.{inner}": value
        for key, told in row.items()
        if isinstance(told, dict)
        for inner, value in told.items()
    }


def _name(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | str)
        or (isinstance(value, str) and len(value) > 20)
    ):
        return None
    return yuan(value)


def _learned(document: Any, drawn: dict[str, Good]) -> tuple[Shape | None, int]:
    """The shape of the first list all of whose rows are drawn, with their prices, and how many it has; None for no such list."""
    for path, rows in _lists(document):
        if not _FEWEST <= len(rows) <= _MOST_ROWS:
            continue
        for name in [key for key, value in rows[0].items() if _name(value) in drawn]:
            goods = [drawn.get(_name(row.get(name))) for row in rows]
            if not all(goods) or len({good.name for good in goods if good}) < _FEWEST:
                continue
            pairs = [(row, good) for row, good in zip(rows, goods, strict=True) if good is not None]
            prices = [
                (scale, key)
                for scale in (1, 100)
                for key in rows[0]
                if _all_equal(pairs, key, "price", scale)
            ]
            if not prices:
                continue
            scale, price = min(prices, key=lambda told: (told[0], bool(_FORMER_KEY.search(told[1]))))
            told = {
                of: _telling(pairs, of, scale if of == "list_price" else 1, price)
                for of in ("list_price", "stock", "sold")
            }
            state = tuple(
                (key, value)
                for key, value in rows[0].items()
                if _STATE_KEY.fullmatch(key)
                and not isinstance(value, dict | list)
                and all(row.get(key) == value for row in rows)
            )
            return Shape(
                path, name, price, scale, told["list_price"], told["stock"], told["sold"], state
            ), len(rows)
    return None, 0


def _all_equal(pairs: Sequence[tuple[Row, Good]], key: str, of: str, scale: int) -> bool:
    """Does the key hold what each good shows of itself?"""
    values = [
        (_number(row.get(key)), getattr(good, of)) for row, good in pairs if getattr(good, of) is not None
    ]
    return len(values) >= _FEWEST and all(
        v is not None and abs(v / scale - shown) < 0.005 for v, shown in values
    )


def _telling(pairs: Sequence[tuple[Row, Good]], of: str, scale: int, price: str) -> str:
    """The key under which what the goods show of themselves stands; empty where several or none do."""
    shown = {getattr(good, of) for _, good in pairs} - {None}
    keys = (
        [key for key in pairs[0][0] if key != price and _all_equal(pairs, key, of, scale)]
        if len(shown) > 1
        else []
    )
    return keys[0] if len(keys) == 1 else ""


def _said(asked: Asked) -> dict[Path, Any]:
    """What a request says besides its address: where in it -> the value, of its query, its form or its JSON."""
    told: dict[Path, Any] = {
        ("?", key): value for key, value in parse_qsl(urlsplit(asked.url).query, keep_blank_values=True)
    }
    if asked.body.lstrip().startswith("{"):
        level: list[tuple[Path, Any]] = [(("{",), _parsed(asked.body))]
        while level:
            path, value = level.pop()
            if isinstance(value, dict):
                level += [((*path, str(key)), inner) for key, inner in value.items()]
            elif isinstance(value, int | str) and not isinstance(value, bool):
                told[path] = value
    else:
        told |= {("&", key): value for key, value in parse_qsl(asked.body, keep_blank_values=True)}
    return told


def _with(asked: Asked, where: Path, value: Any) -> Asked:
    """The same request with another value in one place."""
    if where[0] == "/":
        parts = urlsplit(asked.url)
        steps = parts.path.split("/")
        steps[int(where[1])] = str(value)
        return replace(asked, url=parts._replace(path="/".join(steps)).geturl())
    if where[0] == "?":
        parts = urlsplit(asked.url)
        pairs = [
            (key, value if key == where[1] else old)
            for key, old in parse_qsl(parts.query, keep_blank_values=True)
        ]
        return replace(asked, url=parts._replace(query=urlencode(pairs)).geturl())
    if where[0] == "&":
        pairs = [
            (key, value if key == where[1] else old)
            for key, old in parse_qsl(asked.body, keep_blank_values=True)
        ]
        return replace(asked, body=urlencode(pairs))
    body = _parsed(asked.body)
    inner = body
    for key in where[1:-1]:
        inner = inner[key]
    inner[where[-1]] = type(inner[where[-1]])(value)
    return replace(asked, body=json.dumps(body, ensure_ascii=False))


def _turn(asked: Asked, size: int) -> Behind | None:
    """The list as one of several pages, if the request says which it is; its shape is still to be put in."""
    said = _said(asked)
    wanted = next(
        (
            int(v)
            for path, v in said.items()
            if _SIZE_KEY.fullmatch(path[-1]) and str(v).isdigit() and int(v) > 1
        ),
        0,
    )
    for path, value in said.items():
        if not str(value).isdigit():
            continue
        at = int(value)
        turns = _PAGE_KEY.fullmatch(path[-1]) and at <= 1
        skips = _FROM_KEY.fullmatch(path[-1]) and at == 0 and wanted == size
        if turns or skips:
            return Behind(asked, _NO_SHAPE, 2, _MOST_PAGES, path, size if skips else 1, at, wanted or size)
    return None


_NO_SHAPE = Shape((), "", "", 1, "", "", "", ())


def _goes_on(document: Any, number: int, size: int, wanted: int) -> bool:
    """Does an answer with `size` goods, the page of that number, say that another follows? One that says nothing may, if it is as full as was asked."""
    told: list[bool] = []
    level, depth = [document], 0
    while level and depth < 5:
        following: list[Any] = []
        for value in (v for v in level if isinstance(v, dict)):
            for key, inner in value.items():
                if isinstance(inner, dict):
                    following.append(inner)
                elif isinstance(inner, bool):
                    told += [inner] if _MORE_KEY.fullmatch(key) else []
                elif isinstance(inner, int) and _PAGES_KEY.fullmatch(key):
                    told.append(inner > number)
                elif isinstance(inner, int) and _TOTAL_KEY.fullmatch(key):
                    told.append(inner > (number - 1) * max(wanted, size) + size)
        level, depth = following, depth + 1
    return any(told) if told else bool(wanted) and size >= wanted


def _other_categories(
    asked: Asked, documents: Sequence[Any], shown: str, goods: Collection[str]
) -> list[Asked]:
    """The same request for the other categories, where what it names is one of a list of categories whose names the page shows."""
    said = {
        path: value
        for path, value in _said(asked).items()
        if not _PAGE_KEY.fullmatch(path[-1]) and not _SIZE_KEY.fullmatch(path[-1])
    }
    steps = urlsplit(asked.url).path.split("/")
    said |= {("/", str(at)): step for at, step in enumerate(steps) if step and at >= len(steps) - 2}
    text = "".join(shown.split())
    for where, value in said.items():
        for document in documents:
            for _, rows in _lists(document):
                if not _FEWEST <= len(rows) <= _MOST_NAMED or any(
                    _name(v) in goods for row in rows for v in row.values()
                ):
                    continue
                for key in rows[0]:
                    values = [row.get(key) for row in rows]
                    if (
                        all(isinstance(v, int | str) and not isinstance(v, bool) for v in values)
                        and len(set(map(str, values))) == len(values)
                        and str(value) in map(str, values)
                        and all(_is_shown(row, key, text) for row in rows)
                    ):
                        others = [v for v in values if str(v) != str(value)]
                        return [_with(asked, where, v) for v in others[: _MOST_CATEGORIES - 1]]
    return []


def _is_shown(row: Row, key: str, text: str) -> bool:
    """Does the page show what a category is called?"""
    names = (
        "".join(value.split()) for other, value in row.items() if other != key and isinstance(value, str)
    )
    return any(1 < len(name) <= 20 and name in text for name in names)
