"""The browser, for the few pages that are empty without JavaScript. Absent, such a page is unknown and all else works.

It identifies itself like every other request, loads one page at a time, from other hosts nothing but scripts and data of those
under the site's own name (api.shop.example) whose robots.txt lets us, and never loads images or media; styles and fonts are answered empty. No stealth, no stored state. Names are resolved for it, under the guard (crawler/download/browser_proxy.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.download.politeness import RobotsMiddleware
from crawler.guard import Guard, Refused
from store.settings import settings
from store.text.query import registrable

if TYPE_CHECKING:
    from crawler.download.browser_proxy import PinningProxy

_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Nothing goes around the proxy: no UDP of WebRTC, no look-up of a name, no connection made ahead of its request.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--no-pings",
    # What a page opens beside itself would ask other hosts without our rules being asked first.
    "--block-new-web-contents",
    "--disable-blink-features=SharedWorker",
]
_SKIPPED = {"image", "media", "websocket", "eventsource"}
_OF_SISTERS = {"script", "xhr", "fetch"}
"""Kinds of parts that may come from another host of the same site."""
_EMPTY = {"stylesheet": "text/css", "font": "font/woff2"}
"""Kinds of parts that are answered without asking anybody."""
FETCHED = "fetched"
"""Key of a request's meta that holds the page as it was fetched a moment ago: the browser draws that, and asks only for its parts."""
HEARD = "heard"
"""Key of a request's meta that holds a list: of each answer in JSON the page asks for while it is drawn, method, address, body and text are put there."""
SHOWN = "shown"
"""Key of a request's meta that holds a list: what the page showed before a category was chosen on it."""
_MOST_HEARD = 40
_LONGEST_HEARD = 2_000_000
_OF_THE_BODY = {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"}
"""Headers that say how the body came, which is no longer so."""
LONGEST_PAGE = 75.0
"""Seconds for loading, coming to rest and a picture, each of which has a limit of its own."""
LONGEST_CLOSE = 10.0
DYING_SECONDS = 0.5
DIES_WITHIN = 3.0
"""Seconds in which the last part of a browser follows the first, on a busy machine."""
STARTS_WITHIN = 20.0
"""Seconds; a cold start on a busy machine takes five."""
_NAMES = ("chromium-headless-shell", "chromium", "google-chrome-stable", "google-chrome")


def executable() -> str | None:
    """The browser to use: the setting CHROMIUM, the path written in `.cache/browser` by the set-up, else one on PATH."""
    noted = Path(".cache/browser")
    wanted = [settings().chromium, noted.read_text().strip() if noted.is_file() else ""]
    found = [path for path in wanted if path and Path(path).is_file()]
    return found[0] if found else next(filter(None, map(shutil.which, _NAMES)), None)


def missing() -> str | None:
    """What a crawl of pictures lacks here: the module that is not installed, or "" for the browser itself; None when all is there."""
    absent = [name for name in ("playwright", "scrapy_playwright") if importlib.util.find_spec(name) is None]
    return absent[0] if absent else None if executable() else ""


def starts(path: str) -> str | None:
    """None when the browser at `path` starts and draws an empty page, else why not."""
    command = [path, "--headless", *_ARGS, "--dump-dom", "about:blank"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=STARTS_WITHIN, check=False)
    except subprocess.TimeoutExpired:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    if done.returncode < 0:
        return f"killed by signal {-done.returncode}"
    if done.returncode or "<html" not in done.stdout:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:200]
    return None


def available() -> bool:
    """Whether pages that need JavaScript can be read here."""
    return bool(importlib.util.find_spec("scrapy_playwright")) and executable() is not None


def launch_for_person(chromium: Any, path: str, headless: bool) -> Any:
    """A browser a person works in, started with the crawler's flags: the same leaks are closed, only names are looked up by itself.

    `chromium` is Playwright's browser type. It goes to the one registry the person asked for, through no proxy of ours.
    """
    return chromium.launch(executable_path=path, headless=headless, args=_ARGS)


def launch_options(proxy: str = "") -> dict[str, Any]:
    """How the crawler's Chromium is started; `proxy` is the sandbox's address."""
    # Names are the proxy's to resolve: the browser itself looks up none but the proxy's own.
    own = " ".join(
        f", EXCLUDE {host}"
        for host in sorted({"127.0.0.1", "localhost", urlsplit(proxy).hostname or "localhost"})
    )
    args = [*_ARGS, f"--host-resolver-rules=MAP * ~NOTFOUND{own}"]
    options: dict[str, Any] = {"executable_path": executable(), "headless": True, "args": args}
    return options | {"proxy": {"server": proxy}} if proxy else options


async def unstyled(page: Any, request: Any) -> None:
    """Answer styles and fonts empty, and the page itself as it was fetched, without asking anybody, the rest one at a time: an app that
    waits for its style sheet shows itself.
    """
    fetched: list[Response] = [request.meta[FETCHED]] if FETCHED in request.meta else []

    async def answer(route: Any) -> None:
        if media_type := _EMPTY.get(route.request.resource_type):
            await route.fulfill(status=200, content_type=media_type, body="")
        elif fetched and route.request.is_navigation_request():
            # Once: a page that loads itself again asks for another answer.
            await route.fulfill(**_as_it_came(fetched.pop()))
        else:
            await route.fallback()

    if HEARD in request.meta:
        _listen(page, request.meta[HEARD])
    await page.route("**/*", answer)
    await one_at_a_time(page, request)


def _listen(page: Any, heard: list[tuple[str, str, str, str]]) -> None:
    from playwright.async_api import Error

    async def keep(response: Any) -> None:
        asked = response.request
        if asked.resource_type not in ("xhr", "fetch") or response.status != 200 or len(heard) >= _MOST_HEARD:
            return
        with contextlib.suppress(
            Error, UnicodeDecodeError
        ):  # the page may be closed meanwhile, the answer no text
            text = await response.text()
            if text.lstrip()[:1] in ("{", "[") and len(text) <= _LONGEST_HEARD:
                heard.append((asked.method, asked.url, asked.post_data or "", text))

    page.on("response", keep)


def _as_it_came(response: Response) -> dict[str, Any]:
    """Status, headers and body of a fetched page, as Playwright wants them; several values of a header one a line."""
    headers = {
        name.decode("latin-1"): "\n".join(value.decode("latin-1") for value in values)
        for name, values in response.headers.items()
        if name.decode("latin-1").lower() not in _OF_THE_BODY
    }
    return {"status": response.status, "headers": headers, "body": response.body}


_NOTHING_UNASKED = """
self.Worker = class Worker extends EventTarget {
  constructor() { super(); setTimeout(() => { const e = new Event('error'); this.dispatchEvent(e); this.onerror?.(e) }) }
  postMessage() {}
  terminate() {}
};
const open = e => { const a = e.closest?.('[download]'); if (a) a.removeAttribute('download') };
addEventListener('click', e => open(e.target), true);
for (const [of, name] of [[HTMLElement, 'click'], [EventTarget, 'dispatchEvent']]) {
  const first = of.prototype[name];
  of.prototype[name] = function (...given) { if (this instanceof Element) open(this); return first.apply(this, given) };
}
"""
"""A worker's websocket and a download are asked for past our rules: a worker fails as one that cannot be loaded, and a
download becomes a link, a page like any other."""


async def one_at_a_time(page: Any, request: Any) -> None:
    """Let the page load its parts one after another: the host sees one request at a time from us. What nobody would be asked about is not begun: no websocket, no worker, no download."""
    turn = asyncio.Lock()
    await page.route_web_socket("**/*", lambda socket: socket.close())
    await page.add_init_script(_NOTHING_UNASKED)

    async def wait(route: Any) -> None:
        await turn.acquire()
        await route.fallback()

    def done(_: Any) -> None:
        if turn.locked():
            turn.release()

    page.on("requestfinished", done)
    page.on("requestfailed", done)
    await page.route("**/*", wait)


async def settled(page: Any) -> None:
    """Wait until the page has asked for all it needs; one that never rests is read as it stands after ten seconds."""
    from playwright.async_api import TimeoutError as PlaywrightTimeout

    with contextlib.suppress(PlaywrightTimeout):
        await page.wait_for_load_state("networkidle", timeout=10_000)


_FIRST_CHOICE = r"""() => {
  const shown = document.body.innerText;
  if (/[¥￥$€]\s*\d|\d\s*元/.test(shown)) return '';
  const open = box => [...box.options].findIndex(o => !o.disabled && !o.selected && !/^(?:|0|-1)$/.test(o.value));
  const box = [...document.querySelectorAll('select')].find(box => !box.disabled && open(box) >= 0
    && !/lang|locale|currency|sort/i.test(box.name + box.id + box.className));
  const link = [...document.querySelectorAll('a[href*="#/"]')].find(a => a.hash !== location.hash
    && a.pathname === location.pathname && /^#\/(?:.*\/)?(?:c|cates?|cat|categor\w*|class\w*|types?|lists?|fenlei|shop|mall|all)(?:[\/?=]|$)/i.test(a.hash));
  if (box) {
    box.selectedIndex = open(box);
    for (const kind of ['input', 'change']) box.dispatchEvent(new Event(kind, {bubbles: true}));
  } else if (link) location.hash = link.hash;
  return box || link ? shown : '';
}"""
"""Choose in the first select box of a page that shows no price, or else follow its first link to a category that it draws itself,
as a visitor does who wants to see any; gives what was shown before, empty where there is nothing to choose."""
_CHOICE_SECONDS = 3.0


async def chosen(page: Any, shown: list[str]) -> None:
    """Where a page shows prices only once a category is chosen, choose the first and wait for what it asks then. What it showed before is put in `shown`."""
    from playwright.async_api import Error

    answered = asyncio.Event()
    page.on("requestfinished", lambda _: answered.set())
    with contextlib.suppress(Error, TimeoutError):  # the page may lead elsewhere, or ask nothing
        if before := await page.evaluate(_FIRST_CHOICE):
            shown.append(before)
            await asyncio.wait_for(answered.wait(), _CHOICE_SECONDS)
            await page.wait_for_timeout(300)


def when_settled(shown: list[str]) -> list[Any]:
    """The page methods of a request whose page is read only when it has come to rest and a category is chosen; see `chosen`."""
    from scrapy_playwright.page import PageMethod

    return [PageMethod(settled), PageMethod(chosen, shown)]


class BrowserDied(Exception):
    """Our browser did not start, was killed, or hung: it says nothing of the site."""

    def __init__(self) -> None:
        """One sentence for every way it can end."""
        super().__init__("our browser was killed, closed or did not answer (see `kamengwatch doctor`)")


class Browser:
    """A started browser behind its pinning proxy; in the sandbox the sandbox is the proxy."""

    def __init__(self, handler: Any, proxy: PinningProxy | None, visits: Visits) -> None:
        """Keep the first two, to close both, and what the proxy lets the browser connect to."""
        self._handler, self._proxy, self._visits = handler, proxy, visits

    async def download_request(self, request: Request) -> Response:
        """Fetch one page; raises BrowserDied for a browser that is gone or hangs, else what scrapy-playwright raises."""
        before = getattr(self._handler, "browser", None)
        self._visits.sent_to = urlsplit(request.url).hostname or ""  # one page at a time
        page = asyncio.ensure_future(self._handler.download_request(request))
        death = asyncio.ensure_future(_death(before))
        try:
            # Of a browser that died Playwright may wait for ever.
            await asyncio.wait({page, death}, timeout=LONGEST_PAGE, return_when=asyncio.FIRST_COMPLETED)
            if not page.done():
                raise BrowserDied
            response: Response = page.result()
        except Exception as error:
            if _is_gone(error) or (_by_playwright(error) and await self._left(before)):
                raise BrowserDied from None
            raise
        finally:
            self._visits.sent_to = ""
            page.cancel()
            death.cancel()
        return response

    async def _left(self, before: Any) -> bool:
        """Whether the browser is gone a moment after a page failed: its parts die one by one, and a page may fail first.

        `before` is the one the page was asked of, if there was one yet; another may have been started since.
        """
        for _ in range(round(DIES_WITHIN / DYING_SECONDS)):
            await asyncio.sleep(DYING_SECONDS)
            browser = before or getattr(self._handler, "browser", None)
            if browser is None or not browser.is_connected():
                return True
        return False

    async def close(self) -> None:
        """Close the browser, then its way out; one that is gone need not answer."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._handler.close(), LONGEST_CLOSE)
        if self._proxy is not None:
            await self._proxy.close()


async def _death(browser: Any) -> None:
    while browser is None or browser.is_connected():
        await asyncio.sleep(DYING_SECONDS)


def _is_gone(error: Exception) -> bool:
    """Whether Playwright speaks of its browser, or of the process that drew the page, and not of the page."""
    told = str(error)
    return _by_playwright(error) and (
        type(error).__name__ == "TargetClosedError" or told.startswith("Browser") or "Target crashed" in told
    )


def _by_playwright(error: Exception) -> bool:
    return type(error).__module__.startswith("playwright.")


async def open_browser(crawler: Crawler) -> Browser:
    """A started browser for `crawler`; raises RuntimeError when none is installed, BrowserDied when it does not live to be used."""
    if executable() is None:
        raise RuntimeError("no Chromium found: set CHROMIUM or run the set-up")
    from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

    from crawler.download.browser_proxy import PinningProxy

    handler = ScrapyPlaywrightDownloadHandler.from_crawler(crawler)
    visits = Visits(crawler)
    handler.abort_request = visits.refuse
    proxy = None
    if "proxy" not in handler.config.launch_options:
        proxy = PinningProxy(Guard.of(crawler), visits.include)
        handler.config.launch_options |= {"proxy": {"server": await proxy.start()}}
    browser = Browser(handler, proxy, visits)
    try:
        # The handler waits for the engine's start signal, which is long past: start it here.
        await asyncio.wait_for(handler._maybe_launch_in_thread(), LONGEST_PAGE)
    except Exception as error:
        await browser.close()
        if isinstance(error, TimeoutError) or _is_gone(error):
            raise BrowserDied from None
        raise
    return browser


class Visits:
    """The pages that are open, and the hosts each of them is on: where it was sent, and where it was led as a whole."""

    def __init__(self, crawler: Crawler) -> None:
        """`crawler` has the rules by which a page may load a part."""
        self._crawler = crawler
        self._hosts: dict[Any, set[str]] = {}
        self.sent_to = ""
        """The host of the page that is asked for last; a page that was fetched before it is drawn never comes to `refuse`."""

    def include(self, host: str) -> bool:
        """Whether an open page is on `host`."""
        return host == self.sent_to or any(host in hosts for hosts in self._hosts.values())

    async def refuse(self, request: Any) -> bool:
        """Whether the page may not load this part; where it may, its host is one of the page's."""
        if await _refused(self._crawler, request):
            return True
        page = request.frame.page
        if page not in self._hosts:
            page.on("request", self._hear)
            page.on("close", self._forget)
        self._note(page, request)
        return False

    def _hear(self, request: Any) -> None:
        """Of a redirect the browser does not ask, it tells."""
        if request.redirected_from and request.is_navigation_request() and not request.frame.parent_frame:
            self._note(request.frame.page, request)

    def _note(self, page: Any, request: Any) -> None:
        self._hosts.setdefault(page, set()).add(urlsplit(request.url).hostname or "")

    def _forget(self, page: Any) -> None:
        self._hosts.pop(page, None)


async def _refused(crawler: Crawler, request: Any) -> bool:
    """Whether the page may not load this part: heavy, of another site, never asked, or forbidden by robots.txt."""
    url = urlsplit(request.url)
    if request.resource_type in _SKIPPED or request.resource_type in _EMPTY:
        return True
    # The page itself may be led elsewhere, as its redirects are; what it frames may not.
    own = request.is_navigation_request() and request.frame.parent_frame is None
    whole = request.frame.page.main_frame.url
    host = urlsplit(whole or request.url).hostname or ""
    sister = not own and url.hostname != host
    if sister and (
        request.resource_type not in _OF_SISTERS or registrable(url.hostname or "") != registrable(host)
    ):
        return True
    try:
        Guard.of(crawler).check_url(request.url)
    except Refused:
        return True
    robots = crawler.get_downloader_middleware(RobotsMiddleware)
    if robots is None:
        return sister
    return not (await robots.welcomes(request.url) if sister else robots.permits(request.url))
