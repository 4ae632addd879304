"""One poll of 黑猫's feed: what is new on its pages, when it has met the poll before, and what it says of the numbering.

The feed forgets within half an hour, so it is polled all day; what changes slowly is read by one poll of the day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from crawler.formats import heimao_volume as volume
from store.ledger import Target

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
        found = volume.of_poll(self.numbers, self.before, now)
        reached = bool(self.known_sn) and min(self.numbers) <= self.known_sn
        return found | {"pages": page, "reached_known": reached, "ended": ended, "unreadable": self.skipped}
