"""Availability: one request for the home page, its answer or its absence classed. It reads nothing of the page.

    scrapy crawl availability -a platform=a.example -O out.jsonl

Control pages (KAMENGWATCH_CONTROLS) tell our own outage from theirs: while none of them answers, the round has failed and
nothing is recorded about anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scrapy import Request
from scrapy.http import Response

from crawler.control_pages import stop_crawl
from crawler.home_addresses import HomeSpider, Tried
from crawler.pages.decoding import text_of
from crawler.shops import recognise
from crawler.shops.page import Page
from crawler.source_spider import Record
from store.evidence.crawl_ledger import Expected, SourceCard


class AvailabilitySpider(HomeSpider):
    """Arguments: `platform` hosts."""

    name = "availability"
    card = SourceCard(
        id="availability",
        kind="site",
        title_zh="可用性探测",
        title_en="Availability probes",
        publisher="本项目自行观测",
        family="self",
        tier="B",
        cadence_hours=6,
        blind_zh="只从一处网络观测；拒绝机器访问不等于停运；单次失败不作结论。",
        blind_en="Seen from one network only; refusing machines is not being down; one failure proves nothing.",
        expected=Expected(1, 1, selectors={"probe.class": 0.99}),
    )
    visits_platforms = True

    def begin(self) -> Iterator[Request]:
        """A control first; the sites only when it has answered."""
        if self.targets:
            yield from self.check_line()
            if self.line is False:  # there is no control to ask
                self.outcome, self.reason = "failed", self.control_failure()

    def line_found(self) -> Iterator[Request]:
        """Every home page, once."""
        targets, self.targets = self.targets, []
        yield from (self.home(target.host) for target in targets)

    def line_lost(self, reason: str) -> None:
        """The round has failed: whatever would come now would say nothing."""
        raise stop_crawl(self, reason)

    def read_home(
        self, response: Response, host: str, left: list[str], tried: Sequence[Tried]
    ) -> Iterator[Record | Request]:
        """The class of one answer."""
        assert response.request is not None
        page = Page(response.url, text_of(response))
        probe = self.probe_of_home(response, host, page, recognise(page) is not None)
        if probe["outcome"] in ("ok", "slow"):
            yield from self.answered(response.request, host, probe)
        elif probe["outcome"] == "down" and (other := self.next_home(response.request, probe)):
            yield other
        else:
            self.unanswered(host, (*tried, Tried(response.request, probe)))

    def confirmed(self, host: str) -> None:
        """The absence of an answer is this source's answer: the visit itself went well."""
        self.visit(host).outcome, self.visit(host).reason = "ok", None
