"""A shop whose system is not known: its goods by schema.org data, by repeated structure, by the options of a select box, or by data a script holds."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urljoin, urlsplit

from crawler.errors import SourceChanged
from crawler.shops.money import UNTOLD
from crawler.shops.page import Found, Good, More, Page
from crawler.shops.unknown import embedded_data
from crawler.shops.unknown.page_outline import outline
from crawler.shops.unknown.repeated_blocks import goods_in
from crawler.shops.unknown.select_options import goods_in_attributes, goods_in_options

_MEMBERS_ONLY = re.compile(r"(?:登[录陆]|会员)(?:后|以后)?(?:可见|查看|显示)(?:价格)?")
_CROWNS = {
    "SEK": ("se", "sv", r"\bSEK\b|köp\b|varukorg|kundvagn"),
    "NOK": ("no", "nb nn no", r"\bNOK\b|kjøp|handlekurv"),
    "DKK": ("dk", "da", r"\bDKK\b|\bkøb\b|indkøb|læg i kurv"),
    "ISK": ("is", "is", r"\bISK\b|\bkaupa\b|karfa"),
}
"""Whose kr it is: the end of the address, the page's language, and words that only they write."""
_MOST = 500
_MOST_PAGES = 10
_PAGER = "a[rel~=next], .pages a, .page a, .pagelist a, [class*=paginat] a, [id*=paginat] a, [class*=pager] a, [id*=pager] a, [class*=laypage] a"
_PAGER_TEXT = re.compile(r"\s*(?:\d{1,3}|[后下]一?页|next\b.{0,8}|[›»>→]{1,2})?\s*", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:^|[-_/])(?:page|p|pg|pn|page_?no|page_?num)[-_=/](\d{1,3})(?:/|\.html?|$)", re.IGNORECASE
)
_CATEGORY = re.compile(
    r"(?:^|[/?&_-])(?:cate?|cates|categor(?:y|ies)|catalog|class|classify|type|group|fenlei|lists?|products?|goods|shop|sort|column|collections?|cid|tid|cat_?id|gid|typeid|category_?id)"
    r"(?:[/=_-][\w%-]+|(?:\.html?|\.php)?$|/$)",
    re.IGNORECASE,
)
"""The address of a page that lists the goods of one category."""
_A_CATEGORY = "category"
_MOST_LINKS = 300
_LOCK = re.compile(
    r"(?:访问|浏览|进店|本站|店铺)密码|请输入密码|请先?登录|会员登录|仅对.{0,8}开放|登录后(?:查看|可见)"
)


def home(page: Page) -> Found:
    """The goods of a page of no known system. None found is never "none on sale": a page that sells must show some."""
    if page.seen is not None:
        return replace(page.seen)
    told = embedded_data.products(page)
    seen = goods_in(outline(page.tree))
    goods = (told if len(told) >= len(seen) else seen) or goods_in_options(page) or goods_in_attributes(page)
    withheld = len(_MEMBERS_ONLY.findall(page.tree.body.text() if page.tree.body is not None else ""))
    if withheld > 2 and withheld > len(goods):
        return Found(behind_login=True)  # what was read is a sum in a name
    return Found(goods=_with_crowns(page, _once(goods)[:_MOST]), behind_login=not goods and _is_locked(page))


def _with_crowns(page: Page, goods: list[Good]) -> list[Good]:
    """The goods whose price is in kr with the currency that all that tells it agrees upon; untold where nothing does."""
    if all(good.currency != UNTOLD for good in goods):
        return goods
    root = page.tree.root
    language = ((root.attributes.get("lang") or "") if root is not None else "").lower()[:2]
    end = (urlsplit(page.url).hostname or "").rpartition(".")[2]
    text = page.tree.body.text() if page.tree.body is not None else ""
    told = {
        code
        for code, (domain, languages, words) in _CROWNS.items()
        if end == domain or language in languages.split() or re.search(words, text, re.IGNORECASE)
    }
    currency = told.pop() if len(told) == 1 else UNTOLD
    return [replace(good, currency=currency) if good.currency == UNTOLD else good for good in goods]


def sells(page: Page) -> bool:
    """Whether a page of no known system shows goods and their prices: then it is a shop, whatever its notices announce."""
    if page.seen is not None:
        return len(page.seen.goods) > 1
    try:
        return len(goods_in(outline(page.tree)) or embedded_data.products(page)) > 1
    except SourceChanged:
        return False


def more(page: Page, read: int = 1) -> list[More]:
    """The page that follows in a list of several, as its pager links it; `read` is how many were read."""
    if read >= _MOST_PAGES:
        return []
    here = urlsplit(page.url)
    for link in page.tree.css(_PAGER)[:60]:
        if not _PAGER_TEXT.fullmatch(link.text()):
            continue
        target = urlsplit(urljoin(page.url, link.attributes.get("href") or ""))
        said = [target.path, *(f"{key}={value}" for key, value in parse_qsl(target.query))]
        numbers = [int(found.group(1)) for part in said if (found := _PAGE_NUMBER.search(part))]
        if (target.scheme, target.netloc) == (here.scheme, here.netloc) and numbers == [read + 1]:
            return [More(target._replace(fragment="").geturl(), str(read + 1))]
    return []


def categories(page: Page) -> list[More]:
    """The category pages a page without goods leads to, as its links call them."""
    here = urlsplit(page.url)
    found: dict[str, More] = {}
    for link in page.tree.css("a[href]")[:_MOST_LINKS]:
        target = urlsplit(urljoin(page.url, link.attributes.get("href") or ""))
        if (target.scheme, target.netloc) != (here.scheme, here.netloc) or not link.text().strip():
            continue
        address = target._replace(fragment="").geturl()
        if (
            _CATEGORY.search(f"{target.path}?{target.query}")
            and address != page.url
            and len(found) < _MOST_PAGES
        ):
            found.setdefault(address, More(address, _A_CATEGORY))
    return list(found.values())


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """A further page of the list, of which `what` is the number, and the one that follows it; or the page of a category."""
    goods = home(page).goods
    return Found(goods=goods), more(page, int(what)) if goods and what != _A_CATEGORY else []


def embedded_goods(page: Page) -> list[Good]:
    """Goods in data that a script of the page holds, for a page that shows none even when rendered."""
    return _with_crowns(page, _once(embedded_data.listed(page))[:_MOST])


def _is_locked(page: Page) -> bool:
    """Whether the page asks for a password before it shows anything."""
    asks = page.tree.css_first("input[type=password]") is not None
    return asks and bool(_LOCK.search(page.tree.body.text() if page.tree.body is not None else ""))


def _once(goods: list[Good]) -> list[Good]:
    found: dict[str, Good] = {}
    for good in goods:
        found.setdefault(good.name, good)
    return list(found.values())
