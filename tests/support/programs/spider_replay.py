"""Play a spider against recorded exchanges, without network or reactor: the real callbacks, projection and stops.

A case is a folder with `case.json` (platforms, settings, exchanges) and the bodies it names; what comes out is compared
with its `expected.json`. Used by test_spiders.py; it must not know any source.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, CloseSpider, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes
from scrapy.utils.misc import load_object
from scrapy.utils.project import get_project_settings
from twisted.python.failure import Failure

from crawler.download.failures import NotArchived
from crawler.download.politeness import Disallowed, HostStopMiddleware
from crawler.recording.capture import CaptureMiddleware
from crawler.recording.recorder import NullRecorder
from crawler.source_spider import SourceSpider
from store.archive.warc import Stored
from store.evidence.crawl_ledger import Target
from store.evidence.ingest import Saved

NOW = "2026-03-02T12:00:00+08:00"
CONTROL = "http://reference.test/"
"""It answers in every case that says nothing else; `asked` leaves it out."""


class CaseBooks(NullRecorder):
    """Remembers what a spider said of its hosts."""

    before: dict[str, Any] = {}

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[str, list[str | None]] = {}
        self.end: dict[str, Any] = {}

    def previous(self) -> dict[str, Any]:
        return self.before

    def platform(self, host: str, outcome: str, reason: str | None) -> None:
        self.hosts[host] = [outcome, reason]

    def close(
        self, at: dt.datetime, outcome: str, reason: str | None, requests: int, records: int, measured: Any
    ) -> None:
        self.selectors = measured.pop("selectors", {})
        self.end = {"outcome": outcome, "reason": reason, "measured": measured}


class ArchivingBooks(CaseBooks):
    """Remembers what would lie in the archive, too, and which page each record cites."""

    def __init__(self) -> None:
        super().__init__()
        self.archive = self  # type: ignore[assignment]
        self.bodies: list[bytes] = []
        self.cited: list[tuple[dict[str, Any], str]] = []

    def write(
        self, url: str, at: dt.datetime, status: int, headers: Any, body: bytes, original: str | None = None
    ) -> Stored:
        self.bodies += [url.encode(), body]
        return Stored(url, at, status, None, "", 0, "", original or "")

    def page(self, captures: Sequence[Stored], records: Sequence[dict[str, Any]]) -> Saved:
        self.cited += [(record, captures[record["_capture"]].url) for record in records if captures]
        return super().page(captures, records)


def play(
    cls: type[SourceSpider], folder: Path, change: Callable[[str], str] = str, books: CaseBooks | None = None
) -> dict[str, Any]:
    """What the spider makes of the case: its outcome, hosts, records and the addresses it asked for.

    `change` is made to the text of every answer first.
    """
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    settings = get_project_settings()
    values = {
        "KAMENGWATCH_NOW": case.get("now", NOW),
        "SANDBOX_PROXY": "http://127.0.0.1:9",
        "SHOP_SCHEMES": ["http"],
        "CONTROLS": [CONTROL],
        "ICP_CONTROL": "",
    }
    settings.setdict(values | case.get("settings", {}), priority="cmdline")
    crawler = Crawler(cls, settings)
    crawler.stats = load_object(settings["STATS_CLASS"])(crawler)
    books = books or CaseBooks()
    books.before = case.get("previous", {})
    targets = [
        Target(0, p["host"], p.get("name"), tuple(p.get("aliases", ())), None) for p in case["platforms"]
    ]
    spider = cls.from_crawler(crawler, books=books, targets=targets)
    crawler.spider = spider
    engine = _Engine(crawler, spider, case["exchanges"], folder, change, case.get("one_by_one", False))
    with mock.patch.dict(os.environ, case.get("environment", {})):
        engine.run()
    return {
        **books.end,
        "hosts": books.hosts,
        "asked": engine.asked,
        "records": json.loads(json.dumps(engine.records, ensure_ascii=False, default=str)),
    }


class _Engine:
    """One request at a time, in order; with `one_by_one` a first request is taken up when nothing else waits, as by a quick downloader. An address without an exchange was never archived; `referer` is the page it must come from, `cookie` what it must send."""

    def __init__(
        self,
        crawler: Crawler,
        spider: SourceSpider,
        exchanges: list[dict[str, Any]],
        folder: Path,
        change: Callable[[str], str],
        one_by_one: bool,
    ) -> None:
        self.spider, self.folder, self.change, self.one_by_one = spider, folder, change, one_by_one
        self.exchanges = {e["url"]: e for e in exchanges}
        self.exchanges.setdefault(CONTROL, {"url": CONTROL, "body": "reference"})
        for target in spider.targets:
            self.exchanges.setdefault(f"http://www.{target.host}/", {"url": "", "fails": "dns"})
        self.capture, self.stops = CaptureMiddleware(crawler), HostStopMiddleware()
        self.asked: list[str] = []
        self.records: list[dict[str, Any]] = []

    def run(self) -> None:
        first = self._first()
        queue = [] if self.one_by_one else list(first)
        reason = "finished"
        try:
            while queue or (queue := list(islice(first, 1))):
                queue.sort(key=lambda request: -request.priority)
                request = queue.pop(0)
                for out in self._answer(request):
                    if isinstance(out, Request):
                        queue.append(out)
                    else:
                        self.records.append(out)
        except CloseSpider as closing:
            reason = closing.reason
        self.spider.closed(reason)

    def _first(self) -> Iterator[Request]:
        begun = self.spider.start()

        async def following() -> Request | None:
            return await anext(begun, None)

        with asyncio.Runner() as runner:
            while request := runner.run(following()):
                yield request

    def _answer(self, request: Request) -> Any:
        try:
            self.stops.process_request(request)
            exchange = self.exchanges.get(request.url)
            if exchange is None:
                raise NotArchived(request.url)
            if request.url != CONTROL:
                self.asked.append(f"{request.method} {request.url}")
            if exchange.get("fails") == "timeout":
                raise DownloadTimeoutError("late")
            if exchange.get("fails") == "disallowed":
                raise Disallowed("robots.txt disallows this page")
            if exchange.get("fails") == "dns":
                raise CannotResolveHostError("no such name")
        except (IgnoreRequest, DownloadTimeoutError, CannotResolveHostError) as error:
            failure = Failure(error)
            failure.request = request  # type: ignore[attr-defined]
            return self.spider.on_failure(failure)
        if "picture" in exchange:  # what the browser's screenshot would have brought
            request.meta["playwright_page_methods"][-1].result = bytes.fromhex(exchange["picture"])
        response = self.capture.process_response(request, self._response(request, exchange))
        response = self.stops.process_response(request, response)
        response.request = request
        return self.spider.on_page(response, **request.cb_kwargs)

    def _response(self, request: Request, exchange: dict[str, Any]) -> Response:
        sent, session = ((request.headers.get(name) or b"").decode() for name in ("Referer", "Cookie"))
        # Software that answers only its own page, or only within the session it began.
        if sent != exchange.get("referer", sent) or session != exchange.get("cookie", session):
            body = b'{"code":403}'
        elif "json" in exchange:
            body = json.dumps(exchange["json"], ensure_ascii=False).encode()
        elif "file" in exchange:
            body = (
                (self.folder / exchange["file"])
                .read_text(encoding="utf-8")
                .encode(exchange.get("encoding", "utf-8"))
            )
        elif "hex" in exchange:
            body = bytes.fromhex(exchange["hex"])
        elif "bodies" in exchange:  # one after the other
            body = exchange["bodies"].pop(0).encode()
        else:
            body = exchange.get("body", "").encode(exchange.get("encoding", "utf-8"))
        if self.change is not str and "hex" not in exchange:
            charset = exchange.get("encoding", "utf-8")
            body = self.change(body.decode(charset)).encode(charset, "ignore")
        headers = Headers({"Content-Type": "application/json" if "json" in exchange else "text/html"})
        headers.update(exchange.get("headers", {}))
        made = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return made(request.url, status=exchange.get("status", 200), headers=headers, body=body)
