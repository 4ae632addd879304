"""A probe keeps what happened at each layer: the name, the connection, the certificate, the page. Null in older probes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
_LAYERS = {"dns": 8, "tcp": 8, "tls": 16, "body": 20}


def upgrade() -> None:
    for name, length in _LAYERS.items():
        op.add_column("probe", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    for name in _LAYERS:
        op.drop_column("probe", name)
