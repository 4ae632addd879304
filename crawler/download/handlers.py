"""The download handler: aiohttp with addresses checked and pinned, and a browser only for pages that ask for one.

Certificates are verified; a shop's page is read all the same, and the request says what was wrong (crawler/download/tls.py).

Names are resolved once by the guarded resolver and the connection goes to the address that was checked, so a name
that changes its answer between check and use cannot lead inside.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import attr
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError, DownloadFailedError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler.download.api_key import KEYED, Secret
from crawler.download.host_lease import HostRateLimiter
from crawler.download.politeness import HostStopMiddleware
from crawler.download.sinkholes import check_diverted
from crawler.download.tls import BAD_CERTIFICATE, SHOP_PAGE, certificate_fault, unverified, verified
from crawler.guard import Guard, Refused

if TYPE_CHECKING:
    from crawler.download.browser import Browser

MOST_DEATHS = 3
"""Browsers that may die in a crawl before no more is asked of them."""
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GuardedResolver(AbstractResolver):
    """Resolves a name to public addresses only; raises Refused when none of its addresses may be visited."""

    def __init__(self, guard: Guard) -> None:
        """Use the system's resolver under `guard`."""
        self._guard = guard
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that may be visited; one private address refuses the whole name.

        Raises Diverted when they are known sinkholes.
        """
        found = await self._system.resolve(host, port, family)
        for entry in found:
            self._guard.check_address(host, entry["host"])
        check_diverted(host, (entry["host"] for entry in found))
        return found

    async def close(self) -> None:
        """Nothing is held open."""
        await self._system.close()


async def open_pinned(names: GuardedResolver, host: str, port: int) -> Streams:
    """A connection to a checked address of `host`; raises Refused, or OSError when none of its addresses answers."""
    error: OSError = OSError("no address")
    for entry in await names.resolve(host, port, socket.AF_UNSPEC):
        try:
            return await asyncio.open_connection(entry["host"], port)
        except OSError as failed:
            error = failed
    raise error


def _limit_connecting(connector: aiohttp.TCPConnector, seconds: float) -> None:
    """Give up connecting after `seconds`: a host that cannot be reached is told from one that is slow to answer."""
    connect = connector._wrap_create_connection

    async def within(*args: Any, timeout: aiohttp.ClientTimeout, **kwargs: Any) -> Any:
        return await connect(*args, timeout=attr.evolve(timeout, sock_connect=seconds), **kwargs)

    connector._wrap_create_connection = within  # type: ignore[method-assign]


class PinnedHandler(AiohttpDownloadHandler):
    """aiohttp that connects to checked addresses only, with limits on what is read of an answer's head."""

    lazy = True  # `scrapy shell` makes its engine before a loop runs
    experimental = False  # chosen by measurement (docs/decisions); no warning on every run

    def __init__(self, crawler: Crawler) -> None:
        """Open the session; in sandbox mode only the proxy is ever connected to."""
        super().__init__(crawler)
        self._ssl_context = verified()
        settings, session = crawler.settings, self._session
        session._max_headers = settings.getint("MOST_HEADERS")
        session._max_field_size = session._max_line_size = settings.getint("LONGEST_HEADER")
        if not settings.get("SANDBOX_PROXY"):
            connector = session.connector
            assert isinstance(connector, aiohttp.TCPConnector)
            connector._resolver = GuardedResolver(Guard.of(crawler))
            _limit_connecting(connector, settings.getfloat("CONNECT_TIMEOUT"))
        self.sent: dict[str, float] = {}
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(self._note_sent)
        trace.freeze()
        session._trace_configs.append(trace)

    async def _note_sent(
        self, session: aiohttp.ClientSession, context: Any, told: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        """Remember when a request truly left for its host."""
        self.sent[told.url.host or ""] = time.monotonic()


class ShopHandler(PinnedHandler):
    """As above, under any certificate: only for pages of rated sites."""

    def __init__(self, crawler: Crawler) -> None:
        """Connections of its own: one that was not verified is never used for anything else."""
        super().__init__(crawler)
        self._ssl_context = unverified()


class GuardedHandler(PinnedHandler):
    """aiohttp for plain pages; `meta={"playwright": True}` asks for the browser."""

    def __init__(self, crawler: Crawler) -> None:
        """No browser is started yet, and no host is known for a bad certificate."""
        super().__init__(crawler)
        self._crawler = crawler
        self._browser: Browser | None = None
        self._shops: ShopHandler | None = None
        self._bad: dict[str, str] = {}
        self._one_page = asyncio.Lock()
        self._deaths = 0
        self._turns = HostRateLimiter(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch one page; raises Unwelcome, Refused, or one of Scrapy's download errors.

        One at a time per host, and each asked only when the answer before it is known: without a delay Scrapy's own slot
        lets all waiting requests through at once, because it counts them when their task runs, not when it is made.
        """
        stops = self._crawler.get_downloader_middleware(HostStopMiddleware)
        assert stops is not None
        async with self._turns.at(urlparse_cached(request).hostname or "", stops.stopped):
            stops.process_request(request)
            await self._keep_distance(request)
            response: Response
            if request.meta.get("playwright"):
                response = await self._drawn(request)
            else:
                response = await self._plain(request)
            return stops.process_response(request, response)

    async def _keep_distance(self, request: Request) -> None:
        """Wait until the least distance from the request before has passed since that one truly left.

        Scrapy counts a request when its task is made; a name that resolves slowly or a crowded machine lets it leave later, and the
        next, counted from the plan, would come too soon behind it.
        """
        host = urlparse_cached(request).hostname or ""
        if host not in self.sent:
            return
        try:
            engine = self._crawler.engine
        except RuntimeError:
            return  # asked outside a crawl: nobody plans the next request
        slot = engine.downloader.slots.get(host) if engine is not None else None
        if slot is None or not slot.delay:
            return
        least = slot.delay * max(0.0, 1 - slot.jitter)
        remaining = self.sent[host] + least - time.monotonic()
        if remaining > 0:
            await asyncio.sleep(remaining)

    async def _plain(self, request: Request) -> Response:
        request.meta.pop(BAD_CERTIFICATE, None)  # of the page that led here
        if request.meta.get(KEYED):
            return await self._keyed(request)
        if request.meta.get(SHOP_PAGE) and request.url.startswith("https:"):
            return await self._shop(request)
        return await self._fetched(super(), request)

    async def _shop(self, request: Request) -> Response:
        """A page of a rated site; under a certificate that is not valid it is read all the same, and says so."""
        origin = urlparse_cached(request).netloc
        if origin not in self._bad:
            try:
                return await self._fetched(super(), request)
            except DownloadConnectionRefusedError as error:
                fault = certificate_fault(error)
                if fault is None:
                    raise
                self._bad[origin] = fault
        if self._shops is None:
            self._shops = ShopHandler(self._crawler)
            self._shops.sent = self.sent
        response = await self._fetched(self._shops, request)
        request.meta[BAD_CERTIFICATE] = self._bad[origin]
        return response

    @staticmethod
    async def _fetched(handler: Any, request: Request) -> Response:
        try:
            response: Response = await handler.download_request(request)
            return response
        except DownloadFailedError as error:
            if isinstance(error.__cause__, ValueError | Refused):
                raise error.__cause__ from None
            raise

    async def _keyed(self, request: Request) -> Response:
        """Ask with the operator's key; neither the answer's address nor an error tells it."""
        secret = Secret.of(self._crawler)
        if not secret.is_for(request.url):
            host = urlparse_cached(request).hostname
            raise Refused(
                f"the key is for the configured service only, not for {host}: check KAMENGWATCH_ICP_BASE"
            )
        try:
            response = await super().download_request(secret.applied(request))
        except Exception as error:
            if secret.is_in(f"{error}{error.__cause__}"):
                raise DownloadFailedError("the query service could not be asked") from None
            raise
        return response.replace(url=request.url)

    async def _drawn(self, request: Request) -> Response:
        """A page by the browser, one at a time; a browser that died or hangs is closed, and the next page starts another."""
        from crawler.download.browser import BrowserDied, open_browser

        async with self._one_page:
            if self._deaths == MOST_DEATHS:
                raise BrowserDied
            try:
                if request.meta.get(SHOP_PAGE):
                    request.meta["playwright_context"] = "shops"
                if self._browser is None:
                    self._browser = await open_browser(self._crawler)
                return await self._browser.download_request(request)
            except BrowserDied:
                self._deaths += 1
                browser, self._browser = self._browser, None
                if browser is not None:
                    await browser.close()
                raise

    async def close(self) -> None:
        """Close the session and the browser, if one was started."""
        await super().close()
        if self._shops is not None:
            await self._shops.close()
        if self._browser is not None:
            await self._browser.close()
