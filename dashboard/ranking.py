"""The ranking as pages of SQL: tiers, inside a tier the lower bound, never a whole table in memory.

Pure apart from reading the snapshot; shared by the ranking page, its download and the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard import reader
from scoring.snapshot import Snapshot

PAGE_SIZE = 25
DOWNLOAD_LIMIT = 200_000
"""Rows a download may have; whole tables are among the snapshot's files."""

RATED = "grade is not null and grade <> 'NR' and warning_state <> 'stale' and tier is not null"
_ORDER = "tier, round(score_low, 6) desc nulls last, round(score, 6) desc nulls last, host"


@dataclass(frozen=True)
class Filters:
    """What a reader asks for; an empty string leaves a filter open. `tier` is "1", "2" or "3"."""

    text: str = ""
    tier: str = ""
    warning: str = ""
    filing: str = ""
    province: str = ""
    software: str = ""
    sells: str = ""

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
            clauses.append("(contains(host, lower(?)) or contains(lower(name), lower(?)))")
            values += [self.text, self.text]
        return " and ".join(clauses), values

    def tier_clause(self) -> tuple[str, list[Any]]:
        """The condition on the tier; it does not touch unrated sites, which stay visible under every tier."""
        return ("tier = ?", [int(self.tier)]) if self.tier in ("1", "2", "3") else ("true", [])


def counts(snapshot: Snapshot, filters: Filters) -> tuple[int, int]:
    """(rated, unrated) sites that match."""
    where, values = filters.where()
    tier, tier_values = filters.tier_clause()
    row = reader.rows(
        snapshot,
        f"select count(*) filter (where {RATED} and {tier}) as rated,"  # noqa: S608 - fixed clauses, values bound
        f" count(*) filter (where not coalesce({RATED}, false)) as unrated from ratings where {where}",
        [*tier_values, *values],
    )[0]
    return row["rated"], row["unrated"]


def rated(snapshot: Snapshot, filters: Filters, page: int, size: int = PAGE_SIZE) -> list[dict[str, Any]]:
    """One page (from 1) of rated sites in ranking order."""
    where, values = filters.where()
    tier, tier_values = filters.tier_clause()
    return reader.rows(
        snapshot,
        f"select * from ratings where {RATED} and {tier} and {where} order by {_ORDER} limit ? offset ?",  # noqa: S608
        [*tier_values, *values, size, max(page - 1, 0) * size],
    )


def unrated(snapshot: Snapshot, filters: Filters, size: int = 10) -> list[dict[str, Any]]:
    """The first unrated sites that match, by host; the tier filter does not apply to them."""
    where, values = filters.where()
    return reader.rows(
        snapshot,
        f"select * from ratings where not coalesce({RATED}, false) and {where} order by host limit ?",  # noqa: S608
        [*values, size],
    )


def choices(snapshot: Snapshot, column: str) -> list[str]:
    """The most frequent values of `filing_province` or `software`, at most 60, for a filter."""
    if column not in ("filing_province", "software"):
        raise KeyError(column)
    found = reader.rows(
        snapshot,
        f"select {column} as value, count(*) as n from ratings where {column} <> ''"  # noqa: S608 - checked above
        " group by 1 order by n desc, 1 limit 60",
    )
    return [row["value"] for row in found]
