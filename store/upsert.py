"""Idempotent upserts in bulk, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, or_
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import Complaint, Order

_MUTABLE: dict[type[Any], tuple[str, ...]] = {
    Complaint: ("status", "replied_at", "completed_at", "text", "amount", "stars", "url"),
    Order: ("state", "delivered_at", "refunded_at", "drop_kind"),
}
_FIRST_KEPT = {"replied_at", "completed_at", "text", "amount", "stars", "url", "delivered_at", "refunded_at"}


def upsert_observations(connection: Connection, model: type[Any], rows: list[dict[str, Any]]) -> int:
    """Insert `rows`, or update the mutable columns of those already there; returns how many rows changed.

    A time, text or amount once known is kept when a later look no longer shows it.
    """
    table: Table = model.__table__
    statement = insert_for(connection, table)
    mutable = _MUTABLE.get(model)
    if not mutable:
        return changed_rows(connection, statement.on_conflict_do_nothing(), rows)
    unique = next(
        c
        for c in table.constraints
        if getattr(c, "columns", None) and c.__class__.__name__ == "UniqueConstraint"
    )
    new = statement.excluded
    values = {
        name: func.coalesce(table.c[name], new[name])
        if name in _FIRST_KEPT and name.endswith("_at")
        else func.coalesce(new[name], table.c[name])
        for name in mutable
    }
    values["platform_id"] = func.coalesce(table.c.platform_id, new.platform_id)
    changed = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
    upsert = statement.on_conflict_do_update(
        index_elements=[c.name for c in unique.columns],  # type: ignore[attr-defined]
        set_=values,
        where=changed,
    )
    return changed_rows(connection, upsert, rows)


def changed_rows(connection: Connection, statement: sqlite.Insert, rows: list[dict[str, Any]]) -> int:
    """Execute and count the rows really inserted or updated (drivers drop the count unless asked to keep it)."""
    return int(connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount)


def insert_for(connection: Connection, table: Table) -> sqlite.Insert:
    """An insert that knows ON CONFLICT, in the connection's dialect (both dialects share the interface)."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)  # type: ignore[return-value]
