"""Prices on a page of unknown structure: every amount with its element, and what it is: asked now, asked before, for others, no price. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from crawler.shops.money import AMOUNT, ANY_SIGN, BARE, CODES, Money, amounts
from crawler.shops.unknown.page_outline import Element, column_of

PRICE_MARK = re.compile(
    r"(?:^|[-_\s])(?:[a-z]{0,12}price[a-z]{0,8}|money|amount|jiage|jg|yuan|rmb|cost|fee|shoujia)(?:$|[-_\s\d])",
    re.IGNORECASE,
)
_FORMER_MARK = re.compile(
    r"(?:^|[-_\s])(?:old|orig\w*|market|before|del|deleted|line-?through|through|line-?price|ori|yuanjia|original|was|cross\w*|strike\w*|compare\w*)"
    r"(?:$|[-_\s])|old-?price|line-?price|market-?price|origin\w*-?price|price-?(?:old|orig\w*|market|del|before)|line-through",
    re.IGNORECASE,
)
_REGULAR_MARK = re.compile(
    r"(?:^|[-_\s])(?:(?:regular|retail|list|msrp|base)(?=$|[-_\s])|(?:regular|normal)-?price)", re.IGNORECASE
)
_SPECIAL_MARK = re.compile(
    r"(?:^|[-_\s])(?:\w{0,12}(?:special|sale|promo\w*|seckill|flash|final|deal)(?:-?price)?)(?:$|[-_\s])",
    re.IGNORECASE,
)
_SPECIAL_WORD = re.compile(r"(?:特|秒杀|促销|活动|优惠|到手|限时|折后|券后|拼团)价?\s*[:：]?\s*$")
_FORMER_WORD = re.compile(
    r"(?:原|市场|官方|门市|划线|零售|指导|面)[价值]|原售价|(?:以前|此前)\s*[:：]?\s*$"
    r"|\b(?:m?s?rrp|msrp|uvp|was|list price|(?:regular|retail|old|original) price|statt|instead of|before|avant|antes)\s*[:：]?\s*$",
    re.IGNORECASE,
)
_OTHER_MARK = re.compile(
    r"(?:^|[-_\s])(?:vip|svip|member|agent|wholesale|coupon|discount-tip|pifa|daili)\w*(?:$|[-_\s])",
    re.IGNORECASE,
)
_OTHER_WORD = re.compile(
    r"(?:会员|vip|svip|代理|批发|分站|加盟|拼团|团购|进货|成本|至尊|钻石|[黄白]金|铂金|白银|[金银铜]牌|[高中]级|合作商)\s*(?:专享|等级|用户)?\s*[价:：]|^(?:S?VIP|会员|代理|PLUS)[\s:：]*¥$|税[前费后]|含税|\d+\s*(?:件|个|张|份|单|枚)?\s*(?:起|以上|及以上)(?!\s*$)"
    r"|\b(?:ex(?:cl)?\.?|before|without|incl?\.?) ?(?:tax|vat)\s*[:：]|满\s*[¥￥]?\d+|[满减省返赠]\s*[¥￥]|(?:立减|直降|优惠券|红包|运费|手续费|初装费|安装费|开户费|押金|余额|合计|总计|小计|佣金|起充|累计|消费|已节省|交易额|成交额|流水)(?=\D*$)",
    re.IGNORECASE,
)
_CONVERTED = re.compile(r"(?:[≈≒]|约合?|折合)\s*$")
_WHOLESALE = re.compile(
    r"(?:≥|>=?|满)?\s*\d+\s*(?:件|个|张|份|单|枚|pcs)?\s*(?:起|以上|及以上|\+)\s*[:：=]?\s*$"
)
_PRICE_LABEL = re.compile(
    r"(?:现价|商城价|本[店站]价|售价|单价|价格|优惠价|特价|秒杀价|活动价|促销价|到手价|[折券]后价|一口价|价钱|仅售|[只仅][需卖要]|低至|起售价|price|from|starting at|as low as)\s*[:：]?\s*$|(?:普通|零售|散户|游客|注册)(?:用户|会员)?价?\s*[:：]\s*$|(?<![\u4e00-\u9fff])价\s*[:：]\s*$",
    re.IGNORECASE,
)
WORDS_AROUND = re.compile(
    rf"^(?:[\s¥￥$€£\d.,·/~\-—–+*起元块整/每张个份件月年天:：()（）]|{ANY_SIGN})*$",
    re.IGNORECASE,
)
SAID_OF_GOODS = re.compile(
    rf"\b(?:{CODES}|kr|rp|руб|from|starting at|as low as|now|was|only|each|free|msrp|rrp|uvp|ab|(?:regular|sale|list|retail|our|special|unit)? ?price|(?:in|out of) stock|sold out|add to cart|buy now|(?:ex(?:cl)?|incl?)?\.? ?(?:tax|vat)|you save)\b"
    r"|免费|限免|(?:原|市场|官方|商城|本站|本店|零售|到手|秒杀|促销|会员|代理|批发|优惠|活动|特|现|售|单)价|价格|库存|剩余|销量|缺货|(?:已|即将)?售[罄完]|卖[光完]了?|补货中?|有货|充足|少量|已售|自动发货|人工处理|发货|起|每?[张个份件]|立即购买|购买|下单|RMB|CNY",
    re.IGNORECASE,
)
"""What stands beside a price without being a name."""


def without_said(text: str) -> str:
    """A text (of prose its beginning) without its sums and what is said of any good: letters in the rest are a name's."""
    return _without_said(text[:_LONGEST_PROSE])


@lru_cache(maxsize=2048)
def _without_said(text: str) -> str:
    return SAID_OF_GOODS.sub("", AMOUNT.sub("", text))


_SAID_BESIDE = re.compile(
    r"\d[万wk]\+?|(?:约|≈|合|折合)|[/每](?:张|个|份|件|月|年|天|次|条|套|组|kg|斤|小时)|VIP|会员|省|立省|优惠|含税|包邮|USDT|USD",
    re.IGNORECASE,
)
LETTER = re.compile(r"[^\W\d_]")
DECIMAL = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})\.\d{2}")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.\d{1,2})?")
_PIECE = re.compile(r"|[¥￥$€£]|\.|\d[\d,]{0,9}\.?|[¥￥$€£]?\d[\d,]{0,9}(?:\.\d{1,2})?|\.\d{1,2}|元")
_DECIMALS = re.compile(r"[¥￥$€£]?\d[\d,]{0,9}\0\.\d{1,2}")
_SIGNED = re.compile(rf"(?!\d)[^\w¥￥$€£]{{1,4}}({DECIMAL.pattern})\s*(?:$|[|｜·])")
"""💰 9.90 | 📦 23: a number with two decimals behind a picture of its kind."""
_BOUND = re.compile(r"\s*(?:以[内下上]|之内|左右|上下|出头|不到)")
_RETAIL = re.compile(r"零售")
_STRUCK = frozenset(["del", "s", "strike"])
_CENTS = re.compile(r"\d{2}")
_DASH = re.compile(r"[-–—~～至到]$")
_NAME_ENDS = re.compile(rf"\s*[—–:：|….·-]+\s*{AMOUNT.pattern}", re.IGNORECASE)
_ONE_PRICE = re.compile(
    r"[¥￥$€£]\d[\d,]{0,9}(?:\.\d{1,2})?|\d[\d,]{0,9}(?:\.\d{1,2})?元|[¥￥$€£]\d[\d,]{0,9}\.\d{1,2}"
)
_STRANGER = re.compile(
    r"普通|零售|散[户客]|游客|非会员|[单售现]价|本[店站]价|^价格|^(?:sales?|our|your|final) price$",
    re.IGNORECASE,
)
_FREE = re.compile(r"免费|限免|free!?|gratis", re.IGNORECASE)
_LONGEST_LABEL = 8
_LONGEST_LATIN_LABEL = 24
_LONGEST_SUM = 40
_MOST_LINES = 1_000
_LONGEST_PROSE = 2_000
"""Characters in which prices are looked for where an element holds more: what stands before each of them is looked at."""
_MOST_PRICES = 1_500


@dataclass(eq=False)
class Price:
    """A price on the page: the element it fills, its amount (of a range the lowest), its role: now, former or other."""

    element: Element
    money: Money
    role: str
    sure: bool = True
    """Whether it can be nothing else; 9.9元 at the end of a text may be a part of a name."""
    placed: bool = False
    """Sure only by the place it stands at."""

    @property
    def is_regular(self) -> bool:
        """Whether it is called the regular price: what is asked where nothing lower stands beside it."""
        label = self.element.attributes.get("aria-label") or ""
        return bool(_FORMER_WORD.search(label)) or _marked(self.element, _REGULAR_MARK)

    @property
    def is_special(self) -> bool:
        """Whether it is called the price of an offer: what is asked where a higher one stands before it."""
        return _marked(self.element, _SPECIAL_MARK) or bool(_SPECIAL_WORD.search(_text_before(self.element)))


def split_lines(body: Element) -> None:
    """Give each line of a text that lists goods line by line (月卡 —— 9.90元, then a line break) an element of its own."""
    for element in body.walk():
        if element.tag == "pre" and not element.children:
            lines = [said for part in element.parts for said in str(part).splitlines()]
            if sum(bool(AMOUNT.search(said)) for said in lines) > 2:
                rows = [_line(element, []) for said in lines[:_MOST_LINES] if said.strip()]
                for row, said in zip(rows, filter(str.strip, lines), strict=False):
                    row.hold([_line(row, [column]) for column in re.split(r"\t|\s{2,}", said.strip())])
                element.hold([*rows])
            continue
        breaks = [n for n, part in enumerate(element.parts) if isinstance(part, Element) and part.tag == "br"]
        if not 2 <= len(breaks) <= _MOST_LINES:
            continue
        edges = [-1, *breaks, len(element.parts)]
        made = []
        for start, end in [(a + 1, b) for a, b in zip(edges, edges[1:], strict=False) if b > a + 1]:
            made.append((start, end, _line(element, element.parts[start:end])))
        if (
            sum(
                bool(AMOUNT.search(line.text) and LETTER.search(AMOUNT.sub("", line.text)))
                for *_, line in made
            )
            < 3
        ):
            continue
        for *_, line in made:
            line.hold(line.parts)
        element.put(made)


def _line(around: Element, parts: list[Element | str]) -> Element:
    line = Element("div", around, {}, around.number)
    line.parts = parts
    return line


def join_split(body: Element) -> None:
    """Put the pieces of a price that stand in several elements (sign, yuan, cents) into one, where something else stands beside them."""
    for element in body.walk():
        parts = element.parts
        if element.tag == "sup" and _CENTS.fullmatch(element.text) and (above := element.parent) is not None:
            before = "".join(
                p if isinstance(p, str) else p.text
                for p in above.parts[max(0, element.place - 2) : element.place]
            )
            if before.rstrip()[-1:].isdigit() and "." not in before[-8:]:
                element.hold([f".{element.text}"])  # 68 with 80 raised beside it
            continue
        if len(parts) == 2:
            cents = parts[1].strip() if isinstance(parts[1], str) else parts[1].text
            if cents[:1] == "." and _DECIMALS.fullmatch(
                f"{whole}\0{cents}" if (whole := _piece(parts[0])) else ""
            ):
                element.hold([f"{whole}{cents}"])  # 68 and .80, each in a block of its own
            continue
        if not 3 <= len(parts) <= 40 or element.tag in ("tr", "ul", "ol", "select"):
            continue
        at = 0
        runs: list[tuple[int, int, Element]] = []
        while at < len(parts):
            said: list[str] = []
            for part in parts[at : at + 8]:
                text = _piece(part)
                if text is None or (said and said[-1][-1:].isdigit() and text[:1].isdigit()):
                    break
                said.append(text)
            while len(said) > 1 and not _ONE_PRICE.fullmatch("".join(said)):
                said.pop()
            if 1 < len(said) == len(parts) and "".join(said) != element.text:
                element.hold(["".join(said)])  # ¥<b>9 </b>.90
                break
            if 1 < len(said) < len(parts) and sum(map(bool, said)) > 1:
                first = next(
                    (part for part in parts[at : at + len(said)] if isinstance(part, Element)), element
                )
                made = Element(
                    "span", element, first.attributes if first is not element else {}, first.number
                )
                made.parts = ["".join(said)]
                runs.append((at, at + len(said), made))
                at += len(said)
            else:
                at += 1
        if runs:
            element.put(runs)


def set_sums_apart(body: Element) -> None:
    """Give a sum that stands between elements without one of its own (a heading, ¥9.90, a button) an element."""
    for element in body.walk():
        if len(element.parts) < 2 or not element.children:
            continue
        made = []
        for place, part in enumerate(element.parts):
            if (
                isinstance(part, str)
                and len(part) < _LONGEST_SUM
                and not part.isspace()
                and AMOUNT.search(part)
                and WORDS_AROUND.match(part)
            ):
                sum_ = Element("span", element, {}, element.number)
                sum_.parts = [part.strip()]
                made.append((place, place + 1, sum_))
        if made:
            element.put(made)


def _piece(part: Element | str) -> str | None:
    """The text of a part that may be a piece of a price; empty for space between pieces, None for anything else."""
    if isinstance(part, Element) and (
        len(part.parts) > 3 or part.tag in ("td", "th", "li", "p", "del", "s", "a", "button")
    ):
        return None
    text = part.strip() if isinstance(part, str) else part.text
    return text if len(text) < 12 and _PIECE.fullmatch(text) else None


def prices_in(body: Element) -> Iterator[Price]:
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
        for price in sorted(_read_price(whole), key=lambda price: not price.sure):
            done.add(whole)
            if price.role not in roles:
                roles.add(price.role)
                given += 1
                yield price


def free_in(body: Element, prices: list[Price]) -> list[Price]:
    """What is given away: 免费 at the place where other goods of its kind state their price."""
    places = {place_of(price.element): price.money.currency for price in prices if price.role == "now"}
    free = (e for e in body.walk() if not e.children and _FREE.fullmatch(e.own))
    return [
        Price(element, Money(0.0, places[place], 0, len(element.own)), "now")
        for element in islice(free, _MOST_PRICES)
        if (place := place_of(element)) in places
    ]


def innermost(prices: list[Price]) -> list[Price]:
    """The prices without those that are only read again in an element around theirs, as 售价 9 元 in 售价 9 元 | 库存 8."""
    outer = {(above, price.money.amount) for price in prices for above in price.element.ancestors()}
    return [price for price in prices if (price.element, price.money.amount) not in outer]


def trust_places(prices: list[Price]) -> None:
    """Take what may be a price for one at a place where most are: ¥26.00 需预约 among ¥5.90 立即购买."""
    if all(price.sure for price in prices):
        return
    told = Counter((place_of(price.element), price.sure) for price in prices)
    for price in prices:
        place = place_of(price.element)
        if not price.sure and told[place, True] > max(1, told[place, False]):
            price.sure = price.placed = True


def ask_something(prices: list[Price]) -> None:
    """Where no price is asked now, what only words or marks set apart is: at retail; what every member pays; what is called original and not crossed out."""
    if any(price.role == "now" and price.money.amount for price in prices):
        return
    others = [
        p
        for p in prices
        if p.role == "former" and _RETAIL.search(f"{_text_before(p.element)}{p.element.text}")
    ]
    others = others or [price for price in prices if price.role == "other"]
    for price in others or [price for price in prices if price.role == "former" and not _is_crossed(price)]:
        price.role = "now"


def _is_crossed(price: Price) -> bool:
    """Whether a former price is crossed out or called so in words."""
    near = (price.element, *_near(price.element))
    return (
        any(
            one.tag in _STRUCK
            or "line-through" in f"{one.attributes.get('style')} {one.marks}"
            or any(child.tag in _STRUCK for child in one.children)
            for one in near
        )
        or bool(_FORMER_WORD.search(price.element.text))
        or bool(_FORMER_WORD.search(_text_before(price.element)))
    )


def ends_range(price: Price) -> bool:
    """Whether a price is the upper end of a range, as the second of ¥9 – ¥19."""
    return bool(_DASH.search(_text_before(price.element)))


def set_slogans_apart(prices: list[Price]) -> None:
    """Take a sum for no price where its words (税前, 低至9.9元起) stand the same at several goods beside a sum that stands alone."""
    words = [without_said(price.element.text).strip(" :：") for price in prices]
    asked = [(price, said) for price, said in zip(prices, words, strict=True) if price.role == "now"]
    times = Counter(said for _, said in asked if LETTER.search(said))
    alone = sum(not LETTER.search(said) for _, said in asked)
    inside: dict[Element, list[str]] = {}
    for price, said in asked:
        for above in price.element.ancestors():
            inside.setdefault(above, []).append(said)
    for price, said in asked:
        if 3 <= times[said] <= alone:
            beside = next((inside[a] for a in price.element.ancestors() if len(inside[a]) > 1), [])
            if beside.count(said) == 1 and any(not LETTER.search(other) for other in beside):
                price.role = "other"


def set_named_apart(prices: list[Price]) -> None:
    """Take a sum inside a name (Steam $50) for no price where a sum that stands alone is asked in the same block."""
    asked = [price for price in prices if price.role == "now"]
    alone = {price for price in asked if _stands_alone(price)}
    if len(alone) in (0, len(asked)):
        return
    held: dict[Element, list[Price]] = {}
    for price in asked:
        for above in (price.element, *price.element.ancestors()):
            held.setdefault(above, []).append(price)
    for price in asked:
        if price not in alone:
            said = price.element.text
            near = next((held[a] for a in price.element.ancestors() if not alone.isdisjoint(held[a])), [])
            if near and all(other in alone or other.element.text == said for other in near):
                price.role = "other"


def _stands_alone(price: Price) -> bool:
    """Whether nothing but what is said of any good stands with a price in its element, or beside it in the element's own words."""
    text, own = price.element.text, price.element.own
    if AMOUNT.search(own) and not LETTER.search(without_said(own)):
        return True
    before = text[: price.money.start].rstrip()
    if price.placed and not before:
        return True  # ¥26.00 等通知 among ¥5.90 立即购买; a name that holds a sum begins with its words
    return not LETTER.search(without_said(text)) or bool(
        before.endswith((":", "：")) or _PRICE_LABEL.search(before[-12:]) or _SPECIAL_WORD.search(before)
    )


def set_levels_apart(prices: list[Price]) -> None:
    """Keep one price a good where each states the same labels in the same order (普通用户, VIP会员, 代理): the one a stranger pays."""
    told = [(price, label) for price in prices if price.role == "now" and (label := _label_of(price))]
    labels = [label for _, label in told]
    period = labels.index(labels[0], 1) if labels[:1] and labels[0] in labels[1:] else 0
    order = labels[:period]
    if (
        period < 2
        or len(set(order)) < period
        or labels != (order * (len(labels) // period + 1))[: len(labels)]
    ):
        return
    held = Counter(above for price, _ in told for above in price.element.ancestors())
    first, last = told[0][0].element, told[period - 1][0].element
    good = next((above for above in first.ancestors() if above in set(last.ancestors())), None)
    if good is None or held[good] != period:
        return  # each stands with a good of its own
    asked = next((label for label in order if _STRANGER.search(label)), order[0])
    for price, label in told:
        if label != asked:
            price.role = "other"


def _label_of(price: Price) -> str:
    """The short text that stands with a price and nothing else: 普通用户 in “普通用户 9.90”; empty for none."""
    for above in (price.element, *islice(price.element.ancestors(), 2)):
        said = AMOUNT.sub("", above.text) if AMOUNT.search(above.text) else BARE.sub("", above.text)
        said = said.strip(" :：-—|元")
        longest = _LONGEST_LATIN_LABEL if said.isascii() else _LONGEST_LABEL
        if any(character.isdigit() for character in said) or len(said) > longest:
            return ""
        if LETTER.search(without_said(said)):
            return said
    return ""


def bare_decimals(body: Element) -> Iterator[Price]:
    """Numbers that fill an element: prices without any sign, of a page that has no others.

    Two decimals tell a price; a whole number is one where elements of its place and shape hold decimals.
    """
    alone = [e for e in body.walk() if not e.children and _NUMBER.fullmatch(e.own)][:_MOST_PRICES]
    with_decimals = {place_of(element) for element in alone if DECIMAL.fullmatch(element.own)}
    for element in body.walk():
        if (told := _SIGNED.match(element.own)) and not element.children:
            yield Price(element, Money(float(told[1].replace(",", "")), "CNY", *told.span(1)), "now", False)
    for element in alone:
        text = element.own
        if place_of(element) in with_decimals:
            yield Price(
                element,
                Money(float(text.replace(",", "")), "CNY", 0, len(text)),
                _role(element, "", ""),
                False,
            )


def place_of(element: Element) -> tuple[int, tuple[str, ...]]:
    """Which cell of its row an element is; its shape and those of the two around it."""
    row = element.parent
    cell = row.children.index(element) if row is not None and len(row.children) < 40 else 0
    return cell, tuple(one.shape for one in (element, *islice(element.ancestors(), 2)))


def _whole_price(element: Element) -> Element:
    """The largest element around `element` that still is nothing but one price: split decimals, sign and unit beside it."""
    best = element
    for above in (element, *element.ancestors()):
        text = above.text
        if len(text) > 32 or not WORDS_AROUND.match(text) or above.tag in ("tr", "li", "ul", "body"):
            break
        if above is not element and (len(AMOUNT.findall(text)) > 1 or _strikes_a_part(above)):
            break
        best = above
    return best


def _strikes_a_part(element: Element) -> bool:
    """Whether one of the sums in an element is crossed out and another is not."""
    struck = [child for child in element.children if child.tag in _STRUCK]
    return bool(struck) and sum(len(child.text) for child in struck) < len(element.text) - 1


def _read_price(element: Element) -> Iterator[Price]:
    text = element.text
    if len(text) > 400:
        text = element.own[:_LONGEST_PROSE]
    for money in amounts(text):
        before, behind = text[: money.start], text[money.end : money.end + 8]
        likely = _likelihood(element, text, money)
        if likely is not None:
            yield Price(element, money, _role(element, before, behind), likely)
    bare = BARE.search(text)
    if bare is None or AMOUNT.search(text):
        return
    money = Money(float(bare.group().replace(",", "")), "CNY", bare.start(), bare.end())
    column = column_of(element)
    around = text[: bare.start()]
    alone = bool(WORDS_AROUND.match(text))
    if column in ("price", "former", "other") and alone:
        yield Price(element, money, {"price": "now"}.get(column, column))
    elif (alone and _marked(element, PRICE_MARK)) or _PRICE_LABEL.search(around[-12:]):
        yield Price(element, money, _role(element, around, text[bare.end() :][:8]))
    elif alone and not around.strip() and _PRICE_LABEL.search(_text_before(element)):
        # 普通：9.90 VIP：8.90, each number in an element of its own.
        yield Price(element, money, _role(element, "", ""))


def _likelihood(element: Element, text: str, money: Money) -> bool | None:
    """True for a price, False for what may be one, None for a part of a name, as in 话费100元."""
    written = text[money.start : money.end]
    if WORDS_AROUND.match(text):
        return True
    before = text[: money.start]
    if _BOUND.match(text, money.end):
        return None  # 50元以内的耳机
    if written[-1] in "元块" and _NAME_ENDS.match(text[money.end :]):
        return None  # E卡 100元 —— 95.50元
    if written[0] in "¥￥$€£" or written[-1] in "¥￥":
        # 美区 $10 礼品卡 and 月费 ¥15，季卡 … are parts of a name and of a sentence; 售价 ¥15 and 月卡 ¥15 are prices.
        beside = re.split(r"[·|｜•]", text[money.end :])[0]
        around = _SAID_BESIDE.sub("", without_said(beside))
        if not LETTER.search(around) or _PRICE_LABEL.search(before.rstrip()[-12:]):
            return True
        return _marked(element, PRICE_MARK)
    if (
        _PRICE_LABEL.search(before.rstrip()[-12:])
        or before.rstrip().endswith((":", "："))
        or _marked(element, PRICE_MARK)
    ):
        return True
    if written in element.own and not LETTER.search(without_said(element.own)):
        return True
    if re.search(r"[，。；]", before) and re.match(r"\s*[，。；]", text[money.end :]):
        return None  # a sentence
    behind = without_said(text[money.end :])
    apart = not before or before[-1] in " |·/-—，,"
    return False if apart and not LETTER.search(behind) else None


def _role(element: Element, before: str, behind: str) -> str:
    """now, former (crossed out, 原价) or other (for members, from ten pieces on, a sum that is no price)."""
    column = column_of(element)
    if column in ("former", "other"):
        return column
    lead = before[-14:] or _text_before(element)[-14:]
    for above in (element, *_near(element)):
        style = above.attributes.get("style") or ""
        if above.tag in _STRUCK or "line-through" in style or _FORMER_MARK.search(above.marks):
            return "former"
        if _OTHER_MARK.search(above.marks):
            return "other"
    if (
        len(element.children)
        and not element.own.strip("¥￥ ")
        and any(c.tag in _STRUCK for c in element.children)
    ):
        return "former"
    if _FORMER_WORD.search(lead):
        return "former"
    if _CONVERTED.search(lead) or _OTHER_WORD.search(f"{lead}¥") or _WHOLESALE.search(lead):
        return "other"
    if before.endswith(("(", "（")) and re.match(r"\*?\s*/", behind):
        return "other"  # (2,36 € / 1 piece)
    if re.match(
        r"\s*[)）]?\s*(?:CNY|RMB)?\s*(?:优惠券|红包|运费|(?:初装|安装|开户|设置|服务)费|/?\s*\d+\s*(?:件|个|张)以上)",
        behind,
    ):
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
    # What is nothing but space stands between them.
    told = (p.strip() if isinstance(p, str) else p.text for p in reversed(parent.parts[: element.place][-3:]))
    before = next(filter(None, told), "")
    # A name may stand there as well: a label is short or ends with a colon.
    return before if len(before) <= 4 or (len(before) <= 14 and before[-1] in ":：") else ""


def _marked(element: Element, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(one.marks) for one in (element, *_near(element)))
