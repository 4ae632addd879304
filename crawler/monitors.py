"""The monitors that run at the end of every crawl, as a Spidermon suite. They judge the run; nothing here reads a page.

crawler.ending runs them before the books are closed, so that a failed monitor is the outcome the ledger keeps. They are
named by Spidermon's own setting, SPIDERMON_SPIDER_CLOSE_MONITORS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spidermon import Monitor, MonitorSuite, monitors

from crawler.health import collapsed, out_of_range

if TYPE_CHECKING:
    from crawler.base import SourceSpider


@monitors.name("range")
class RangeMonitor(Monitor):  # type: ignore[misc]
    """What a crawl of a whole source brings lies in the range its card declares; of a host, its visit is judged."""

    def test_expected_range(self) -> None:
        """Fails with the count and the bound."""
        expected = self.data.spider.expected
        counted = self.data.spider.counted()
        if expected.of == "crawl" and counted is not None and (reason := out_of_range(expected, counted)):
            self.fail(reason)


@monitors.name("selectors")
class SelectorMonitor(Monitor):  # type: ignore[misc]
    """The main selectors hit as often as declared, and about as often as in the source's last good crawls."""

    def test_hit_rates(self) -> None:
        """Fails with every selector that collapsed, and marks the hosts on which it never hit."""
        spider = self.data.spider
        found = dict(collapsed(spider.expected, spider.selectors, self.data.history))
        for name, reason in found.items():
            _misread(spider, name, reason)
        if found:
            self.fail("; ".join(found.values()))


@monitors.name("exceptions")
class ExceptionMonitor(Monitor):  # type: ignore[misc]
    """No part of our own code broke during the crawl: what it would have read is not known."""

    def test_no_exception(self) -> None:
        """Fails with the number of exceptions and the first kind."""
        raised = {
            name.partition("/")[2]: n for name, n in self.data.stats.items() if name.startswith("spider_exc")
        }
        if raised:
            kinds = ", ".join(sorted(set(raised) - {"count"}))
            self.fail(f"{raised.get('count', 1)} exceptions in our own code: {kinds}")


class CollectionHealth(MonitorSuite):  # type: ignore[misc]
    """Every crawl's monitors."""

    monitors = (RangeMonitor, SelectorMonitor, ExceptionMonitor)


def _misread(spider: SourceSpider, selector: str, reason: str) -> None:
    """Hosts on which a collapsed selector never hit were not read, whatever was thought before."""
    for host, visit in spider.visits.items():
        hits, tried = visit.selectors.get(selector, (0, 0))
        if tried and not hits and visit.outcome == "ok":
            visit.worsen("failed", reason)
            spider.note(host)
