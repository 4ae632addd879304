"""Once made partitions by month on PostgreSQL; 0013 makes whole tables of them again (docs/decisions/0016)."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing: a new database never has them."""


def downgrade() -> None:
    """Nothing."""
