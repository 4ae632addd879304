"""On PostgreSQL the numbers a site states of itself may be larger than 2,147,483,647; SQLite holds them as it is. The tables are written anew."""

from alembic import op

revision = "0007"
down_revision = "0006"

COUNTS = {
    "counters": ("valid_total", "replied_total", "completed_total", "valid_30d", "replied_30d", "completed_30d"),
    "orders": ("total", "processed", "today"),
    "price": ("stock", "sold"),
}


def upgrade() -> None:
    _retype("BIGINT", "{}")


def downgrade() -> None:
    _retype("INTEGER", "least({}, 2147483647)")


def _retype(type_: str, value: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in COUNTS.items():
        changes = (f"ALTER COLUMN {name} TYPE {type_} USING {value.format(name)}" for name in columns)
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
