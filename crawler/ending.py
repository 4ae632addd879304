"""How a crawl ends: its outcome where nothing decided it yet, and what it measured. Silence is never good news."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrapy.utils.misc import load_object
from spidermon.runners import MonitorRunner

from crawler.books import own_faults
from crawler.health import out_of_range
from crawler.outcomes import OwnFault
from store.ledger import UNREAD

if TYPE_CHECKING:
    from crawler.base import SourceSpider
    from crawler.visit import Visit

_FAILED = "AssertionError: "


def close_books(spider: SourceSpider) -> None:
    """Judge the crawl and say how it ended; after a fault of our own it is left unfinished, which makes it due again."""
    try:
        if spider.fault is None:
            with own_faults():
                _judge(spider)
    except OwnFault as error:
        spider.fault = str(error)
    if spider.fault is not None:
        with contextlib.suppress(OSError):
            spider.books.abandon()
        spider.progress({"event": "broken", "source": spider.name, "reason": spider.fault})


def _judge(spider: SourceSpider) -> None:
    """Hosts still open share the crawl's fate; then the crawl's own outcome."""
    for host, visit in spider.visits.items():
        if visit.pending and host not in spider.books.done:
            outcome = spider.outcome if spider.outcome != "ok" else "failed"
            visit.worsen(outcome, spider.reason or "not finished")
            conclude(spider, host)
    spider.outcome, spider.reason = judged(spider)
    stats = spider.crawler.stats
    requests = stats.get_value("downloader/request_count", 0) if stats else 0
    kept = measured(spider)
    at, records = spider.clock.now(), spider.record_count
    spider.books.close(at, spider.outcome, spider.reason, requests, records, kept)
    spider.progress({"event": "crawl", "source": spider.name, "outcome": spider.outcome, "reason": spider.reason,
                     "requests": requests, "records": records, "measured": kept})  # fmt: skip


def conclude(spider: SourceSpider, host: str) -> None:
    """Say what became of a host, when nothing of it is pending."""
    visit = spider.visits[host]
    if visit.missing and not visit.records:
        visit.worsen("failed", visit.missing)
    elif visit.outcome == "ok" and (reason := _amiss(spider, visit)):
        visit.worsen("failed", reason)
    spider.note(host)
    spider.progress({"event": "host", "source": spider.name, "host": host, "outcome": visit.outcome,
                     "reason": visit.reason, "records": visit.records})  # fmt: skip


def _amiss(spider: SourceSpider, visit: Visit) -> str | None:
    if spider.expected.of != "host" or visit.stated_nothing:
        return None
    return out_of_range(spider.expected, visit.records)


def judged(spider: SourceSpider) -> tuple[str, str | None]:
    """(outcome, reason) of a crawl that has run to its end; what was decided before stays."""
    if spider.outcome != "ok":
        return spider.outcome, spider.reason
    outcomes = list(spider.books.done.values())
    if spider.refusals and spider.record_count == 0:
        return "failed", f"no record was accepted: {spider.refusals[0]}"
    if outcomes and "ok" not in outcomes:
        first = next((v.reason for v in spider.visits.values() if v.reason), None)
        outcome = "blocked" if set(outcomes) == {"blocked"} else "failed"
        return outcome, f"{UNREAD}: {first}"
    if spider.expected.of == "host" and not outcomes:
        return "failed", "the crawl brought nothing"
    if outcomes:
        spider.tally("hosts", outcomes.count("ok"), len(outcomes))
    reasons = failures(spider, spider.settings.getlist("SPIDERMON_SPIDER_CLOSE_MONITORS"))
    return ("failed", "; ".join(reasons)) if reasons else ("ok", spider.reason)


def failures(spider: SourceSpider, suites: Sequence[str]) -> list[str]:
    """The reason of every monitor of the Spidermon `suites` that failed; a monitor that breaks has failed too."""
    reasons: list[str] = []
    history = spider.books.history()
    stats = spider.crawler.stats.get_stats() if spider.crawler.stats else {}
    for path in suites:
        suite = load_object(path)(crawler=spider.crawler)
        result = MonitorRunner().run(
            suite, spider=spider, crawler=spider.crawler, stats=stats, history=history
        )
        errors = [item.error.strip() for item in result.monitors_failed_results]
        reasons += [error.rpartition(_FAILED)[2].splitlines()[-1] for error in errors]
    return reasons


def measured(spider: SourceSpider) -> dict[str, Any]:
    """What the ledger keeps of the crawl beside its outcome; `selectors` is the history later crawls are judged by."""
    kept = dict(spider.measured)
    if spider.selectors:
        kept["selectors"] = spider.selectors
    if spider.refusals:
        kept["refused_records"] = spider.refusals[:20]
    return kept
