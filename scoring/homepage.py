"""What the newest home page of each platform showed besides its text, on the last day: its signs, and the row that says so."""

from __future__ import annotations

from typing import Any

from scoring.facts import Facts
from scoring.finding import Cited
from scoring.panel import cached
from scoring.shown import pages_of

Home = tuple[dict[str, Any], Cited]


def homes(facts: Facts) -> list[Home | None]:
    """(signs, the page as evidence) of every platform in order; None where no home page with signs was read."""
    found: list[Home | None] = cached(
        facts, "homes", lambda: [_home(facts, i) for i in range(len(facts.sites))]
    )
    return found


def _home(facts: Facts, site: int) -> Home | None:
    pages = facts.rows["page"]
    for at in reversed(pages_of(facts, site)):
        # A page record that only says where the site moved is no home page.
        if pages["role"][at] == "home" and pages["signs"][at] and pages["text"][at]:
            return pages["signs"][at], ("page", int(pages.id[at]))
    return None
