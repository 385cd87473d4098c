"""Count what the municipality's own account asks and sends in the channel of messages, as that of others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the municipality, which stands in no table of organisations, be counted among those who ask."""
    op.create_table(
        "claim_ids_asked",
        sa.Column("asker", sa.String(12), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("asker", "day", "account", name="pk_claim_ids_asked"),
    )
    op.execute(
        "INSERT INTO claim_ids_asked (asker, day, account, used) SELECT kvk, day, account, used FROM claim_id_usage"
    )
    op.drop_table("claim_id_usage")
    op.create_table(
        "messages_sent",
        sa.Column("asker", sa.String(12), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("asker", "day", name="pk_messages_sent"),
    )


def downgrade() -> None:
    """Bring the counter back; what the municipality itself asked is forgotten."""
    op.drop_table("messages_sent")
    op.create_table(
        "claim_id_usage",
        sa.Column("kvk", sa.String(8), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kvk", "day", "account", name="pk_claim_id_usage"),
        sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name="fk_claim_id_usage_kvk"),
    )
    op.execute(
        "INSERT INTO claim_id_usage (kvk, day, account, used) SELECT asker, day, account, used FROM claim_ids_asked "
        "WHERE asker <> 'municipality'"
    )
    op.drop_table("claim_ids_asked")
