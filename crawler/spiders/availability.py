"""Availability: one request for the home page, its answer or its absence classed. It reads nothing of the page.

    scrapy crawl availability -a platform=a.example -O out.jsonl

A control host, where one is set (AVAILABILITY_CONTROL), tells our own outage from theirs: while it gives no answer
either, nothing is recorded about anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapy import Request
from scrapy.http import Response

from crawler.availability import probe_of_failure, probe_of_page
from crawler.base import Record, SourceSpider
from crawler.decode import text_of
from crawler.shops import recognise
from crawler.shops.page import Page
from store.ledger import Expected, SourceCard


class AvailabilitySpider(SourceSpider):
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
        """The control host first, then every home page."""
        self._control_failed = False
        if control := self.settings.get("AVAILABILITY_CONTROL"):
            yield self.ask(control, "control", priority=100)
        for target in self.targets:
            yield self._home(target.host, list(self.settings.getlist("SHOP_SCHEMES")))

    def read_control(self, response: Response, host: None) -> Iterator[Record]:
        """Any answer shows that our own connection works."""
        return iter(())

    def read_home(self, response: Response, host: str, schemes: list[str]) -> Iterator[Record]:
        """The class of one answer."""
        latency = response.request.meta.get("download_latency") if response.request else None
        text = text_of(response)
        shop = recognise(Page(response.url, text)) is not None
        yield self._probe(host, probe_of_page(response.status, response.body, text, latency, shop))

    def missed(
        self, request: Request, host: str | None, kind: str, answer: Response | None
    ) -> Iterator[Record]:
        """No answer: the site's failure, unless the control host failed too."""
        if host is None:
            self._control_failed = True
        elif not self._control_failed and (probe := probe_of_failure(kind, answer)) is not None:
            # The absence of an answer is this source's answer: the visit itself went well.
            self.visit(host).outcome, self.visit(host).reason = "ok", None
            yield self._probe(host, probe)

    def instead(self, request: Request, kind: str) -> Request | None:
        """The plain-HTTP address, when there was no answer over HTTPS."""
        host, known = request.cb_kwargs["host"], request.cb_kwargs["known"]
        if host and known["schemes"] and kind in ("tls_error", "connect_refused", "broken", "timeout"):
            return self._home(host, known["schemes"])
        return None

    def _home(self, host: str, schemes: list[str]) -> Request:
        return self.ask(f"{schemes[0]}://{host}/", "home", host, known={"schemes": schemes[1:]})

    def _probe(self, host: str, probe: Record) -> Record:
        return {"kind": "probe", "source": self.name, "host": host, "observed_at": self.at(host), **probe}
