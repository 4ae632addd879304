"""A price names its currency: nothing (null) is yuan, as every price before was."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("price", sa.Column("currency", sa.String(length=4), nullable=True))


def downgrade() -> None:
    op.drop_column("price", "currency")
