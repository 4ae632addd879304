"""Control pages: whether our own line works, asked before the first site and again after every failure.

What would be said against a site is held until a control asked after it has answered. Where none answers, the outage is
ours: what was held is dropped, and nothing is known of those sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.failures import classify_failure
from crawler.download.politeness import is_page, unreadable_robots
from crawler.errors import OwnFault
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import OWN_LINE
from store.text.query import registrable


@dataclass(frozen=True)
class Held:
    """What one answer, or its absence, would say of a host."""

    request: Request
    host: str
    probe: Record
    captures: Sequence[Any]


def control_urls(named: Sequence[str]) -> list[str]:
    """The addresses to ask: of a host its robots.txt, which every site lets robots read (RFC 9309 §2.2.2)."""
    return [name if "://" in name else f"https://{name}/robots.txt" for name in map(str.strip, named) if name]


def unlike_control(response: Response, asked: str) -> str | None:
    """Why an answer shows nothing of our line (a portal, a carrier's page, an error), or None for a control's own."""
    if response.status != 200:
        return f"HTTP {response.status}"
    if urlsplit(asked).path == "/robots.txt" and (is_page(response.body) or unreadable_robots(response)):
        return "a page in place of its robots.txt"
    if registrable(urlsplit(response.url).hostname or "") != registrable(urlsplit(asked).hostname or ""):
        return f"answered by {urlsplit(response.url).hostname}"
    return None


class ControlledSpider(SourceSpider):
    """Base of spiders that say when a site cannot be reached.

    They `hold` what they would say; it is recorded once a control answered after it. One control is asked at a time, the
    next only where it gives no answer, and each check begins with another one: no control is asked more than it must.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is held, no check has begun."""
        super().__init__(*args, **kwargs)
        self._waiting: list[Held] = []
        self._under_check: list[Held] = []
        self._ready: list[Held] = []
        self._left: list[str] = []
        self._checking = self._doubtful = False
        self.line: bool | None = None
        """What a check that has just ended found; None while it is not known."""
        self._checks = 0
        self._answered: set[str] = set()
        self._silent: dict[str, str] = {}

    def line_found(self) -> Iterator[Request]:
        """What to ask once a control has answered, called after every check that says our line works."""
        return iter(())

    def line_lost(self, reason: str) -> None:
        """No control answered: called after what was held was dropped; may raise CloseSpider."""

    def confirmed(self, host: str) -> None:
        """Called before what was held about `host` is recorded."""

    def hold(self, request: Request, host: str, probe: Record, at_once: bool = False) -> None:
        """Keep `probe` back until a control has answered (with `at_once` only until this page is closed)."""
        self.visit(host).pending += 1  # the visit stays open
        held = Held(request, host, probe, request.meta.pop("captures", ()))
        (self._ready if at_once else self._waiting).append(held)

    def check_line(self) -> Iterator[Request]:
        """Begin a check of our line, for all that is held by now."""
        self._checking, self.line = True, None
        self._under_check, self._waiting, self._doubtful = self._waiting, [], False
        urls = control_urls(self.settings.getlist("CONTROLS"))
        turn = self._checks % max(1, len(urls))
        self._left = urls[turn:] + urls[:turn]
        self._checks += 1
        yield from self._ask_next()

    def on_page(
        self, response: Response, step: str, host: str | None, known: dict[str, Any]
    ) -> Iterator[Any]:
        """As every page; then what a check that has ended leads to."""
        yield from super().on_page(response, step, host, known)
        yield from self._go_on()

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """As every failure, but of a control: that is no failure of the source."""
        request: Request = failure.request  # type: ignore[attr-defined]
        if request.cb_kwargs["step"] != "control":
            # Also where nothing would be said of the site: it may be our line that failed, and with it the round.
            home = request.cb_kwargs["step"] == "home"
            self._doubtful |= home and getattr(failure.value, "answer", None) is None
            yield from super().on_failure(failure)
        else:
            fault = getattr(failure.value, "cause", None) or failure.value
            if isinstance(fault, OwnFault):
                raise self._broken(fault)
            assert failure.value is not None
            yield from self._control_failed(
                request.cb_kwargs["known"]["url"], classify_failure(failure.value)[2]
            )
            yield from self._close_page(request, None, None, [], [])
        yield from self._go_on()

    def read_control(self, response: Response, host: None, url: str) -> Iterator[Any]:
        """An answer of the control itself shows that our line works; any other is none."""
        if reason := unlike_control(response, url):
            yield from self._control_failed(url, reason)
            return
        self._answered.add(url)
        self._silent.pop(url, None)
        self._checking, self.line = False, True

    def control_failure(self) -> str:
        """Why nothing is known: the controls and what each gave instead of an answer."""
        named = "; ".join(
            f"{urlsplit(url).hostname}: {reason}" for url, reason in sorted(self._silent.items())
        )
        return f"{OWN_LINE}: {named or 'none is set (KAMENGWATCH_CONTROLS)'}"

    def note_controls(self) -> None:
        """Put into the ledger which controls answered."""
        self.measured["controls"] = {
            "answered": sorted(urlsplit(url).hostname or "" for url in self._answered),
            "silent": {urlsplit(url).hostname: reason for url, reason in sorted(self._silent.items())},
        }

    def closed(self, reason: str) -> None:
        """As every spider; the ledger says which controls answered."""
        if self._checks:
            self.note_controls()
        super().closed(reason)

    def _control_failed(self, url: str, reason: str) -> Iterator[Request]:
        self._silent[url] = reason
        yield from self._ask_next()

    def _ask_next(self) -> Iterator[Request]:
        if self._left:
            url = self._left.pop(0)
            # The next control is the second try.
            yield self.ask(url, "control", priority=100, known={"url": url}, meta={"dont_retry": True})
        else:
            self._checking, self.line = False, False

    def _go_on(self) -> Iterator[Any]:
        if self.fault:
            return
        while self._ready:
            yield from self._record(self._ready.pop(0))
        line, self.line = self.line, None
        if line is not None:
            yield from self._settle(line)
        if (self._waiting or self._doubtful) and not self._checking:
            yield from self.check_line()
            yield from self._go_on()  # where there is no control to ask, the check has ended already

    def _settle(self, works: bool) -> Iterator[Any]:
        held, self._under_check = self._under_check, []
        for each in held:
            if works:
                self.confirmed(each.host)
                yield from self._record(each)
            else:
                visit = self.visit(each.host)
                visit.outcome, visit.reason = "failed", self.control_failure()
                each.request.meta["captures"] = each.captures
                yield from self._close_page(each.request, None, each.host, [], [])
        if works:
            yield from self._sent(self.line_found())
        else:
            self.line_lost(self.control_failure())

    def _record(self, held: Held) -> Iterator[Any]:
        held.request.meta["captures"] = held.captures
        yield from self._close_page(held.request, None, held.host, [held.probe], [])


def stop_crawl(spider: SourceSpider, reason: str) -> CloseSpider:
    """The crawl has failed for `reason` and ends here; what was known before stays."""
    spider.outcome, spider.reason = "failed", reason
    return CloseSpider("failed")
