"""A shop whose system is not known: its goods by schema.org data, by repeated structure, by the options of a select box, or by data a script holds."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urljoin, urlsplit

from crawler.errors import SourceChanged
from crawler.shops.money import UNTOLD
from crawler.shops.page import Found, Good, More, Page
from crawler.shops.unknown import embedded_data
from crawler.shops.unknown.page_outline import TO_SIMPLIFIED, outline
from crawler.shops.unknown.repeated_blocks import both, goods_in
from crawler.shops.unknown.select_options import goods_in_attributes, goods_in_options

_TRADE = re.compile(
    r"[¥￥$€£]|\d\s*元|rmb|cny|[价售购订]|下单|库存|充值|发货|商品|卡密|套餐|price|buy|cart|goods|product|order|stock|sold|shop",
    re.IGNORECASE,
)
"""What a page that sells holds somewhere, in its words or its markup."""
_MEMBERS_ONLY = re.compile(r"(?:登[录陆]|会员)(?:后|以后)?(?:可见|查看|显示)(?:价格)?")
_SHARED: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    UNTOLD: {
        "SEK": (("se",), ("sv",), r"\bSEK\b|köp\b|varukorg|kundvagn"),
        "NOK": (("no",), ("nb", "nn", "no"), r"\bNOK\b|kjøp|handlekurv"),
        "DKK": (("dk",), ("da",), r"\bDKK\b|\bkøb\b|indkøb|læg i kurv"),
        "ISK": (("is",), ("is",), r"\bISK\b|\bkaupa\b|karfa"),
    },
    "USD": {
        "USD": ((), ("en-us",), r"\bUSD?\b|美[元金]"),
        "TWD": (("tw",), ("zh-tw", "zh-hant-tw"), r"NT\$|\bTWD\b|[台臺][币幣]"),
        "HKD": (("hk",), ("zh-hk", "zh-hant-hk", "en-hk"), r"HK\$|\bHKD\b|港[币幣元]"),
        "SGD": (("sg",), ("en-sg", "zh-sg"), r"(?<![A-Z])S\$|\bSGD\b"),
        "AUD": (("au",), ("en-au",), r"(?<![A-Z])AU?\$|\bAUD\b"),
        "CAD": (("ca",), ("en-ca", "fr-ca"), r"(?<![A-Z])CA?\$|\bCAD\b"),
        "NZD": (("nz",), ("en-nz",), r"NZ\$|\bNZD\b"),
        "MXN": (("mx",), ("es-mx",), r"MX\$|\bMXN\b"),
    },
}
"""Whose sign a shared one (kr, $) is: ends of the address, the page's language, and what only they write."""
_MOST = 500
_HOME, _CATEGORY = "home", "category"
_MOST_PAGES = {_HOME: 10, _CATEGORY: 3}
_PAGER = "a[rel~=next], [class*=page] a, [id*=page] a, [class*=paginat] a, [id*=paginat] a"
_PAGER_TEXT = re.compile(r"\s*(?:\d{1,3}|[后下]一?页|next\b.{0,8}|[›»>→]{1,2})?\s*", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:^|[-_/])(?:page|p|pg|pn|page_?no|page_?num)[-_=/]?(\d{1,3})(?:/|\.html?|$)", re.IGNORECASE
)
_LISTS = "c|cate?|cates|categor(?:y|ies)|catalog|class|classify|type|fenlei|lists?|sort|column|collections?|cid|tid|cat_?id|typeid|category_?id"
_CATEGORY_LINK, _CATEGORY_OR_GOOD = (
    re.compile(rf"(?:^|[/?&_-])(?:{words})(?:[/=_-][\w%-]+|(?:\.html?|\.php)?$|/$)", re.IGNORECASE)
    for words in (_LISTS, f"{_LISTS}|group|products?|goods|shop|gid")
)
"""The address of a page that lists the goods of one category, and one that may show a single good where a page lists goods itself."""
_MOST_CATEGORIES = 10
FEW = 20
"""Goods of a home page below which its categories are looked into as well."""
_MOST_LINKS = 500
_TRADITIONAL = "價購賣貨銷餘"
_ARTICLE = (
    re.compile(r"""og:type["']?\s+content=["']?article"""),
    re.compile(r'''"@type"\s*:\s*"(?:News|Blog|Tech)?(?:Article|Posting)"'''),
)
"""What says that a page is an article; each begins with letters that are found fast in a long page."""
_LOCK = re.compile(
    r"(?:访问|浏览|进店|本站|店铺)密码|请输入密码|请先?登录|会员登录|仅对.{0,8}开放|登录后(?:查看|可见)"
)
_LOGIN = re.compile(
    r"(?:用户|账[号户]|密码|扫码|代理|商户)登[录陆]|登[录陆](?:账[号户]|后台|系统)|\b(?:log|sign) ?in\b",
    re.IGNORECASE,
)
_LITTLE = 120
"""Characters of a page that is a login form and nothing else."""


def home(page: Page) -> Found:
    """The goods of a page of no known system. None found is never "none on sale": a page that sells must show some."""
    if page.seen is not None:
        return replace(page.seen)
    told = embedded_data.products(page)
    seen = _seen(page)
    goods = _joined(told, seen) or goods_in_options(page) or goods_in_attributes(page)
    withheld = len(_MEMBERS_ONLY.findall(page.tree.body.text() if page.tree.body is not None else ""))
    if withheld > 2 and withheld > len(goods):
        return Found(behind_login=True)  # what was read is a sum in a name
    if not told and goods and all(good.price is not None for good in goods) and not _TRADE.search(page.text):
        return Found()  # rates, scores, versions: names beside numbers that nothing calls a price
    return Found(
        goods=_with_currency(page, _once(goods)[:_MOST]), behind_login=not goods and _is_locked(page)
    )


def _seen(page: Page) -> list[Good]:
    """The goods a page shows by its structure; of one in traditional letters the names as it writes them."""
    is_article = any(pattern.search(page.text) for pattern in _ARTICLE)
    if page.tree.body is None or not any(letter in page.text for letter in _TRADITIONAL):
        return goods_in(outline(page.tree), is_article)
    goods = goods_in(outline(page.tree, traditional=True), is_article)
    shown = " ".join(page.tree.body.text().split())
    simplified = shown.translate(TO_SIMPLIFIED)
    places = [simplified.find(good.name) for good in goods]
    return [
        good if place < 0 else replace(good, name=shown[place : place + len(good.name)])
        for good, place in zip(goods, places, strict=True)
    ]


def _with_currency(page: Page, goods: list[Good]) -> list[Good]:
    """The goods with the currency that all that tells whose a shared sign is agrees upon; kr is untold and $ the dollar of the USA where nothing does."""
    for sign, owners in _SHARED.items():
        if all(good.currency != sign for good in goods):
            continue
        root = page.tree.root
        language = ((root.attributes.get("lang") or "") if root is not None else "").lower().replace("_", "-")
        end = (urlsplit(page.url).hostname or "").rpartition(".")[2]
        text = page.tree.body.text(separator=" ") if page.tree.body is not None else ""
        told = {
            code
            for code, (ends, languages, words) in owners.items()
            if end in ends or language.startswith(languages) or re.search(words, text, re.IGNORECASE)
        }
        if len(told) == 1:
            currency = told.pop()
            goods = [replace(good, currency=currency) if good.currency == sign else good for good in goods]
    return goods


def sells(page: Page) -> bool:
    """Whether a page of no known system shows goods and their prices: then it is a shop, whatever its notices announce."""
    if page.seen is not None:
        return len(page.seen.goods) > 1
    try:
        return len(_seen(page) or embedded_data.products(page)) > 1
    except SourceChanged:
        return False


def more(page: Page, found: Found) -> list[More]:
    """What else to read of a shop whose home page showed these goods: the page that follows, and where they are few its categories."""
    few = len(found.goods) < FEW and not found.behind_login
    return (_next_page(page, _HOME, 1) if found.goods else []) + (
        _categories(page, found.goods) if few else []
    )


def _next_page(page: Page, of: str, read: int) -> list[More]:
    """The page that follows in a list of several, as its pager links it; `read` is how many were read."""
    if read >= _MOST_PAGES[of]:
        return []
    here = urlsplit(page.url)
    for link in page.tree.css(_PAGER)[:_MOST_LINKS]:
        if not _PAGER_TEXT.fullmatch(link.text()):
            continue
        target = urlsplit(urljoin(page.url, link.attributes.get("href") or ""))
        said = [target.path, *(f"{key}={value}" for key, value in parse_qsl(target.query))]
        numbers = [int(found.group(1)) for part in said if (found := _PAGE_NUMBER.search(part))]
        if (target.scheme, target.netloc) == (here.scheme, here.netloc) and numbers == [read + 1]:
            return [More(target._replace(fragment="").geturl(), f"{of} {read + 1}")]
    return []


def _categories(page: Page, goods: list[Good]) -> list[More]:
    """The category pages a page that showed these goods leads to, as its links call them."""
    here = urlsplit(page.url)
    names = {good.name for good in goods}
    found: dict[str, More] = {}
    for link in page.tree.css("a[href]")[:_MOST_LINKS]:
        target = urlsplit(urljoin(page.url, link.attributes.get("href") or ""))
        said = " ".join(link.text().split())
        if (target.scheme, target.netloc) != (here.scheme, here.netloc) or not said:
            continue
        address = target._replace(fragment="").geturl()
        pattern = _CATEGORY_LINK if goods else _CATEGORY_OR_GOOD
        if (
            pattern.search(f"{target.path}?{target.query}")
            and address != page.url
            and len(found) < _MOST_CATEGORIES
            and not any(name in said for name in names)
        ):
            found.setdefault(address, More(address, f"{_CATEGORY} 1"))
    return list(found.values())


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """A page of the home page's list or of a category (`what` says which, and its number), and the one that follows it."""
    goods = home(page).goods or embedded_goods(page)
    of, number = what.split()
    return Found(goods=goods), _next_page(page, of, int(number)) if goods else []


def embedded_goods(page: Page) -> list[Good]:
    """Goods in data that a script of the page holds, for a page that shows none even when rendered."""
    return _with_currency(page, _once(embedded_data.listed(page))[:_MOST])


def _joined(told: list[Good], seen: list[Good]) -> list[Good]:
    """The goods as data of the page tell them, with what it shows of each besides; as it shows them where it shows more."""
    first, second = (told, seen) if len(told) >= len(seen) else (seen, told)
    besides = {good.name: good for good in second}
    return [both(good, besides[good.name]) if good.name in besides else good for good in first]


def _is_locked(page: Page) -> bool:
    """Whether the page asks for a password before it shows anything."""
    if page.tree.css_first("input[type=password]") is None or page.tree.body is None:
        return False
    text = page.tree.body.text()
    return bool(_LOCK.search(text)) or _is_only_a_login(page, text)


def _is_only_a_login(page: Page, text: str) -> bool:
    """Whether a page that no script draws on holds hardly more than a login."""
    drawn = page.tree.css_first("script[src], script[type=module]") is not None
    return not drawn and len("".join(text.split())) <= _LITTLE and bool(_LOGIN.search(text))


def _once(goods: list[Good]) -> list[Good]:
    found: dict[str, Good] = {}
    for good in goods:
        found.setdefault(good.name, good)
    return list(found.values())
