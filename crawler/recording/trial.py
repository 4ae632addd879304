"""A page that may take long to read is read on trial first, in a process of its own, and given up at a limit of processor time.

Reading runs on the thread that serves every other host of the crawl. What is small is read there at once: measurement bounds what it
costs (docs/benchmarks.md). A page above that bound is first read by a worker that the system ends at a limit, in the middle of a
library's loop if need be; a page whose trial ended so is never read here, and says so for its host alone. Of a page that passes, the
redacted copy and the goods seen by its structure, which cost most, come back from the worker; the rest is read again here, and has a
smaller limit therefore.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse
from scrapy.signals import engine_stopped

from crawler.errors import SourceBlocked, SourceChanged
from crawler.shops.page import Found, Page

logger = logging.getLogger(__name__)
LARGE = 150_000
"""Bytes up to which a page is read without a trial; shops send 10 to 60 thousand."""
MANY_TAGS = 4_000
MOST_GOODS = 2_000
"""Goods of one shop that are kept."""
SECONDS = 1.5
"""Of processor time, for what the worker alone does: taking the people out of one page, and looking for goods in its structure."""
AGAIN_SECONDS = 0.75
"""Of processor time, for what is read again by the crawl: so long at most one page holds up the other hosts."""
_STARTING, _WAITING = 60.0, 30.0
"""Seconds of the clock for a worker to start, and for a trial on a machine that has more to do."""
TRIED = "trial"
"""Key of a request's meta that holds the Trial of its answer, where there was one."""
_FOUND = TypeAdapter(Found)
_MET = (AttributeError, LookupError, TypeError, ValueError, OverflowError, RecursionError)


class Trial:
    """What a trial showed: the page without the people it names (`kept`; None: it names nobody) and the goods seen in it, or that it was given up."""

    def __init__(self, given_up: bool, kept: bytes | None = None, seen: Found | None = None) -> None:
        """One or the other."""
        self.given_up, self.kept, self.seen = given_up, kept, seen

    REASON = "the page takes too long to read"


class TrialMiddleware:
    """Tries large pages of rated sites before anything else looks at them."""

    def __init__(self, crawler: Crawler) -> None:
        """No worker is started before a page needs one."""
        self._crawler = crawler
        self._worker: subprocess.Popen[bytes] | None = None
        self._one_page = asyncio.Lock()
        crawler.signals.connect(self._end, engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TrialMiddleware:
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """The response; its request knows what the trial showed, where one was due."""
        spider: Any = self._crawler.spider
        request.meta.pop(TRIED, None)  # of the page that led here
        if (
            getattr(spider, "visits_platforms", False)
            and isinstance(response, TextResponse)
            and is_costly(response.body)
        ):
            async with self._one_page:
                request.meta[TRIED] = await asyncio.to_thread(self._tried, response)
        return response

    def _tried(self, response: Response) -> Trial | None:
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        head = json.dumps({"url": response.url, "type": content_type, "length": len(response.body)})
        try:
            worker = self._running()
        except (OSError, ValueError, TimeoutError):
            logger.exception("no process to read a large page in")
            self._end()
            return None
        try:
            assert worker.stdin is not None
            worker.stdin.write(head.encode() + b"\n" + response.body)
            worker.stdin.flush()
            answer = json.loads(_read_line(worker, _WAITING))
            kept = _read(worker, answer["length"], _WAITING) if answer["length"] is not None else None
            seen = _FOUND.validate_json(_read(worker, answer["seen"], _WAITING)) if answer["seen"] else None
            return Trial(False, kept, seen)
        except (OSError, ValueError, TimeoutError):  # ended by the limit, or by what it met
            self._end()
            return Trial(True)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            # Its standard error is ours: what goes wrong in it is not lost.
            self._worker = subprocess.Popen(
                [sys.executable, "-m", __name__, str(SECONDS), str(AGAIN_SECONDS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            _read_line(self._worker, _STARTING)
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            for pipe in (worker.stdin, worker.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            worker.wait()


def is_costly(body: bytes) -> bool:
    """Whether reading a page may take longer than the other hosts of a crawl should wait."""
    return len(body) > LARGE or body.count(b"<") > MANY_TAGS


def _read(worker: subprocess.Popen[bytes], length: int, seconds: float) -> bytes:
    """So many bytes of the worker; raises TimeoutError, and ValueError where it ended before."""
    assert worker.stdout is not None
    pipe, ends, parts = worker.stdout.fileno(), time.monotonic() + seconds, []
    while length:
        ready, _, _ = select.select([pipe], [], [], max(0.0, ends - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(pipe, min(length, 1 << 20))
        if not part:
            raise ValueError("the worker ended")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _read_line(worker: subprocess.Popen[bytes], seconds: float) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += _read(worker, 1, seconds)
    return line


def read_alone(page: Page) -> tuple[bytes | None, Found | None]:
    """What the worker hands over: the page as it is archived without people (None: as it came), and the goods seen by its structure."""
    from crawler.pages.redacted_projection import without_people
    from crawler.shops import generic

    kept, seen = without_people(page.text), None
    with contextlib.suppress(*_MET, SourceBlocked, SourceChanged):
        seen = generic.home(page)
    return None if kept is None else kept.encode(), seen


def read_again(page: Page, body: bytes) -> None:
    """All else that reading a shop's page, and keeping what was read, costs; `page` knows what was handed over.

    What the page says is not looked at: whatever cannot be read is met again, and said, where the page is read in earnest.
    """
    from crawler.pages import block_pages, shop_features, visible_text
    from crawler.pages.site_name import site_name_of
    from crawler.shops import generic, read_home, recognise
    from store.redaction.redact import clean
    from store.text.site_keys import SiteKey

    text, page = page.text, Page(page.url, page.text, page.seen or Found())
    if text.lstrip()[:1] in ("{", "["):
        _passing(page.json)
    system = recognise(page)
    _passing(lambda: block_pages.probe_of_page(200, body, text, 0.1, system is not None, None))

    def goods() -> None:
        found = read_home(system, page)[0] if system else generic.home(page)
        for good in found.goods[:MOST_GOODS]:
            clean(" ".join(good.name.split())[:200])

    _passing(goods)
    for read in (generic.embedded_goods, lambda page: site_name_of(page.tree)):
        _passing(lambda read=read: read(page))  # type: ignore[misc]

    def seen() -> None:
        tree = page.tree
        shown = visible_text.visible(tree)
        footer = visible_text.footer_of(tree, shown)
        for html in visible_text.notices_of(tree):
            visible_text.prose(html)
        visible_text.role_links(tree, page.url, SiteKey.of("shop.example"))
        shop_features.signs_of(text, shown, [])
        shop_features.contact_values(text)
        shop_features.footer_numbers(footer)
        shop_features.company_of(footer)
        shop_features.orders_shown(shown)

    _passing(seen)
    _passing(lambda: visible_text.prose(text))


def _passing(read: Callable[[], Any]) -> None:
    with contextlib.suppress(*_MET, SourceBlocked, SourceChanged):
        read()


def main() -> None:
    """Read pages from standard input until it ends; the system ends this process where one takes longer than its arguments say."""
    from crawler.pages.decoding import text_of

    taken, given, (alone, again) = sys.stdin.buffer, sys.stdout.buffer, map(float, sys.argv[1:])
    first = Page("http://shop.example/", "<html><body>1</body></html>")
    read_alone(first)  # what is made at the first page is made now
    read_again(first, first.text.encode())
    given.write(b"ready\n")
    given.flush()
    while line := taken.readline():
        head = json.loads(line)
        body = taken.read(head["length"])
        signal.setitimer(signal.ITIMER_PROF, alone)
        page = Page(
            head["url"], text_of(TextResponse(head["url"], body=body, headers={"Content-Type": head["type"]}))
        )
        kept, page.seen = read_alone(page)
        signal.setitimer(signal.ITIMER_PROF, again)
        read_again(page, body)
        signal.setitimer(signal.ITIMER_PROF, 0)
        seen = b"" if page.seen is None else _FOUND.dump_json(page.seen)
        told = {"length": None if kept is None else len(kept), "seen": len(seen)}
        given.write(json.dumps(told).encode() + b"\n" + (kept or b"") + seen)
        given.flush()


if __name__ == "__main__":
    main()
