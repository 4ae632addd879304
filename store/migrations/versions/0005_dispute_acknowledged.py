"""When an objection was acknowledged; room for every outcome's code."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("outcome", existing_type=sa.String(length=8), type_=sa.String(length=12))
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.alter_column("outcome", existing_type=sa.String(length=8), type_=sa.String(length=12))


def downgrade() -> None:
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.alter_column("outcome", existing_type=sa.String(length=12), type_=sa.String(length=8))
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.alter_column("outcome", existing_type=sa.String(length=12), type_=sa.String(length=8))
        batch_op.drop_column("acknowledged_at")
