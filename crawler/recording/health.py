"""Health of a crawl: counts and selector hit rates against what the source usually brings, run by Spidermon at its end.

Pure counting and comparing; crawler/recording/health.py runs it at the end of every crawl. It never decides what a page means.

crawler.recording.recorder runs them before the books are closed, so that a failed monitor is the outcome the ledger keeps. They are
named by Spidermon's own setting, SPIDERMON_SPIDER_CLOSE_MONITORS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spidermon import Monitor, MonitorSuite, monitors

from store.evidence.crawl_ledger import Expected

Tally = dict[str, list[int]]
"""Selector → [times it found what it looks for, times it was tried]."""

CHANCE = 0.001
"""A lower hit rate is taken for a change only when chance explains it less often than this."""
COLLAPSE = 0.5
"""A selector has collapsed when it hits less than this share of its usual rate."""
LEAST_HISTORY = 2
"""Good crawls needed before a source's own history counts."""
LOOK_BACK = 10
"""Good crawls the history is made of."""


def add(tally: Tally, name: str, hits: int, tried: int) -> None:
    """Count `hits` of `tried` under `name`."""
    counted = tally.setdefault(name, [0, 0])
    counted[0] += hits
    counted[1] += tried


def count_fields(tally: Tally, expected: Expected, record: Mapping[str, Any]) -> None:
    """Count the fields of a record that the source names as selectors (`<kind>.<field>`)."""
    for name in expected.selectors:
        kind, _, field = name.partition(".")
        if field and record.get("kind") == kind:
            add(tally, name, int(record.get(field) not in (None, "", [])), 1)


def significantly_below(hits: int, tried: int, rate: float) -> bool:
    """Whether `hits` of `tried` is below `rate` by more than chance.

    Chernoff's bound on the lower tail of a binomial: P(X ≤ hits) ≤ exp(−n·KL(hits/n ‖ rate)) (Chernoff 1952).
    """
    if not tried or hits >= rate * tried:
        return False
    found, rate = hits / tried, min(rate, 1 - 1e-9)
    distance = (1 - found) * math.log((1 - found) / (1 - rate))
    if hits:
        distance += found * math.log(found / rate)
    return math.exp(-tried * distance) < CHANCE


def out_of_range(expected: Expected, counted: int) -> str | None:
    """Why `counted` is not what the source brings, or None."""
    unit = f"{counted} {expected.counted_en}"
    if counted < expected.least:
        return f"{unit}, at least {expected.least} expected"
    if counted > expected.most:
        return f"{unit}, at most {expected.most} expected"
    return None


def collapsed(expected: Expected, now: Tally, history: Sequence[Tally]) -> Iterator[tuple[str, str]]:
    """(selector, reason) of each that hits less than its source declares, or far less than it did before.

    `history`: the tallies of the last good crawls. A part of a selector (`goods:unicorn`) has no declared rate of its own.
    """
    for name, (hits, tried) in sorted(now.items()):
        floor = expected.selectors.get(name)
        if floor is not None and significantly_below(hits, tried, floor):
            yield name, f"selector {name} hit {hits} of {tried}, at least {floor:.0%} expected"
            continue
        before = [tally[name] for tally in history[:LOOK_BACK] if tally.get(name, (0, 0))[1]]
        if len(before) < LEAST_HISTORY:
            continue
        past_hits, past_tried = (sum(column) for column in zip(*before, strict=True))
        usual = (past_hits + 1) / (past_tried + 2)
        if hits < COLLAPSE * usual * tried and significantly_below(hits, tried, usual):
            yield name, f"selector {name} hit {hits} of {tried}, usually {usual:.0%}"


if TYPE_CHECKING:
    from crawler.source_spider import SourceSpider


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
            self.fail(f"exceptions in our own code ({raised.get('count', 1)}): {kinds}")


class CollectionHealth(MonitorSuite):  # type: ignore[misc]
    """Every crawl's monitors."""

    monitors = (RangeMonitor, SelectorMonitor, ExceptionMonitor)


def _misread(spider: SourceSpider, selector: str, reason: str) -> None:
    """Hosts on which a collapsed selector never hit were not read, whatever was thought before."""
    for host, visit in spider.visits.items():
        hits, tried = visit.selectors.get(selector, (0, 0))
        if tried and not hits and visit.outcome == "ok":
            visit.downgrade("failed", reason)
            spider.note(host)
