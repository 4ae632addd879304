"""The repeated blocks of a page, one price each: what a list of goods looks like whoever wrote the theme. Pure.

Every price is climbed from to the largest element that holds no second one. Prices that share a nameless element are one
good's (a range, a ladder); goods that follow one another without an element of their own are given one. Blocks at the same
place make a list, and a list of coupons, levels, orders or articles is told from one of goods by what it is called and says.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from crawler.shops.money import AMOUNT
from crawler.shops.unknown.page_outline import Element
from crawler.shops.unknown.price_blocks import LETTER, WORDS_AROUND, Price, ends_range, place_of, without_said
from crawler.shops.unknown.product_names import clean

Record = tuple[Element, Price]
_LONGEST = 900
"""Characters of one good with all that is said of it."""
_ROUNDS = 6
_MOST_ACROSS = 12
_FEW = 3
_ITEM_MARK = re.compile(r"goods|product|item|card|commodity|shangpin|sku|list|pd|prod|kami", re.IGNORECASE)
_GOODS_MARK = re.compile(r"goods|product|commodity|shangpin|sku", re.IGNORECASE)
_BUY_LINK = re.compile(r"buy|goods|item|product|detail|shop|order|/p/|/g/|id=\d|/\d+", re.IGNORECASE)
_BUY_TEXT = re.compile(
    r"购买|下单|抢购|选购|详情|购物车|订购|兑换|提卡|buy|cart|checkout|order", re.IGNORECASE
)
_STOCK_TEXT = re.compile(
    r"库存|剩余|还剩|仅剩|有货|缺货|售罄|告罄|销量|已售|人付款|in stock|sold out|stock", re.IGNORECASE
)
_NOT_GOODS = re.compile(
    r"合计|总计|小计|应付|实付|余额|运费|手续费|押金|保证金|(?:我的|打开|清空)购物车|\d+\s*件商品|购物车(?:合计|中|内|共)|(?:刚刚|分钟前|秒前|小时前)|(?:购买|下单|充值)了|\*{3,}|优惠券|满\d+减|累计|交易额|成交额|今日|昨日"
)
"""Said of a sum that stands alone and is no price of a good."""
_SAID_OF_SUMS = re.compile(
    rf"{_NOT_GOODS.pattern}|我的|您的|本次|当前|账[户号]|可用|剩余|金额|订单|商品|款项?|[共计元为是]"
)
"""All that is said of such a sum: what says more (Steam 余额) names a good."""
_BESIDE_GOOD = re.compile(r"(?:合计|总计|小计|应付|实付|运费|手续费|押金|保证金)(?:金额|款)?\s*[:：]?\s*$")
"""What leads to a sum that a page of one good shows beside its price: what an order of it comes to."""
_ELSE_MARK = re.compile(
    r"(?:^|[-_\s])(?:coupons?|vouchers?|vip|levels?|grades?|recharges?|chongzhi|top-?up|amounts|amount-item|orders|order-(?:list|record|table)|my-order|records?"
    r"|buy-?(?:scroll|log|record)|marquee|recent\w*|notices?|announce\w*|comments?|reviews?|faq|help|history|bills?|withdraws?|incomes?|agents?)(?:$|[-_\s])",
    re.IGNORECASE,
)
"""What a list of other things than goods is called."""
_FILTER_MARK = re.compile(r"(?:^|[-_\s])(?:filters?|facets?)(?:$|[-_\s])", re.IGNORECASE)
"""What a list of ranges to choose from is called, and one of goods that may be filtered, which have headings."""
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_POST_MARK = re.compile(
    r"(?:^|[-_\s])(?:posts|article-?list|articles|entry|news|blogs?)(?:$|[-_\s])", re.IGNORECASE
)
"""What a list of articles is called, which are goods where each shows a picture and a price of its own."""
_ELSE_HEAD = re.compile(
    r"优惠券|领券|(?:余额|账户|在线)充值|充值(?:有礼|活动|优惠|送|赠|套餐)|会员(?:等级|价格|权益|套餐)|等级|最近(?:购买|下单|成交|订单)|(?:我的|历史|最新)?订单(?!式)|排行榜?$|排名|公告|资讯|文章|动态"
    r"|收益|佣金|提现|账单|明细|记录|评价|评论|常见问题|积分(?!商城)|签到|邀请|推广|加盟|分站|下单时间|交易号|升级条件"
)
_ELSE_TEXT = re.compile(
    r"(?:元|满\s*\d+(?:\.\d+)?|以上)\s*可用|立即领取|领取优惠|充值?\s*\d+\s*元?\s*[送赠]|^[¥￥]\s*\d+(?:\.\d+)?\s*[送赠]|阅读(?:全文|更多文章|\s*[\d(（])|\d\s*(?:分钟|秒|小时)前|\*{3,}|购买了"
    r"|(?:注册|邀请|签到|关注).{0,6}[送得减]|已(?:完成|发货|支付|付款)(?!量)|(?<![\d.])\d+\s*(?:次|人)?阅读(?!更多)|评论\s*\d|\d{12,}"
)
_LEVEL_FOR_SALE = re.compile(r"开通.{0,4}(?:VIP|会员|代理|分站|至尊|钻石)", re.IGNORECASE)
_DATED = re.compile(r"20\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d\s*(?:天|周|个?月)前")
_PAID = re.compile(r"^付费(?:资源|下载|内容|阅读)?|^售价")
_MEMBERS = re.compile(
    r"(?:普通|注册|白银|黄金|铂金|钻石|至尊|青铜|银牌|金牌|初级|中级|高级)(?:会员|代理|用户|VIP)"
)


def lists_in(prices: list[Price], is_article: bool = False) -> list[list[Record]]:
    """Lists of blocks around the prices asked now, the longest list first; what is plainly no list of goods is left out."""
    anchors = _one_a_good([price for price in prices if price.role == "now"])
    chains = dict(_chains(anchors))
    blocks = _agreed(chains)
    lists: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    kinds = _kinds(blocks.values())
    for price in anchors:
        block = blocks[price]
        lists[kinds[block]].append((block, price))
    held = Counter(above for price in anchors for above in (price.element, *price.element.ancestors()))
    kept: list[list[Record]] = []
    for records in lists.values():
        if len(records) < _FEW:
            # What is free among few is an empty basket or an extra service.
            records = [(block, price) for block, price in records if price.money.amount]
        if len(records) == 1:
            price = records[0][1]
            records = [(_single(price, held), price)]
        records = [
            (block, price) for block, price in records if _may_be_good(block, single=len(records) == 1)
        ]
        if records and not _is_something_else(records):
            kept.append(records)
    chosen = [records for records in kept if _can_be_bought(records)] or ([] if is_article else kept)
    return sorted(chosen, key=lambda records: (-len(records), records[0][0].number))


def has_name(element: Element) -> bool:
    """Whether something inside could name a good: words that are not what is said of any good."""
    for inner in element.walk():
        own = inner.own
        if own and LETTER.search(without_said(own)) and clean(own):
            return True
        label = {"img": "alt", "a": "aria-label"}.get(inner.tag)
        if label and clean(inner.attributes.get(label) or ""):
            return True
    return False


def _chains(anchors: list[Price]) -> list[tuple[Price, list[Element]]]:
    """For each price the elements around it, smallest first, that hold no other of the prices."""
    held = Counter(above for price in anchors for above in (price.element, *price.element.ancestors()))
    return [
        (
            price,
            [
                e
                for e in (price.element, *price.element.ancestors())
                if held[e] == 1 and (e.parent is not None or e is price.element)
            ],
        )
        for price in anchors
    ]


def _one_a_good(anchors: list[Price]) -> list[Price]:
    """One price for each good: where several share an element and none has a name of its own, the first stands for all."""
    named: dict[Element, bool] = {}
    told: list[tuple[Price, Price]] = []
    for _ in range(_ROUNDS):
        nameless: dict[Element, list[tuple[Price, Element]]] = defaultdict(list)
        for price, chain in _chains(anchors):
            if not chain:
                continue
            top = chain[-1]
            if top not in named:
                named[top] = len(top.text) <= _LONGEST and has_name(top)
            if not named[top] and top.parent is not None:
                nameless[top.parent].append((price, top))
        spare: set[Price] = set()
        wrapped = False
        turned: dict[Element | None, bool] = {}
        for parent, group in nameless.items():
            if len(group) < 2:
                continue
            if parent.parent not in turned:  # each table is tried once
                turned[parent.parent] = _turn(parent, len(group))
            if turned[parent.parent]:
                wrapped = True
                continue
            if _wrap(parent, [top for _, top in group]):
                wrapped = True
            else:
                beside = _beside_the_asked([price for price, _ in group])
                told += [(price, other) for price, _ in group if price not in beside for other in beside]
                spare.update(beside)
        if not spare and not wrapped:
            break
        anchors = [price for price in anchors if price not in spare]
    _set_former_apart(told)
    # Two prices at the very same element.
    once: dict[Element, Price] = {}
    for price in anchors:
        once.setdefault(price.element, price)
    return list(once.values())


def _set_former_apart(told: list[tuple[Price, Price]]) -> None:
    """Take for the former price what stands at the same place beside each asked one of a list, one for each good and always the higher."""
    places: dict[tuple[object, object], list[tuple[Price, Price]]] = defaultdict(list)
    times = Counter(asked for asked, _ in told)
    for asked, other in told:
        places[place_of(asked.element), place_of(other.element)].append((asked, other))
    for pairs in places.values():
        if len(pairs) >= _FEW and all(
            times[asked] == 1
            and other.role == "now"
            and other.money.amount > asked.money.amount
            and not ends_range(other)
            for asked, other in pairs
        ):
            for _, other in pairs:
                other.role = "former"


def _beside_the_asked(prices: list[Price]) -> list[Price]:
    """The other prices of one good: the first is asked, unless it is called the regular one, or a lower one beside it the special one."""
    asked = prices[0]
    lower = [p for p in prices if p.money.amount < asked.money.amount]
    if asked.is_regular:
        asked = next((p for p in lower if not p.is_regular), asked)
    else:
        asked = next((p for p in lower if p.is_special), asked)
    for price in prices:
        if (
            (price.is_regular or asked.is_special)
            and price is not asked
            and price.money.amount > asked.money.amount
        ):
            price.role = "former"
    return [price for price in prices if price is not asked]


def _turn(row: Element, prices: int) -> bool:
    """Make columns of rows where goods stand side by side, their pictures, names and prices each in a row of their own; False where they do not."""
    table, cells = row.parent, len(row.children)
    if table is None or cells < prices or cells > _MOST_ACROSS:
        return False
    rows = table.children
    start = end = rows.index(row)
    while start > 0 and len(rows[start - 1].children) == cells:
        start -= 1
    while end < len(rows) and len(rows[end].children) == cells:
        end += 1
    asks = [n for n in range(start, end) if rows[n].shape == row.shape and _asks_across(rows[n], prices)]
    gaps = {b - a for a, b in zip(asks, asks[1:], strict=False)}
    band = gaps.pop() if len(gaps) == 1 else end - start
    if band < 2 or (len(asks) > 1 and gaps) or not asks or end - start < band:
        return False
    named = [
        sum(
            any(has_name(rows[n].children[cell]) for n in range(top, min(top + band, end)))
            for cell in range(cells)
        )
        for top in range(start, end, band)
    ]
    if sum(named) < 0.8 * prices * len(asks):
        return False
    made = []
    for top in range(start, end, band):
        across = Element(row.tag, table, {}, rows[top].number)
        columns = []
        for cell in range(cells):
            column = Element("div", across, {}, rows[top].children[cell].number)
            column.hold([*(rows[n].children[cell] for n in range(top, min(top + band, end)))])
            columns.append(column)
        across.hold([*columns])
        made.append((rows[top].place, rows[min(top + band, end) - 1].place + 1, across))
    table.put(made)
    return True


def _asks_across(row: Element, prices: int) -> bool:
    """Whether at least half as many cells of a row hold a price and no name."""
    asking = sum(any(c.isdigit() for c in cell.text) and not has_name(cell) for cell in row.children)
    return 2 * asking >= prices


def _wrap(parent: Element, tops: list[Element]) -> bool:
    """Give goods that follow one another under one parent an element each; False where they cannot be told apart."""
    kids = parent.children
    places = sorted(kids.index(top) for top in tops)
    many = len(places)
    shapes = [kid.shape for kid in kids]
    times = Counter(shapes)
    start = places[0]
    while start > 0 and many * 0.6 <= times[shapes[start - 1]] <= many:
        start -= 1
    starts = [n for n, named in enumerate(shapes) if named == shapes[start] and n >= start]
    if len(starts) != many or start == places[0] and times[shapes[start]] != many:
        gaps = {b - a for a, b in zip(places, places[1:], strict=False)}
        if len(gaps) != 1 or (step := gaps.pop()) < 2:
            return False
        first = max(places[0] - step + 1, 0)
        while first < places[0] and not has_name(kids[first]):
            first += 1
        starts = [first + step * n for n in range(many)]
    pieces = [
        kids[a:b] for a, b in zip(starts, [*starts[1:], starts[-1] + _widest(starts, len(kids))], strict=True)
    ]
    if sum(any(has_name(kid) for kid in piece) for piece in pieces) < many * 0.8 or any(
        sum(top in piece for top in tops) != 1 for piece in pieces
    ):
        return False
    runs = []
    for piece in pieces:
        start, end = piece[0].place, piece[-1].place + 1
        made = Element("div", parent, {}, piece[0].number)
        inner = parent.parts[start:end]
        made.hold(inner)
        runs.append((start, end, made))
    parent.put(runs)
    return True


def _widest(starts: list[int], end: int) -> int:
    """How many elements the last good may have: as many as the widest before it."""
    gaps = [b - a for a, b in zip(starts, starts[1:], strict=False)]
    return min(max(gaps, default=end), end - starts[-1])


def _agreed(chains: dict[Price, list[Element]]) -> dict[Price, Element]:
    """The block of each price: of the elements that end some chain, the one that most chains pass through."""

    def key(element: Element) -> tuple[str, ...]:
        return (element.tag, *(above.tag for above in element.ancestors()))

    ends = {key(chain[-1]) for chain in chains.values() if chain}
    keys: dict[Element, tuple[str, ...]] = {}
    popular: Counter[tuple[str, ...]] = Counter()
    for chain in chains.values():
        for element in chain:
            keys[element] = key(element)
        popular.update(k for k in {keys[e] for e in chain} if k in ends)
    blocks = {}
    for price, chain in chains.items():
        fit = [e for e in chain if keys[e] in ends and has_name(e)] or chain[-1:] or [price.element]
        # Where every category holds one good its heading would be swallowed; else the larger block is the good.
        blocks[price] = max(reversed(fit), key=lambda e: popular[keys.get(e, ())])
    return blocks


def _kinds(blocks: Iterable[Element]) -> dict[Element, tuple[str, ...]]:
    """Which list each block belongs to: blocks of one parent belong together whatever their states, and so do those of equal shape."""
    together: dict[tuple[Element | None, str], list[Element]] = defaultdict(list)
    for block in blocks:
        together[block.parent, block.tag].append(block)
    kinds = {}
    for (_, tag), group in together.items():
        usual = Counter(block.shape for block in group).most_common(1)[0][0]
        path = (tag, *(above.tag for above in group[0].ancestors()))
        for block in group:
            kinds[block] = (usual, *path)
    return kinds


def _single(price: Price, held: Counter[Element]) -> Element:
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
        if _ITEM_MARK.search(above.marks) and LETTER.search(above.text.replace(price.element.text, "")):
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


def _may_be_good(block: Element, single: bool) -> bool:
    text = block.text
    if len(text) > _LONGEST or not (LETTER.search(text) or has_name(block)):
        return False
    if _LEVEL_FOR_SALE.match(text):
        return False
    if not single:
        said = re.sub(r"[\d,.\s:：]+", "", AMOUNT.sub("", text))
        return not (len(said) <= 8 and _NOT_GOODS.search(said)) or bool(
            LETTER.search(_SAID_OF_SUMS.sub("", said))
        )
    if _NOT_GOODS.search(_without_sums(text[:200])) or _ELSE_TEXT.search(text) or _MEMBERS.search(text):
        return False
    linked = any(
        e.tag in ("a", "button", "form")
        and (_BUY_TEXT.search(e.text) or _BUY_LINK.search(e.attributes.get("href") or ""))
        for e in (block, *block.walk(), *block.ancestors())
    )
    return (
        linked
        or block.tag in ("li", "tr")
        or bool(_ITEM_MARK.search(block.marks))
        or bool(_STOCK_TEXT.search(text))
    )


def _without_sums(text: str) -> str:
    """The text without the sums an order comes to, where another amount stands there."""
    found = list(AMOUNT.finditer(text))
    sums = [
        (head, m) for m in found if (head := _BESIDE_GOOD.search(text, max(m.start() - 12, 0), m.start()))
    ]
    if len(sums) == len(found):
        return text
    for head, amount in reversed(sums):
        text = text[: head.start()] + " " + text[amount.end() :]
    return text


def _is_something_else(records: list[Record]) -> bool:
    """Whether a list is one of coupons, levels, sums to recharge, orders, articles or what others bought."""
    first = records[0][0]
    near = [first, *list(first.ancestors())[:3]]
    # A shop may call a category of its goods vip or order: what is called a product as well is one.
    marks = [e.marks for e in near if e.tag != "body" and not _GOODS_MARK.search(e.marks)]
    if any(_ELSE_MARK.search(mark) for mark in marks):
        return True
    if any(_FILTER_MARK.search(mark) for mark in marks) and not any(e.tag in _HEADINGS for e in first.walk()):
        return True
    if any(_POST_MARK.search(mark) for mark in marks) and not all(
        price.sure and WORDS_AROUND.match(_PAID.sub("", price.element.text)) and _is_pictured_link(block)
        for block, price in records
    ):
        return True
    if _ELSE_HEAD.search(re.sub(r"^(?:排名|序号|编号)\s", "", _heading(records))):
        return True
    texts = [block.text for block, _ in records]
    said = sum(bool(_ELSE_TEXT.search(text)) for text in texts)
    # What was put on sale on a day still has its stock beside it.
    dated = sum(
        bool(_DATED.search(block.text))
        and not _STOCK_TEXT.search(block.text)
        and not _has_buy_link(block)
        and not (WORDS_AROUND.match(_PAID.sub("", price.element.text)) and _is_pictured_link(block))
        for block, price in records
    )
    levels = sum(bool(_MEMBERS.match(text)) for text in texts)
    return max(said, dated, levels) > 0.6 * len(texts)


def _has_buy_link(block: Element) -> bool:
    return any(e.tag in ("a", "button") and _BUY_TEXT.search(e.text) for e in block.walk())


def _is_pictured_link(block: Element) -> bool:
    inside = (block, *block.walk())
    return any(e.tag == "a" for e in inside) and any(e.tag == "img" for e in inside)


def _heading(records: list[Record]) -> str:
    """What stands above a list: the head of its table, or the short text before it in one of the elements around."""
    block = records[0][0]
    table = next((a for a in block.ancestors() if a.tag == "table"), None)
    if table is not None:
        first = next((row for row in table.walk() if row.tag == "tr"), None)
        if first is not None and first is not block and first.parent is not None:
            return first.text[:80]
    for element in (block, *list(block.ancestors())[:2]):
        parent = element.parent
        if parent is None or parent.tag == "body" or element.tag == "main":
            break
        before = ""
        for part in parent.parts:
            if part is element:
                break
            if isinstance(part, Element) and part not in {b for b, _ in records}:
                before = "" if part.tag in ("form", "nav") else part.text
        if before and len(before) <= 16:
            return before
    return ""


def _can_be_bought(records: list[Record]) -> bool:
    """Whether most of a list show a way to buy, a picture, their stock or sales: levels and rankings show none of these."""
    able = 0
    for block, _ in records:
        able += bool(_STOCK_TEXT.search(block.text) or _GOODS_MARK.search(block.marks)) or any(
            e.tag in ("a", "button", "img", "form", "input", "uni-image")
            or "onclick" in e.attributes
            or "data-id" in e.attributes
            for e in (block, *block.walk(), *list(block.ancestors())[:2])
        )
    return able > 0.6 * len(records)
