"""What a table's months hold, as PostgreSQL's catalogue tells it."""

from __future__ import annotations

from sqlalchemy import Engine, text


def months(engine: Engine, table: str = "probe") -> dict[str, int]:
    """Month -> how many rows its partition holds; what no longer belongs to the table is not among them."""
    with engine.connect() as connection:
        names = connection.scalars(text(
            "select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = cast(:name as regclass) order by 1"
        ), {"name": table}).all()  # fmt: skip
        return {
            name.removeprefix(f"{table}_"): connection.scalar(text(f"select count(*) from months.{name}"))
            for name in names
        }
