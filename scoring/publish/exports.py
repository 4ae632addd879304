"""Exports for others' tools: datapackage.json (Frictionless v2), ratings.csv, and slim copies of the ratings for look-ups.

Written by the publisher beside the tables; `Snapshot` offers them as views, and computes them where they are missing.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

import duckdb
import pyarrow as pa

from scoring.method import METHOD_VERSION
from scoring.snapshot.reader import SLIM, TABLES, quoted
from store.text.safe_text import cell_text

_TYPES = {
    "string": "string",
    "double": "number",
    "int64": "integer",
    "int32": "integer",
    "date32[day]": "date",
    "bool": "boolean",
}


def ratings_csv(rows: list[dict[str, Any]], file: Path) -> None:
    """The ratings as CSV: UTF-8 with header, lists as JSON, booleans true/false, empty = unknown."""
    names = TABLES["ratings"].names
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv_rows([names, *([row[name] for name in names] for row in rows)], stream)


def csv_rows(rows: Iterable[Sequence[Any]], stream: TextIO) -> None:
    """Append lines to a CSV."""
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return cell_text(value) if isinstance(value, str) else value


def datapackage(folder: Path, as_of: dt.date) -> dict[str, Any]:
    """The package descriptor: the CSV as a table with schema, every Parquet file with its columns, size and hash."""
    resources = [
        {
            "name": "ratings",
            "type": "table",
            "path": "ratings.csv",
            "scheme": "file",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {
                "fields": [_field(f) for f in TABLES["ratings"]],
                "missingValues": [""],
                "primaryKey": ["host"],
            },
            **_fixity(folder / "ratings.csv"),
        }
    ]
    for table, schema in TABLES.items():
        resources.append(
            {
                "name": f"{table}-parquet",
                "type": "file",
                "path": f"{table}.parquet",
                "scheme": "file",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "columns": [{"name": f.name, "type": str(f.type)} for f in schema],
                **_fixity(folder / f"{table}.parquet"),
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "kamengwatch-snapshot",
        "title": "卡盟信用观察 kamengwatch",
        "version": METHOD_VERSION,
        "created": f"{as_of.isoformat()}T00:00:00+08:00",
        "licenses": [{"name": "CC-BY-4.0", "title": "Creative Commons Attribution 4.0"}],
        "resources": resources,
    }


def _field(field: pa.Field) -> dict[str, Any]:
    kind = str(field.type)
    name = (
        "datetime" if kind.startswith("timestamp") else "array" if kind.startswith("list") else _TYPES[kind]
    )
    return {"name": field.name, "type": name}


def _fixity(file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    return {"bytes": len(data), "hash": "sha256:" + hashlib.sha256(data).hexdigest()}


ROW_GROUP = 50_000


def write_slim(folder: Path, ratings: str = "") -> None:
    """Write the files of SLIM from the ratings of a snapshot folder (or this source of them); memory stays small whatever its size."""
    source = ratings or f"read_parquet('{quoted(folder / 'ratings.parquet')}')"
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        for name, query in SLIM.items():
            db.execute(
                f"copy ({query.format(ratings=source)}) to '{quoted(folder / f'{name}.parquet')}'"
                f" (format parquet, compression zstd, row_group_size {ROW_GROUP})"
            )
