"""On PostgreSQL the partitions by month that 0006 once made become whole tables again. Their rows are copied: it takes their space once more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
TABLES = ("counters", "orders", "page", "price", "probe")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        kind = sa.text("SELECT relkind FROM pg_class WHERE oid = CAST(:name AS regclass)")
        if connection.scalar(kind, {"name": table}) in ("p", b"p"):
            make_again(connection, table)
    left = sa.text("SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'months'")
    if not connection.scalar(left):  # what an operator detached stays where it is
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS months")


def downgrade() -> None:
    """Nothing: whole tables hold what partitions held."""


def make_again(connection: sa.Connection, table: str, shape: str = "", key: str = "id", parts: Sequence[str] = ()) -> None:
    """The same table with the same rows in another shape: same columns, sequence, constraints and indexes."""
    run = connection.exec_driver_sql
    kept = sa.text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = CAST(:name AS regclass) AND contype IN ('u', 'f')")
    constraints = connection.execute(kept, {"name": table}).all()
    kept = sa.text("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = CAST(:name AS regclass) AND NOT indisunique")
    indexes = connection.scalars(kept, {"name": table}).all()
    run(f"ALTER TABLE {table} RENAME TO {table}_before")
    run(f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS) {shape}")
    for part in parts:
        run(part)
    run(f"INSERT INTO {table} SELECT * FROM {table}_before")
    run(f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id")
    run(f"DROP TABLE {table}_before")
    run(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})")
    for name, definition in constraints:
        run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for definition in indexes:
        run(definition.replace(" ON ONLY ", " ON "))
    run(f"ANALYZE {table}")
