"""Certificates, resolutions, moves, ranks, and the steps of a complaint."""

import sqlalchemy as sa
from alembic import op

import store.db.tables

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('certificate',
    sa.Column('observed_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('issuer', sa.String(length=200), nullable=True),
    sa.Column('issuer_kind', sa.String(length=12), nullable=False),
    sa.Column('not_before', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('not_after', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('matches', sa.Boolean(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=253), nullable=False),
    sa.Column('source_id', sa.String(length=40), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=True),
    sa.Column('capture_id', sa.Integer(), nullable=True),
    sa.Column('seen_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', store.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_certificate_capture_id_capture')),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawl.id'], name=op.f('fk_certificate_crawl_id_crawl')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_certificate_platform_id_platform')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_certificate_source_id_source')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('source_id', 'subject', 'observed_at', name=op.f('uq_certificate_source_id_subject_observed_at'))
    )
    op.create_table('move',
    sa.Column('observed_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('to_host', sa.String(length=253), nullable=False),
    sa.Column('via', sa.String(length=8), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=253), nullable=False),
    sa.Column('source_id', sa.String(length=40), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=True),
    sa.Column('capture_id', sa.Integer(), nullable=True),
    sa.Column('seen_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', store.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_move_capture_id_capture')),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawl.id'], name=op.f('fk_move_crawl_id_crawl')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_move_platform_id_platform')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_move_source_id_source')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_move')),
    sa.UniqueConstraint('source_id', 'subject', 'to_host', 'via', name=op.f('uq_move_source_id_subject_to_host_via'))
    )
    op.create_table('rank_entry',
    sa.Column('observed_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('board', sa.String(length=8), nullable=False),
    sa.Column('span', sa.String(length=8), nullable=False),
    sa.Column('field', sa.String(length=40), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=253), nullable=False),
    sa.Column('source_id', sa.String(length=40), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=True),
    sa.Column('capture_id', sa.Integer(), nullable=True),
    sa.Column('seen_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', store.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_rank_entry_capture_id_capture')),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawl.id'], name=op.f('fk_rank_entry_crawl_id_crawl')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_rank_entry_platform_id_platform')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_rank_entry_source_id_source')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rank_entry')),
    sa.UniqueConstraint('source_id', 'subject', 'board', 'span', 'field', 'observed_at', name=op.f('uq_rank_entry_source_id_subject_board_span_field_observed_at'))
    )
    op.create_table('resolution',
    sa.Column('observed_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('found', sa.Boolean(), nullable=False),
    sa.Column('ipv4', sa.Integer(), nullable=True),
    sa.Column('ipv6', sa.Integer(), nullable=True),
    sa.Column('alias_of', sa.String(length=253), nullable=True),
    sa.Column('name_servers', sa.JSON(), nullable=False),
    sa.Column('takes_mail', sa.Boolean(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=253), nullable=False),
    sa.Column('source_id', sa.String(length=40), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=True),
    sa.Column('capture_id', sa.Integer(), nullable=True),
    sa.Column('seen_at', store.db.tables.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', store.db.tables.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_resolution_capture_id_capture')),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawl.id'], name=op.f('fk_resolution_crawl_id_crawl')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_resolution_platform_id_platform')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_resolution_source_id_source')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resolution')),
    sa.UniqueConstraint('source_id', 'subject', 'observed_at', name=op.f('uq_resolution_source_id_subject_observed_at'))
    )
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('steps', sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_column('steps')

    op.drop_table('resolution')
    op.drop_table('rank_entry')
    op.drop_table('move')
    op.drop_table('certificate')
