"""Make the mailboxes of sealed messages, and count the claim ids that were asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mailboxes",
        sa.Column("recipient", sa.String(42), nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("recipient", name="pk_mailboxes"),
    )
    op.create_table(
        "messages",
        sa.Column("recipient", sa.String(42), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.LargeBinary(32), nullable=False),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("organisation", sa.String(12), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("fetched_at", _TIME),
        sa.Column("erased_at", _TIME),
        sa.PrimaryKeyConstraint("recipient", "number", name="pk_messages"),
        sa.ForeignKeyConstraint(["recipient"], ["mailboxes.recipient"], name="fk_messages_recipient"),
        sa.UniqueConstraint("recipient", "message", name="uq_messages_recipient"),
        sa.CheckConstraint("(content IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_messages_erased")),
    )
    op.create_index("ix_messages_organisation", "messages", ["organisation", "erased_at", "fetched_at", "size"])
    op.create_index("ix_messages_fetched_at", "messages", ["fetched_at"])
    op.create_table(
        "claim_id_usage",
        sa.Column("kvk", sa.String(8), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kvk", "day", "account", name="pk_claim_id_usage"),
        sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name="fk_claim_id_usage_kvk"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("claim_id_usage", "messages", "mailboxes"):
        op.drop_table(table)
