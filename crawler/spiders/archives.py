"""What public web archives have seen of a site, and since when: their indexes, never the archived pages.

    scrapy crawl archives -a platform=a.example -O out.jsonl

The Wayback index, and the newest of Common Crawl. "Nothing archived" is an answer, and no sign of youth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.failures import classify_failure
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import elsewhere as wire
from crawler.pages.decoding import text_of
from crawler.source_spider import HostVisit, Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard

_READERS = {"wayback": wire.wayback_facts, "commoncrawl": wire.commoncrawl_facts}


class ArchivesSpider(SourceSpider):
    """Arguments: `platform` hosts."""

    name = "archives"
    of_the_host = True
    card = SourceCard(
        id="archives",
        kind="archives",
        title_zh="网页存档索引",
        title_en="Indexes of web archives",
        publisher="Internet Archive、Common Crawl",
        family="archives",
        tier="D",
        cadence_hours=24 * 30,
        blind_zh="中文小站很少被存档：没有存档不等于新；存档里的页面也可能属于域名的前一个主人。",
        blind_en="Small Chinese sites are rarely archived: nothing there is not new, and an old page may be of the name's former owner.",
        expected=Expected(1, 2, "host", "索引答复", "answers of an index", {"answered": 0.4}),
    )
    brings: ClassVar[tuple[str, ...]] = ("sighting",)
    legal: ClassVar[tuple[str, str]] = (
        "只问公开索引里有没有、何时，每站每月一次；不取存档的页面；其 robots.txt 不许则不问。",
        "Only whether and when, from public indexes, once a month a site; no archived page is fetched; where their robots.txt forbids it nothing is asked.",
    )

    def project(self, url: str, response: Response) -> bytes:
        """The index as it is; of a page in its place the length."""
        return wire.keep_captures_index(text_of(response)).encode()

    def begin(self) -> Iterator[Request]:
        """The list of Common Crawl's indexes first: which one is the newest."""
        if self.targets:
            base = str(self.settings["COMMONCRAWL_BASE"]).rstrip("/")
            yield self.ask(f"{base}/collinfo.json", "collections")

    def read_collections(self, response: Response, host: None) -> Iterator[Request]:
        """Both questions about every host."""
        try:
            if response.status != 200:
                raise NotAnswered(f"HTTP {response.status}")
            api = wire.newest_collection(text_of(response))
        except (NotAnswered, SourceChanged) as error:
            self.measured["commoncrawl"] = str(error)
            api = None
        yield from self._questions(api)

    def read_index(self, response: Response, host: str, provider: str) -> Iterator[Record]:
        """What one index says of a host; one that does not answer leaves the word to the other."""
        try:
            facts = _READERS[provider](response.status, text_of(response))
        except (SourceBlocked, SourceChanged, NotAnswered) as error:
            outcome = "blocked" if isinstance(error, SourceBlocked) else "failed"
            self._unanswered(host, provider, outcome, str(error))
            return
        self.tally("answered", 1, host=host)
        self.visit(host).notes["answered"] = True
        yield {"kind": "sighting", "source": self.name, "provider": provider, "host": host, "observed_at": self.at(host), **facts}  # fmt: skip

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """No answer of one index is no failure of the visit while the other answers."""
        request: Request = failure.request  # type: ignore[attr-defined]
        host, step = request.cb_kwargs["host"], request.cb_kwargs["step"]
        assert failure.value is not None
        outcome, _, reason = classify_failure(failure.value)
        if step == "collections":
            self.measured["commoncrawl"] = reason
            yield from self._close_page(request, None, None, [], [*self._questions(None)])
        else:
            self._unanswered(host, request.cb_kwargs["known"]["provider"], outcome, reason)
            yield from self._close_page(request, None, host, [], [])

    def finished(self, host: str, visit: HostVisit) -> Iterator[Record]:
        """A host of which neither index said anything was not looked at."""
        if not visit.notes.get("answered"):
            outcome, reason = visit.notes.get("unanswered", ("failed", "no index answered"))
            visit.downgrade(outcome, reason)
        return iter(())

    def _questions(self, api: str | None) -> Iterator[Request]:
        base = str(self.settings["WAYBACK_BASE"]).rstrip("/")
        for host in (target.host for target in self.targets):
            query = f"url={quote(host)}&output=json&fl={','.join(wire.CDX_HEADING)}&collapse=timestamp:6&limit=2000"
            yield self.ask(f"{base}/cdx/search/cdx?{query}", "index", host, known={"provider": "wayback"})
            if api is not None:
                url = f"{api}?url={quote(host)}/*&output=json&fl=timestamp,status,url&limit=2000"
                yield self.ask(url, "index", host, known={"provider": "commoncrawl"})

    def _unanswered(self, host: str, provider: str, outcome: str, reason: str) -> None:
        self.tally("answered", 0, host=host)
        self.visit(host).notes["unanswered"] = (outcome, f"{provider}: {reason}")
