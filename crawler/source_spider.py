"""What every source shares: one universal callback, one transaction a page, an outcome for every host and the crawl.

A spider declares its card, asks for pages by step and turns each into records of the open evidence format; it never
touches the database, the archive or the clock, and it never decides on its own that silence is good news.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.clock import Clock
from crawler.download.failures import classify_failure, classify_unreadable
from crawler.download.politeness import send_no_more
from crawler.errors import NotAnswered, OwnFault, SourceBlocked, SourceChanged
from crawler.guard import require_contact
from crawler.recording.health import Tally, add, count_fields
from crawler.recording.recorder import CrawlRecorder, NullRecorder, close_books, conclude, own_faults
from crawler.recording.trial import TRIED, Trial
from store.archive.warc import ArchiveWriter, Stored
from store.evidence.crawl_ledger import Expected, SourceCard, Target
from store.evidence.records import RecordError, parse_record
from store.redaction.fields import redact_value, redacted_fields
from store.text.hosts import is_key
from store.text.malls import host_part
from store.text.query import host_key


@dataclass
class HostVisit:
    """What one crawl is doing about one host."""

    at: dt.datetime | None = None
    """When its first answer came: one moment for all that is observed on the visit."""
    pending: int = 0
    records: int = 0
    outcome: str = "ok"
    reason: str | None = None
    missing: str | None = None
    """In a replay: what the archive does not hold about it."""
    stated_nothing: bool = False
    """The source itself says that it has nothing about this host: zero records are an answer."""
    selectors: dict[str, list[int]] = field(default_factory=dict)
    """How often each selector hit on this host, as in crawler.recording.health."""
    notes: dict[str, Any] = field(default_factory=dict)

    def downgrade(self, outcome: str, reason: str) -> None:
        """Lower the outcome; blocked says more than failed, and the first reason is the cause of the rest."""
        if self.outcome == "ok" or (self.outcome == "failed" and outcome == "blocked"):
            self.outcome, self.reason = outcome, reason


_UNSTORED = {"contacts", "complainant", "order_ref"}


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record as it may leave in a file: redacted as the database would keep it, without what it keeps only a hash of."""
    told = {key: value for key, value in record.items() if key not in _UNSTORED}
    try:
        kept = parse_record(record)
    except RecordError:  # the store refuses it, too
        return {key: redact_value(value) for key, value in told.items()}
    fields = redacted_fields(type(kept))
    for key in fields & told.keys():
        told[key] = getattr(kept, key) if isinstance(told[key], str) else redact_value(told[key])
    return told


__all__ = ["Progress", "Record", "SourceSpider", "HostVisit"]

Record = dict[str, Any]
Progress = Callable[[dict[str, Any]], None]


def _of_hosts(targets: Sequence[Target]) -> list[Target]:
    """The targets with each merchant's mall in place of the merchant, every host once."""
    known = {target.host: target for target in targets}
    hosts = dict.fromkeys(host_part(target.host) for target in targets)
    return [known.get(host) or Target(0, host, None, (), None) for host in hosts]


class SourceSpider(Spider):
    """Base of all sources. Subclasses give `card` and methods `begin`, `read_<step>` and, if needed, `missed`."""

    card: ClassVar[SourceCard]
    """What the source is, and in `card.expected` what a healthy crawl of it brings."""
    whole_source: ClassVar[bool] = False
    visits_platforms: ClassVar[bool] = False
    """Whether it asks the platforms' own hosts; such spiders run one after another, never two at one host."""
    beside: ClassVar[frozenset[str]] = frozenset()
    """Steps whose pages robots.txt may forbid without the visit being blocked."""
    of_the_host: ClassVar[bool] = False
    """Whether it asks about hosts and domains: in a mall once about the mall's, and not about each merchant."""
    brings: ClassVar[tuple[str, ...]] = ()
    """Kinds of records it makes, for docs/sources.md."""
    legal: ClassVar[tuple[str, str]] = ("", "")
    """What its card must say about the law and its terms, in Chinese and English, for docs/sources.md."""
    played: ClassVar[tuple[str, str]] = ("", "")
    """Where the sandbox plays the source easier than it is, in Chinese and English, for docs/sources.md."""
    exporting: bool = True

    def __init__(
        self,
        platform: str = "",
        limit: str | int = 0,
        books: CrawlRecorder | None = None,
        targets: Sequence[Target] | None = None,
        progress: Progress | None = None,
        **kwargs: Any,
    ) -> None:
        """`platform`: hosts separated by commas; `limit`: at most so many; the rest is given by `crawler.run`."""
        super().__init__(**kwargs)
        self.books = books or NullRecorder()
        named = [Target(0, host_key(h), None, (), None) for h in platform.split(",") if h.strip()]
        given = list(targets) if targets is not None else named
        self.targets = [target for target in given if is_key(target.host)]
        self.no_hosts = [target.host for target in given if not is_key(target.host)]
        """Hosts kept by an earlier version that are none: named at the end, and they end no other host's visit."""
        if self.of_the_host:
            self.targets = _of_hosts(self.targets)
        if int(limit):
            self.targets = self.targets[: int(limit)]
        self.progress = progress or (lambda event: None)
        self.visits: dict[str, HostVisit] = {}
        self.outcome, self.reason = "ok", None  # type: tuple[str, str | None]
        self.fault: str | None = None
        self.measured: dict[str, Any] = {}
        self.selectors: Tally = {}
        self.record_count = 0
        self.refusals: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SourceSpider:
        """Scrapy's constructor; ends the program (exit code 2) where nobody answers for a crawl of the world."""
        require_contact(crawler.settings)
        spider: SourceSpider = super().from_crawler(crawler, *args, **kwargs)
        feeds = bool(crawler.settings.getdict("FEEDS"))
        spider.exporting = feeds or isinstance(spider.books, NullRecorder)
        return spider

    @property
    def archive(self) -> ArchiveWriter | None:
        """Where captures go; none in a plain Scrapy run."""
        return self.books.archive

    def project(self, url: str, response: Response) -> bytes | None:
        """What may be kept of an answer that names people; None where the received bytes themselves are kept."""
        return None

    def archived(self, response: Response) -> bytes | None:
        """What is archived in place of the page that is read, as UTF-8; None where the received bytes themselves are kept.

        Of a page whose purpose is not to name people: the spider reads all of it, and the disk gets nobody's name.
        """
        return None

    def begin(self) -> Iterator[Request]:
        """The first requests of the crawl."""
        raise NotImplementedError

    def records_for_failure(
        self, request: Request, host: str | None, kind: str, answer: Response | None
    ) -> Iterator[Record]:
        """Records to make of a request that got no response (`kind` as in crawler.download.failures).

        `answer` is what came instead of a robots.txt, where that is why the page was not asked.
        """
        return iter(())

    def fallback_request(self, request: Request, kind: str) -> Request | None:
        """Another way to ask what got no response, if there is one."""
        return None

    def finished(self, host: str, visit: HostVisit) -> Iterator[Record]:
        """Last records about a host, when nothing more is pending."""
        return iter(())

    def ask(self, url: str, step: str, host: str | None = None, **options: Any) -> Request:
        """A request whose answer goes to `read_<step>`; `known` values are handed to it, `meta` to Scrapy."""
        meta = options.pop("meta", {})
        known = options.pop("known", {})
        return Request(
            url,
            callback=self.on_page,
            errback=self.on_failure,
            dont_filter=True,
            cb_kwargs={"step": step, "host": host, "known": known},
            meta=meta,
            **options,
        )

    def visit(self, host: str) -> HostVisit:
        """The visit to `host`, opened at its first page."""
        if host not in self.visits:
            self.visits[host] = HostVisit()
        return self.visits[host]

    def counted(self) -> int | None:
        """What `card.expected` counts for a crawl of the whole source; None where this run did not ask for it."""
        return self.record_count

    def tally(self, selector: str, hits: int, tried: int = 1, host: str | None = None) -> None:
        """Count how often a main selector found what it looks for."""
        add(self.selectors, selector, hits, tried)
        if host:
            add(self.visit(host).selectors, selector, hits, tried)

    def at(self, host: str | None = None, response: Response | None = None) -> dt.datetime:
        """The moment an observation is dated with: of the host's visit, else of the page, else the present."""
        fetched: dt.datetime | None = (
            response.request.meta.get("fetched_at") if response and response.request else None
        )
        if host is None:
            return fetched or self.clock.now()
        visit = self.visit(host)
        if visit.at is None:
            visit.at = fetched or self.clock.now()
        return visit.at

    @property
    def expected(self) -> Expected:
        """What a healthy crawl brings, as the card says."""
        assert self.card.expected is not None, f"{self.name}: its card does not say what to expect"
        return self.card.expected

    @property
    def clock(self) -> Clock:
        """The crawl's clock."""
        if not hasattr(self, "_clock"):
            self._clock = Clock.of(self.crawler)
        return self._clock

    async def start(self) -> AsyncIterator[Any]:
        """Ask the first pages; hosts a killed attempt had finished are not asked again."""
        _ = self.clock  # it runs from here where no other moment is given
        try:
            with own_faults():
                for host in self.no_hosts:
                    self.visit(host).downgrade("failed", "not a host")
                    self.end(host)
                for out in self._sent(self.begin()):
                    yield out
        except OwnFault as error:
            self._broken(error)

    def on_page(
        self, response: Response, step: str, host: str | None, known: dict[str, Any]
    ) -> Iterator[Any]:
        """Read one page: all its records in one transaction, then the requests it leads to."""
        records: list[Record] = []
        requests: list[Request] = []
        stop: CloseSpider | None = None
        if host:
            self.at(host, response)
        try:
            if (tried := response.meta.get(TRIED)) and tried.given_up:
                raise SourceChanged(Trial.REASON)
            for out in getattr(self, f"read_{step}")(response, host=host, **known):
                (requests if isinstance(out, Request) else records).append(out)
        except NotAnswered as error:
            self._fail(host, error.outcome, str(error))
        except Exception as error:
            if not isinstance(error, SourceBlocked | SourceChanged):
                self.logger.exception("cannot read %s", response.url)
            stop = self._trouble(
                host, *classify_unreadable(error, b"" if self.visits_platforms else response.body)
            )
        assert response.request is not None
        yield from self._close_page(response.request, response, host, records, requests)
        if stop:
            raise stop

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """A request without a response: say why, and what it means for the host."""
        # Met at the page itself, or at its robots.txt.
        fault = getattr(failure.value, "cause", None) or failure.value
        if isinstance(fault, OwnFault):
            raise self._broken(fault)
        request: Request = failure.request  # type: ignore[attr-defined]
        host = request.cb_kwargs["host"]
        assert failure.value is not None
        outcome, kind, reason = classify_failure(failure.value)
        request.meta["failure"] = reason
        answer: Response | None = getattr(failure.value, "answer", None)
        other = self.fallback_request(request, kind)
        if other is None and kind == "disallowed" and request.cb_kwargs["step"] in self.beside:
            pass  # the rest of the site may be read all the same
        elif other is None and kind != "not_archived":
            self._fail(host, outcome, reason)
        elif other is None and host:
            self.visit(host).missing = reason
        records = list(self.records_for_failure(request, host, kind, answer)) if other is None else []
        if answer is not None and answer.request is not None and records:
            request.meta["captures"] = answer.request.meta.get("captures", ())
        yield from self._close_page(request, None, host, records, [other] if other else [])

    def _close_page(
        self,
        request: Request,
        response: Response | None,
        host: str | None,
        records: list[Record],
        requests: list[Request],
    ) -> Iterator[Any]:
        if self.fault:
            return  # Nothing is concluded about a host one of whose pages was not kept.
        sent = list(self._sent(iter(requests)))
        if host:
            visit = self.visit(host)
            visit.pending -= 1
            if not visit.pending:
                records += self.finished(host, visit)
        try:
            self._keep(request, host, records)
            if host and not self.visits[host].pending:
                conclude(self, host)
        except OwnFault as error:
            raise self._broken(error) from error
        self.progress({"event": "page", "source": self.name, "host": host, "url": request.url,
                       "status": response.status if response else None, "records": len(records)})  # fmt: skip
        yield from sent
        if self.exporting:
            yield from (shown(record) for record in records)

    def _sent(self, requests: Iterator[Request]) -> Iterator[Request]:
        for request in requests:
            host = request.cb_kwargs["host"]
            if host in self.books.done:
                continue
            if host:
                self.visit(host).pending += 1
            yield request

    def _keep(self, request: Request, host: str | None, records: list[Record]) -> None:
        captures = list(request.meta.get("captures", ()))
        if not captures and not records:
            return
        page, stored = len(captures) - 1, []
        for record in records:
            shown_on: Stored | None = record.pop("_shown_on", None)
            captures += [shown_on] if shown_on else []
            cited = len(captures) - 1 if shown_on else page
            stored.append({**record, "_capture": cited} if captures else record)
        saved = self.books.page(captures, stored)
        self.refusals += [refused.reason for refused in saved.refused]
        self.record_count += len(records) - len(saved.refused)
        for record in records:
            count_fields(self.selectors, self.expected, record)
            if host:
                count_fields(self.visits[host].selectors, self.expected, record)
        if host:
            self.visits[host].records += len(records)

    def _broken(self, error: BaseException) -> CloseSpider:
        """Our own disk or database failed: the crawl ends here and stays unfinished."""
        self.fault = self.fault or str(error)
        return CloseSpider("own fault")

    def _fail(self, host: str | None, outcome: str, reason: str) -> None:
        if host:
            self.visit(host).downgrade(outcome, reason)
        elif self.outcome == "ok":
            self.outcome, self.reason = outcome, reason

    def _trouble(self, host: str | None, outcome: str, reason: str) -> CloseSpider | None:
        """A wall or a changed layout: of one platform it is that host's, of the source itself it ends the crawl."""
        if host:
            self.visit(host).downgrade(outcome, reason)
            if self.visits_platforms:
                return None
        # The first cause stays: what was already on its way when a wall came up only repeats it.
        if self.outcome == "ok" or (self.outcome, outcome) == ("failed", "blocked"):
            self.outcome, self.reason = outcome, reason
        send_no_more(self.crawler, self.outcome, self.reason or reason)
        return CloseSpider(self.outcome)

    def end(self, host: str) -> None:
        """Close the visit to a host of which nothing was asked."""
        if not self.visit(host).pending:
            conclude(self, host)

    def note(self, host: str) -> None:
        """Write down what became of a host; the last word counts."""
        visit = self.visits[host]
        self.books.platform(host, visit.outcome, visit.reason)
        self.books.done[host] = visit.outcome

    def closed(self, reason: str) -> None:
        """End the books: hosts still open share the crawl's fate, and an empty crawl is never calm.

        A crawl that is told to stop says nothing of what it had not yet read: it stays unfinished, and is taken up again.
        """
        if reason == "shutdown" and self.fault is None:
            self.fault = "told to stop before the end; it goes on where it was"
        if reason not in ("finished", "blocked", "failed") and self.outcome == "ok":
            self.outcome, self.reason = "failed", f"ended early: {reason}"
        close_books(self)
