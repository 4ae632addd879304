"""How a named, slow, obedient guest behaves: robots.txt, Crawl-delay, and stopping where it is not wanted.

No spider may switch any of it off. robots.txt missing (404) or a web page in its place = no rules; 5xx, timeout or unreadable =
do not crawl.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import re
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response, TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from crawler.download.clock import Clock
from crawler.download.tls import SHOP_PAGE
from crawler.guard import DIRECT
from crawler.pages.block_pages import wall_of
from store.durable_files import write_whole
from store.private_files import FILE_MODE, make_private_folder
from store.text.query import registrable

STOP_STATUSES = {401, 403, 407, 429, 456}
"""Answers after which nothing more is asked of that host in this run (456: Sina's ban of an address)."""
_MISSING = {404, 410}
_PAGE_STARTS = (
    b"<!doctype",
    b"<html",
    b"<?xml",
    b"<head",
    b"<script",
    b"<body",
    b"<!--",
    b"<meta",
    b"<title",
    b"<div",
)
KEPT_FOR = dt.timedelta(hours=12)
"""So long looks go by the robots.txt of a registry or service that one of them read; RFC 9309 §2.4 allows a day."""
_RULE = re.compile(rb"^\s*(?:user-agent|disallow|allow)\s*:", re.IGNORECASE | re.MULTILINE)


class Unwelcome(IgnoreRequest):
    """The host does not want this request; the message says how we know.

    `cause` is set where robots.txt could not be had at all: then the host itself gave no answer. `answer` is what
    came in its place: a server's error or a closed shop answers every address the same way.
    """

    def __init__(self, reason: str, cause: Exception | None = None, answer: Response | None = None) -> None:
        """Keep all three."""
        super().__init__(reason)
        self.cause = cause
        self.answer = answer


class Disallowed(Unwelcome):
    """robots.txt was read and names this page among those that are not to be asked."""


class CrawlEnded(IgnoreRequest):
    """The crawl ended, with this outcome and reason, while the request still waited in line: it is not sent."""

    def __init__(self, outcome: str, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.outcome = outcome


def send_no_more(crawler: Crawler, outcome: str, reason: str) -> None:
    """End a crawl at once: Scrapy by itself first sends everything that waits in its lines, a wall or not."""
    try:
        engine = crawler.engine
    except RuntimeError:  # a spider that is run without one has no lines
        return
    assert engine is not None
    stops = crawler.get_downloader_middleware(HostStopMiddleware)
    assert stops is not None
    stops.ended = (outcome, reason)
    for slot in engine.downloader.slots.values():
        slot.delay = 0.0  # what is not sent need not wait


class RobotsMiddleware(RobotsTxtMiddleware):
    """robots.txt with this project's reading of failures, and Crawl-delay honoured."""

    def __init__(self, crawler: Crawler) -> None:
        """Keep why a host may not be crawled beside the parsed rules."""
        super().__init__(crawler)
        self._denied: dict[str, Unwelcome] = {}

    async def process_request(self, request: Request, spider: Any = None) -> None:
        """Obey robots.txt for pages; a registry, a name server and a TLS handshake have none, and it is open itself."""
        if not request.url.startswith(DIRECT) and urlparse_cached(request).path != "/robots.txt":
            await super().process_request(request)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's origin, asked once. As Scrapy's own, which asks http and https of a host as one.

        A shop without TLS gives no robots.txt over HTTPS; what it says over HTTP is another answer (RFC 9309 §2.3).
        """
        origin = _origin(request.url)
        if origin not in self._parsers:
            self._parsers[origin] = Deferred()
            asked = Request(
                f"{origin}/robots.txt",
                priority=self.DOWNLOAD_PRIORITY,
                meta={SHOP_PAGE: request.meta.get(SHOP_PAGE, False)},
                callback=NO_CALLBACK,
            )
            assert self.crawler.engine is not None
            try:
                answer = self._kept(asked) if self._is_shared(asked.url) else None
                answer = answer or self._keep(await self.crawler.engine.download_async(asked))
                await self._parse_robots(answer, origin, request)
            except Exception as error:
                self._robots_error(error, origin)
        parser = self._parsers[origin]
        return await maybe_deferred_to_future(parser) if isinstance(parser, Deferred) else parser

    def _kept(self, asked: Request) -> Response | None:
        """What another look was answered lately; looks share the hosts that know of every site, and their pace."""
        try:
            told = json.loads(self._file(asked.url).read_bytes())
            age = Clock.of(self.crawler).now() - dt.datetime.fromisoformat(told["at"])
            if told["url"] != asked.url or not dt.timedelta() <= age < KEPT_FOR:
                return None
            return TextResponse(asked.url, told["status"], body=base64.b85decode(told["body"]), request=asked)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _keep(self, answer: Response) -> Response:
        """Keep what gives rules, or says that there are none, for the next look; the shop itself is asked anew by each."""
        asked = answer.request
        if asked is not None and self._is_shared(asked.url) and answer.url == asked.url and (answer.status in _MISSING or unreadable_robots(answer) is None):  # fmt: skip
            told = {"url": asked.url, "at": Clock.of(self.crawler).now().isoformat(), "status": answer.status, "body": base64.b85encode(answer.body).decode()}  # fmt: skip
            file = self._file(asked.url)
            with contextlib.suppress(OSError):  # a full disk: the next look asks again
                make_private_folder(file.parent)
                write_whole(file, json.dumps(told).encode(), FILE_MODE)
        return answer

    def _is_shared(self, url: str) -> bool:
        """Whether looks at other sites ask this host, too."""
        settings, spider = self.crawler.settings, self.crawler.spider
        if not (settings.getbool("SITES_SHARED") and settings.get("TURNS_FOLDER")):
            return False
        site = registrable(urlsplit(url).hostname or "")
        return site not in {registrable(target.host) for target in getattr(spider, "targets", ())}

    def _file(self, url: str) -> Path:
        return Path(self.crawler.settings["TURNS_FOLDER"]) / "robots" / f"{zlib.crc32(url.encode()):08x}.json"

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Let the request pass or raise Unwelcome with the reason a reader of the ledger sees."""
        origin = _origin(request.url)
        if origin in self._denied:
            raise self._denied[origin]
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Disallowed("robots.txt disallows this page") from None

    async def welcomes(self, url: str) -> bool:
        """Whether a part of a page may be loaded from a host that may not have been asked for its rules yet; it is asked for them first."""
        await self.robot_parser(Request(url))
        return self.permits(url)

    def permits(self, url: str) -> bool:
        """Whether a part of a page already being visited may be loaded, by the rules read for its host."""
        origin = _origin(url)
        rules = self._parsers.get(origin)
        agent = self._robotstxt_useragent or self._default_useragent
        return origin not in self._denied and isinstance(rules, RobotParser) and rules.allowed(url, agent)

    async def _parse_robots(self, response: Response, origin: str, request: Request) -> None:
        if response.status in _MISSING or (
            response.status == 200 and is_page(response.body) and unreadable_robots(response) is None
        ):
            response = response.replace(body=b"")
        elif reason := unreadable_robots(response):
            self._denied[origin] = Unwelcome(reason, answer=response)
            response = response.replace(body=b"")
        else:
            # Rules with comments in GBK are rules; a parser that meets the comments would drop them all.
            response = response.replace(body=response.body.decode("utf-8", "replace").encode())
        await super()._parse_robots(response, origin, request)
        parser = self._parsers[origin]
        if isinstance(parser, RobotParser):
            self._honour_delay(parser, origin, request)

    def _robots_error(self, exc: Exception, origin: str) -> None:
        self._denied[origin] = Unwelcome("robots.txt could not be read: not crawled", exc)
        super()._robots_error(exc, origin)

    def _honour_delay(self, parser: RobotParser, origin: str, request: Request) -> None:
        """Make Crawl-delay the least distance of the host's slot. In the sandbox it counts on the simulated calendar."""
        delay = parser.crawl_delay(self._robotstxt_useragent or self._default_useragent)
        settings = self.crawler.settings
        if not delay or settings.get("SANDBOX_PROXY"):
            return
        if delay > settings.getfloat("LONGEST_CRAWL_DELAY"):
            self._denied[origin] = Unwelcome(f"robots.txt asks for {delay:g} s between requests: not crawled")
            return
        downloader = self.crawler.engine.downloader
        key = urlparse_cached(request).hostname or ""
        # A little more than asked: a slow connection before one request must not make the next seem early.
        wanted = max(delay + 0.05, settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings[key] = {"delay": wanted, "concurrency": 1, "jitter": 0}
        if slot := downloader.slots.get(key):
            slot.delay, slot.jitter = max(slot.delay, wanted), 0.0


class CrawlDelayThrottle(AutoThrottle):
    """AutoThrottle that never goes below the delay a host's robots.txt asked for."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        key = urlparse_cached(response).hostname or ""
        if key in self.crawler.settings.getdict("DOWNLOAD_SLOTS"):
            return  # a service on this machine, whose pace is set (crawler/run.py)
        super()._adjust_delay(slot, latency, response)
        downloader = self.crawler.engine.downloader
        slot.delay = max(slot.delay, downloader.per_slot_settings.get(key, {}).get("delay", 0.0))


class HostStopMiddleware:
    """After a refusal, a captcha or a firewall page nothing more is asked of that host in this run.

    The download handler asks it too, at the last moment and with the answer still in hand: requests to the same host may
    already be waiting in line when the refusal comes.
    """

    def __init__(self) -> None:
        """Nothing is stopped yet."""
        self.stopped: dict[str, str] = {}
        self.ended: tuple[str, str] | None = None
        """Outcome and reason of a crawl that sends no more."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostStopMiddleware:
        """Scrapy's constructor."""
        return cls()

    def process_request(self, request: Request) -> None:
        """Refuse what would go to a stopped host, and after the crawl's end everything."""
        if self.ended is not None:
            raise CrawlEnded(*self.ended)
        if reason := self.stopped.get(urlparse_cached(request).hostname or ""):
            raise Unwelcome(reason)

    def process_response(self, request: Request, response: Response) -> Response:
        """Remember a refusal; the spider still sees the page, to record what it was."""
        host = urlparse_cached(request).hostname or ""
        if host in self.stopped:
            return response
        if response.status in STOP_STATUSES:
            self.stopped[host] = f"stopped after HTTP {response.status}"
        elif wall := wall_of(response.body):
            self.stopped[host] = f"stopped at a {wall} page"
        return response


class SameSiteRedirectMiddleware(RedirectMiddleware):
    """Follows redirects within one registrable domain; a move to another is left for the spider to record."""

    def process_response(
        self, request: Request, response: Response, spider: Any = None
    ) -> Request | Response:
        """The next request, or the redirect itself when it leaves the site."""
        location = response.headers.get("Location")
        if location and 300 <= response.status < 400:
            here = urlsplit(request.url).hostname or ""
            there = urlsplit(urljoin(response.url, location.decode("latin-1"))).hostname or ""
            if registrable(here) != registrable(there):
                return response
        return super().process_response(request, response)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def unreadable_robots(response: Response) -> str | None:
    """Why an answer to robots.txt gives no permission; a web page in its place holds no rules and forbids nothing (RFC 9309)."""
    if response.status != 200:
        return f"robots.txt answered HTTP {response.status}: not crawled"
    body = response.body
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in body[:2000]:
        return "robots.txt is not readable (RFC 9309 wants UTF-8): not crawled"
    if is_page(body):
        # A captcha or firewall that answers every address says nothing of rules, but that we are not wanted.
        wall = wall_of(body)
        return f"robots.txt is a {wall} page: not crawled" if wall else None
    try:
        body.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not _RULE.search(body):
            return "robots.txt is not readable (RFC 9309 wants UTF-8): not crawled"
    return None


def is_page(body: bytes) -> bool:
    """Whether a web page came in place of a robots.txt."""
    return body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_STARTS)
