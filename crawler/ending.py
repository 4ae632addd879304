"""How a crawl ends: its outcome where nothing decided it yet, and what it measured. Silence is never good news."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrapy.utils.misc import load_object
from spidermon.runners import MonitorRunner

if TYPE_CHECKING:
    from crawler.base import SourceSpider

_FAILED = "AssertionError: "


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
        return outcome, f"no host could be read: {first}"
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
