"""Idempotent upserts in bulk, the same for SQLite and PostgreSQL; on PostgreSQL rows travel by COPY through a temporary table.

The join rules are those of store/db/upsert.py; only the way the rows travel differs, and the outcome is the same row for row.

What is seen of one complaint or order in several looks is joined column by column so that the order of the looks does
not matter: an old export read after a new one takes nothing back. Every rule is a maximum or minimum of its own column
(or, for the text, of the whole group of columns read from it), hence commutative, associative and idempotent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import sqlite

from store.db.base import Base
from store.db.tables import Complaint, Mention, Move, Order, Penalty, Resolution

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


AnyColumn = ColumnElement[Any]
STATUS_ORDER = ("open", "replied", "closed", "completed")
"""A complaint only advances; one the complainant confirmed as settled stays settled when a later page calls it closed."""
STATE_ORDER = ("processing", "missing", "delivered", "refunded")
_EARLIEST = ("seen_at", "filed_at", "replied_at", "completed_at", "replied_seen_at", "completed_seen_at")
READ_FROM_TEXT = ("title", "text", "primary_kind", "kinds", "fingerprint", "signature")
"""Columns of a complaint that go together: the longer text wins, a list's summary never replaces the whole."""


_JSON = ("kinds", "steps")


def upsert_observations(connection: Connection, model: type[Any], rows: list[dict[str, Any]]) -> int:
    """Insert `rows`, or join them with those already there; returns how many rows changed.

    A time, text or amount once known is kept when another look does not show it.
    """
    dialect, table = connection.dialect.name, model.__table__
    if dialect != "postgresql" or len(rows) < FEWEST:
        return changed_rows(connection, _statement(dialect, model), rows)  # type: ignore[arg-type]
    key = key_of(table) if model in _JOINS else ()
    looks = fill(connection, table, rows, key)
    statement = _staged(dialect, model, tuple(rows[0]))  # type: ignore[arg-type]
    changed = sum(changed_rows(connection, statement, [{"nth": nth}]) for nth in range(looks))
    drop(connection, table)
    return changed


@cache
def _statement(dialect: str, model: type[Any]) -> sqlite.Insert:
    """The upsert of one table; built once, because building it costs more than running it."""
    return _joined(insert_into(dialect, model.__table__), dialect, model)


@cache
def _staged(dialect: str, model: type[Any], names: tuple[str, ...]) -> sqlite.Insert:
    """The same of rows that were staged."""
    return _joined(unstage(insert_into(dialect, model.__table__), model.__table__, names), dialect, model)


def _joined(statement: sqlite.Insert, dialect: str, model: type[Any]) -> sqlite.Insert:
    """An insert that joins a row with the one that is there."""
    table: Table = model.__table__
    join = _JOINS.get(model)
    if join is None:
        return statement.on_conflict_do_nothing()
    unique = next(c for c in table.constraints if isinstance(c, UniqueConstraint))
    old, new = table.c, statement.excluded
    values = {"platform_id": func.coalesce(old.platform_id, new.platform_id)} | join(old, new, dialect)
    # JSON has no equality on PostgreSQL.
    changed = or_(
        *(
            _json(old[name]).is_distinct_from(_json(value))
            if name in _JSON
            else old[name].is_distinct_from(value)
            for name, value in values.items()
        )
    )
    return statement.on_conflict_do_update(
        index_elements=[c.name for c in unique.columns], set_=values, where=changed
    )


def _complaint(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    most, least = _pair(dialect)
    values = {name: least(old[name], new[name]) for name in _EARLIEST}
    values |= {name: most(old[name], new[name]) for name in ("amount", "stars")}
    values["url"] = _later(old.url, new.url, dialect)
    values["complainant"] = _later(old.complainant, new.complainant, dialect)
    values["status"] = _furthest(old.status, new.status, STATUS_ORDER)
    more_steps = _greater(_weight(_json(new.steps), dialect), _weight(_json(old.steps), dialect))
    values["steps"] = case((more_steps, new.steps), else_=old.steps)
    fuller = _greater(
        [key for name in ("text", "title") for key in _weight(new[name], dialect)],
        [key for name in ("text", "title") for key in _weight(old[name], dialect)],
    )
    return values | {name: case((fuller, new[name]), else_=old[name]) for name in READ_FROM_TEXT}


def _order(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    _, least = _pair(dialect)
    values = {name: least(old[name], new[name]) for name in ("seen_at", "delivered_at", "refunded_at")}
    values["state"] = _furthest(old.state, new.state, STATE_ORDER)
    values["drop_kind"] = _later(old.drop_kind, new.drop_kind, dialect)
    return values


def _penalty(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    _, least = _pair(dialect)
    return {"seen_at": least(old.seen_at, new.seen_at), "ended_on": least(old.ended_on, new.ended_on)}


def _move(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    _, least = _pair(dialect)
    return {name: least(old[name], new[name]) for name in ("seen_at", "observed_at")}


def _mention(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    most, least = _pair(dialect)
    values = {"seen_at": least(old.seen_at, new.seen_at), "state_at": least(old.state_at, new.state_at)}
    values |= {"replies": most(old.replies, new.replies), "url": _later(old.url, new.url, dialect)}
    return values | {"state": _furthest(old.state, new.state, ("open", "solved"))}


def _resolution(old: Any, new: Any, dialect: str) -> dict[str, AnyColumn]:
    """The name server answers first, the address registry later: its answer, once there, is what the row cites."""
    most, _ = _pair(dialect)
    told = and_(old.network_owner.is_(None), new.network_owner.is_not(None))
    values = {name: most(old[name], new[name]) for name in ("network_owner", "network_abuse")}
    return values | {"capture_id": case((told, new.capture_id), else_=old.capture_id)}


_JOINS: dict[type[Any], Callable[[Any, Any, str], dict[str, AnyColumn]]] = {
    Complaint: _complaint,
    Mention: _mention,
    Move: _move,
    Order: _order,
    Penalty: _penalty,
    Resolution: _resolution,
}


def _pair(
    dialect: str,
) -> tuple[Callable[[AnyColumn, AnyColumn], AnyColumn], Callable[[AnyColumn, AnyColumn], AnyColumn]]:
    """(greater, lesser) of two columns; where one is unknown, the other."""
    names = ("max", "min") if dialect == "sqlite" else ("greatest", "least")

    def of(name: str) -> Callable[[AnyColumn, AnyColumn], AnyColumn]:
        # SQLite's max and min answer NULL when one side is NULL; PostgreSQL's ignore it.
        return lambda a, b: getattr(func, name)(func.coalesce(a, b), func.coalesce(b, a), type_=a.type)

    return of(names[0]), of(names[1])


def _furthest(old: AnyColumn, new: AnyColumn, order: Sequence[str]) -> AnyColumn:
    def rank(status: AnyColumn) -> AnyColumn:
        places = ((status == _constant(f"'{name}'"), _constant(str(i))) for i, name in enumerate(order))
        return case(*places, else_=_constant("-1"))

    return case((rank(new) > rank(old), new), else_=old)


def _constant(sql: str) -> AnyColumn:
    """A constant written into the statement: as parameters they were two hundred and sixty a row, and most of the time."""
    return literal_column(sql)


def _later(old: AnyColumn, new: AnyColumn, dialect: str) -> AnyColumn:
    """The text that sorts last by its bytes; which one matters less than that it is always the same one."""
    further = func.coalesce(_bytes(new, dialect) > _bytes(old, dialect), old.is_(None))
    return case((further, new), else_=old)


def _weight(text: AnyColumn, dialect: str) -> tuple[AnyColumn, AnyColumn]:
    known = func.coalesce(text, _constant("''"))
    return func.length(known), _bytes(known, dialect)


def _json(value: AnyColumn) -> AnyColumn:
    return cast(value, Text)


def _bytes(text: AnyColumn, dialect: str) -> AnyColumn:
    """Compared byte by byte, whatever the locale of the server."""
    return text.collate("BINARY" if dialect == "sqlite" else "C")


def _greater(a: Sequence[AnyColumn], b: Sequence[AnyColumn]) -> AnyColumn:
    """Lexicographic a > b."""
    return or_(
        *(and_(*(x == y for x, y in zip(a[:i], b[:i], strict=True)), a[i] > b[i]) for i in range(len(a)))
    )


def changed_rows(connection: Connection, statement: sqlite.Insert, rows: list[dict[str, Any]]) -> int:
    """Execute and count the rows really inserted or updated (drivers drop the count unless asked to keep it)."""
    return int(connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount)


def insert_for(connection: Connection, into: type[Base] | Table) -> sqlite.Insert:
    """An insert that knows ON CONFLICT, in the connection's dialect (both dialects share the interface)."""
    return insert_into(connection.dialect.name, into)


def insert_into(dialect: str, into: type[Base] | Table) -> sqlite.Insert:
    """The same for a dialect's name, for statements that are built once and kept."""
    table: Any = into if isinstance(into, Table) else into.__table__
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 60 ms of a start on SQLite

    return postgresql.insert(table)  # type: ignore[return-value]
