"""What the filing rules look at and what they answer: one platform on the last day, in neutral words. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scoring.calendar import date_of
from scoring.facts import Facts, Rows
from scoring.figures import Figure
from scoring.filings import own_filings
from scoring.finding import Cited
from scoring.panel import cached

SEVERITY = {
    "F1": "high", "F2": "high", "F3": "low", "F4": "high", "F5": "high", "F6": "high", "F7": "medium", "F8": "medium",
    "F9": "high", "F10": "medium", "F11": "medium", "F12": "low", "F13": "high", "F14": "info", "F15": "high",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One rule that applies: what the site shows, what is registered, both sentences, evidence."""

    rule: str
    zh: str
    en: str
    shown: str | None
    registered: str | None
    cited: tuple[Cited, ...]
    figure: Figure | None = None

    @property
    def severity(self) -> str:
        """high, medium, low or info."""
        return SEVERITY[self.rule]


@dataclass(frozen=True)
class Case:
    """What the rules look at, of one platform on the last day; rows are positions, oldest first."""

    facts: Facts
    site: int
    footers: list[int]
    homes: list[int]
    filings: list[int]

    @property
    def pages(self) -> Rows:
        """All pages."""
        return self.facts.rows["page"]

    @property
    def answers(self) -> Rows:
        """All answers about platforms' own domains."""
        return own_filings(self.facts)

    @property
    def number(self) -> str | None:
        """The number in the newest footer that shows one."""
        return str(self.pages["footer_icp"][self.footers[-1]]) if self.footers else None

    @property
    def found(self) -> bool:
        """Whether the newest answer was a filing."""
        return bool(self.filings) and bool(self.answers["found"][self.filings[-1]] > 0)

    def answer(self, name: str) -> str | None:
        """A text of the newest answer."""
        value = self.answers[name][self.filings[-1]] if self.filings else None
        return None if value is None else str(value)

    def visited(self, source: str) -> bool:
        """Whether a source looked at the platform."""
        seen: set[int] = cached(self.facts, ("visited_by", source), lambda: _visited(self.facts, source))
        return self.site in seen or -1 in seen

    def asked_on(self) -> str:
        """The day of the newest answer."""
        return str(date_of(self.facts.first_day + int(self.answers.day[self.filings[-1]])))

    def cite_footer(self) -> tuple[Cited, ...]:
        """The page whose footer it is."""
        return (("page", int(self.pages.id[self.footers[-1]])),) if self.footers else ()

    def cite_filing(self) -> tuple[Cited, ...]:
        """The newest answer."""
        return (("filing", int(self.answers.id[self.filings[-1]])),) if self.filings else ()


Answers = Iterator[Mark | None]
"""What a rule yields: nothing when it cannot be asked, None when it was asked and does not apply, a Mark otherwise."""


def _visited(facts: Facts, source: str) -> set[int]:
    """Platforms a good visit of the source covered; -1 when one covered all."""
    index = [s.index for s in facts.sources if s.id == source]
    mine = facts.visits.ok & (facts.visits.source == (index[0] if index else -1))
    return set(facts.visits.platform[mine].tolist())
