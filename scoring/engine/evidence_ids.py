"""The last step of a chunk: what it cites gets its stable ids, and its part of the evidence table is made.

It reads the observations cited from the database, so it runs where that can be reached; everything before it is pure.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from scoring.engine.chunk import CITING, ChunkResult
from scoring.observations.dataset import Dataset, Ints
from scoring.observations.day_index import end_of_day
from scoring.snapshot.reader import TABLES
from scoring.tables.evidence import codes, resolve
from scoring.tables.registers import reports


class EvidenceResolver:
    """Names the evidence of one chunk after another. What links cite is known at once: it is other sites' evidence too."""

    def __init__(self, engine: Engine, facts: Dataset, as_of: dt.date) -> None:
        self._engine, self._rows = engine, facts.rows
        self._places = {site.host: place for place, site in enumerate(facts.sites)}
        linked = {c for links in facts.kin.links.values() for link in links for c in codes(link.cited)}
        with engine.connect() as connection:
            self._linked, found = resolve(connection, np.array(sorted(linked), dtype=np.int64))
        self._linked_ids, self._linked_hosts = found["id"], found["host"]
        self._told = reports(engine, end_of_day(as_of))

    def let_go(self) -> None:
        """Close connections: the process is about to be forked."""
        self._engine.dispose()

    def __call__(self, part: ChunkResult) -> ChunkResult:
        """The chunk's tables as published."""
        hosts = part.tables["ratings"]["host"]
        mine = pc.is_in(self._linked_hosts, value_set=hosts).to_numpy()
        wanted = np.unique(np.concatenate([self._linked[mine], *map(_cited, _citing(part.tables))]))
        wanted = wanted[~np.isin(wanted, self._linked[~mine])]
        # What was set aside is named and is no evidence for anything said.
        every = np.union1d(wanted, _cited(part.tables["set_aside"]["evidence"].combine_chunks()))
        with self._engine.connect() as connection:
            known, rows = resolve(connection, every)
        names = _Names(
            np.concatenate([known, self._linked[~mine]]),
            _one([rows["id"], self._linked_ids.filter(pa.array(~mine))]),
        )
        tables = {n: _named(t, n, names) for n, t in part.tables.items()}
        evidence = _once(rows.filter(pa.array(np.isin(known, wanted))))
        tables["ratings"] = _counted(tables["ratings"], evidence)
        among = set(hosts.to_pylist())
        told = pa.Table.from_pylist([e for e in self._told if e["host"] in among], TABLES["evidence"])
        tables["evidence"] = pa.concat_tables([evidence, told]).sort_by(
            [("host", "ascending"), ("id", "ascending")]
        )
        return replace(part, tables=tables)


class _Names:
    """Code -> id, for whole columns."""

    def __init__(self, known: Ints, ids: pa.Array) -> None:
        order = np.argsort(known)
        self._known, self._ids = known[order], ids.take(pa.array(order))

    def of(self, column: pa.ListArray) -> pa.ListArray:
        """The lists with ids for codes; what no longer exists is left out."""
        offsets = column.offsets.to_numpy()
        inner = column.values[offsets[0] : offsets[-1]]
        offsets = offsets - offsets[0]
        if pa.types.is_list(inner.type):
            return pa.ListArray.from_arrays(pa.array(offsets), self.of(inner))
        wanted = inner.to_numpy()
        if not len(self._known):
            return pa.ListArray.from_arrays(pa.array(np.zeros_like(offsets)), self._ids)
        at = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        there = self._known[at] == wanted
        ends = np.concatenate([[0], np.cumsum(there)])[offsets].astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), self._ids.take(pa.array(at[there])))


def _one(columns: list[pa.ChunkedArray]) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *(c for column in columns for c in column.chunks)])


def _citing(tables: dict[str, pa.Table]) -> list[pa.ListArray]:
    """Every column of codes but those of links, and of what was set aside."""
    cited = [n for n in tables if n in CITING and n not in ("links", "set_aside")]
    return [tables[n][CITING[n]].combine_chunks() for n in cited]


def _cited(column: Any) -> Ints:
    column = column.flatten()
    found: Ints = (column.flatten() if pa.types.is_list(column.type) else column).to_numpy()
    return found


def _named(table: pa.Table, name: str, names: _Names) -> pa.Table:
    """The table in its published form."""
    if name not in CITING:
        return table
    column = CITING[name]
    at = table.schema.get_field_index(column)
    field = TABLES[name].field(column)
    ids = names.of(table[column].combine_chunks())
    # The rows of this table come in the order of their import, which must not show.
    ids = _sorted(ids) if name == "set_aside" else ids
    return table.set_column(at, field, ids.cast(field.type))


def _sorted(lists: pa.ListArray) -> pa.ListArray:
    """Each list by itself in the order of its values."""
    flat = pa.table({"list": pc.list_parent_indices(lists), "value": lists.flatten()})
    values = flat.sort_by([("list", "ascending"), ("value", "ascending")])["value"].combine_chunks()
    return pa.ListArray.from_arrays(lists.offsets, values)


def _once(rows: pa.Table) -> pa.Table:
    """One row an id, of the last observation that has it, by host and id."""
    newest = {id_: at for at, id_ in enumerate(rows["id"].to_pylist())}
    return rows.take(pa.array(list(newest.values()), pa.int64()))


def _counted(ratings: pa.Table, evidence: pa.Table) -> pa.Table:
    """The ratings with their number of pieces of evidence; reports by users are shown and do not count."""
    counts = {c["values"]: c["counts"] for c in pc.value_counts(evidence["host"]).to_pylist()}
    n = pa.array([counts.get(host, 0) for host in ratings["host"].to_pylist()], pa.int64())
    return ratings.set_column(
        ratings.schema.get_field_index("evidence_n"), ratings.schema.field("evidence_n"), n
    )
