"""Tables as CSV files that open correctly, and harmlessly, in a spreadsheet; whole tables of a snapshot as CSV or JSON Lines.

UTF-8 with a byte order mark for Excel, CRLF lines, and an apostrophe before anything a spreadsheet would run as a formula.

The Parquet files lie in the snapshot as they are; a table of any size passes in batches, never whole in memory.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow.parquet as pq

from scoring.snapshot.reader import SITES, TABLES, Snapshot
from store.text.safe_text import cell_text


def cell(value: Any) -> str | int | float:
    """One value for a CSV cell: numbers stay numbers, text is one line and never begins like a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        value = " | ".join(str(v) for v in value)
    return cell_text(str(value))


def csv_bytes(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> bytes:
    """The rows as a CSV file with the given columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
_BATCH = 5_000


def stream(snapshot: Snapshot, table: str, form: str) -> Iterator[bytes]:
    """The table in one of FORMATS, piece by piece; KeyError for a table or a form there is none of."""
    if table not in TABLES or form not in FORMATS:
        raise KeyError(f"{table}.{form}")
    return _pieces(snapshot, table, form)


def _pieces(snapshot: Snapshot, table: str, form: str) -> Iterator[bytes]:
    columns = TABLES[table].names
    if form == "csv":
        yield csv_bytes((), columns)
    for rows in _batches(snapshot, table):
        yield _csv(rows, columns) if form == "csv" else b"".join(_line(row) for row in rows)


def _batches(snapshot: Snapshot, table: str) -> Iterator[list[dict[str, Any]]]:
    own = snapshot.path / SITES / f"{table}.parquet"
    anew = snapshot.updated if own.is_file() else frozenset()
    for folder in (snapshot.whole, *([snapshot.path / SITES] if anew else ())):
        file = folder / f"{table}.parquet"
        if not file.is_file():
            return  # a table an earlier method did not have: empty
        with pq.ParquetFile(file) as open_file:
            for batch in open_file.iter_batches(_BATCH):
                rows = batch.to_pylist()
                yield (
                    [row for row in rows if row["host"] not in anew]
                    if anew and folder == snapshot.whole
                    else rows
                )


def _csv(rows: list[dict[str, Any]], columns: list[str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(plain(row), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def plain(value: Any) -> Any:
    """The value with dates as ISO 8601 text and numbers JSON cannot carry as null."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
