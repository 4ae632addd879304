"""Rate one chunk of platforms and write its rows of the published tables: the one pure function every backend runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from scoring.observations.dataset import FittedDataset
from scoring.promise_ledger import promise_rows
from scoring.rating.assessment import Assessment, assess
from scoring.rating.closures import closures_of
from scoring.snapshot.reader import TABLES
from scoring.tables.evidence import codes
from scoring.tables.figures import figure_rows, set_aside_rows
from scoring.tables.findings import finding_table
from scoring.tables.identity import identity_rows
from scoring.tables.network import identifier_rows, link_rows, move_rows, notify_rows
from scoring.tables.practices import practice_rows
from scoring.tables.ratings import change_rows, propose, rating_rows, warning_rows
from scoring.tables.sector import Tally, tally
from scoring.tables.time_series import history_table, series_table


def site_tables(judged: Assessment) -> dict[str, list[dict[str, Any]]]:
    """Rows of each of these tables for a chunk of platforms."""
    return {
        "identity": identity_rows(judged),
        "promises": promise_rows(judged),
        "practices": practice_rows(judged),
        "links": link_rows(judged.facts.sites, judged.facts.kin.links, judged.facts.first_day),
        "moves": move_rows(judged.facts),
        "identifiers": identifier_rows(judged.facts),
        "notify": notify_rows(judged.facts),
    }


CHUNK = 256
"""Platforms judged at once: their panels (platforms × days) are what fills the memory, and few of them stay near the processor."""
CITING = {
    "ratings": "reason_evidence",
    **dict.fromkeys(
        (
            "findings",
            "warnings",
            "identity",
            "promises",
            "practices",
            "links",
            "moves",
            "identifiers",
            "notify",
            "set_aside",
        ),
        "evidence",
    ),
}
"""Table -> its column of evidence, which holds codes (scoring/tables/evidence.py) until scoring/engine/evidence_ids.py has named them."""
_CODES = pa.list_(pa.int64())
_ORDER = {
    "findings": ("host", "indicator"),
    "warnings": ("host", "on"),
    "changes": ("host", "on", "what"),
    "series": ("host", "measure", "on"),
}


@dataclass(frozen=True)
class ChunkResult:
    """What was found about a chunk: its rows of the published tables by table name, what a person must decide, and what it
    adds to the sector's table."""

    tables: dict[str, pa.Table]
    proposals: list[tuple[str, str, str]]
    sector: Tally
    platforms: int


def assess_chunk(facts: FittedDataset, as_of: dt.date, history: bool) -> ChunkResult:
    """Judge the platforms of `facts` (with priors) on every day up to `as_of`."""
    judged = assess(facts)
    tables = {**_rows(judged, as_of), "findings": finding_table(judged), "series": series_table(judged)}
    if history:
        tables["history"] = history_table(judged)
    ordered = {n: _sorted(t, _ORDER[n]) if n in _ORDER else t for n, t in tables.items()}
    return ChunkResult(ordered, propose(judged), tally(facts, closures_of(judged)), len(facts.sites))


def _rows(judged: Assessment, as_of: dt.date) -> dict[str, pa.Table]:
    warned = warning_rows(judged)
    rows = {
        "ratings": rating_rows(judged, as_of),
        "warnings": warned,
        "changes": change_rows(judged, warned),
        **site_tables(judged),
        "figures": figure_rows(judged),
        "set_aside": set_aside_rows(judged.facts),
    }
    return {name: table_of(found, name) for name, found in rows.items()}


def coded(name: str) -> pa.Schema:
    """The schema of a table before its evidence is named."""
    schema = TABLES[name]
    if name not in CITING:
        return schema
    at = schema.get_field_index(CITING[name])
    return schema.set(at, pa.field(CITING[name], pa.list_(_CODES) if name == "ratings" else _CODES))


def table_of(rows: list[dict[str, Any]], name: str) -> pa.Table:
    """Rows of a table, their evidence as codes."""
    if name == "ratings":
        rows = [row | {"reason_evidence": [codes(one) for one in row["reason_evidence"]]} for row in rows]
    elif name in CITING:
        rows = [row | {"evidence": codes(row["evidence"])} for row in rows]
    return pa.Table.from_pylist(rows, schema=coded(name))


def _sorted(table: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    return table.sort_by([(column, "ascending") for column in columns])
