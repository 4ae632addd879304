"""What changed between two snapshots, as a file: the rows each table lost and gained, exact in every column (docs/snapshot.md, "Deltas").

Tables are bags of rows: the older one, with the columns that merely date a row restated, less `removed`, plus `added`, is the newer one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.snapshot.reader import OF_SITES, TABLES, Snapshot
from store.text.safe_text import check_zip_count

FORMAT = "kamengwatch-delta/1"
_ABOUT = "delta.json"
_REMOVED, _ADDED = "removed", "added"
_RESTATED = ("as_of", "method_version")
"""Columns of `ratings` that say the same of nearly every row: their new value is told once and not a row at a time."""
_AT_ONCE = 100_000
"""Rows that are compared in one piece, so that memory does not grow with the market."""

Restated = dict[str, list[str]]
"""Column → the older and the newer value."""
_Piece = tuple[str, list[Any]]


class DeltaError(ValueError):
    """A file that is no delta, or a damaged one; the message says what is wrong."""


@dataclass(frozen=True)
class Delta:
    """A delta file that was read: what `delta.json` says, and the Parquet files by (removed or added, table)."""

    about: dict[str, Any]
    packed: dict[tuple[str, str], bytes]

    @cached_property
    def rows(self) -> dict[tuple[str, str], pa.Table]:
        """The rows by (removed or added, table); raises DeltaError where a file is damaged."""
        try:
            return {
                of: pq.read_table(io.BytesIO(data)).cast(TABLES[of[1]]) for of, data in self.packed.items()
            }
        except (OSError, ValueError, LookupError) as error:
            raise DeltaError("不是差异文件，或已损坏 no delta, or a damaged one") from error

    def count(self, side: str, table: str) -> int:
        """How many rows a file says it holds; a few bytes can stand for billions."""
        data = self.packed.get((side, table))
        return int(pq.ParquetFile(io.BytesIO(data)).metadata.num_rows) if data is not None else 0


def write_delta(older: Snapshot, newer: Snapshot, file: Path) -> dict[str, Any]:
    """Write the delta from `older` to `newer` and return what its `delta.json` says; the same two give the same bytes.

    Partial snapshots are read as the reader shows them, together with the whole one they stand on. Raises SnapshotError.
    """
    restated = _restated(older, newer)
    about: dict[str, Any] = {
        "format": FORMAT, "older": _named(older), "newer": _named(newer), "restated": {"ratings": restated}, "tables": {}, "files": {},
    }  # fmt: skip
    with zipfile.ZipFile(file, "w") as packed, _comparing() as db:
        for table, schema in TABLES.items():
            found: dict[str, list[pa.Table]] = {_REMOVED: [], _ADDED: []}
            rows = 0
            for piece in _pieces(table, older, newer):
                old, new = _read(older, table, piece, restated), _read(newer, table, piece)
                rows += new.num_rows
                found[_REMOVED].append(_less(db, old, new))
                found[_ADDED].append(_less(db, new, old))
            about["tables"][table] = {"rows": rows}
            for side, parts in found.items():
                whole = pa.concat_tables(parts).cast(schema)
                about["tables"][table][side] = whole.num_rows
                if whole.num_rows:
                    sink = io.BytesIO()
                    pq.write_table(whole.combine_chunks(), sink, compression="zstd")
                    name = f"{side}/{table}.parquet"
                    packed.writestr(zipfile.ZipInfo(name), sink.getvalue())
                    about["files"][name] = hashlib.sha256(sink.getvalue()).hexdigest()
        packed.writestr(zipfile.ZipInfo(_ABOUT), json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    return about


def read_delta(file: Path) -> Delta:
    """The delta in a file, every part of it held against its hash; its rows are read when they are asked for. Raises DeltaError."""
    try:
        check_zip_count(file, 2 * len(TABLES) + 1)
        with zipfile.ZipFile(file) as packed:
            # Written uncompressed: nothing in it can be larger than the file.
            members = {i.filename: i for i in packed.infolist() if i.compress_type == zipfile.ZIP_STORED}
            about = json.loads(packed.read(members[_ABOUT]))
            if about["format"] != FORMAT:
                raise DeltaError(f"格式不是 no {FORMAT}: {str(about['format'])[:60]}")
            parts = {}
            for name, digest in about["files"].items():
                side, _, table = name.removesuffix(".parquet").partition("/")
                content = packed.read(members[name])
                if hashlib.sha256(content).hexdigest() != digest:
                    raise DeltaError(f"{name[:60]}: 与登记的哈希不符 altered")
                if (
                    table not in TABLES
                    or pq.ParquetFile(io.BytesIO(content)).schema_arrow.names != TABLES[table].names
                ):
                    raise DeltaError(f"{name[:60]}: 不是本版本的表 no table of this version")
                parts[side, table] = content
            for name in ("older", "newer"):
                about[name]["id"], about[name]["manifest_sha256"]
            return Delta(about, parts)
    except DeltaError:
        raise
    except (OSError, zipfile.BadZipFile, ValueError, LookupError, TypeError, AttributeError, RecursionError, RuntimeError) as error:  # fmt: skip
        raise DeltaError("不是差异文件，或已损坏 no delta, or a damaged one") from error


def delta_errors(delta: Delta, older: Snapshot, newer: Snapshot) -> Iterator[str]:
    """A line for each table that the delta does not lead to from the older snapshot; none where it is exact. Raises SnapshotError."""
    for name, snapshot in (("older", older), ("newer", newer)):
        if delta.about[name]["manifest_sha256"] != _named(snapshot)["manifest_sha256"]:
            yield f"{snapshot.id}: manifest.json 与制作时不同 is another than when the delta was made"
    for table in TABLES:
        for side, snapshot in ((_REMOVED, older), (_ADDED, newer)):
            if delta.count(side, table) > _rows(snapshot, table):
                yield f"{side}/{table}: 行数超过 {snapshot.id} 的 more rows than {snapshot.id} has"
                return
    restated = _restated(older, newer)
    if delta.about.get("restated") != {"ratings": restated}:
        yield "restated: 与两份快照的清单不符 is not what the manifests of the two say"
    with _comparing() as db:
        for table, schema in TABLES.items():
            removed, added = (
                delta.rows.get((side, table), schema.empty_table()) for side in (_REMOVED, _ADDED)
            )
            for piece in _pieces(table, older, newer):
                kept = _less(db, _read(older, table, piece, restated), _within(db, removed, piece))
                made = pa.concat_tables([kept, _within(db, added, piece)])
                new = _read(newer, table, piece)
                if _less(db, made, new).num_rows or _less(db, new, made).num_rows:
                    yield f"{table}: 与较新的快照不符 does not lead to the newer snapshot"
                    break


def _named(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "manifest_sha256": hashlib.sha256((snapshot.path / "manifest.json").read_bytes()).hexdigest(),
        "as_of": snapshot.manifest.get("as_of"),
        "method_version": snapshot.manifest.get("method_version"),
    }


def _restated(older: Snapshot, newer: Snapshot) -> Restated:
    found = {name: [str(s.manifest.get(name)) for s in (older, newer)] for name in _RESTATED}
    try:
        for day in found["as_of"]:
            dt.date.fromisoformat(day)
    except ValueError:
        del found["as_of"]
    return {name: values for name, values in found.items() if values[0] != values[1]}


def _pieces(table: str, older: Snapshot, newer: Snapshot) -> Iterator[_Piece]:
    """Conditions, with their values, that share out the rows of a table: ranges of hosts, in the order of its file."""
    most = max(_rows(s, table) for s in (older, newer))
    ends: list[str] = []
    if table in OF_SITES and most > _AT_ONCE:
        hosts = [row["host"] for row in newer.rows("select host from ratings where host is not null order by host")]  # fmt: skip
        step = max(1, len(hosts) * _AT_ONCE // most)
        ends = hosts[step::step]
    if not ends:
        yield "true", []
        return
    yield "(host < ? or host is null)", [ends[0]]
    for low, high in zip(ends, ends[1:], strict=False):
        yield "(host >= ? and host < ?)", [low, high]
    yield "host >= ?", [ends[-1]]


def _rows(snapshot: Snapshot, table: str) -> int:
    return int(snapshot.rows(f'select count(*) as n from "{table}"')[0]["n"])  # noqa: S608 - a name of TABLES


def _read(snapshot: Snapshot, table: str, piece: _Piece, restated: Restated | None = None) -> pa.Table:
    """The rows of a piece of a table, its dating columns restated."""
    columns, values = [], []
    for field in TABLES[table]:
        name = f'"{field.name}"'
        if table == "ratings" and restated and field.name in restated:
            kind = "date" if pa.types.is_date(field.type) else "varchar"
            columns.append(f"if({name} = cast(? as {kind}), cast(? as {kind}), {name}) as {name}")
            values += restated[field.name]
        else:
            columns.append(name)
    where, ends = piece
    query = f'select {", ".join(columns)} from "{table}" where {where}'  # noqa: S608 - names of TABLES, fixed conditions
    return snapshot.arrow(query, [*values, *ends]).cast(TABLES[table])


def _less(db: duckdb.DuckDBPyConnection, rows: pa.Table, other: pa.Table) -> pa.Table:
    """The rows that `other` does not have, as often as it lacks them, in one order."""
    if rows.equals(other):
        return rows.slice(0, 0)
    return _asked(db, "select * from a except all select * from b order by all", [], a=rows, b=other)


def _within(db: duckdb.DuckDBPyConnection, rows: pa.Table, piece: _Piece) -> pa.Table:
    where, ends = piece
    return _asked(db, f"select * from a where {where}", ends, a=rows)  # noqa: S608 - fixed conditions


def _asked(db: duckdb.DuckDBPyConnection, query: str, values: list[Any], **tables: pa.Table) -> pa.Table:
    for name, table in tables.items():
        db.register(name, table)
    found: pa.Table = db.execute(query, values).to_arrow_table()
    return found.cast(tables["a"].schema)


def _comparing() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 2})
