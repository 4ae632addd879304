"""What people write about watched sites in open forums: a search of V2EX and the feeds of forums that have one.

    scrapy crawl forums -a platform=a.example -O out.jsonl

A topic that names exactly one watched site becomes a mention: a claim that is shown and counts for nothing. The rest is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import elsewhere as wire
from crawler.formats import json_api
from crawler.pages.decoding import text_of
from crawler.pages.mentions import Watched, hosts_in
from crawler.pages.operator_mappings import mapping_of
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard

WORDS = ("卡盟 掉单", "发卡网", "卡密 没收到")
FEEDS = {"v2ex": "https://www.v2ex.com/index.xml", "linuxdo": "https://linux.do/latest.rss"}
"""Where the operator names none; asked only as far as their robots.txt allows."""
MOST_NAMES = 50


class ForumsSpider(SourceSpider):
    """Arguments: `platform` hosts. Setting FORUM_FEEDS: name → address."""

    name = "forums"
    card = SourceCard(
        id="forums",
        kind="mentions",
        title_zh="论坛检索与订阅",
        title_en="Forums: search and feeds",
        publisher="sov2ex（V2EX 的第三方检索）、V2EX、linux.do",
        family="forums",
        tier="C",
        cadence_hours=6,
        blind_zh="检索是第三方的索引，不是论坛本身；只看得到提到网址或全名的主题；是网友的说法，未核实，不计入投诉。",
        blind_en="The search is a third party's index, not the forum; only topics that name an address or a full name are found; claims, "
        "unchecked, in no count of complaints.",
        expected=Expected(0, 20_000, "crawl", "主题", "topics", {"read": 0.3}),
    )
    whole_source = True
    brings: ClassVar[tuple[str, ...]] = ("mention",)
    legal: ClassVar[tuple[str, str]] = (
        "公开检索与论坛自己提供的订阅源，无需登录；会员名在写盘之前即丢弃，文字先脱敏，正文不保存。",
        "An open search and feeds the forums themselves offer, no login; members' names are dropped and texts redacted before anything is kept; "
        "of a topic's text only its kind is.",
    )

    def __init__(self, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self._watched = Watched(self.targets)
        self._topics: set[str] = set()
        self._reads: dict[str, str] = {}

    def project(self, url: str, response: Response) -> bytes:
        """What may be kept of an answer, as UTF-8: without members, redacted."""
        if url.startswith(self._search):
            return json_api.projected(text_of(response), wire.keep_topics).encode()
        return wire.keep_feed("feed", text_of(response)).encode()

    @property
    def _search(self) -> str:
        return f"{str(self.settings['V2EX_SEARCH']).rstrip('/')}/api/search?"

    def begin(self) -> Iterator[Request]:
        """A search for each word of the trade, each watched name (of a site without one its host), and every feed once."""
        try:
            feeds = (
                mapping_of(self.settings.get("FORUM_FEEDS")) if self.settings.get("FORUM_FEEDS") else FEEDS
            )
        except ValueError as error:
            self.outcome, self.reason = "failed", f"KAMENGWATCH_FORUM_FEEDS: {error}"
            return
        unnamed = [target.host for target in self.targets if not target.name][:MOST_NAMES]
        for word in dict.fromkeys((*WORDS, *self._watched.names(MOST_NAMES), *unnamed)):
            query = f"q={quote(word)}&sort=created&from=0&size=50"
            yield self.ask(f"{self._search}{query}", "search", known={"place": "search"})
        for name, address in (feeds or {}).items():
            yield self.ask(str(address), "feed", known={"place": str(name)})

    def read_search(self, response: Response, host: None, place: str) -> Iterator[Record]:
        """The topics of one search."""
        yield from self._read(
            response,
            place,
            lambda: wire.found_topics(json_api.json_of(response.status, text_of(response))),
        )

    def read_feed(self, response: Response, host: None, place: str) -> Iterator[Record]:
        """The newest topics of one forum."""

        def topics() -> list[wire.Post]:
            if response.status in json_api.REFUSALS or response.status == 503:
                raise SourceBlocked(f"HTTP {response.status}")
            if response.status != 200:
                raise NotAnswered(f"HTTP {response.status}")
            return wire.feed_topics(place, text_of(response))

        yield from self._read(response, place, topics)

    def _read(
        self, response: Response, place: str, topics: Callable[[], list[wire.Post]]
    ) -> Iterator[Record]:
        """Mentions among the topics of one answer; one that cannot be read says nothing about the others."""
        try:
            posts = topics()
        except (SourceBlocked, SourceChanged, NotAnswered) as error:
            self._unread(place, "blocked" if isinstance(error, SourceBlocked) else "failed", str(error))
            return
        self.tally("read", 1)
        self._reads[place] = "ok"
        for post in posts:
            if post.number in self._topics:
                continue
            self._topics.add(post.number)
            text = f"{post.title} {post.text}"
            if (target := self._watched.of(text)) is None:
                continue
            yield {
                "kind": "mention", "source": self.name, "host": target.host, "mentions": hosts_in(text), "by": "people",
                "source_id": post.number, "said_at": post.at, "title": post.title, "text": post.text, "replies": post.replies,
                "url": post.link, "seen_at": self.at(None, response),
            }  # fmt: skip

    def records_for_failure(
        self, request: Request, host: str | None, kind: str, answer: Response | None
    ) -> Iterator[Record]:
        """A place that could not be had, or whose robots.txt forbids it: the others stand."""
        outcome, reason = self.outcome, self.reason or kind
        self.outcome, self.reason = "ok", None
        self._unread(request.cb_kwargs["known"]["place"], outcome, reason)
        return iter(())

    def counted(self) -> int | None:
        """Topics read; none is an answer."""
        return len(self._topics)

    def closed(self, reason: str) -> None:
        """The crawl fails where no place could be read; else the reason names those that could not."""
        places: dict[str, str] = self.measured.get("unread", {})
        if places and self.outcome == "ok":
            first = next(iter(places.items()))
            self.reason = f"places that could not be read: {len(places)}; {first[0]}: {first[1]}"
            if not self._reads:
                self.outcome = "blocked" if all("blocked" in said for said in places.values()) else "failed"
        super().closed(reason)

    def _unread(self, place: str, outcome: str, reason: str) -> None:
        self.tally("read", 0)
        self.measured.setdefault("unread", {}).setdefault(place, f"{outcome}: {reason}"[:120])
