"""The shops themselves: which system they run, goods, prices, stock, order counters, notices, footer and what they promise.

    scrapy crawl storefront -a platform=a.example,b.example -O out.jsonl

It asks for the home page, the public lists of the recognised system (within the session the home page began, if it began one) and at
most three prose pages; never orders, logins, captchas or payment. A page that stands in place of the shop is recorded as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.download.browser import FETCHED, HEARD, SHOWN, unstyled, when_settled
from crawler.download.browser import available as browser_available
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.home_addresses import HomeSpider, Tried, verdict
from crawler.pages.decoding import text_of
from crawler.pages.redacted_projection import without_people
from crawler.pages.shop_features import (
    announced_hosts,
    company_of,
    contact_values,
    footer_numbers,
    orders_shown,
    promises_of,
    signs_of,
)
from crawler.pages.site_name import site_name_of
from crawler.pages.visible_text import footer_of, notices_of, prose, role_links, visible
from crawler.recording.trial import MOST_GOODS, TRIED
from crawler.shops import generic, read_home, read_list, recognise, systems
from crawler.shops.page import Found, Good, More, Page, Shelf
from crawler.shops.unknown.asked_lists import ASKED, Asked, behind, choices
from crawler.source_spider import HostVisit, Record
from store.evidence.crawl_ledger import Expected, SourceCard
from store.text.query import host_key, is_merchant
from store.text.site_keys import SiteKey

_COOKIE = re.compile(r"[\w!#$%&'*+.^`|~-]{1,80}=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{0,400}", re.ASCII)
_MOST_COOKIES = 10
_LIKELY_ALL = 3
"""Goods in a page's data from which it is read without a browser; fewer may be a remark on one of those it loads."""
_ALMOST_EMPTY = 200
"""Visible characters below which a page with scripts has not shown itself yet."""


def page_of(response: Response, text: str) -> Page:
    """The page, with what the trial of a large one saw already."""
    tried = response.request.meta.get(TRIED) if response.request else None
    return Page(response.url, text, tried.seen if tried else None)


class StorefrontSpider(HomeSpider):
    """Arguments: `platform` hosts."""

    name = "storefront"
    card = SourceCard(
        id="storefront",
        kind="site",
        title_zh="店铺页面",
        title_en="Shop pages",
        publisher="各网站自身",
        family="self",
        tier="B",
        cadence_hours=24,
        blind_zh="只读公开页面；登录后的价格、真实库存与真实销量看不到，店铺自报的数字无法核实。不认识的店铺系统按页面结构读商品，"
        "多页的列表读到第 10 页，首页商品不到 20 件时再读最多 10 个分类页；人民币以外的价格只记币种。",
        blind_en="Public pages only: prices behind a login, true stock and true sales are not visible; a shop's own "
        "figures cannot be verified. Of unknown software goods are read by the structure of the page, a list of several pages up to "
        "the tenth, and up to ten category pages where the home page shows fewer than 20 goods. Of prices that are not in yuan only the currency is kept.",
        expected=Expected(2, 2_010, selectors={"goods": 0.5, "priced": 0.5, "page.text": 0.5}),
    )
    visits_platforms = True
    beside = frozenset(["prose", "further"])
    home_known: ClassVar[dict[str, Any]] = {"rendered": False}

    def archived(self, response: Response) -> bytes | None:
        """A page that names people (an owner, a payee, a reviewer) without them."""
        kept = without_people(text_of(response))
        return None if kept is None else kept.encode()

    def begin(self) -> Iterator[Request]:
        """The home page of each platform."""
        for target in self.targets:
            yield self.home(target.host)

    def read_home(
        self, response: Response, host: str, left: list[str], tried: Sequence[Tried], rendered: bool
    ) -> Iterator[Record | Request]:
        """The home page: what it is, and if it is the shop, everything it shows and leads to."""
        text = text_of(response)
        page, site = page_of(response, text), SiteKey.of(host)
        system = recognise(page)
        probe = self.probe_of_home(response, host, page, system is not None)
        assert response.request is not None
        if probe["outcome"] == "down" and not rendered:
            if other := self.next_home(response.request, probe):
                yield other
                return
            every = (*tried, Tried(response.request, probe))
            self.unanswered(host, every)
            if (telling := verdict(every)) and telling.probe:
                probe = telling.probe
        elif not rendered and probe["outcome"] in ("ok", "slow"):
            yield from self.answered(response.request, host, probe)
        elif not rendered:
            yield self.probe(host, probe)
        if probe["outcome"] == "refused":
            raise SourceBlocked(f"{probe['class']} (HTTP {response.status})")
        if moved := self._moved_to(response, host):
            yield self._moved_record(host, moved)
            return
        if probe["outcome"] == "down":
            raise NotAnswered(f"not the shop: {probe['class']} (HTTP {probe['status']})")
        if system and site.unit == "merchant" and not hasattr(systems()[system], "OF_MERCHANTS"):
            system = None  # the lists of the system are its host's: they would show every merchant's goods
        self.visit(host).notes["shown_on"] = next(reversed(response.request.meta.get("captures", ())), None)
        if site.unit == "mall":
            yield from self._shop(page, system, Found(stated_empty=True), [], host)
            return
        self.visit(host).notes["cookies"] = _session(response)
        found, more = self._read(page, system, host)
        if not system and not found.goods and not found.behind_login:
            # What the data of the page as it came held is kept: a script may take it away once it has drawn it.
            found.goods = generic.embedded_goods(page) or self.visit(host).notes.get("embedded", [])
            if len(found.goods) < _LIKELY_ALL and not rendered and "<script" in text:
                if browser_available():
                    self.visit(host).notes["embedded"] = found.goods
                    yield self._rendered(host, response)
                    return
                if not found.goods and len(visible(Page(page.url, page.text).tree)) < _ALMOST_EMPTY:
                    raise NotAnswered("the page needs JavaScript and no browser is installed")
            more = generic.more(page, found)
        if rendered and not system and site.unit == "site":
            more = [*self._behind(page, found, response, host), *more]
        yield from self._shop(page, system, found, more, host)

    def _behind(self, page: Page, found: Found, drawn: Response, host: str) -> list[More]:
        """What the page asked its host for while it was drawn and has not drawn yet."""
        assert drawn.request is not None
        asked = [Asked(*told) for told in drawn.request.meta.get(HEARD, ())]
        few = len(found.goods) < generic.FEW
        boxes = choices(page) if asked and few else []
        shown = "\n".join([visible(page.tree), *drawn.request.meta.get(SHOWN, ())])
        lists = behind(asked, found.goods, shown, few, boxes) if asked and found.goods else []
        self.visit(host).notes["behind"] = lists
        return [one.more(one.first, place) for place, one in enumerate(lists)]

    def _read(self, page: Page, system: str | None, host: str) -> tuple[Found, list[More]]:
        """What the home page shows by its system's own reader, or by the one for unknown shops where that one fails."""
        if system is None:
            return (found := generic.home(page)), generic.more(page, found)
        try:
            found, more = read_home(system, page)
        except SourceChanged as error:
            self.visit(host).downgrade("failed", f"{system}: {error}")
            return generic.home(page), []
        if found.stated_empty or found.behind_login or any(good.price is not None for good in found.goods):
            return found, more
        # A version or theme of the system that its reader does not know: nothing was read, or names without prices.
        seen = generic.home(page).goods
        if not found.goods or any(good.price is not None for good in seen):
            found.goods = seen
        return found, more

    def _shop(
        self, page: Page, system: str | None, found: Found, more: list[More], host: str
    ) -> Iterator[Record | Request]:
        visit = self.visit(host)
        name = site_name_of(page.tree)
        shown = visible(page.tree)
        nothing = not found.goods and not found.behind_login and not found.stated_empty
        if not system and nothing and not more and len(shown) < 80 and not _named_hosts(page, shown, host):
            raise SourceChanged("an almost empty page")
        footer = f"{found.footer}\n{footer_of(page.tree, shown)}"
        notices = found.notices or notices_of(page.tree)
        notice = "\n".join(filter(None, (prose(html) for html in notices)))
        visit.notes |= {"system": system, "page": page, "text": shown, "footer": footer, "notice": notice,
                        "payments": found.payments, "contacts": found.contacts, "shelf": Shelf(),
                        "stated_empty": False, "name": name, "version": found.version}  # fmt: skip
        yield from self._goods(host, found)
        yield from self._lists(page.url, more, host)
        for role, url in role_links(page.tree, page.url, SiteKey.of(host)).items():
            yield self.ask(url, "prose", host, known={"role": role}, priority=-5)

    def read_lists(self, response: Response, host: str, what: str) -> Iterator[Record | Request]:
        """One public list of the recognised system."""
        system = self.visit(host).notes["system"]
        if response.status in (401, 403, 407, 429, 456):
            raise SourceBlocked(f"HTTP {response.status} for a public list")
        if not system and response.status == 404:
            return  # what looked like the next page of the list
        if response.status != 200:
            raise SourceChanged(f"HTTP {response.status} for {urlsplit(response.url).path}")
        page = page_of(response, text_of(response))
        notes = self.visit(host).notes
        if what.startswith(ASKED):
            place, number = map(int, what.split()[1:])
            goods, more = notes["behind"][place].read(page.json(), number, place, notes["shelf"].names)
            found = Found(goods=goods)
        else:
            found, more = read_list(system, page, what) if system else generic.lists(page, what)
        notes["payments"] = notes["payments"] + found.payments
        notes["contacts"] += f" {found.contacts}"
        notes["footer"] += f"\n{found.footer}"
        notes["version"] = notes["version"] or found.version
        notes["notice"] = "\n".join(filter(None, (notes["notice"], *(prose(html) for html in found.notices))))
        yield from self._goods(host, found)
        yield from self._lists(response.url, more, host)

    def read_further(self, response: Response, host: str, what: str) -> Iterator[Record | Request]:
        """A further page of the list of a shop whose system is not known."""
        yield from self.read_lists(response, host, what)

    def read_prose(self, response: Response, host: str, role: str) -> Iterator[Record]:
        """A notice, terms or contact page; one that is missing is no failure of the visit."""
        if response.status != 200:
            return
        html = text_of(response)
        text = prose(html)
        if len(text) < 20:
            return
        notes = self.visit(host).notes
        notes["contacts"] += f" {text}" if role == "contact" else ""
        signs = {"promises": promises_of(text)}
        if role == "notice":
            notes["notice_page"] = True
        yield {"kind": "page", "source": self.name, "host": host, "observed_at": self.at(host), "role": role,
               "text": text, "signs": signs}  # fmt: skip

    def unanswered(self, host: str, tried: Sequence[Tried]) -> None:
        """Say what stands in the site's place. A page that came is evidence of its own; silence waits for a control."""
        found = verdict(tried)
        if found is not None and found.probe is not None:
            self.hold_found(found, host, at_once=found.probe["status"] is not None)

    def finished(self, host: str, visit: HostVisit) -> Iterator[Record]:
        """The home page's own record, when all lists were read: only then are payments and contacts complete.

        It cites the home page, not the page that happened to be read last.
        """
        notes = visit.notes
        if "page" not in notes:
            return
        for record in self._home_records(host, visit):
            yield record | {"_shown_on": notes["shown_on"]}
        notes.clear()  # thousands of shops are visited in one crawl

    def _home_records(self, host: str, visit: HostVisit) -> Iterator[Record]:
        notes = visit.notes
        page: Page = notes.pop("page")
        system = notes["system"]
        shelf: Shelf = notes["shelf"]
        listed = bool(shelf.names or notes["stated_empty"] or shelf.hidden)
        if visit.outcome != "blocked":
            self.tally("goods", int(listed), host=host)
            self.tally(f"goods:{system or 'generic'}", int(listed), host=host)
        if shelf.names and not shelf.hidden:
            self.tally("priced", int(shelf.priced > 0), host=host)
        if shelf.hidden and not system:
            visit.downgrade("blocked", "the shop asks for a password or a login before it shows its goods")
        elif not listed:
            visit.downgrade(
                "failed", f"no goods found where {systems()[system].NAME if system else 'a shop'} lists them"
            )
        told = f"{notes['notice']}\n{notes['text']}"
        signs = signs_of(page.text, told, notes["payments"], f"{notes['contacts']} {notes['notice']}")
        signs |= shelf.signs()
        if notes["version"]:
            signs["software_version"] = notes["version"]
        if moved := _named_hosts(page, notes["text"], host):
            signs["other_hosts"] = moved
        # What the footer of a merchant's page says is the mall's word about the mall.
        footer = "" if is_merchant(host) else notes["footer"]
        number, numbers = footer_numbers(footer)
        signs |= numbers
        yield {
            "kind": "page",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            "role": "home",
            "text": notes["text"][:3_000],
            "footer_icp": number,
            "company": company_of(footer),
            "site_name": notes["name"],
            "software": system,
            "signs": signs,
            "contacts": contact_values(page.text, notes["contacts"]),
        }
        if "orders" not in notes and (shown := orders_shown(notes["text"])):
            yield {"kind": "orders", "source": self.name, "host": host, "observed_at": self.at(host), **shown}
        if notes["notice"] and not notes.get("notice_page"):
            yield {"kind": "page", "source": self.name, "host": host, "observed_at": self.at(host), "role": "notice",
                   "text": notes["notice"][:5_000], "signs": {"promises": signs["promises"]}}  # fmt: skip

    def _goods(self, host: str, found: Found) -> Iterator[Record]:
        visit = self.visit(host)
        shelf: Shelf = visit.notes["shelf"]
        visit.notes["stated_empty"] |= found.stated_empty
        shelf.hidden |= found.behind_login
        for good in found.goods:
            product = " ".join(good.name.split())[:200]
            if product and product not in shelf.names and len(shelf.names) < MOST_GOODS:
                shelf.put(product, good)
                yield self._price(host, product, good)
        if (orders := found.orders) is not None:
            visit.notes["orders"] = True
            yield {"kind": "orders", "source": self.name, "host": host, "observed_at": self.at(host),
                   "total": orders.total, "processed": orders.processed, "today": orders.today,
                   "hidden": orders.hidden}  # fmt: skip

    def _price(self, host: str, product: str, good: Good) -> Record:
        return {
            "kind": "price",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            "product": product,
            "price": good.price,
            "list_price": good.list_price,
            "stock": good.stock,
            "stock_label": good.label,
            "sold": good.sold,
            "automatic": good.automatic,
            **({} if good.currency == "CNY" else {"currency": good.currency}),
        }

    def _lists(self, base: str, more: list[More], host: str) -> Iterator[Request]:
        shop: Page | None = self.visit(host).notes.get("page")
        for item in more:
            headers = {"X-Requested-With": "XMLHttpRequest"}
            if item.body:
                form = "application/x-www-form-urlencoded"
                headers["Content-Type"] = "application/json" if item.body.startswith("{") else form
            if shop and urljoin(urljoin(base, item.path), "/") == urljoin(shop.url, "/"):
                # The page whose script asks, also where a list leads to the next.
                headers["Referer"] = shop.url
                if cookies := self.visit(host).notes.get("cookies"):
                    # Some lists answer only within the session their own page began; it ends with this visit and is kept nowhere.
                    headers["Cookie"] = cookies
            yield self.ask(
                urljoin(base, item.path),
                "lists" if shop is None or self.visit(host).notes["system"] else "further",
                host,
                known={"what": item.what},
                method=item.method,
                body=item.body or "",
                headers=headers,
            )

    def _rendered(self, host: str, fetched: Response) -> Request:
        shown: list[str] = []
        return self.ask(
            fetched.url,
            "home",
            host,
            known={"left": [], "tried": (), "rendered": True},
            meta={
                "playwright": True,
                FETCHED: fetched,
                HEARD: [],
                SHOWN: shown,
                "playwright_page_init_callback": unstyled,
                "playwright_page_methods": when_settled(shown),
            },
        )

    def _moved_to(self, response: Response, host: str) -> str | None:
        location = response.headers.get("Location")
        if not location or not 300 <= response.status < 400:
            return None
        return host_key(urljoin(response.url, location.decode("latin-1")))

    def _moved_record(self, host: str, moved: str) -> Record:
        return {"kind": "page", "source": self.name, "host": host, "observed_at": self.at(host), "role": "home",
                "text": "", "signs": {"moved_to": moved}}  # fmt: skip


def _named_hosts(page: Page, shown: str, host: str) -> list[str]:
    """Hosts the page names as its new addresses; where it says little else, also those it only links to."""
    links = [urljoin(page.url, link.attributes.get("href") or "") for link in page.tree.css("a[href]")[:20]]
    return announced_hosts(shown, host, links)


def _session(response: Response) -> str:
    """What a browser would send back of the cookies a page set for its own host; cookies for other hosts are left out."""
    kept: dict[str, str] = {}
    host = urlsplit(response.url).hostname or ""
    for line in response.headers.getlist("Set-Cookie"):
        pair, *attributes = (part.strip() for part in line.decode("latin-1").split(";"))
        told = dict(part.lower().partition("=")[::2] for part in attributes)
        domain = told.get("domain", "").lstrip(".")
        if not _COOKIE.fullmatch(pair) or (domain and domain != host and not host.endswith(f".{domain}")):
            continue
        if told.get("max-age", "1").startswith(("0", "-")) or pair.endswith("=deleted"):
            continue
        kept[pair.partition("=")[0]] = pair
    return "; ".join(list(kept.values())[:_MOST_COOKIES])
