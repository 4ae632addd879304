"""What may be asked at all: pages and three direct questions, public addresses and usual ports only, never a page that is a buyer's.

It refuses before a connection is made. In sandbox mode the world is the sandbox: every `*.test` host goes through
its proxy and every other host is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import BaseSettings
from scrapy.utils.httpobj import urlparse_cached

from store.settings import NO_CONTACT
from store.text.ip_addresses import address_spelled, is_public

NEVER = re.compile(
    r"""
      /(?:order-?search|search-?order[\w-]*|orderquery|create-order|createorder|chadan|bill|cart|checkout|captcha|kaptcha
         |login|logout|signin|register|regsite|frontlogin|complaint/store\w*)(?:[/.?\#]|$)
    | /user/api/index/(?:query|secret|pay)\b | /user/(?:index/query|authentication|personal|login|reg)\b
    | /(?:submit|mapi)\.php | /pay(?:ment|s)?(?:[/.?]|$) | /s\#?/record | /api/v1/(?:guest/)?(?:orders?|auth|login)\b
    | [?&](?:act|mod)=(?:query|order|chadan|pay|login|reg|cart|payrmb|captcha|getshareid)\b
    | /api/(?:sms|votes|user)/
    """,
    re.I | re.X,
)
"""Paths of order queries, logins, carts, captchas and payment: buyers' data or an act, never a public list."""


DIRECT = ("whois", "tls", "dns")
"""Schemes of crawler/download/direct_queries.py: one question each, and no page."""


_NAME = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?!(?:php|aspx?|jsp|html?|cgi|do|action)$)[^\W\d_][\w-]{1,61}", re.I
)
"""A domain name, and no file of a page."""


SERVICES = (
    "ICP_BASE", "RDAP_BASE", "RDAP_NETWORKS", "RDAP_BOOTSTRAP", "HEIMAO_BASE", "REDNET_BASE", "REDNET_BOARD", "XIAOFEIBAO_BASE", "XIAOFEIBAO_PAGES",
    "XIAOFEIBAO_BRANDS", "GITHUB_BASE", "CT_BASE", "WAYBACK_BASE", "COMMONCRAWL_BASE", "V2EX_SEARCH",
    "TELEGRAM_BASE", "FORUM_FEEDS", "BLOCKLISTS", "CONTROLS",
)  # fmt: skip
"""Settings that hold addresses the operator configured."""
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+", re.I)


class Refused(IgnoreRequest):
    """This request must not be made; the message says why."""


def require_contact(settings: BaseSettings) -> None:
    """End the program (exit code 2) where nobody answers for a crawl of the world; the sandbox and a replay ask nobody."""
    if not (settings.get("CONTACT") or settings.get("SANDBOX_PROXY") or settings.get("REPLAY_FILE")):
        sys.stderr.write(f"错误 error: {NO_CONTACT}\n")
        raise SystemExit(2)


class Guard:
    """The rules for one run; raises Refused, returns nothing."""

    def __init__(
        self,
        sandbox: bool,
        allowed_hosts: Sequence[str],
        registries: Sequence[str] = (),
        contact: str = "a test",
        ports: Sequence[int] = (80, 443),
        services: Sequence[str] = (),
    ) -> None:
        """`allowed_hosts` were named by the operator and may be private, on any port; `contact` answers for the crawl.

        `registries` are hosts of services that answer about a domain named at the end of the address; they may be private.
        `ports` are open everywhere; `services` are addresses the operator configured, whose own ports are open too.
        """
        self.sandbox, self.contact = sandbox, contact
        self.allowed_hosts = {h.lower() for h in allowed_hosts if h}
        self.registries = {h.lower() for h in registries if h}
        self.ports = frozenset(ports)
        self.services = {_place(url) for url in services}

    @classmethod
    def of(cls, crawler: Crawler) -> Guard:
        """The guard of `crawler`; the operator's filing and domain services count as named by the operator."""
        settings = crawler.settings
        named = [urlsplit(settings.get(key) or "").hostname or "" for key in ("ICP_BASE", "RDAP_BASE")]
        return cls(
            bool(settings.get("SANDBOX_PROXY")),
            settings.getlist("GUARD_ALLOWED_HOSTS"),
            named,
            settings.get("CONTACT") or "",
            [int(port) for port in settings.getlist("EGRESS_PORTS")],
            [url for key in SERVICES for url in _ADDRESS.findall(str(settings.get(key) or ""))],
        )

    def check_url(self, url: str) -> None:
        """Refuse a scheme, host or path that may never be asked; raises Refused."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise Refused(f"no address: {url[:80]} ({error})") from None
        if parts.scheme not in ("http", "https", *DIRECT) or not host:
            raise Refused(f"only http and https are fetched: {url[:80]}")
        if "\\" in parts.netloc:  # to a browser it ends the host, to Python it does not
            raise Refused(f"a host that can be read in two ways: {parts.netloc[:80]}")
        if not self.sandbox and not self.contact:
            raise Refused("KAMENGWATCH_CONTACT is not set: nobody answers for the crawler")
        if self.sandbox and not host.endswith(".test"):
            raise Refused(f"outside the sandbox: {host}")
        path = unquote(url[url.find("/", 8) :] if "/" in url[8:] else "")
        if parts.scheme not in DIRECT and NEVER.search(self._without_name(host, path)):
            raise Refused(f"order, login, captcha and payment pages are never asked: {parts.path[:60]}")
        if not self.sandbox and port is not None:
            self._check_port(host, port)
        if not self.sandbox and (address := address_spelled(host.rstrip("."))) is not None:
            self.check_address(host, address)

    def _check_port(self, host: str, port: int) -> None:
        if port not in self.ports and host not in self.allowed_hosts and (host, port) not in self.services:
            raise Refused(
                f"{host}: port {port} is not open to us; KAMENGWATCH_EGRESS_PORTS names those that are"
            )

    def _without_name(self, host: str, path: str) -> str:
        """The path without the domain a registry is asked about (RFC 9082: `/domain/pay.com`): a name is no page."""
        asked, _, name = path.rpartition("/")
        registry = asked.endswith("/domain") or host in self.registries
        return f"{asked}/" if registry and _NAME.fullmatch(name) else path

    def check_address(self, host: str, address: str) -> None:
        """Refuse an address that is not public, unless the operator named its host; raises Refused."""
        if host.lower() not in self.allowed_hosts | self.registries and not is_public(address):
            raise Refused(f"{host} is at {address}, which is not a public address")


def _place(url: str) -> tuple[str | None, int | None]:
    try:
        return urlsplit(url).hostname, urlsplit(url).port
    except ValueError:
        return None, None


class GuardMiddleware:
    """Applies the guard to every request, redirects and robots.txt included."""

    def __init__(self, guard: Guard, proxy: str) -> None:
        """`proxy` is the sandbox's address, or empty."""
        self._guard = guard
        self._proxy = proxy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Scrapy's constructor."""
        return cls(Guard.of(crawler), crawler.settings.get("SANDBOX_PROXY") or "")

    def process_request(self, request: Request) -> None:
        """Refuse, or send the request on its way."""
        urlparse_cached(request)
        self._guard.check_url(request.url)
        if self._proxy and not request.url.startswith(DIRECT):
            request.meta["proxy"] = self._proxy
