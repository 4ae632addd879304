"""What public web archives have seen of a site, and since when, and what the footer and terms of an old page said.

    scrapy crawl archives -a platform=a.example -O out.jsonl

The Wayback index, and the newest of Common Crawl. "Nothing archived" is an answer, and no sign of youth. Of at most two old captures
(the oldest, and the newest that is four months old) the footer and the terms become what the site said on that day, which weighs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.failures import classify_failure
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import elsewhere as wire
from crawler.pages.decoding import text_of
from crawler.source_spider import HostVisit, Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard
from store.text.query import registrable

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
        expected=Expected(
            1, 6, "host", "索引答复与旧页面", "answers of an index and old pages", {"answered": 0.4}
        ),
    )
    brings: ClassVar[tuple[str, ...]] = ("sighting", "mention")
    legal: ClassVar[tuple[str, str]] = (
        "每站每月一次问公开索引里有没有、何时，并看至多两份旧的首页及其条款，只留页脚的备案号与公司和脱敏后的文字；其 robots.txt 不许则不问。",
        "Once a month a site: whether and when, from public indexes, and at most two old first pages with their terms, of which the footer's filing number and company "
        "and the redacted words are kept; where their robots.txt forbids it nothing is asked.",
    )

    def project(self, url: str, response: Response) -> bytes:
        """Of an index when and with which answer, of an old page what its footer and terms say; of anything else the length."""
        if "id_/" in url:
            return wire.keep_old_page(url.partition("id_/")[2], text_of(response)).encode()
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

    def read_index(self, response: Response, host: str, provider: str) -> Iterator[Record | Request]:
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
        if provider == "wayback" and facts["count"]:
            for stamp, page in wire.old_captures(text_of(response), self.clock.now()):
                if registrable(urlsplit(page).hostname or "") == registrable(host):
                    yield self._capture(host, stamp, page, "home")

    def _capture(self, host: str, stamp: str, page: str, role: str) -> Request:
        base = str(self.settings["WAYBACK_BASE"]).rstrip("/")
        return self.ask(f"{base}/web/{stamp}id_/{page}", "capture", host, known={"stamp": stamp, "page": page, "role": role}, priority=-1)  # fmt: skip

    def read_capture(
        self, response: Response, host: str, stamp: str, page: str, role: str
    ) -> Iterator[Record | Request]:
        """What a site said on the day of a capture; one that is not given out leaves the index's word as it is."""
        said = json.loads(text_of(response)) if response.status == 200 else {}
        if not any(said.get(name) for name in ("text", "footer_icp", "company")):
            self.visit(host).notes["capture"] = (
                f"HTTP {response.status}" if response.status != 200 else "unreadable"
            )
            return
        named = "，".join(filter(None, (said["footer_icp"], said["company"])))
        yield {
            "kind": "mention",
            "source": self.name,
            "source_id": hashlib.sha256(f"{host} {stamp} {role}".encode()).hexdigest()[:32],
            "host": host,
            "by": "site",
            "said_at": wire.capture_time(stamp),
            "seen_at": self.at(host),
            "title": f"存档的{'首页' if role == 'home' else '条款'}" + (f"，页脚：{named}" if named else ""),
            "text": said["text"] or None,
        }
        if (
            role == "home"
            and said["terms"]
            and registrable(urlsplit(said["terms"]).hostname or "") == registrable(host)
        ):
            yield self._capture(host, stamp, said["terms"], "terms")

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """No answer of one index is no failure of the visit while the other answers."""
        request: Request = failure.request  # type: ignore[attr-defined]
        host, step = request.cb_kwargs["host"], request.cb_kwargs["step"]
        assert failure.value is not None
        outcome, _, reason = classify_failure(failure.value)
        if step == "capture":
            self.visit(host).notes["capture"] = reason
            yield from self._close_page(request, None, host, [], [])
        elif step == "collections":
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
