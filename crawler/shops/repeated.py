"""Goods of a shop nobody wrote a parser for, found by repeated structure: the same path of tags, one price each. Pure.

Every price on the page is found first. Prices that stand at the same place of a repeated block make a list; the block is
the largest element around a price that holds no second one of its list. What names the goods is the place inside the
block whose texts are most like names over the whole list, so that a badge, a counter or a button, which repeat
themselves, is never taken for one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.shops.money import AMOUNT, BARE, Money, amounts
from crawler.shops.outline import Element, shape
from crawler.shops.page import SOLD_OUT, Good, count, stock_of

_PRICE_MARK = re.compile(
    r"(?:^|[-_\s])(?:[a-z]{0,12}price[a-z]{0,8}|money|amount|jiage|jg|yuan|rmb|cost|fee|shoujia)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_FORMER_MARK = re.compile(
    r"(?:^|[-_\s])(?:old|orig\w*|market|before|del|deleted|line-?through|through|ori|yuanjia|original|was|cross\w*)"
    r"(?:$|[-_\s])|old-?price|market-?price|origin\w*-?price|price-?(?:old|orig\w*|market|del|before)|line-through",
    re.IGNORECASE,
)
_FORMER_WORD = re.compile(r"(?:原|市场|官方|门市|划线|零售|指导|面)[价值]|原售价")
_OTHER_MARK = re.compile(
    r"(?:^|[-_\s])(?:vip|svip|member|agent|wholesale|coupon|discount-tip|pifa|daili)\w*(?:$|[-_\s])",
    re.IGNORECASE,
)
_OTHER_WORD = re.compile(
    r"(?:会员|vip|svip|代理|批发|分站|加盟|拼团|团购|进货|成本)\s*(?:专享|等级)?\s*[价:：]|\d+\s*(?:件|个|张|份|单|枚)?\s*(?:起|以上|及以上)(?!\s*$)"
    r"|满\s*[¥￥]?\d+|[满减省返赠]\s*[¥￥]|立减|直降|优惠券|红包|运费|手续费|押金|余额|合计|总计|小计|佣金|起充|累计|消费|已节省|交易额|成交额|流水",
    re.IGNORECASE,
)
_WHOLESALE = re.compile(
    r"(?:≥|>=?|满)?\s*\d+\s*(?:件|个|张|份|单|枚|pcs)?\s*(?:起|以上|及以上|\+)\s*[:：=]?\s*$"
)
_PRICE_LABEL = re.compile(
    r"(?:现价|售价|单价|价格|优惠价|特价|秒杀价|活动价|促销价|到手价|价钱|仅售|只需|低至|price)\s*[:：]?\s*$",
    re.IGNORECASE,
)
_WORDS_AROUND = re.compile(
    r"^[\s¥￥$€£\d.,·/~\-—–+起元块/每张个份件月年天:：()（）]*(?:RMB|CNY|USDT|USD|起|元)?[\s起/每张个份件月年天()（）]*$",
    re.IGNORECASE,
)
_STOCK = re.compile(
    r"(?:库存|剩余|余量|还剩|仅剩|存货|可售|剩|stock)\s*(?:数量|量|状态|情况)?\s*[:：(（\[]?\s*(?:仅剩|剩余)?\s*"
    r"(-?\d[\d,]*(?:\.\d+)?\s*[万wk]?\+?|充足|少量|紧张|不足|缺货|售罄|大量|一般|有货|无货|正常|不限|无限|现货|爆棚|非常多|较少|很多|所剩无几)",
    re.IGNORECASE,
)
_SOLD = re.compile(
    r"(?:销量|销售|已售|售出|已卖|成交|月销|总销|已出|热销|sold|sales)\s*(?:量|数量|数|出|了)?\s*[:：(（]?\s*(\d[\d,]*(?:\.\d+)?\s*[万wk]?)"
    r"|(?<![\d.¥￥])(\d[\d,]*(?:\.\d)?[万wk]|\d[\d,]*)\+?\s*(?:(?:人|件|笔|单|次|份)\s*(?:已?购买|付款|已买)|(?:人|件|笔|单|次|份)?\s*(?:已售|售出|成交))",
    re.IGNORECASE,
)
_GONE_MARK = re.compile(
    r"(?:^|[-_\s])(?:sold-?out|sell-?out|out-?of-?stock|stock-?out|no-?stock|quehuo|shouqing|empty-stock|is-out|disabled-good)\w*(?:$|[-_\s])",
    re.IGNORECASE,
)
_NOISE_TEXT = re.compile(
    r"(?:立即|马上|点击|去|我要|直接|在线)?(?:购买|下单|抢购|查看|详情|选购|购卡|支付|付款|兑换|订购|开通|充值|提卡|进入|领取)(?:商品|详情|>|»|→)*"
    r"|(?:加入|放入)?购物车|收藏|分享|更多|全部|缺货|售罄|已售罄|已售完|无货|补货中?|上架|下架|(?:自动|人工|手动|手工)(?:发货|处理|充值)?|秒发|现货|热[卖销门]?|新品?|推荐|爆款|特价|限时|置顶|包邮"
    r"|buy(?: now)?|add to cart|detail|view|more|hot|new|sale|auto|order|in stock|out of stock|sold out",
    re.IGNORECASE,
)
_NOISE_START = re.compile(
    r"(?:库存|剩余|余量|还剩|仅剩|销量|已售|售出|月销|成交|发货方式|类型|分类|编号|状态|价格|售价|单价|原价|现价|优惠|批发|评分|浏览|好评|满\d|≥|累计|最近|起购|限购|数量)"
    r"\s*(?:量|数量|数|价)?\s*[:：(（\d¥￥]|\d+\s*(?:件|个|张|份)\s*(?:起|以上)|[满减省]\s*[¥￥\d]",
    re.IGNORECASE,
)
_SAID_OF_GOODS = re.compile(
    r"(?:原|市场|官方|会员|代理|批发|优惠|活动|特|现|售|单)价|价格|库存|剩余|销量|已售|缺货|售罄|已售罄|有货|充足|少量|自动发货|人工处理|发货|起|每?[张个份件]|立即购买|购买|下单|RMB|CNY",
    re.IGNORECASE,
)
"""What stands beside a price without being a name."""
_NOT_GOODS = re.compile(
    r"合计|总计|小计|应付|实付|余额|运费|手续费|押金|购物车|(?:刚刚|分钟前|秒前|小时前)|(?:购买|下单|充值)了|\*{2,}|优惠券|满\d+减|累计|交易额|成交额|今日|昨日"
)
_NAME_MARK = re.compile(
    r"(?:^|[-_\s])(?:[a-z]{0,10}(?:name|title|tit|subject|biaoti|mingcheng|caption|heading|headline)|nm|mc|bt|tt)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_SIDE_MARK = re.compile(
    r"(?:^|[-_\s])(?:sub-?title|desc\w*|intro|summary|info|meta|cate\w*|type|brand|shop-?name|store-?name|foot\w*|author|time|date|remark|tips?)(?:$|[-_\s])",
    re.IGNORECASE,
)
_BADGE_MARK = re.compile(
    r"(?:^|[-_\s])(?:\w{0,8}badge|\w{0,6}tags?|\w{0,6}label|icon\w*|hot|new|corner|flag|mark|ribbon|state|status|stock\w*|kucun|sold\w*|sales?|sale-\w+|xiaoliang|count|num|btn|button|chip|pill|el-tag|ant-tag|van-tag)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[\u3400-\u9fffA-Za-z]")
_ITEM_MARK = re.compile(r"goods|product|item|card|commodity|shangpin|sku|list|pd|prod|kami", re.IGNORECASE)
_BUY_LINK = re.compile(r"buy|goods|item|product|detail|shop|order|/p/|/g/|id=\d|/\d+", re.IGNORECASE)
_HEADS = {
    "name": re.compile(r"名称|商品|品名|套餐|标题|产品|项目|name|title|product", re.IGNORECASE),
    "price": re.compile(r"价格|单价|售价|金额|价$|price", re.IGNORECASE),
    "former": re.compile(r"原价|市场价|官方价|面值", re.IGNORECASE),
    "other": re.compile(r"会员价|代理价|批发|vip|成本", re.IGNORECASE),
    "stock": re.compile(r"库存|余量|剩余|stock", re.IGNORECASE),
    "sold": re.compile(r"销量|已售|售出|sold|sales", re.IGNORECASE),
}
_DECIMAL = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})\.\d{2}")
_MOST_PRICES = 1_500
_LONGEST_BLOCK = 900
"""Characters of one good with all that is said of it."""
_STEP = 0.25
"""What a name loses for each step between the price and the smallest element that holds both: a heading of many goods is far away."""
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "dt"])


@dataclass(eq=False)
class Price:
    """A price on the page: the element it fills, its amount (of a range the lowest), its role: now, former or other."""

    element: Element
    money: Money
    role: str
    sure: bool = True
    """Whether it can be nothing else; 9.9元 at the end of a text may be a part of a name."""


def goods_in(body: Element) -> list[Good]:
    """The goods of a page of unknown structure, in the page's order; none where nothing repeats and nothing looks sold."""
    prices = list(_prices(body))
    sure = [price for price in prices if price.sure]
    decimals = [price for price in _bare_decimals(body) if price.role == "now"] if not sure else []
    return _listed(sure) or _listed(decimals, fewest=3) or _listed(prices)


def _listed(prices: list[Price], fewest: int = 1) -> list[Good]:
    """The goods around `prices`, of lists of at least `fewest`."""
    rows: list[tuple[int, Good]] = []
    taken: set[Element] = set()
    formers: dict[Element, Money] = {}
    for price in prices:
        if price.role == "former":
            for above in (price.element, *price.element.ancestors()):
                formers.setdefault(above, price.money)
    held = Counter(
        above
        for price in prices
        if price.role == "now"
        for above in (price.element, *price.element.ancestors())
    )
    for group in _groups(prices):
        if len(group) < fewest:
            continue
        blocks = _blocks(group) if len(group) > 1 else [(_single_block(group[0], held), group[0])]
        names = _names(blocks)
        fresh: list[Element] = []
        for (block, price), name in zip(blocks, names, strict=True):
            if not name or block in taken or any(above in taken for above in block.ancestors()):
                continue
            fresh.append(block)
            rows.append((block.number, _good(block, price, name, formers.get(block))))
        taken.update(fresh)
    found: dict[str, Good] = {}
    for _, good in sorted(rows, key=lambda row: row[0]):
        found.setdefault(good.name, good)
    return list(found.values())


# Prices.


def _prices(body: Element) -> Iterator[Price]:
    """Every element that is a price or holds one, smallest first found; at most _MOST_PRICES."""
    done: set[Element] = set()
    given = 0
    for element in body.walk():
        if given >= _MOST_PRICES:
            return
        own = element.own
        if not any(character.isdigit() for character in own):
            continue
        whole = _whole_price(element)
        if whole in done:
            continue
        roles: set[str] = set()
        for price in _read_price(whole):
            done.add(whole)
            if price.role not in roles:
                roles.add(price.role)
                given += 1
                yield price


def _bare_decimals(body: Element) -> Iterator[Price]:
    """Numbers with two decimals that fill an element: prices without any sign, of a page that has no others."""
    given = 0
    for element in body.walk():
        if given >= _MOST_PRICES:
            return
        text = element.own
        if _DECIMAL.fullmatch(text) and not element.children:
            given += 1
            yield Price(
                element,
                Money(float(text.replace(",", "")), "CNY", 0, len(text)),
                _role(element, "", ""),
                False,
            )


def _whole_price(element: Element) -> Element:
    """The largest element around `element` that still is nothing but one price: split decimals, sign and unit beside it."""
    best = element
    for above in (element, *element.ancestors()):
        text = above.text
        if len(text) > 32 or not _WORDS_AROUND.match(text) or above.tag in ("tr", "li", "ul", "body"):
            break
        if len(AMOUNT.findall(text)) > 1 and above is not element:
            break
        best = above
    return best


def _read_price(element: Element) -> Iterator[Price]:
    text = element.text
    if len(text) > 400:
        text = element.own
    for money in amounts(text):
        before, behind = text[: money.start], text[money.end : money.end + 8]
        likely = _likelihood(element, text, money)
        if likely is not None:
            yield Price(element, money, _role(element, before, behind), likely)
    bare = BARE.search(text)
    if bare is None or AMOUNT.search(text):
        return
    money = Money(float(bare.group().replace(",", "")), "CNY", bare.start(), bare.end())
    column = _column(element)
    around = text[: bare.start()]
    alone = bool(_WORDS_AROUND.match(text))
    if column in ("price", "former", "other") and alone:
        yield Price(element, money, {"price": "now"}.get(column, column))
    elif (alone and _marked(element, _PRICE_MARK)) or _PRICE_LABEL.search(around[-12:]):
        yield Price(element, money, _role(element, around, text[bare.end() :][:8]))


def _likelihood(element: Element, text: str, money: Money) -> bool | None:
    """True for a price, False for what may be one, None for a part of a name, as in 话费100元."""
    written = text[money.start : money.end]
    if written[0] in "¥￥$€£" or written[-1] in "¥￥" or _WORDS_AROUND.match(text):
        return True
    before = text[: money.start]
    if (
        _PRICE_LABEL.search(before.rstrip()[-12:])
        or before.rstrip().endswith((":", "："))
        or _marked(element, _PRICE_MARK)
    ):
        return True
    if not _LETTER.search(_SAID_OF_GOODS.sub("", AMOUNT.sub("", element.own))):
        return True
    behind = _SAID_OF_GOODS.sub("", AMOUNT.sub("", text[money.end :]))
    apart = not before or before[-1] in " |·/-—，,"
    return False if apart and not _LETTER.search(behind) else None


def _role(element: Element, before: str, behind: str) -> str:
    """now, former (crossed out, 原价) or other (for members, from ten pieces on, a sum that is no price)."""
    column = _column(element)
    if column in ("former", "other"):
        return column
    lead = before[-14:] or _text_before(element)[-14:]
    for above in (element, *_near(element)):
        style = above.attributes.get("style") or ""
        if above.tag in ("del", "s", "strike") or "line-through" in style or _FORMER_MARK.search(above.marks):
            return "former"
        if _OTHER_MARK.search(above.marks):
            return "other"
    if (
        len(element.children)
        and not element.own.strip("¥￥ ")
        and any(c.tag in ("del", "s", "strike") for c in element.children)
    ):
        return "former"
    if _FORMER_WORD.search(lead):
        return "former"
    if _OTHER_WORD.search(f"{lead}¥") or _WHOLESALE.search(lead):
        return "other"
    if re.match(r"\s*[)）]?\s*(?:优惠券|红包|运费|/?\s*\d+\s*(?:件|个|张)以上)", behind):
        return "other"
    return "now"


def _near(element: Element) -> Iterator[Element]:
    """The ancestors that hold little besides the price itself."""
    for above in element.ancestors():
        if len(above.text) > len(element.text) + 8:
            return
        yield above


def _text_before(element: Element) -> str:
    """The text directly before an element in its parent."""
    parent = element.parent
    if parent is None or element.place == 0:
        return ""
    part = parent.parts[element.place - 1]
    before = part if isinstance(part, str) else part.text
    # A name may stand there as well: a label is short or ends with a colon.
    before = before.strip()
    return before if len(before) <= 4 or (len(before) <= 14 and before[-1] in ":：") else ""


def _marked(element: Element, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(one.marks) for one in (element, *_near(element)))


def _column(element: Element) -> str | None:
    """What the heading above a table cell says it holds: a key of _HEADS."""
    cell = element if element.tag == "td" else next((a for a in element.ancestors() if a.tag == "td"), None)
    if cell is None or cell.parent is None:
        return None
    table = next((a for a in cell.ancestors() if a.tag == "table"), None)
    if table is None:
        return None
    if table.columns is None:
        first = next((row for row in table.walk() if row.tag == "tr"), None)
        heads = [c for c in first.children if c.tag in ("th", "td")] if first is not None else []
        if not any(c.tag == "th" for c in heads) and any(any(x.isdigit() for x in c.text) for c in heads):
            heads = []
        order = ("former", "other", "stock", "sold", "price", "name")
        table.columns = {
            place: role
            for place, head in enumerate(heads)
            if (role := next((name for name in order if _HEADS[name].search(head.text)), None))
        }
    place = [c for c in cell.parent.children if c.tag in ("td", "th")].index(cell)
    return table.columns.get(place)


# Lists and their blocks.


def _groups(prices: list[Price]) -> list[list[Price]]:
    """Current prices by the place they stand at: sure ones before others, the longest list first."""
    places: dict[tuple[str, ...], list[Price]] = defaultdict(list)
    for price in prices:
        if price.role == "now":
            tags = tuple(above.tag for above in price.element.ancestors())
            places[f"{price.sure} {shape(price.element)}", *tags].append(price)
    return sorted(
        places.values(), key=lambda group: (not group[0].sure, -len(group), group[0].element.number)
    )


def _blocks(group: list[Price]) -> list[tuple[Element, Price]]:
    """The largest element around each price that holds no other of its group, at the depth most of them share."""
    held = Counter(above for price in group for above in (price.element, *price.element.ancestors()))
    chains = [[e for e in (price.element, *price.element.ancestors()) if held[e] == 1] for price in group]
    depths = Counter(len(chain) for chain in chains)
    # Where every category holds one good its heading would be swallowed: the least depth that most agree on.
    usual = min(depth for depth, times in depths.items() if times == max(depths.values()))
    return [(chain[min(usual, len(chain)) - 1], price) for chain, price in zip(chains, group, strict=True)]


def _single_block(price: Price, held: Counter[Element]) -> Element:
    """The block around a price that stands alone at its place, by what such blocks are called; `held`: prices inside each element."""
    block = price.element
    if block.tag in ("li", "tr"):
        return block
    for above in price.element.ancestors():
        if above.tag == "body" or len(above.text) > 240 or held[above] > 1:
            break
        block = above
        if above.tag in ("li", "tr", "article", "dl"):
            break
        if _ITEM_MARK.search(above.marks) and _LETTER.search(above.text.replace(price.element.text, "")):
            # The body of a card is not yet the card; its parent is, if it holds little more.
            parent = above.parent
            if (
                parent is None
                or parent.tag in ("body", "ul", "tbody", "table")
                or len(parent.text) > len(above.text) + 40
                or not _ITEM_MARK.search(parent.marks)
            ):
                break
    return block


# Names.


def _names(blocks: list[tuple[Element, Price]]) -> list[str]:
    """The name of each block; empty where there is none."""
    single = len(blocks) == 1
    texts: list[dict[str, str]] = []
    steps: dict[str, int] = {}
    for block, price in blocks:
        found: dict[str, str] = {}
        if _may_be_good(block, single):
            above = {e: n for n, e in enumerate((price.element, *price.element.ancestors()))}
            for place, name, element in _candidates(block):
                found[place] = name
                if place not in steps:
                    steps[place] = next(above[e] for e in (element, *element.ancestors()) if e in above)
        texts.append(found)
    scores = {place: _worth(place, texts) - _STEP * near for place, near in steps.items()}
    names = []
    for found in texts:
        best = max(found, key=lambda place: (scores[place], -len(place)), default=None)
        if best is None or scores[best] < (2.5 if single else 0.5):
            names.append("")
        else:
            names.append(found[best])
    return names


def _may_be_good(block: Element, single: bool) -> bool:
    text = block.text
    if len(text) > _LONGEST_BLOCK or not _LETTER.search(text) or _NOT_GOODS.search(text[:200]):
        return False
    if not single:
        return True
    linked = any(
        e.tag in ("a", "button", "form")
        and (_NOISE_TEXT.search(e.text) or _BUY_LINK.search(e.attributes.get("href") or ""))
        for e in (block, *block.walk(), *block.ancestors())
    )
    return (
        linked
        or block.tag in ("li", "tr")
        or bool(_ITEM_MARK.search(block.marks))
        or bool(_STOCK.search(text))
    )


def _candidates(block: Element) -> Iterator[tuple[str, str, Element]]:
    """(place inside the block, text, element) of everything that may be its name."""
    for element, place in _places(block):
        yield from _attribute_names(element, place)
        own = element.own
        if not _LETTER.search(own) and not (element.tag in _HEADINGS and _LETTER.search(element.text)):
            continue
        name = _clean(_without_badges(element))
        if name:
            mark = "name" if element.tag == "td" and _column(element) == "name" else ""
            yield f"{place}#{mark}", name, element


def _attribute_names(element: Element, place: str) -> Iterator[tuple[str, str, Element]]:
    for attribute in ("title", "data-name", "data-title", "data-goods-name", "alt"):
        value = element.attributes.get(attribute)
        if value and (name := _clean(value)) and not (attribute == "alt" and element.tag != "img"):
            yield f"{place}@{attribute}", name, element


def _places(block: Element) -> Iterator[tuple[Element, str]]:
    """Every element inside with its place: shapes from the block down, and which of its like it is."""
    stack = [(block, "")]
    while stack:
        element, place = stack.pop()
        seen: Counter[str] = Counter()
        inner = []
        for child in element.children:
            named = shape(child)
            seen[named] += 1
            inner.append((child, f"{place}/{named}:{seen[named]}"))
        stack.extend(reversed(inner))
        if element is not block:
            yield element, place
        else:
            yield element, "."


def _without_badges(element: Element) -> str:
    """The element's text without badges, counters, prices and blocks of their own inside it."""
    pieces = []
    for part in element.parts:
        if isinstance(part, str):
            pieces.append(part)
        elif (
            part.tag in ("b", "strong", "em", "font", "span", "a", "mark", "u", "small", "i")
            and not _BADGE_MARK.search(part.marks)
            and not _PRICE_MARK.search(part.marks)
            and not _NOISE_TEXT.fullmatch(part.text)
            and not _NOISE_START.match(part.text)
            and not AMOUNT.fullmatch(part.text)
        ):
            pieces.append(part.text)
    return "".join(pieces)


def _clean(text: str) -> str:
    """A name on one line; empty for a button, a counter, a price, a number."""
    name = " ".join(text.split()).strip(" |·-—:：,，")
    if not 2 <= len(name) <= 120 or not _LETTER.search(name):
        return ""
    if _NOISE_TEXT.fullmatch(name) or _NOISE_START.match(name) or AMOUNT.fullmatch(name):
        return ""
    ended = re.search(r"\s*(?:库存|销量|已售|剩余|[¥￥])\s*[:：]?\s*\d", name)
    return name[: ended.start()].strip(" |·-—:：,，") if ended and ended.start() >= 2 else name


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
    if _NAME_MARK.search(last.replace(".", " ").replace(":", " ")):
        worth += 2.5
    if last.split(".")[0].split(":")[0] in _HEADINGS:
        worth += 2
    if "@" in last:
        worth += {"title": 0.8, "alt": -0.6}.get(last.rsplit("@", 1)[1], 1.2)
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


# One good.


def _good(block: Element, price: Price, name: str, former: Money | None) -> Good:
    stock, label = _stock(block, name)
    currency = price.money.currency
    return Good(
        name,
        price.money.amount if currency == "CNY" else None,
        former.amount if former is not None and former.currency == "CNY" == currency else None,
        stock,
        label,
        _sold(block, name),
        _automatic(block.text.replace(name, " ", 1)),
        currency=currency,
    )


def _stock(block: Element, name: str) -> tuple[int | None, str | None]:
    for element in block.walk():
        text = element.text
        if len(text) <= 60 and (shown := _STOCK.search(text.replace(name, " ", 1))):
            word = shown.group(1).strip()
            if re.fullmatch(r"[\d,.]+\s*[万wk]?\+?", word, re.IGNORECASE):
                return count(word), None
            return stock_of(word)
        if element.tag == "td" and _column(element) == "stock" and text:
            return (count(text), None) if re.fullmatch(r"[\d,]+", text) else stock_of(text)
    for element in block.walk():
        alt = (element.attributes.get("alt") or "") if element.tag == "img" else ""
        if _GONE_MARK.search(element.marks) or SOLD_OUT.search(alt):
            return 0, "缺货"
    rest = block.text.replace(name, " ", 1)
    if said := re.search(r"即将售罄|库存紧张|少量|充足|有货|现货", rest):
        return None, said.group()
    if said := SOLD_OUT.search(rest):
        return 0, said.group()[:20]
    return None, None


def _sold(block: Element, name: str) -> int | None:
    for element in block.walk():
        text = element.text
        if len(text) <= 60 and (shown := _SOLD.search(text.replace(name, " ", 1))):
            return count(shown.group(1) or shown.group(2))
        if element.tag == "td" and _column(element) == "sold":
            return count(text)
    return None


def _automatic(text: str) -> bool | None:
    if re.search(r"自动|秒发", text):
        return True
    return False if re.search(r"人工|手动|手工", text) else None
