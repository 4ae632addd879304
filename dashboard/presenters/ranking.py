"""The ranking as pages of SQL: tiers, inside a tier the lower bound, never a whole table in memory.

The order comes with the snapshot (its view `ranked`); a page is a few positions of it and then their ratings. Pure apart from
reading the snapshot; shared by the ranking page, its download and the API.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dashboard.presenters import current_snapshot
from scoring.snapshot.reader import Snapshot

PAGE_SIZE = 25
UNRATED_SHOWN = 25
DOWNLOAD_LIMIT = 200_000
"""Rows a download may have; whole tables are among the snapshot's files."""

RATED = "tier is not null and (verdict = '红' or grade is not null and grade <> 'NR' and warning_state <> 'stale')"
"""The condition on a row of `ratings`; `ranked` has it as its column `rated`."""
COVERAGES = ("20", "40", "60", "80")
"""Least coverage (0-100) a reader may ask for."""

CARD = (
    "host, name, score, score_low, score_high, score_cap, grade, coverage, warning_state, warning_since, verdict, tier, alarm_proposed_on,"
    " filing_state, filing_number, filing_province, filing_checked_on, drop_rate, drop_rate_low, drop_rate_high, drop_rate_basis,"
    " drop_rate_n, drop_rate_relative, drop_rate_relative_low, drop_rate_relative_high, drop_rate_why_zh, drop_rate_why_en, advice_zh, advice_en, reasons_zh, reasons_en, reason_evidence,"
    " blind_spots_zh, blind_spots_en, evidence_n, sources_n, confidence, first_seen_on, disputed, demo, as_of"
)
"""What a verdict card is made of; the wide table has twice as many columns, and reading them takes twice as long."""
LINE = CARD + ", complaints_30d, complaints_total"
"""What a line of the ranking is made of."""
FILTERS = ("text", "tier", "warning", "filing", "province", "software", "sells", "coverage")
_STATES = "list_position(['normal', 'watch', 'warning', 'alarm', 'closed'], warning_state)"
ORDERS = {
    "tier": "position",
    "host": "host",
    "score": "score",
    "coverage": "coverage",
    "warning": _STATES,
    "complaints": "complaints_30d",
    "drop": "drop_rate",
}
"""What the ranking can be sorted by, the largest first; `tier`, its own order, begins with the first."""
_WIDE = frozenset({"complaints", "drop"})
"""Orders by a column that only the wide table has."""


@dataclass(frozen=True)
class Filters:
    """What a reader asks for; an empty string leaves a filter open. `tier` is "1", "2" or "3", `coverage` one of COVERAGES."""

    text: str = ""
    tier: str = ""
    warning: str = ""
    filing: str = ""
    province: str = ""
    software: str = ""
    sells: str = ""
    coverage: str = ""

    def where(self) -> tuple[str, list[Any]]:
        """The SQL condition, without the tier, and its values."""
        clauses, values = ["true"], []
        columns = {
            "warning_state": self.warning,
            "filing_state": self.filing,
            "filing_province": self.province,
            "software": self.software,
            "sells": self.sells,
        }
        for column, value in columns.items():
            if value:
                clauses.append(f"{column} = ?")
                values.append(value)
        if self.text:
            clauses.append("(contains(host, lower(?)) or contains(name, lower(?)))")
            values += [self.text, self.text]
        if self.coverage in COVERAGES:
            clauses.append("coverage >= ?")
            values.append(float(self.coverage))
        return " and ".join(clauses), values

    def tier_clause(self) -> tuple[str, list[Any]]:
        """The condition on the tier; it does not touch unrated sites, which stay visible under every tier."""
        return ("tier = ?", [int(self.tier)]) if self.tier in ("1", "2", "3") else ("true", [])


def counts(snapshot: Snapshot, filters: Filters) -> tuple[int, int]:
    """(rated, unrated) sites that match."""
    where, values = filters.where()
    tier, tier_values = filters.tier_clause()
    row = current_snapshot.rows(
        snapshot,
        f"select count(*) filter (where rated and {tier}) as rated,"  # noqa: S608 - fixed clauses, values bound
        f" count(*) filter (where not rated) as unrated from ranked where {where}",
        [*tier_values, *values],
    )[0]
    return row["rated"], row["unrated"]


def by_tier(snapshot: Snapshot, filters: Filters) -> dict[int, int]:
    """How many sites match whatever tier is asked for, by tier; 0 stands for the unrated."""
    where, values = filters.where()
    found = current_snapshot.rows(
        snapshot,
        f"select if(rated, tier, 0) as tier, count(*) as n from ranked where {where} group by 1",  # noqa: S608 - fixed clauses
        values,
    )
    return {row["tier"]: row["n"] for row in found}


def scores_on(snapshot: Snapshot, hosts: Sequence[str], on: dt.date) -> dict[str, float]:
    """The score of each of some hosts on a day, where it had one."""
    found = current_snapshot.rows(
        snapshot,
        'select host, score from history where "on" = ? and list_contains(?, host) and score is not null',
        [on, list(hosts)],
    )
    return {row["host"]: row["score"] for row in found}


def rated(
    snapshot: Snapshot,
    filters: Filters,
    page: int,
    size: int = PAGE_SIZE,
    columns: str = CARD,
    order: str = "tier",
    rising: bool = False,
) -> list[dict[str, Any]]:
    """One page (from 1) of rated sites in the ranking's order or another of ORDERS; `columns` is written in the code, never read."""
    where, values = filters.where()
    tier, tier_values = filters.tier_clause()
    skip = max(page - 1, 0) * size
    where, values = f"rated and {where} and {tier}", [*values, *tier_values]
    return _ratings(snapshot, where, values, size, skip, columns, order, rising)


def unrated(
    snapshot: Snapshot, filters: Filters, size: int = UNRATED_SHOWN, columns: str = CARD
) -> list[dict[str, Any]]:
    """Unrated sites that match, by host; the tier filter does not apply to them."""
    where, values = filters.where()
    return _ratings(snapshot, f"not rated and {where}", values, size, 0, columns)


def _ratings(
    snapshot: Snapshot,
    where: str,
    values: list[Any],
    size: int,
    skip: int,
    columns: str,
    order: str = "tier",
    rising: bool = False,
) -> list[dict[str, Any]]:
    """The ratings at some places of the ranking. First the places and then the rows: a row is wide, and naming its hosts lets
    the reader of the file skip the rest."""
    way = "asc" if rising != (order == "tier") else "desc"
    source = "ranked join (select host, complaints_30d, drop_rate from ratings) using (host)" if order in _WIDE else "ranked"  # fmt: skip
    found = current_snapshot.rows(
        snapshot,
        f"select host from {source} where {where} order by {ORDERS[order]} {way} nulls last, position limit ? offset ?",  # noqa: S608 - fixed clauses
        [*values, size, skip],
    )
    place = {row["host"]: at for at, row in enumerate(found)}
    return sorted(current_snapshot.ratings_of(snapshot, place, columns), key=lambda row: place[row["host"]])


def tied(rows: list[dict[str, Any]]) -> int:
    """How many of a page's sites have an interval that overlaps the one before or after them in their tier."""
    found: set[int] = set()
    for at, (a, b) in enumerate(pairwise(rows)):
        both = (a["score_low"], a["score_high"], b["score_low"], b["score_high"])
        if (
            a["tier"] == b["tier"]
            and None not in both
            and a["score_low"] <= b["score_high"]
            and b["score_low"] <= a["score_high"]
        ):
            found |= {at, at + 1}
    return len(found)


def choices(snapshot: Snapshot, column: str) -> list[str]:
    """The most frequent values of `filing_province` or `software`, at most 60, for a filter."""
    if column not in ("filing_province", "software"):
        raise KeyError(column)
    found = current_snapshot.rows(
        snapshot,
        f"select {column} as value, count(*) as n from ranked where {column} <> ''"  # noqa: S608 - checked above
        " group by 1 order by n desc, 1 limit 60",
    )
    return [row["value"] for row in found]
