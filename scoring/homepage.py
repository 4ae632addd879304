"""What the newest home page of each platform showed besides its text, on the last day: its signs, and the row that says so."""

from __future__ import annotations

from typing import Any

from scoring.facts import Facts
from scoring.finding import Cited
from scoring.panel import cached
from scoring.shown import pages_of

Home = tuple[dict[str, Any], Cited]
TEXT_ONLY = (
    "只有首页的文字（由他人提供或早先存档），没有它的代码和功能，所以未知。",
    "Only the text of the home page is known (handed in, or archived earlier), not its code and functions: unknown.",
)
"""What is said where a home page was read and its signs were not."""


def homes(facts: Facts) -> list[Home | None]:
    """(signs, the page as evidence) of every platform in order; no signs where only the text of its home page is known (handed in),
    None where no home page was read."""
    found: list[Home | None] = cached(
        facts, "homes", lambda: [_home(facts, i) for i in range(len(facts.sites))]
    )
    return found


def _home(facts: Facts, site: int) -> Home | None:
    pages = facts.rows["page"]
    # A page record that only says where the site moved is no home page.
    mine = [at for at in reversed(pages_of(facts, site)) if pages["role"][at] == "home" and pages["text"][at]]
    if not mine:
        return None
    at = next((at for at in mine if pages["signs"][at]), mine[0])
    return pages["signs"][at] or {}, ("page", int(pages.id[at]))
