"""Idempotent upserts in bulk, the same for SQLite and PostgreSQL.

What is seen of one complaint or order in several looks is joined column by column so that the order of the looks does
not matter: an old export read after a new one takes nothing back. Every rule is a maximum or minimum of its own column
(or, for the text, of the whole group of columns read from it), hence commutative, associative and idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    UniqueConstraint,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite

from store import staging
from store.base import Base
from store.tables import Complaint, Move, Order, Penalty

Column = ColumnElement[Any]
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
    if dialect != "postgresql" or len(rows) < staging.FEWEST:
        return changed_rows(connection, _statement(dialect, model), rows)  # type: ignore[arg-type]
    key = staging.key_of(table) if model in _JOINS else ()
    looks = staging.fill(connection, table, rows, key)
    statement = _staged(dialect, model, tuple(rows[0]))  # type: ignore[arg-type]
    changed = sum(changed_rows(connection, statement, [{"nth": nth}]) for nth in range(looks))
    staging.drop(connection, table)
    return changed


@cache
def _statement(dialect: str, model: type[Any]) -> sqlite.Insert:
    """The upsert of one table; built once, because building it costs more than running it."""
    return _joined(insert_into(dialect, model.__table__), dialect, model)


@cache
def _staged(dialect: str, model: type[Any], names: tuple[str, ...]) -> sqlite.Insert:
    """The same of rows that were staged."""
    return _joined(
        staging.unstage(insert_into(dialect, model.__table__), model.__table__, names), dialect, model
    )


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


def _complaint(old: Any, new: Any, dialect: str) -> dict[str, Column]:
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


def _order(old: Any, new: Any, dialect: str) -> dict[str, Column]:
    _, least = _pair(dialect)
    values = {name: least(old[name], new[name]) for name in ("seen_at", "delivered_at", "refunded_at")}
    values["state"] = _furthest(old.state, new.state, STATE_ORDER)
    values["drop_kind"] = _later(old.drop_kind, new.drop_kind, dialect)
    return values


def _penalty(old: Any, new: Any, dialect: str) -> dict[str, Column]:
    _, least = _pair(dialect)
    return {"seen_at": least(old.seen_at, new.seen_at), "ended_on": least(old.ended_on, new.ended_on)}


def _move(old: Any, new: Any, dialect: str) -> dict[str, Column]:
    _, least = _pair(dialect)
    return {name: least(old[name], new[name]) for name in ("seen_at", "observed_at")}


_JOINS: dict[type[Any], Callable[[Any, Any, str], dict[str, Column]]] = {
    Complaint: _complaint,
    Move: _move,
    Order: _order,
    Penalty: _penalty,
}


def _pair(dialect: str) -> tuple[Callable[[Column, Column], Column], Callable[[Column, Column], Column]]:
    """(greater, lesser) of two columns; where one is unknown, the other."""
    names = ("max", "min") if dialect == "sqlite" else ("greatest", "least")

    def of(name: str) -> Callable[[Column, Column], Column]:
        # SQLite's max and min answer NULL when one side is NULL; PostgreSQL's ignore it.
        return lambda a, b: getattr(func, name)(func.coalesce(a, b), func.coalesce(b, a), type_=a.type)

    return of(names[0]), of(names[1])


def _furthest(old: Column, new: Column, order: Sequence[str]) -> Column:
    def rank(status: Column) -> Column:
        places = ((status == _constant(f"'{name}'"), _constant(str(i))) for i, name in enumerate(order))
        return case(*places, else_=_constant("-1"))

    return case((rank(new) > rank(old), new), else_=old)


def _constant(sql: str) -> Column:
    """A constant written into the statement: as parameters they were two hundred and sixty a row, and most of the time."""
    return literal_column(sql)


def _later(old: Column, new: Column, dialect: str) -> Column:
    """The text that sorts last by its bytes; which one matters less than that it is always the same one."""
    further = func.coalesce(_bytes(new, dialect) > _bytes(old, dialect), old.is_(None))
    return case((further, new), else_=old)


def _weight(text: Column, dialect: str) -> tuple[Column, Column]:
    known = func.coalesce(text, _constant("''"))
    return func.length(known), _bytes(known, dialect)


def _json(value: Column) -> Column:
    return cast(value, Text)


def _bytes(text: Column, dialect: str) -> Column:
    """Compared byte by byte, whatever the locale of the server."""
    return text.collate("BINARY" if dialect == "sqlite" else "C")


def _greater(a: Sequence[Column], b: Sequence[Column]) -> Column:
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
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)  # type: ignore[return-value]
