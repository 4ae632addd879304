"""A complaint seen as answered or settled without a date: when it was first seen so, instead of a date made up."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

COLUMNS = ("replied_seen_at", "completed_seen_at")


def upgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.drop_column(name)
