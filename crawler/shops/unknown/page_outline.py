"""A page as a light tree for the reader of unknown shops: elements with their classes, text as a visitor reads it, what columns hold. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = frozenset(
    ["script", "style", "noscript", "template", "svg", "head", "select", "textarea", "iframe", "object"]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "big",
        "em",
        "font",
        "i",
        "ins",
        "label",
        "mark",
        "small",
        "span",
    ]
    + ["strong", "sub", "sup", "u", "bdi", "code", "cite", "time", "var"]
    # What a page builder for phones makes of text.
    + ["uni-text", "wx-text", "taro-text-core"]
)
_YUAN_ICON = re.compile(r"(?:^|[-_\s])(?:rmb|cny|jpy|yen|yuan|renminbi)(?:$|[-_\s])", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASSES = frozenset(
    [
        "layui-hide",
        "hidden",
        "hide",
        "d-none",
        "is-hidden",
        "visually-hidden",
        "sr-only",
        "screen-reader-text",
    ]
)
_STATES = frozenset(
    ["active", "show", "on", "in", "cur", "current", "selected", "fade", "layui-show", *_HIDDEN_CLASSES]
)
_PANES = frozenset(["div", "ul", "ol", "section", "tbody", "table"])
_MOST_PANES = 50
_SHOWN_CLASS = re.compile(
    r"d-(?:sm|md|lg|xl|xxl)-(?:block|inline|flex|table|grid)|(?:sm|md|lg|xl):(?:block|flex|inline|grid|table)"
)
_ICONS = re.compile("[\ue000-\uf8ff]")
"""Letters of icon fonts."""
_WIDE = re.compile("(?<=[¥￥$])\\s*[０-９][０-９，．]*|[０-９][０-９，．]*(?=\\s*元)")
"""A sum in digits as wide as Chinese letters."""
TO_SIMPLIFIED = str.maketrans(
    "價庫購買賣單貨銷餘優會員現實車訂發動選開級鑽黃銀銅圓塊緊張個無補標題稱類數額運費積評論後見間時僅數請鐘榮錄陸",
    "价库购买卖单货销余优会员现实车订发动选开级钻黄银铜元块紧张个无补标题称类数额运费积评论后见间时仅数请钟荣录陆",
)
"""The letters of the words of trade; one for one, so that a name is found again as it was."""
_DIGITS = re.compile(r"\d+")
_SHOWN = re.compile(r"[¥￥]?\s*\d{1,6}(?:\.\d{1,2})?")
"""A figure that a field shows and nobody can change."""
_HEADS = {
    "name": re.compile(
        r"名称|商品|品名|套餐|标题|产品|项目|name|title|product|service|товар|produk|layanan|sản phẩm|상품",
        re.IGNORECASE,
    ),
    "price": re.compile(
        r"价格|单价|售价|金额|价$|price|^rate|цена|harga|^giá|가격|preis|prix|precio", re.IGNORECASE
    ),
    "former": re.compile(r"原价|市场价|官方价|面值", re.IGNORECASE),
    "other": re.compile(
        r"会员价|代理价?|批发|vip|成本|进[货价]|钻石|至尊|[黄白]金|铂金|[金银铜]牌|[高中]级|分站|合作商",
        re.IGNORECASE,
    ),
    "stock": re.compile(r"[库现]存|存[货量]|余量|剩余|可售|现货|stock|в наличии|stok|재고", re.IGNORECASE),
    "sold": re.compile(r"销量|已售|售出|sold|sales", re.IGNORECASE),
}
_TRADE = re.compile(r"批发|成本|进[货价]")
_MOST_SPANNED = 300
MOST_ELEMENTS = 40_000


class Element:
    """One element: tag, class names, parent, and its parts (elements and texts) in document order.

    `place` is where it stands among its parent's parts; `columns` is a reader's note of what a table's columns hold.
    """

    __slots__ = (
        "attributes", "classes", "columns", "number", "parent", "parts", "place", "tag",
        "_kids", "_own", "_shape", "_text",
    )  # fmt: skip

    def __init__(
        self, tag: str, parent: Element | None, attributes: dict[str, str | None], number: int
    ) -> None:
        """`number` is the element's place in the document."""
        self.tag = tag
        self.parent = parent
        self.attributes = attributes
        self.classes: tuple[str, ...] = tuple((attributes.get("class") or "").split()) if attributes else ()
        self.parts: list[Element | str] = []
        self.number = number
        self.place = len(parent.parts) if parent is not None else 0
        self.columns: dict[int, str] | None = None
        self._kids: list[Element] | None = None
        self._own: str | None = None
        self._shape: str | None = None
        self._text: str | None = None

    @property
    def children(self) -> list[Element]:
        """The elements directly inside."""
        if self._kids is None:
            self._kids = [part for part in self.parts if isinstance(part, Element)]
        return self._kids

    @property
    def own(self) -> str:
        """The text that stands directly inside, on one line."""
        if self._own is None:
            said = [part for part in self.parts if isinstance(part, str)]
            self._own = " ".join(" ".join(said).split()) if said else ""
        return self._own

    @property
    def shape(self) -> str:
        """Tag and class names without what tells one row from the next (numbers, states)."""
        if self._shape is None:
            names = sorted({_DIGITS.sub("", name) for name in self.classes} - {""})
            self._shape = f"{self.tag}.{'.'.join(names)}" if names else self.tag
        return self._shape

    def put(self, pieces: list[tuple[int, int, Element]]) -> None:
        """Let elements stand for runs of the parts: (start, end, element), in order, none overlapping."""
        parts: list[Element | str] = []
        at = 0
        for start, end, made in pieces:
            parts += (*self.parts[at:start], made)
            at = end
        self.hold([*parts, *self.parts[at:]])

    def hold(self, parts: list[Element | str]) -> None:
        """Have these parts from now on."""
        self.parts = parts
        for place, part in enumerate(parts):
            if isinstance(part, Element):
                part.place, part.parent = place, self
        self._kids = self._own = self._text = None
        for above in self.ancestors():
            above._text = None

    @property
    def marks(self) -> str:
        """Class names and id in one lower-case string, for finding words in."""
        if not self.attributes:
            return ""
        return f"{' '.join(self.classes)} {self.attributes.get('id') or ''}".lower()

    @property
    def text(self) -> str:
        """The whole text on one line: parts of a line are joined as they stand, blocks by a space."""
        if self._text is None:
            self._text = " ".join(self._joined().split())
        return self._text

    def _joined(self) -> str:
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
            elif part.tag in _INLINE:
                pieces.append(part.text if part.parts else "")
                if part.parts and isinstance(part.parts[-1], str) and part.parts[-1][-1:].isspace():
                    pieces.append(" ")
            else:
                pieces += (" ", part.text, " ")
        return "".join(pieces)

    def ancestors(self) -> Iterator[Element]:
        """The parent, its parent and so on."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def walk(self) -> Iterator[Element]:
        """This element and all inside it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            if kids := element.children if element._kids is None else element._kids:
                stack.extend(kids[::-1])


def outline(tree: LexborHTMLParser, traditional: bool = False) -> Element:
    """The visible elements of a page's body; what a visitor cannot see (scripts, hidden blocks) is left out.

    An icon that stands for the yuan sign becomes one, and the `traditional` letters of the words of trade simplified ones. At most MOST_ELEMENTS are kept.
    """
    root = Element("body", None, {}, 0)
    body = tree.body
    if body is None:
        return root
    made = hides = 0
    stack = [(body.first_child, root)]
    while stack:
        node, parent = stack.pop()
        while node is not None:
            tag = node.tag
            if tag == "-text":
                text = _ICONS.sub("", node.text_content or "")
                if traditional:
                    text = text.translate(TO_SIMPLIFIED)
                if not text.isascii() and _WIDE.search(text):
                    text = _WIDE.sub(lambda sum_: unicodedata.normalize("NFKC", sum_.group()), text)
                if text and not text.isspace():
                    parent.parts.append(text)
                elif text and parent.parts:
                    parent.parts.append(" ")
            elif tag is not None and not tag.startswith(("-", "!")) and tag not in _UNSEEN:
                attributes = node.attributes
                hidden = _is_hidden(attributes)
                hides += hidden
                if not hidden or (hides <= _MOST_PANES and _is_pane(node)):
                    made += 1
                    if made > MOST_ELEMENTS:
                        return root
                    element = Element(tag, parent, attributes, made)
                    parent.parts.append(element)
                    if (
                        tag in ("i", "span", "em")
                        and node.first_child is None
                        and _YUAN_ICON.search(element.marks)
                    ):
                        element.parts.append("¥")
                    elif (
                        tag == "input"
                        and "readonly" in attributes
                        and _SHOWN.fullmatch(attributes.get("value") or "")
                    ):
                        element.parts.append(attributes["value"] or "")
                    elif node.first_child is not None:
                        # The rest of this level waits below what is read now.
                        stack.append((node.next, parent))
                        node, parent = node.first_child, element
                        continue
            node = node.next
    return root


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return False
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style") or ""):
        return True
    names = attributes.get("class") or ""
    return not _HIDDEN_CLASSES.isdisjoint(names.split()) and not _SHOWN_CLASS.search(names)


def _is_pane(node: LexborNode) -> bool:
    """Whether something hidden is the list of another tab: one of its own kind beside it is shown, and what it holds is all of one kind."""
    parent, kind = node.parent, _kind_of(node)
    if parent is None or node.tag not in _PANES:
        return False
    beside = (other for other in islice(parent.iter(), _MOST_PANES) if other.tag == node.tag)
    if not any(_kind_of(other) == kind and not _is_hidden(other.attributes) for other in beside):
        return False
    held = list(islice(node.iter(), _MOST_PANES))
    while len(held) == 1:
        held = list(islice(held[0].iter(), _MOST_PANES))
    return len(held) > 1 and len({_kind_of(inner) for inner in held}) == 1


def _kind_of(node: LexborNode) -> tuple[str | None, frozenset[str]]:
    names = (node.attributes.get("class") or "").lower().split()
    return node.tag, frozenset(_DIGITS.sub("", name) for name in names) - _STATES


def column_of(element: Element) -> str | None:
    """What the heading above a table cell says it holds: a key of _HEADS. A table may be made of tr and td or of any elements in rows."""
    cell: Element | None = element
    while cell is not None and cell.tag != "td":
        cell = cell.parent
    table = next((a for a in cell.ancestors() if a.tag == "table"), None) if cell is not None else None
    if cell is None or table is None or cell.parent is None:
        return _column_of_rows(element)
    if table.columns is None:
        first = next((row for row in table.walk() if row.tag == "tr"), None)
        heads = [c for c in first.children if c.tag in ("th", "td")] if first is not None else []
        if not any(c.tag == "th" for c in heads) and any(any(x.isdigit() for x in c.text) for c in heads):
            heads = []
        table.columns = _columns(heads) or _columns(_heads_apart(table))
    place = [c for c in cell.parent.children if c.tag in ("td", "th")].index(cell)
    return table.columns.get(place + _cells_from_above(cell.parent, place))


def _heads_apart(table: Element) -> list[Element]:
    """The heads of a table whose headings stand in a table of their own before it, that they may stay while its rows scroll."""
    cells = len(next((row.children for row in table.walk() if row.tag == "tr"), []))
    inner = table
    for above in islice(table.ancestors(), 4):
        before = islice((part for part in above.parts[: inner.place] if isinstance(part, Element)), 8)
        heads = [e for part in before for e in part.walk() if e.tag == "th"]
        if heads:
            return heads if len(heads) == cells else []
        inner = above
    return []


def _cells_from_above(row: Element, place: int) -> int:
    """How many cells before `place` reach down into a row from those above it (a category that spans its goods)."""
    rows = row.parent.children if row.parent is not None else []
    if len(row.children) >= max((len(one.children) for one in rows[:20]), default=0):
        return 0
    at = rows.index(row) if row in rows[:_MOST_SPANNED] else 0
    spans = 0
    for away, above in enumerate(reversed(rows[:at]), 1):
        for index, cell in enumerate(above.children[: place + 1]):
            reach = cell.attributes.get("rowspan") or ""
            spans += index <= place and reach.isdigit() and int(reach) > away
    return spans


def _column_of_rows(element: Element) -> str | None:
    """The same for rows that are no table rows: the first of them holds nothing but heads, as many as the others hold cells."""
    cell = element
    for _ in range(3):
        row = cell.parent
        rows = row.parent if row is not None else None
        if row is None or rows is None or row.tag == "body":
            return None
        if rows.columns is None:
            heads = rows.children[0].children
            told = _columns(heads) if len(heads) > 2 else {}
            plain = all(
                head.text and len(head.text) < 12 and not re.search(r"\d", head.text) for head in heads
            )
            rows.columns = told if plain and "name" in told.values() and len(told) > 1 else {}
        if (
            rows.columns
            and len(row.children) == len(rows.children[0].children)
            and row is not rows.children[0]
        ):
            return rows.columns.get(row.children.index(cell))
        cell = row
    return None


def _columns(heads: list[Element]) -> dict[int, str]:
    order = ("former", "other", "stock", "sold", "price", "name")
    told = {
        place: role
        for place, head in enumerate(heads)
        if (role := next((name for name in order if _HEADS[name].search(head.text)), None))
    }
    if "price" not in told.values():
        # Of levels only, whoever registers pays the first.
        first = next(
            (n for n, role in told.items() if role == "other" and not _TRADE.search(heads[n].text)), None
        )
        told |= {} if first is None else {first: "price"}
    return told
