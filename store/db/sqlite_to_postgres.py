"""Carry a filled SQLite database over to an empty PostgreSQL: table by table in foreign-key order, by COPY, checked row for row.

There is no ledger: what the target holds of a table must be exactly the first rows of the source's, in key order. That
is what makes a killed move resumable, and what tells a half-moved target from somebody else's. The source is only read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    Select,
    String,
    Table,
    Text,
    cast,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError

from store.db.tables import Base

BATCH = 20_000
"""Rows of one COPY and one transaction: what a kill can cost."""
_LOCK = 0x6B6D776D


class NotEmpty(Exception):
    """The target holds rows of `table` that are not the source's."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Differs(Exception):
    """After the move a table of the target is not equal to the source's."""


class Unfit(Exception):
    """A row of the source that PostgreSQL cannot hold: `table`, the row's `key`, and what the server says (`reason`)."""

    def __init__(self, table: str, key: str, reason: str) -> None:
        super().__init__(table, key, reason)
        self.table, self.key, self.reason = table, key, reason


class Busy(Exception):
    """Another move into the same target is running."""


@dataclass(frozen=True)
class Moved:
    """One table: its name, how many rows it has on both sides, how many were copied now, and the SHA-256 over its typed rows."""

    table: str
    rows: int
    copied: int
    sha256: str


def move_over(
    source: Engine, target: Engine, tell: Callable[[str, int, int], None], batch: int = BATCH
) -> list[Moved]:
    """Copy and verify every table; `tell(table, copied, of)` after every committed batch. Both schemas must be current.

    Raises NotEmpty before anything is written where the target holds something else, Busy where another move runs,
    Unfit where PostgreSQL cannot hold a row, Differs where a table is not equal afterwards.
    """
    with source.connect() as old, target.connect() as new:
        old.exec_driver_sql("BEGIN")  # one state of the source, whoever writes to it meanwhile
        if not new.execute(text("select pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar():
            raise Busy
        new.commit()
        try:
            return _move(old, new, tell, batch)
        finally:
            new.invalidate()  # the lock ends with the session


def _move(old: Connection, new: Connection, tell: Callable[[str, int, int], None], batch: int) -> list[Moved]:
    tables = Base.metadata.sorted_tables
    there = {table.name: _prefix(old, new, table) for table in tables}
    new.commit()
    moved = []
    for table in tables:
        copied = _copy(old, new, table, there[table.name], tell, batch)
        _advance_sequence(new, table)
        moved.append(_verified(old, new, table, copied))
    return moved


def _prefix(old: Connection, new: Connection, table: Table) -> int:
    """How many rows of `table` are there already; NotEmpty unless they are the source's first."""
    there = _count(new, table)
    if there and _digest(_rows(new, table)) != _digest(_rows(old, table, limit=there)):
        raise NotEmpty(table.name)
    return there


def _copy(
    old: Connection,
    new: Connection,
    table: Table,
    there: int,
    tell: Callable[[str, int, int], None],
    batch: int,
) -> int:
    total, done = _count(old, table), there
    left = _rows(old, table, offset=there)
    while done < total:
        rows = list(islice(left, batch))
        _write(new, table, rows)
        done += len(rows)
        tell(table.name, done, total)
    return done - there


def _write(new: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """One batch by psycopg's own cursor (SQLAlchemy knows no COPY), in one transaction; Unfit names the row it cannot hold."""
    driver: Any = new.dialect.dbapi
    connection: Any = new.connection
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    at = 0
    try:
        with (
            new.begin(),
            connection.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as out,
        ):
            for at, row in enumerate(rows):  # noqa: B007
                out.write_row(row)
    except driver.DataError as error:
        # The server counts the lines it was given; psycopg itself refuses the row that is being written.
        line = re.search(r", line (\d+)", getattr(error.diag, "context", None) or "")
        row = rows[int(line[1]) - 1 if line else at]
        key = [f"{c.name}={v}" for c, v in zip(table.columns, row, strict=True) if c.primary_key]
        raise Unfit(table.name, ", ".join(key), str(error).splitlines()[0]) from error
    except driver.Error as error:
        raise DBAPIError.instance(None, None, error, driver.Error) from error


def _verified(old: Connection, new: Connection, table: Table, copied: int) -> Moved:
    rows, digest = _count(old, table), _digest(_rows(old, table))
    if _count(new, table) != rows or _digest(_rows(new, table)) != digest:
        raise Differs(table.name)
    new.commit()
    return Moved(table.name, rows, copied, digest)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _digest(rows: Iterator[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode() + b"\n")
    return digest.hexdigest()


def _rows(
    connection: Connection, table: Table, offset: int = 0, limit: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """Typed rows in the order of the primary key (bytes, not locale), streamed; JSON as the text it is kept as."""
    dialect = connection.dialect.name
    keys = [
        key.collate("C") if isinstance(key.type, String) and dialect == "postgresql" else key
        for key in table.primary_key.columns
    ]
    # JSON text keeps a JSON null apart from no value, and every digit of a number.
    columns = [_readable(column, dialect) for column in table.columns]
    query: Select[Any] = select(*columns).order_by(*keys).offset(offset)
    if limit is not None:
        query = query.limit(limit)
    for row in connection.execute(query, execution_options={"yield_per": 2000}):
        yield tuple(row)


def _readable(column: Any, dialect: str) -> Any:
    if not isinstance(column.type, JSON):
        return column
    return (cast if dialect == "postgresql" else type_coerce)(column, Text)


def _advance_sequence(new: Connection, table: Table) -> None:
    """The next row of the target gets a number of its own."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
    new.execute(select(func.setval(sequence, func.coalesce(func.max(column), 0) + 1, False)))
    new.commit()
