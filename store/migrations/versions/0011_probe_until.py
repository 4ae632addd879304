"""A probe keeps the day a maintenance page names for its end."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("probe", sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("probe", "until")
