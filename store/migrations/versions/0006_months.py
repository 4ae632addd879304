"""On PostgreSQL the tables that grow with every visit are partitioned by month. Their rows are copied: it takes its time and their space once more."""

import sqlalchemy as sa
from alembic import op

from store.db.partitions import SCHEMA
from store.db.partitions import Month
from store.db.partitions import attach
from store.db.partitions import month_of

revision = "0006"
down_revision = "0005"

TABLES = ("counters", "orders", "page", "price", "probe")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for table in TABLES:
        found = sa.text(f"SELECT DISTINCT date_trunc('month', observed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM {table}")
        months = {month_of(at) for at in connection.scalars(found)}
        _make_again(connection, table, "PARTITION BY RANGE (observed_at)", "id, observed_at", sorted(months, key=str))


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        _make_again(connection, table, "", "id", [])
    op.execute(f"DROP SCHEMA {SCHEMA}")


def _make_again(connection: sa.Connection, table: str, partitioned: str, key: str, months: list[Month]) -> None:
    """The same table with the same rows in another shape: same columns, sequence, constraints and indexes."""
    kept = sa.text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = CAST(:name AS regclass) AND contype IN ('u', 'f')")
    constraints = connection.execute(kept, {"name": table}).all()
    kept = sa.text("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = CAST(:name AS regclass) AND NOT indisunique")
    indexes = connection.scalars(kept, {"name": table}).all()
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS) {partitioned}")
    for month in months:
        attach(connection, table, month)
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")
    op.execute(f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id")
    op.execute(f"DROP TABLE {table}_before")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})")
    for name, definition in constraints:
        op.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for definition in indexes:
        op.execute(definition.replace(" ON ONLY ", " ON "))
    op.execute(f"ANALYZE {table}")
