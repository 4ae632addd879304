"""A site's home page under every address it may have: both schemes, and the registrable name with and without www.

A site is called down only when each of them was; one that could not be asked leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response

from crawler.control_pages import ControlledSpider
from crawler.download.tls import BAD_CERTIFICATE, SHOP_PAGE
from crawler.errors import NotAnswered
from crawler.pages.block_pages import (
    certificate_word,
    leads_to_stop_page,
    probe_of_failure,
    probe_of_page,
    says_it_ended,
)
from crawler.shops import generic
from crawler.shops.page import Page
from crawler.source_spider import Record
from store.text.hosts import address_in, url_host
from store.text.query import registrable
from store.text.site_keys import SiteKey

_OTHER_ADDRESS = ("tls_error", "connect_refused", "connect_timeout", "broken", "timeout", "robots_timeout")
"""Kinds of failure after which the next address of the site is asked."""
_OTHER_NAME = ("dns_gone", "dns_failed", "refused", "sinkhole")
"""Kinds that hold for the name under every scheme: the next is asked under its other name."""


@dataclass(frozen=True)
class Tried:
    """One address that was asked; `probe` is what it said of the site, None where nothing was learned."""

    request: Request
    probe: Record | None


def home_addresses(host: str, schemes: Sequence[str]) -> list[str]:
    """Where the home page of a host, or the shop page of a merchant, may be, in the order to ask: of a registrable name also under `www.`"""
    site = SiteKey.of(host)
    both = registrable(site.host) == site.host and address_in(site.host) is None
    return [site.url(scheme, www) for www in ((False, True) if both else (False,)) for scheme in schemes]


def certificate_of(response: Response) -> str | None:
    """What the certificate was under which a page came, a word of a probe's `tls`; None for a page without TLS."""
    request = response.request
    assert request is not None
    if fault := request.meta.get(BAD_CERTIFICATE):
        return certificate_word(str(fault))
    return "ok" if request.url.startswith("https:") else None


def verdict(tried: Sequence[Tried]) -> Tried | None:
    """Of addresses none of which is the site, the one that tells what became of it; None when one of them is unknown."""
    refused = next((t for t in tried if t.probe and t.probe["outcome"] == "refused"), None)
    if refused or any(t.probe is None for t in tried):
        return refused
    return tried[0] if tried else None


class HomeSpider(ControlledSpider):
    """Base of spiders that ask for home pages with the step `home`; `home_known` is handed to every `read_home`."""

    home_known: ClassVar[dict[str, Any]] = {}

    def ask(self, url: str, step: str, host: str | None = None, **options: Any) -> Request:
        """As every request; a page of the site is read whatever its certificate, a control's is not."""
        request = super().ask(url, step, host, **options)
        site = urlsplit(f"//{url_host(host)}").hostname or "" if host is not None else ""
        if site and registrable(urlsplit(url).hostname or "") == registrable(site):
            request.meta[SHOP_PAGE] = True
        return request

    def probe_of_home(self, response: Response, host: str, page: Page, known: bool) -> dict[str, Any]:
        """The probe of an answered home page, `known` to run a system or not. What sells is a shop and stands in no site's place."""

        def probe(shop: bool) -> dict[str, Any]:
            latency = response.request.meta.get("download_latency") if response.request else None
            day = self.at(host).date()
            return probe_of_page(
                response.status, response.body, page.text, latency, shop, certificate_of(response), day
            )

        found = probe(known)
        in_its_place = found["outcome"] not in ("ok", "slow") and found["class"] != "parked"
        if not known and response.status == 200 and in_its_place and generic.sells(page):
            found = probe(True)
        elif not known and found["outcome"] in ("ok", "slow") and says_it_ended(page.text):
            shown = generic.home(page)
            if not shown.goods and not shown.behind_login:
                found |= {"outcome": "down", "class": "closed_by_owner", "body": "closed_by_owner"}
        led = response.headers.get("Location") if 300 <= response.status < 400 else None
        if led and leads_to_stop_page(urljoin(response.url, led.decode("latin-1")), url_host(host)):
            found |= {"outcome": "refused", "class": "diverted", "body": "diverted"}
        return self.own(response, host, found)

    def own(self, response: Response, host: str, probe: Record) -> Record:
        """The probe of an answer, as far as it is this site's or merchant's. A merchant whose page leads to the front of its mall is
        gone; raises NotAnswered where it leads elsewhere in the mall (a login, a notice): that says nothing of the merchant.
        """
        site = SiteKey.of(host)
        if site.holds(response.url) or probe["outcome"] not in ("ok", "slow"):
            return probe
        if urlsplit(response.url).path.strip("/") in ("", "index.html", "index.php", "404", "404.html"):
            return probe | {"outcome": "down", "class": "not_found"}
        raise NotAnswered("the merchant's page leads to another page of its mall")

    def answered(self, request: Request, host: str, probe: Record) -> Iterator[Record]:
        """The probe of a page that is the site. A bad certificate is held until a control has answered under a good one."""
        if request.meta.get(BAD_CERTIFICATE):
            captures = request.meta.get("captures", ())
            self.hold(request, host, self.probe(host, probe | {"class": "tls_error"}))
            request.meta["captures"] = captures  # what else the page says refers to it too
        else:
            yield self.probe(host, probe)

    def home(self, host: str) -> Request:
        """The home page at its first address."""
        return self._home(host, home_addresses(host, self.settings.getlist("SHOP_SCHEMES")), ())

    def next_home(self, request: Request, probe: Record) -> Request | None:
        """Where to ask next after a page that is not the site; None when every address was tried."""
        known = request.cb_kwargs["known"]
        if not known["left"]:
            return None
        return self._home(request.cb_kwargs["host"], known["left"], (*known["tried"], Tried(request, probe)))

    def fallback_request(self, request: Request, kind: str) -> Request | None:
        """The next address of a home page that gave no answer."""
        known = request.cb_kwargs["known"]
        if request.cb_kwargs["step"] != "home" or not known["left"]:
            return None
        left = known["left"]
        if kind in _OTHER_NAME:
            asked = urlsplit(request.url).hostname
            left = [url for url in left if urlsplit(url).hostname != asked]
        elif kind not in _OTHER_ADDRESS:
            return None
        tried = (*known["tried"], Tried(request, probe_of_failure(kind)))
        return self._home(request.cb_kwargs["host"], left, tried) if left else None

    def records_for_failure(
        self, request: Request, host: str | None, kind: str, answer: Response | None
    ) -> Iterator[Record]:
        """No address answered: what that says of the site is held until a control has answered."""
        known = request.cb_kwargs["known"]
        if host is not None and request.cb_kwargs["step"] == "home" and not known.get("rendered"):
            if answer is not None and answer.request is not None:
                request.meta["captures"] = answer.request.meta.get("captures", ())
            last = (Tried(request, probe_of_failure(kind, answer)),)
            # An archive holds only what answered: another address that is not in it gave no answer then either.
            absent = kind == "not_archived" and known["tried"]
            self.unanswered(host, known["tried"] if absent else (*known["tried"], *last))
        return iter(())

    def unanswered(self, host: str, tried: Sequence[Tried]) -> None:
        """Hold what addresses of which none is the site say of it."""
        if (found := verdict(tried)) is not None and found.probe is not None:
            self.hold_found(found, host)

    def hold_found(self, found: Tried, host: str, at_once: bool = False) -> None:
        """Hold what one address says of the site, and let the ledger give its reason."""
        assert found.probe is not None
        visit, status = self.visit(host), found.probe["status"]
        if visit.outcome == "failed":
            came = f"not the shop: {found.probe['class']} (HTTP {status})"
            visit.reason = came if status is not None else found.request.meta.get("failure", visit.reason)
        self.hold(found.request, host, self.probe(host, found.probe), at_once)

    def probe(self, host: str, found: Record) -> Record:
        """The record of a probe."""
        return {"kind": "probe", "source": self.name, "host": host, "observed_at": self.at(host), **found}

    def _home(self, host: str, urls: Sequence[str], tried: Sequence[Tried]) -> Request:
        known = {"left": list(urls[1:]), "tried": tuple(tried), **self.home_known}
        return self.ask(urls[0], "home", host, known=known)
