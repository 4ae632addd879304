"""Other places we look from: whom the operator trusts, what each saw, and which of their reports were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "observer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("place", sa.String(40), nullable=False, unique=True),
        sa.Column("mainland", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(16), nullable=False, unique=True),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "place_report",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("observer_id", sa.Integer(), sa.ForeignKey("observer.id"), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_works", sa.Boolean(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
    )
    op.create_table(
        "place_probe",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("observer_id", sa.Integer(), sa.ForeignKey("observer.id"), nullable=False),
        sa.Column("platform_id", sa.Integer(), sa.ForeignKey("platform.id"), nullable=False),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("place_report.id"), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("class", sa.String(20)),
        sa.Column("status", sa.Integer()),
        sa.Column("latency_ms", sa.Integer()),
        sa.Column("dns", sa.String(8)),
        sa.Column("tcp", sa.String(8)),
        sa.Column("tls", sa.String(16)),
        sa.UniqueConstraint("platform_id", "observer_id", "observed_at"),
    )


def downgrade() -> None:
    for table in ("place_probe", "place_report", "observer"):
        op.drop_table(table)
