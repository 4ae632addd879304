"""Idempotent upserts in bulk, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, UniqueConstraint, case, func, or_
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import Complaint, Order

_MUTABLE: dict[type[Any], tuple[str, ...]] = {
    Complaint: ("status", "replied_at", "completed_at", "amount", "stars", "url"),
    Order: ("state", "delivered_at", "refunded_at", "drop_kind"),
}
_READ_FROM_TEXT = ("text", "primary_kind", "kinds", "fingerprint")
"""Columns of a complaint that go with its text: the longer text wins, a list's summary never replaces the whole."""


def upsert_observations(connection: Connection, model: type[Any], rows: list[dict[str, Any]]) -> int:
    """Insert `rows`, or update the mutable columns of those already there; returns how many rows changed.

    A time, text or amount once known is kept when a later look no longer shows it.
    """
    return changed_rows(connection, _statement(connection.dialect.name, model), rows)  # type: ignore[arg-type]


@cache
def _statement(dialect: str, model: type[Any]) -> sqlite.Insert:
    """The upsert of one table; built once, because building it costs more than running it."""
    table: Table = model.__table__
    statement = _insert(dialect, table)
    mutable = _MUTABLE.get(model)
    if not mutable:
        return statement.on_conflict_do_nothing()
    unique = next(c for c in table.constraints if isinstance(c, UniqueConstraint))
    new, old = statement.excluded, table.c
    values: dict[str, ColumnElement[Any]] = {
        name: func.coalesce(old[name], new[name])
        if name.endswith("_at")
        else func.coalesce(new[name], old[name])
        for name in mutable
    }
    values["platform_id"] = func.coalesce(old.platform_id, new.platform_id)
    if model is Complaint:
        longer = func.length(func.coalesce(new.text, "")) >= func.length(func.coalesce(old.text, ""))
        values |= {name: case((longer, new[name]), else_=old[name]) for name in _READ_FROM_TEXT}
    # JSON has no equality on PostgreSQL; the kinds change only together with the primary kind or the text.
    changed = or_(*(old[name].is_distinct_from(value) for name, value in values.items() if name != "kinds"))
    return statement.on_conflict_do_update(
        index_elements=[c.name for c in unique.columns], set_=values, where=changed
    )


def changed_rows(connection: Connection, statement: sqlite.Insert, rows: list[dict[str, Any]]) -> int:
    """Execute and count the rows really inserted or updated (drivers drop the count unless asked to keep it)."""
    return int(connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount)


def insert_for(connection: Connection, table: Table) -> sqlite.Insert:
    """An insert that knows ON CONFLICT, in the connection's dialect (both dialects share the interface)."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: Table) -> sqlite.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)  # type: ignore[return-value]
