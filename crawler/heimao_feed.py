"""黑猫's feed and lists: what one poll brings and says of the numbering, and the week's red, black and reply lists.

The feed forgets within half an hour, so it is polled all day; what changes slowly is read by one poll of the day.

Read last, one list after another and once a week. They are an extra: a list that wants a login or has changed ends the
reading of lists, is written down with the crawl, and nothing more is asked in that run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from crawler.download.politeness import STOP_STATUSES
from crawler.errors import SourceBlocked, SourceChanged
from crawler.formats import heimao as wire
from crawler.pages.decoding import text_of
from crawler.pages.mentions import TRADE
from store.evidence.crawl_ledger import Target
from store.text.query import normal_name

DAILY = dt.timedelta(hours=20)
"""What is read once a day is due when the last time is so long ago: a day, less what its own hour moves."""
MOST_REPEATED = 2
"""Pages in a row that only repeat: new complaints may push a page down, a page that never changes is no feed."""


class Poll:
    """The numbers of one poll, and what the poll before it left."""

    def __init__(self, before: dict[str, Any], known_sn: int, targets: Sequence[Target]) -> None:
        """`before`: what the last good poll measured; `known_sn` (0: none) is the newest number it saw."""
        self.before = before | ({"sn_max": known_sn} if known_sn else {})
        self.known_sn = int(self.before.get("sn_max") or 0)
        self.numbers: set[int] = set()
        self.skipped = 0
        self._repeated = 0
        named = "\n".join(f"{t.host} {t.name} {' '.join(t.aliases)}" for t in targets)
        self.daily_of = hashlib.sha256(named.encode()).hexdigest()[:12]
        """Which sites: one that is added is not left until the next day."""

    def take(self, numbers: Iterable[int]) -> set[int]:
        """Take in the numbers of one page; returns those no earlier page of this poll showed."""
        others = set(numbers) - self.numbers
        self._repeated = 0 if others else self._repeated + 1
        self.numbers |= others
        return others

    def reached(self, others: set[int]) -> bool:
        """Whether a page with these `others` says that older ones hold nothing new.

        One old number does not: a site pins or re-opens complaints.
        """
        if not others:
            return self._repeated >= MOST_REPEATED
        return all(number <= self.known_sn for number in others)

    def daily_is_done(self, now: dt.datetime) -> bool:
        """Whether what is read once a day was read by an earlier poll of the day, and for the same sites."""
        at = self.before.get("daily_at")
        if not at or self.before.get("daily_of") != self.daily_of:
            return False
        then = dt.datetime.fromisoformat(at)
        return then <= now < then + DAILY

    def measured(self, page: int, ended: bool, now: dt.datetime) -> dict[str, Any]:
        """What the poll says of itself and of the whole site, after `page`; nothing before a number was read."""
        if not self.numbers:
            return {}
        found = wire.of_poll(self.numbers, self.before, now)
        reached = bool(self.known_sn) and min(self.numbers) <= self.known_sn
        return found | {"pages": page, "reached_known": reached, "ended": ended, "unreadable": self.skipped}


if TYPE_CHECKING:
    from crawler.source_spider import Record
    from crawler.spiders.heimao import HeimaoSpider

BOARDS = ("red", "black", "reply")
SPAN = "week"
EVERY = dt.timedelta(days=7)
MOST_FIELDS = 4
_FIELDS = re.compile(r"充值|会员|虚拟|数字|游戏|卡券|网络购物|电商|网购")


class Ranks:
    """The lists of one crawl; the spider asks `begin` when everything else has been asked."""

    def __init__(self, spider: HeimaoSpider, before: dict[str, Any]) -> None:
        """`before`: what the last crawl measured of the lists."""
        self._spider = spider
        self._before = before

    def begin(self) -> Iterator[Request]:
        """The list of industries, when a week has passed since the lists were last read."""
        measured = self._spider.measured
        at = self._before.get("at")
        now = self._spider.clock.now()
        if at and now - dt.datetime.fromisoformat(at) < EVERY:
            measured["ranks"] = self._before
            return
        measured["ranks"] = {"at": now.isoformat(), "lists": 0, "places": 0}
        yield self._ask("rank_fields", "rank_fields")

    def fields(self, response: Response) -> Iterator[Request]:
        """The industries that may hold our trade: their lists are asked one after another."""
        rows = self._rows(response)
        named = [(str(r.get("id") or ""), wire.plain(r.get("title"))) for r in rows]
        fitting = [(i, title) for i, title in named if i.isdigit() and _FIELDS.search(title)][:MOST_FIELDS]
        yield from self._next([(board, i, title) for i, title in fitting for board in BOARDS])

    def places(self, response: Response, left: list[tuple[str, str, str]]) -> Iterator[Record | Request]:
        """The places of watched companies on one list, and of names that speak of the trade."""
        board, _, field = left[0]
        rows = self._rows(response)
        if "refused" in self._spider.measured["ranks"]:
            return
        self._spider.measured["ranks"]["lists"] += 1
        for row in rows:
            place, title = str(row.get("rank") or ""), wire.plain(row.get("title"))
            about = self._about(str(row.get("uid") or ""), title)
            if about is None or not place.isdigit() or int(place) < 1:
                continue
            self._spider.measured["ranks"]["places"] += 1
            yield {
                "kind": "rank",
                "source": self._spider.name,
                **about,
                "observed_at": self._spider.at(None, response),
                "board": board,
                "span": SPAN,
                "field": field,
                "place": int(place),
            }
        yield from self._next(left[1:])

    def _about(self, couid: str, title: str) -> dict[str, str] | None:
        """Whom a row is about: the company we count, the platform of exactly that name, or an unknown of the trade."""
        if host := self._spider.companies.get(couid):
            return {"host": host}
        if title and (target := self._spider.names.get(normal_name(title))):
            return {"host": target.host}
        return {"platform": title} if TRADE.search(title) else None

    def _rows(self, response: Response) -> list[dict[str, Any]]:
        """The rows of an answer; none, with the reason noted, where the site keeps this list to itself.

        Raises SourceBlocked where the site refuses us altogether (a ban, a wall), which stops the run.
        """
        if response.status in STOP_STATUSES:
            raise SourceBlocked(f"HTTP {response.status}")
        text = text_of(response)
        try:
            data = wire.data_of(text) if response.status == 200 else None
        except SourceChanged as error:
            return self.ended(str(error))
        except SourceBlocked as error:
            if text.lstrip().startswith("<"):
                raise
            return self.ended(str(error))
        rows = data.get("lists") if isinstance(data, dict) else data
        if not isinstance(rows, list):
            return self.ended("no rows" if response.status == 200 else f"HTTP {response.status}")
        return [row for row in rows if isinstance(row, dict)]

    def ended(self, reason: str) -> list[dict[str, Any]]:
        """Note why no more lists are read; returns no rows."""
        self._spider.measured["ranks"]["refused"] = reason[:120]
        return []

    def _next(self, left: list[tuple[str, str, str]]) -> Iterator[Request]:
        if left:
            board, field, _ = left[0]
            now = int(self._spider.clock.now().timestamp())
            query = f"rank?type={board}&span={SPAN}&field={field}&date={now}"
            yield self._ask(query, "rank", known={"left": left})

    def _ask(self, query: str, step: str, **more: Any) -> Request:
        return self._spider.ask(f"{self._spider.base}/api/top_rank/{query}", step, priority=-2, **more)
