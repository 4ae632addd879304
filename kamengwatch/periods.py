"""How long what may concern a person is kept, and what is published anew every day; all in one place: docs/trust.md shows this table, a test holds the two together.

Facts that name nobody (dates, counts, states, hashes) are kept for good: a past rating can be computed again from them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Period:
    """What is let go, how many days after what, and what stays."""

    what: str
    days: int
    since: str
    goes: str
    stays: str


PERIODS = {
    period.what: period
    for period in (
        Period("archive", 730, "the newest capture of the file", "the pages' content", "host, time, both hashes"),
        Period("complaint", 730, "it was filed", "title and text", "day, kinds, amount, status, link"),
        Period("page", 730, "it was seen, and a newer one of the same role is known", "text", "day, role, signs"),
        Period("dispute", 730, "it was decided", "the objection's text", "dates, outcome and reason"),
        Period("review", 365, "it was decided", "details and note", "what was decided, and when"),
        Period("response", 90, "it was withdrawn", "the text", "dates"),
        Period("snapshot", 90, "it was made, unless it is the last of its month or the newest", "tables and pages", "manifest and sums"),
        Period("rating", 30, "it was made, unless it is published or the newest", "its tables", "when, of which day, its hash"),
    )
}  # fmt: skip
SETTLED_DAYS = 7
"""Nothing is let go unless crawls of so many different days lie in the last thirty: a clock that jumped must not destroy."""
