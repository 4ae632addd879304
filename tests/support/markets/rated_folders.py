"""Two rated folders, or two snapshots, held against each other: text, dates and integers exactly, floats to a tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as kinds

from scoring.snapshot.reader import TABLES


def differences(a: Path, b: Path, tolerance: float, tables: Iterable[str] = TABLES) -> list[str]:
    """What differs, a line a column; empty when both folders say the same."""
    out = []
    for name in tables:
        left, right = (pq.read_table(folder / f"{name}.parquet") for folder in (a, b))
        if left.num_rows != right.num_rows or left.schema != right.schema:
            out.append(f"{name}: {left.num_rows} and {right.num_rows} rows, or other columns")
            continue
        out += [
            f"{name}.{column}: {_far(left[column], right[column], tolerance)}"
            for column in left.column_names
            if _far(left[column], right[column], tolerance)
        ]
    return out


def _far(left: pa.ChunkedArray, right: pa.ChunkedArray, tolerance: float) -> str:
    if left.equals(right):
        return ""
    pairs = list(zip(left.to_pylist(), right.to_pylist(), strict=True))
    if kinds.is_floating(left.type):
        pairs = [
            (u, v)
            for u, v in pairs
            if (u is None) != (v is None)
            or (u is not None and not abs(u - v) <= tolerance and (u == u or v == v))
        ]
    else:
        pairs = [(u, v) for u, v in pairs if u != v]
    return f"{len(pairs)} rows, first {pairs[0]}" if pairs else ""
