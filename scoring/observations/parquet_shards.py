"""The rows of facts as Parquet, a file per kind and chunk of platforms, and back: what an engine on other machines reads.

Working material of one rating: it is written before and removed after. It judges nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from scoring.observations.dataset import Dataset, ObservationColumns
from scoring.observations.panel import D
from scoring.observations.sql_columns import JSON_COLUMNS
from scoring.snapshot.writer import in_use

PLACE = ("platform", "seen", "gone", "day", "at", "id", "source")
_JSON = {b"values": b"json"}


def arrow(rows: ObservationColumns, first_row: int = 0) -> pa.Table:
    """The rows as a table: PLACE, `row` (their position, from `first_row`), and the kind's own columns; JSON as text."""
    columns = {name: pa.array(getattr(rows, name)) for name in PLACE}
    columns["row"] = pa.array(np.arange(first_row, first_row + len(rows)))
    fields = [pa.field(name, values.type) for name, values in columns.items()]
    for name, values in rows.columns.items():
        as_json = name in JSON_COLUMNS and values.dtype == object
        columns[name] = _column(values, as_json)
        fields.append(pa.field(name, columns[name].type, metadata=_JSON if as_json else None))
    return pa.table(columns, schema=pa.schema(fields))


def _column(values: NDArray[Any], as_json: bool) -> pa.Array:
    if as_json:
        return pa.array([json.dumps(v, ensure_ascii=False) for v in values], pa.string())
    return pa.array(values, pa.string()) if values.dtype == object else pa.array(values)


def rows_of(table: pa.Table, kind: str) -> ObservationColumns:
    """The rows a table of `arrow` was made of, exactly."""
    found = {field.name: _values(table[field.name], field) for field in table.schema if field.name != "row"}
    place = {name: found.pop(name) for name in PLACE}
    return ObservationColumns(kind=kind, columns=found, **place)


def _values(column: pa.ChunkedArray, field: pa.Field) -> NDArray[Any]:
    if not pa.types.is_string(field.type):
        return np.array(column.to_numpy())
    out = np.empty(len(column), dtype=object)
    texts = column.to_pylist()
    out[:] = [json.loads(v) for v in texts] if field.metadata == _JSON else texts
    return out


def clear(data_dir: Path) -> Path:
    """Take away what killed ratings left for their workers, but nothing of one that still runs; returns where that is."""
    folder = data_dir.resolve() / "facts"
    for left in folder.glob("*"):
        if not in_use(left):
            shutil.rmtree(left, ignore_errors=True)
    _emptied(folder)
    return folder


def _emptied(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def written(facts: Dataset, data_dir: Path, size: int) -> Iterator[Path]:
    """A folder below `<data>/facts` with `<kind>/<first platform>.parquet` for every `size` platforms; gone afterwards.

    It bears this process's number, so that two ratings at once do not meet.
    """
    folder = clear(data_dir) / f"rate-{os.getpid()}"
    try:
        for kind, rows in facts.rows.items():
            (folder / kind).mkdir(parents=True)
            for low in range(0, len(facts.sites), size):
                a, b = (int(i) for i in np.searchsorted(rows.platform, (low, low + size)))
                pq.write_table(
                    arrow(rows.slice(a, b), a), folder / kind / f"{low}.parquet", compression="zstd"
                )
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _emptied(folder.parent)


def read_part(about: D, folder: Path, low: int, high: int) -> D:
    """The facts about platforms low..high-1, their rows from a `written` folder; `about` is all the rest (rows {})."""
    rows = {}
    for kind in sorted(p.name for p in folder.iterdir()):
        found = rows_of(pq.read_table(folder / kind / f"{low}.parquet"), kind)
        rows[kind] = replace(found, platform=found.platform - low)
    return replace(about.chunk(low, high), rows=rows)
