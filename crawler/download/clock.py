"""The crawl's clock: an instant handed in, advancing with elapsed time, or standing still in the sandbox.

It never asks what time it is: the instant comes from the setting KAMENGWATCH_NOW with what a stopwatch showed then (NOW_SHOWN_AT;
a spider may begin an hour after its process), or, for a plain `scrapy crawl`, from the start time Scrapy itself has recorded.
"""

from __future__ import annotations

import datetime as dt
import time

from scrapy.crawler import Crawler


class Clock:
    """The present of one crawl, as aware UTC."""

    def __init__(self, start: dt.datetime, frozen: bool, begun: float | None = None) -> None:
        """`begun` is what the stopwatch (time.monotonic) showed at `start`; None: it is `start` now.

        `frozen` is sandbox mode: captured and observed times are the simulated instant.
        """
        self._start = start.astimezone(dt.UTC)
        self._origin = None if frozen else time.monotonic() if begun is None else begun

    @classmethod
    def of(cls, crawler: Crawler) -> Clock:
        """The clock of `crawler`; raises ValueError when KAMENGWATCH_NOW has no offset."""
        given = crawler.settings.get("KAMENGWATCH_NOW")
        frozen = bool(crawler.settings.get("SANDBOX_PROXY"))
        if not given:
            return cls(crawler.stats.get_value("start_time"), frozen)
        start = dt.datetime.fromisoformat(given)
        if start.tzinfo is None:
            raise ValueError(f"KAMENGWATCH_NOW needs an offset: {given!r}")
        return cls(start, frozen, crawler.settings.get("NOW_SHOWN_AT"))

    def now(self) -> dt.datetime:
        """The present: the given instant plus what has elapsed since, in UTC."""
        if self._origin is None:
            return self._start
        return self._start + dt.timedelta(seconds=time.monotonic() - self._origin)
