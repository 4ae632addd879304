"""copies and complainants."""

import sqlalchemy as sa
from alembic import op

from store.text.minhash import signatures
from store.text.minhash import wording

revision = '0003'
down_revision = '0002'

COMPLAINT = sa.table(
    'complaint',
    sa.column('id', sa.Integer),
    sa.column('title', sa.Text),
    sa.column('text', sa.Text),
    sa.column('signature', sa.LargeBinary),
)
BATCH = 5_000


def upgrade() -> None:
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('signature', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('complainant', sa.String(length=32), nullable=True))
    _sign(op.get_bind())


def _sign(connection: sa.Connection) -> None:
    """Give complaints taken in before their signatures; they are read from the stored, redacted text."""
    last = 0
    known = sa.select(COMPLAINT.c.id, COMPLAINT.c.title, COMPLAINT.c.text).order_by(COMPLAINT.c.id).limit(BATCH)
    while rows := connection.execute(known.where(COMPLAINT.c.id > last)).all():
        found = signatures([wording(r.title, r.text) for r in rows])
        values = [{'key': r.id, 'found': s} for r, s in zip(rows, found, strict=True) if s is not None]
        if values:
            change = sa.update(COMPLAINT).where(COMPLAINT.c.id == sa.bindparam('key'))
            connection.execute(change.values(signature=sa.bindparam('found')), values)
        last = rows[-1].id


def downgrade() -> None:
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_column('complainant')
        batch_op.drop_column('signature')
