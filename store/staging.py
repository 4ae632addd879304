"""Bulk upserts on PostgreSQL: rows go by COPY into a temporary table and from there, in one statement, into their own.

The join rules are those of store/upsert.py; only the way the rows travel differs, and the outcome is the same row for row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, UniqueConstraint, bindparam, select

FEWEST = 500
"""From so many rows on a temporary table costs less than it saves (benchmarks/ingest.py)."""
_NTH = "nth"


@cache
def staging_of(table: Table) -> Table:
    """The temporary table for rows of `table`: the same columns without constraints, and which look of its key a row is."""
    columns = [Column(column.name, column.type) for column in table.columns]
    return Table(
        f"staging_{table.name}",
        MetaData(),
        *columns,
        Column(_NTH, Integer),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )


def fill(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], key: Sequence[str]) -> int:
    """COPY `rows` into the staging table of `table`; returns how many looks of one key there are at most (1 without a key).

    One statement may join a row once only, so several looks of one key go one after another, in their order.
    """
    staging = staging_of(table)
    staging.create(connection)
    names = list(rows[0])
    processors = [_processor(connection, table.columns[name].type) for name in names]
    seen: Counter[tuple[Any, ...] | None] = Counter()
    quoted = ", ".join(f'"{name}"' for name in (*names, _NTH))
    driver: Any = connection.connection  # psycopg's own: SQLAlchemy knows no COPY
    with driver.cursor() as cursor, cursor.copy(f'COPY "{staging.name}" ({quoted}) FROM STDIN') as out:
        for row in rows:
            look = tuple(row[name] for name in key) if key else None
            out.write_row(
                [*(process(row[name]) for name, process in zip(names, processors, strict=True)), seen[look]]
            )
            seen[look] += look is not None
    return max(seen.values()) if key else 1


def unstage(target: Any, table: Table, names: Sequence[str]) -> Any:
    """`target`, an insert into `table`, of the staged rows that are look number `nth` (a bound parameter)."""
    staging = staging_of(table)
    wanted = select(*(staging.c[name] for name in names)).where(staging.c[_NTH] == bindparam(_NTH))
    return target.from_select(list(names), wanted)


def drop(connection: Connection, table: Table) -> None:
    """Take the staging table away; the next batch of the same transaction makes its own."""
    staging_of(table).drop(connection)


def key_of(table: Table) -> tuple[str, ...]:
    """The columns of a table's natural key."""
    unique = next((c for c in table.constraints if isinstance(c, UniqueConstraint)), None)
    return tuple(column.name for column in unique.columns) if unique is not None else ()


def _processor(connection: Connection, type_: Any) -> Callable[[Any], Any]:
    """What the dialect does with a value of this type before the driver gets it."""
    found = type_.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return found if found is not None else lambda value: value
