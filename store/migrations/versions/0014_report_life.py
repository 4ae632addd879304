"""A report may be looked up by its sender's code (kept as a keyed hash), and its sender may say that it was settled or take it back."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("review") as table:
        table.add_column(sa.Column("code", sa.String(32), nullable=True))
        table.add_column(sa.Column("settled_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("withdrawn_on", sa.Date(), nullable=True))
        table.create_index("ix_review_code", ["code"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("review") as table:
        table.drop_index("ix_review_code")
        for name in ("code", "settled_on", "withdrawn_on"):
            table.drop_column(name)
