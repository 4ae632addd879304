"""What names a good inside its block: the place whose texts are most like names over the whole list. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from crawler.shops.money import AMOUNT, amounts
from crawler.shops.unknown.page_outline import Element, column_of
from crawler.shops.unknown.price_blocks import (
    DECIMAL,
    LETTER,
    PRICE_MARK,
    WORDS_AROUND,
    Price,
    without_said,
)

_NOISE_TEXT = re.compile(
    r"(?:立即|马上|点击|去|我要|直接|在线)?(?:购买|下单|抢购|查看|详情|选购|购卡|支付|付款|兑换|订购|开通|充值|提卡|进入|领取)(?:商品|详情|>|»|→)*"
    r"|(?:加入|放入)?购物车|收藏|分享|更多|全部|缺货|(?:已经?)?(?:[售告]罄|售完|抢[光完])|无货|补货中?|上架|下架|(?:自动|人工|手动|手工)(?:发货|处理|充值)?|秒发|现货|热[卖销门]?|新品?|推荐|爆款|特价|限时|置顶|包邮"
    r"|buy(?: now)?|add to cart|detail|view|more|hot|new|sale|auto|order|in stock|out of stock|sold out",
    re.IGNORECASE,
)
_NOISE_START = re.compile(
    r"[价存余]\s*[:：]|编号\s|距.{0,4}(?:结束|开始|开抢)|倒计时|已抢\s*\d|(?:库存|剩余|余量|还剩|仅剩|销量|已售|售出|月销|成交|发货方式|类型|分类|编号|状态|价格|售价|单价|原价|现价|优惠|批发|评分|浏览|好评|满\d|≥|累计|最近|起购|限购|数量|普通|零售|VIP|至尊|代理|[剩余](?=\s*\d))"
    r"\s*(?:量|数量|数|价)?\s*[:：(（\d¥￥]|\d+\s*(?:件|个|张|份)\s*(?:起|以上)|[满减省]\s*[¥￥\d]|[送赠返得]\s*\d+\s*(?:积分|金币|经验|元)|(?:积分|reward)\s*[:：+]?\s*\d",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"(?:已有|共有?|累计|总共)?(?:超过?|近|约)?\d[\d,.]*\s*[万wk千]?\+?\s*(?:人|件|笔|单|次|份|条|个|张|位|pcs|people)?\s*(?:已|正在|都在)?(?:购买?|买|付款|下单|售出?|卖出?|成交|浏览|阅读|好评|评价|评论|想要|收藏|关注|在看|看过|喜欢|库存|可售|sold|left|in stock|available|reviews?)(?:过|了|量)?",
    re.IGNORECASE,
)
"""1.2万人已购买, 35 sold: how many did what, whatever it was."""
_COUNTED = re.compile(
    r"\s*[(（\[【]\s*(?:\d[\d,]*\s*(?:(?:件|个|张|份)?\s*(?:库存|可售|已售)|可用|available|in stock|left|sold)"
    r"|(?:库存|剩余|已售|销量)\s*(?:[:：]\s*)?\d[\d,]*\s*[件个张份]?)\s*[)）\]】]$",
    re.IGNORECASE,
)
"""月卡 (12 可用): the stock behind a name; 账号（5人可用） tells what is sold."""
_SPAN = re.compile(r"\d{1,3}\s*(?:个?月|天|日|周|年|小时|季度?)|[(（]?(?:及|或)?以[上下][)）]?")
"""How long a thing runs, and the ends of a range of prices: a choice within a good or a filter."""
_LABEL = re.compile(r"^(?:(?:商品|产品|套餐)?(?:名称|名|标题)|商品|产品|品种)\s*[:：]\s*")
_ORDINAL = re.compile(r"[【\[(（]?(\d{1,3})\s*(?:[.、)）\]】]|\ufe0f?\u20e3)\s*")
_NAME_MARK = re.compile(
    r"(?:^|[-_\s])(?:[a-z]{0,10}(?:name|title|tit|subject|biaoti|mingcheng|(?<!text-)caption|heading|headline)|nm|mc|bt|tt)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_HEADING_MARK = re.compile(r"\.(?:text-)?h(?=[.:])")
"""The class of a heading, h6 or text-h6, as shapes spell it: without its number."""
_SECOND_MARK = re.compile(r"(?:name|title|tit)-?[2-9](?:$|\s)")
"""title2 beside title."""
_SIDE_MARK = re.compile(
    r"(?:^|[-_\s])(?:sub-?title|desc\w*|intro|summary|info|meta|cate\w*|type|brand|shop-?name|store-?name|foot\w*|author|time|date|remark|tips?|promo\w*|slogan\w*|words)(?:$|[-_\s])",
    re.IGNORECASE,
)
_BADGE_MARK = re.compile(
    r"(?:^|[-_\s])(?:\w{0,8}badge|\w{0,6}tags?|\w{0,6}label|icon\w*|hot|new|corner|flag|mark|ribbon|state|status|stock\w*|kucun|sold\w*|sales?|sale-\w+|xiaoliang|count|num|btn|button|chip|pill|el-tag|ant-tag|van-tag)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_STEP = 0.25
"""What a name loses for each step between the price and the smallest element that holds both: a heading of many goods is far away."""
_OUTSIDE = 20
"""Steps added to what stands outside the link or row of a good."""
_LEADER = re.compile(r"\s*(?:[….·_-]\s*){2,}$")
"""月卡 ……… 9.90元"""
_PRICED = re.compile(r"\s*(?:价格|[单售现]价|价)?\s*[:：]?\s*$")
_EDGES = " |·-—–:：,，"
_NAMED_BY = {"alt": ("img",), "aria-label": ("a", "article", "li")}
"""Of which elements an attribute may be the name of a good."""
_ROWS = frozenset(["a", "li", "tr", "button", "article"])
_CELLS = frozenset(["td", "div", "span", "p", "li", "dd", "a"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "dt"])


def names_of(blocks: list[tuple[Element, Price]]) -> list[str]:
    """The name of each block; empty where there is none."""
    single = len(blocks) == 1
    texts: list[dict[str, str]] = []
    steps: dict[str, int] = {}
    candidates = [list(_candidates(block, price)) for block, price in blocks]
    labels = _labels(candidates)
    for (block, price), named in zip(blocks, candidates, strict=True):
        found: dict[str, str] = {}
        above = {e: n for n, e in enumerate((price.element, *price.element.ancestors()))}
        held: dict[str, int] = {}
        for place, name, element in named:
            if place in labels:
                continue
            if element is price.element and (ends := _before(name, price)):
                name = ends
            found[place] = name
            held[place] = next(above[e] for e in (element, *element.ancestors()) if e in above)
        # A link or a row that holds the price and a name is the good; what stands outside it heads a category.
        row = next(
            (
                n
                for e, n in above.items()
                if e.tag in _ROWS and n <= above[block] and n in range(*_inside(held))
            ),
            None,
        )
        for place, near in held.items():
            steps.setdefault(place, near + (_OUTSIDE if row is not None and near > row else 0))
        texts.append(found)
    scores = {place: _worth(place, texts) - _STEP * near for place, near in steps.items()}
    names = []
    for found in texts:
        best = max(found, key=scores.__getitem__, default=None)  # of equals the first
        if best is None or scores[best] < (2.5 if single else 0.5):
            names.append("")
        else:
            names.append(found[best])
    return _without_ordinals(names)


def _labels(candidates: list[list[tuple[str, str, Element]]]) -> set[str]:
    """Places that say the same in each of many blocks."""
    said: dict[str, Counter[str]] = {}
    for named in candidates:
        for place, name, _ in named:
            said.setdefault(place, Counter())[name] += 1
    return {
        place
        for place, names in said.items()
        if len(names) == 1 and names.total() >= max(3, len(candidates) / 2)
    }


def _before(text: str, price: Price) -> str:
    """The name in a text that tells the price as well, as in 月卡 —— 9.90元; empty where none stands before it."""
    told = [money for money in amounts(text) if money.amount == price.money.amount]
    if told:
        text = text[: told[-1].start]
    else:
        written = price.element.text[price.money.start : price.money.end]
        if not written or written not in text:
            return ""
        text = text[: text.rindex(written)]  # 价格：9.90 without a sign
    return clean(_PRICED.sub("", _LEADER.sub("", text)))


def _without_ordinals(names: list[str]) -> list[str]:
    """The names without the numbers of a numbered list."""
    found = [_ORDINAL.match(name) for name in names]
    numbers = [int(match.group(1)) for match in found if match]
    if len(numbers) < 3 or numbers != list(range(numbers[0], numbers[0] + len(names))):
        return names
    return [name[match.end() :] if match else name for name, match in zip(names, found, strict=True)]


def _inside(held: dict[str, int]) -> tuple[int, int]:
    """From the step nearest to the price at which a name stands up to the farthest."""
    return (min(held.values()), max(held.values()) + 1) if held else (0, 0)


def _candidates(block: Element, price: Price) -> Iterator[tuple[str, str, Element]]:
    """(place inside the block, text, element) of everything that may be its name."""
    for element, place in _places(block):
        yield from _attribute_names(element, place)
        own = element.own
        if not LETTER.search(own) and not (element.tag in _HEADINGS and LETTER.search(element.text)):
            continue
        name = clean(_without_badges(element, price.element))
        if name:
            mark = "name" if element.tag in _CELLS and column_of(element) == "name" else ""
            if _SECOND_MARK.search(f"{element.marks} {element.parent.marks if element.parent else ''}"):
                mark = "second"
            yield f"{place}#{mark}", name, element


def _attribute_names(element: Element, place: str) -> Iterator[tuple[str, str, Element]]:
    for attribute in ("title", "data-name", "data-title", "data-goods-name", "aria-label", "alt"):
        value = element.attributes.get(attribute)
        if (
            attribute == "title"
            and value
            and len(shown := clean(element.text)) > 3
            and shown[:2] not in value
        ):
            continue  # a remark on what is shown, not the whole of what is cut
        if value and (name := clean(value)) and element.tag in _NAMED_BY.get(attribute, (element.tag,)):
            yield f"{place}@{attribute}", name, element


def _places(block: Element) -> Iterator[tuple[Element, str]]:
    """Every element inside with its place: shapes from the block down, and which of its like it is."""
    stack = [(block, "")]
    while stack:
        element, place = stack.pop()
        seen: Counter[str] = Counter()
        inner = []
        for child in element.children:
            named = child.shape
            seen[named] += 1
            inner.append((child, f"{place}/{named}:{seen[named]}"))
        stack.extend(reversed(inner))
        if element is not block:
            yield element, place
        else:
            yield element, "."


def _without_badges(element: Element, price: Element) -> str:
    """The element's text without badges, counters, prices and blocks of their own inside it."""
    pieces: list[str] = []
    for part in element.parts:
        if isinstance(part, str):
            pieces.append(part)
        elif part.tag == "br":
            if "".join(pieces).strip():
                break  # what follows on lines of their own are remarks
        elif (
            part is not price
            and not DECIMAL.fullmatch(part.text)
            and part.tag in ("b", "strong", "em", "font", "span", "a", "mark", "u", "i")
            and not _BADGE_MARK.search(part.marks)
            and not PRICE_MARK.search(part.marks)
            and not _NOISE_TEXT.fullmatch(part.text.strip("[]【】()（） "))
            and not _NOISE_START.match(part.text)
            and not AMOUNT.fullmatch(part.text)
        ):
            pieces.append(_without_badges(part, price) if part.children else part.text)
    return "".join(pieces)


def clean(text: str) -> str:
    """A name on one line; empty for a button, a counter, a price, a number."""
    name = _LABEL.sub("", " ".join(text.split()).strip(_EDGES))
    if name[-1:] in (")", "）", "]", "】"):
        name = _COUNTED.sub("", name).strip(_EDGES)
    if not 2 <= len(name) <= 120 or not LETTER.search(name):
        return ""
    if AMOUNT.search(name) and WORDS_AROUND.match(name):
        return ""  # ¥9.90/月
    if not LETTER.search(without_said(name)) or _SPAN.fullmatch(name):
        return ""
    if (
        _COUNTER.fullmatch(name)
        or _NOISE_TEXT.fullmatch(name)
        or _NOISE_START.match(name)
        or AMOUNT.fullmatch(name)
    ):
        return ""
    ended = re.search(
        r"\s*(?:库存|销量|已售|剩余|[¥￥](?!\s*[\d.,]+\s*(?![元块起])[^\W\d_]))\s*[:：]?\s*\d", name
    )
    return name[: ended.start()].strip(_EDGES) if ended and ended.start() >= 2 else name


def _worth(place: str, texts: list[dict[str, str]]) -> float:
    """How much a place is like a name's: on how many blocks it stands, how different they are, and what its marks say."""
    values = [found[place] for found in texts if place in found]
    blocks = sum(bool(found) for found in texts) or 1
    worth = 3 * len(values) / blocks
    if len(values) >= 3:
        worth += 3 * len(set(values)) / len(values)
    elif len(values) == 2:
        worth += 3.0 if values[0] != values[1] else 0.5
    else:
        worth += 1.5
    last = place.rsplit("/", 1)[-1]
    if place.endswith("#name"):
        worth += 3
    if place.endswith("#second"):
        worth -= 2.5
    if _NAME_MARK.search(last.replace(".", " ").replace(":", " ")):
        worth += 2.5
    if last.split(".")[0].split(":")[0] in _HEADINGS:
        worth += 2
    elif _HEADING_MARK.search(last):
        worth += 1.2
    if "@" in last:
        worth += {"title": 0.8, "alt": -0.6, "aria-label": -0.6}.get(last.rsplit("@", 1)[1], 1.2)
    if last.startswith("a"):
        worth += 0.5
    plain = last.replace(".", " ").replace(":", " ")
    if _SIDE_MARK.search(plain):
        worth -= 2
    if _BADGE_MARK.search(plain):
        worth -= 1.5
    if any(value.endswith(("…", "...")) for value in values):
        worth -= 2
    average = sum(map(len, values)) / len(values)
    if average > 60:
        worth -= 1.5
    elif average < 3:
        worth -= 0.8
    return worth - 0.02 * place.count("/")
