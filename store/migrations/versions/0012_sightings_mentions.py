"""What third parties' indexes have seen of a host, and words about a site elsewhere: two new kinds of observation."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _observed() -> list["sa.Column[object]"]:
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("platform_id", sa.Integer(), sa.ForeignKey("platform.id")),
        sa.Column("subject", sa.String(253), nullable=False),
        sa.Column("source_id", sa.String(40), sa.ForeignKey("source.id"), nullable=False),
        sa.Column("crawl_id", sa.Integer(), sa.ForeignKey("crawl.id")),
        sa.Column("capture_id", sa.Integer(), sa.ForeignKey("capture.id")),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    ]


def upgrade() -> None:
    op.create_table(
        "sighting",
        *_observed(),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("first_on", sa.Date()),
        sa.Column("last_on", sa.Date()),
        sa.Column("count", _COUNT, nullable=False),
        sa.Column("at_least", sa.Boolean(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.UniqueConstraint("source_id", "subject", "provider", "observed_at"),
    )
    op.create_table(
        "mention",
        *_observed(),
        sa.Column("source_key", sa.String(80), nullable=False),
        sa.Column("by", sa.String(8), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("replies", _COUNT),
        sa.Column("state", sa.String(8)),
        sa.Column("state_at", sa.DateTime(timezone=True)),
        sa.Column("url", sa.Text()),
        sa.UniqueConstraint("source_id", "source_key"),
    )
    op.create_index(op.f("ix_sighting_platform_id_observed_at"), "sighting", ["platform_id", "observed_at"])
    op.create_index(op.f("ix_mention_platform_id_said_at"), "mention", ["platform_id", "said_at"])


def downgrade() -> None:
    op.drop_table("mention")
    op.drop_table("sighting")
