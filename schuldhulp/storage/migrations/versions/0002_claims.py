"""Claims as they were delivered and filed, and their receipts.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE
_TEXT = sa.String()
_OCTETS = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "channel_messages",
        sa.Column("message", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("number", _WHOLE, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("subject", _OCTETS, nullable=False),
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("organisation", _TEXT, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("stored_at", _TIME, nullable=False),
        sa.Column("content", _OCTETS, nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_channel_messages")),
    )
    op.create_index(op.f("ix_channel_messages_acknowledged"), "channel_messages", ["acknowledged"], unique=False)
    op.create_table(
        "claim_deliveries",
        sa.Column("message", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("claim_id", _OCTETS, nullable=False),
        sa.Column("sender", _TEXT, nullable=False),
        sa.Column("organisation", _TEXT, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("commitment", _OCTETS, nullable=True),
        sa.Column("replaces", _OCTETS, nullable=True),
        sa.Column("version", _WHOLE, nullable=True),
        sa.Column("finding", _TEXT, nullable=True),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["channel_messages.message"], name=op.f("fk_claim_deliveries_message")),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_claim_deliveries")),
    )
    op.create_index(op.f("ix_claim_deliveries_claim_id"), "claim_deliveries", ["claim_id"], unique=False)
    op.create_index(op.f("ix_claim_deliveries_state"), "claim_deliveries", ["state"], unique=False)
    op.create_table(
        "claim_events",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("claim_id", _OCTETS, nullable=False),
        sa.Column("account", _TEXT, nullable=True),
        sa.Column("commitment", _OCTETS, nullable=True),
        sa.Column("previous", _OCTETS, nullable=True),
        sa.Column("status", _WHOLE, nullable=True),
        sa.Column("decision", _OCTETS, nullable=True),
        sa.Column("block_number", _WHOLE, nullable=False),
        sa.Column("block_hash", _OCTETS, nullable=False),
        sa.Column("block_time", _TIME, nullable=False),
        sa.Column("log_index", _WHOLE, nullable=False),
        sa.Column("dropped_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_events")),
    )
    op.create_index(op.f("ix_claim_events_block_number"), "claim_events", ["block_number"], unique=False)
    op.create_index(op.f("ix_claim_events_claim_id"), "claim_events", ["claim_id"], unique=False)
    op.create_table(
        "claim_follow",
        sa.Column("municipality", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("collected", _WHOLE, nullable=False),
        sa.Column("block_number", _WHOLE, nullable=False),
        sa.Column("block_hash", _OCTETS, nullable=False),
        sa.Column("checked_at", _TIME, nullable=True),
        sa.Column("trouble", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_claim_follow")),
    )
    op.create_table(
        "claim_receipts",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("claim_id", _OCTETS, nullable=False),
        sa.Column("message", _OCTETS, nullable=True),
        sa.Column("recipient", _TEXT, nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("document", _OCTETS, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sealed", _OCTETS, nullable=False),
        sa.Column("trouble", _TEXT, nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_receipts")),
    )
    op.create_index(op.f("ix_claim_receipts_claim_id"), "claim_receipts", ["claim_id"], unique=False)
    op.create_index(op.f("ix_claim_receipts_delivered_at"), "claim_receipts", ["delivered_at"], unique=False)
    op.create_table(
        "claims",
        sa.Column("claim_id", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("holder", _TEXT, nullable=False),
        sa.Column("status", _WHOLE, nullable=False),
        sa.Column("commitment", _OCTETS, nullable=False),
        sa.Column("filed_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("block_number", _WHOLE, nullable=False),
        sa.Column("contents", _TEXT, nullable=False),
        sa.Column("message", _OCTETS, nullable=True),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_contents"), "claims", ["contents"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_claims_contents"), table_name="claims")
    op.drop_table("claims")
    op.drop_index(op.f("ix_claim_receipts_delivered_at"), table_name="claim_receipts")
    op.drop_index(op.f("ix_claim_receipts_claim_id"), table_name="claim_receipts")
    op.drop_table("claim_receipts")
    op.drop_table("claim_follow")
    op.drop_index(op.f("ix_claim_events_claim_id"), table_name="claim_events")
    op.drop_index(op.f("ix_claim_events_block_number"), table_name="claim_events")
    op.drop_table("claim_events")
    op.drop_index(op.f("ix_claim_deliveries_state"), table_name="claim_deliveries")
    op.drop_index(op.f("ix_claim_deliveries_claim_id"), table_name="claim_deliveries")
    op.drop_table("claim_deliveries")
    op.drop_index(op.f("ix_channel_messages_acknowledged"), table_name="channel_messages")
    op.drop_table("channel_messages")
