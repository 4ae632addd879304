"""A resolution keeps who owns the address it leads to, as the address registry states it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("resolution", sa.Column("network_owner", sa.String(length=200), nullable=True))
    op.add_column("resolution", sa.Column("network_abuse", sa.String(length=253), nullable=True))


def downgrade() -> None:
    op.drop_column("resolution", "network_abuse")
    op.drop_column("resolution", "network_owner")
