"""What a filing calls the site, when a penalty ended, where a name's addresses are."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("site_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("content", sa.String(length=200), nullable=True))
    with op.batch_alter_table("penalty", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
    with op.batch_alter_table("resolution", schema=None) as batch_op:
        batch_op.add_column(sa.Column("places", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("resolution", schema=None) as batch_op:
        batch_op.drop_column("places")
    with op.batch_alter_table("penalty", schema=None) as batch_op:
        batch_op.drop_column("ended_on")
    with op.batch_alter_table("filing", schema=None) as batch_op:
        batch_op.drop_column("content")
        batch_op.drop_column("site_name")
