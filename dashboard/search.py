"""From what somebody pasted to the sites it may mean, and to similar names when there is none.

Reading what was pasted is store/names.py's work; this only looks things up in the snapshot. Nothing pasted is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard import reader
from scoring.snapshot import Snapshot
from store.names import Query, parse_query
from store.plain import plain

MATCHES = 8
"""At most so many sites are listed for one query."""
_SIMILAR = 0.86
"""Jaro-Winkler similarity from which a name counts as a near miss; one changed letter in ten stays above it."""


@dataclass(frozen=True)
class Answer:
    """What was understood, the rows of `ratings` it may mean, and similar ones when it means none we have."""

    query: Query
    matches: tuple[dict[str, Any], ...]
    near: tuple[dict[str, Any], ...]


def find(snapshot: Snapshot, text: str) -> Answer:
    """Look up pasted text; several matches are possible for a name or a filing number."""
    query = parse_query(text[:4000])
    matches = _matches(snapshot, query)
    near = () if matches else _near(snapshot, query.host or query.name or "")
    return Answer(query, tuple(matches), tuple(near))


def _matches(snapshot: Snapshot, query: Query) -> list[dict[str, Any]]:
    if query.kind == "host" and query.host:
        return _by_host(snapshot, query.host)
    if query.kind == "icp" and query.number:
        base = query.number
        return _select(snapshot, "filing_number = ? or starts_with(filing_number, ?)", [base, f"{base}-"])
    if query.kind == "name" and query.name:
        return _by_name(snapshot, plain(query.name, 80))
    return []


def _by_host(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """The site itself, else one that lists the host among its aliases, else the site above a subdomain."""
    if found := _select(snapshot, "host = ?", [host]):
        return found
    if found := _select(snapshot, "list_contains(aliases, ?)", [host]):
        return found
    labels = host.split(".")
    above = [".".join(labels[i:]) for i in range(1, len(labels) - 1)]
    return _select(snapshot, "list_contains(?, host)", [above]) if above else []


def _by_name(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    """Sites of exactly that name or alias, else sites whose name contains it."""
    if found := _select(snapshot, "lower(name) = lower(?) or list_contains(aliases, ?)", [name, name]):
        return found
    if len(name) < 2:
        return []
    return _select(snapshot, "contains(lower(name), lower(?)) or contains(host, lower(?))", [name, name])


def _select(snapshot: Snapshot, condition: str, values: list[Any]) -> list[dict[str, Any]]:
    return reader.rows(
        snapshot,
        f"select * from ratings where {condition} order by host limit {MATCHES}",  # noqa: S608 - fixed conditions
        values,
    )


def _near(snapshot: Snapshot, text: str) -> list[dict[str, Any]]:
    """Up to five sites whose host or name is similar, most similar first."""
    if len(text) < 3:
        return []
    return reader.rows(
        snapshot,
        "select *, greatest(jaro_winkler_similarity(host, ?), jaro_winkler_similarity(coalesce(name, ''), ?)) as near"
        " from ratings where near >= ? order by near desc, host limit 5",
        [text, text, _SIMILAR],
    )
