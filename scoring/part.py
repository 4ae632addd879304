"""A chunk of platforms judged, as the rows of the published tables: the one pure function every engine runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from scoring.closures import closures_of
from scoring.evidence import codes
from scoring.facts import Facts
from scoring.figure_rows import figure_rows, set_aside_rows
from scoring.finding_rows import finding_table
from scoring.history import history_table
from scoring.judge import Judged, judge
from scoring.output import change_rows, rating_rows, warning_rows
from scoring.proposals import propose
from scoring.sector import Tally, tally
from scoring.series import series_table
from scoring.snapshot import TABLES
from scoring.tables import site_tables

CHUNK = 256
"""Platforms judged at once: their panels (platforms × days) are what fills the memory, and few of them stay near the processor."""
CITING = {
    "ratings": "reason_evidence",
    **dict.fromkeys(
        ("findings", "warnings", "identity", "promises", "practices", "links", "set_aside"), "evidence"
    ),
}
"""Table -> its column of evidence, which holds codes (scoring/evidence.py) until scoring/naming.py has named them."""
_CODES = pa.list_(pa.int64())
_ORDER = {
    "findings": ("host", "indicator"),
    "warnings": ("host", "on"),
    "changes": ("host", "on", "what"),
    "series": ("host", "measure", "on"),
}


@dataclass(frozen=True)
class Part:
    """What was found about a chunk: its rows of the published tables by table name, what a person must decide, and what it
    adds to the sector's table."""

    tables: dict[str, pa.Table]
    proposals: list[tuple[str, str, str]]
    sector: Tally
    platforms: int


def part_of(facts: Facts, as_of: dt.date, history: bool) -> Part:
    """Judge the platforms of `facts` (with priors) on every day up to `as_of`."""
    judged = judge(facts)
    tables = {**_rows(judged, as_of), "findings": finding_table(judged), "series": series_table(judged)}
    if history:
        tables["history"] = history_table(judged)
    ordered = {n: _sorted(t, _ORDER[n]) if n in _ORDER else t for n, t in tables.items()}
    return Part(ordered, propose(judged), tally(facts, closures_of(judged)), len(facts.sites))


def _rows(judged: Judged, as_of: dt.date) -> dict[str, pa.Table]:
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
