"""Know whom can be written to, ask for new statements of claims, and keep which messages were taken in.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE


def upgrade() -> None:
    op.create_table(
        "correspondents",
        sa.Column("municipality", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kvk", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rank", _WHOLE, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "account", name=op.f("pk_correspondents")),
    )
    op.create_index(op.f("ix_correspondents_kvk"), "correspondents", ["kvk"], unique=False)
    op.create_table(
        "claim_renewals",
        sa.Column("claim_id", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("claim_id", "commitment", "recipient", name=op.f("pk_claim_renewals")),
    )
    op.create_index(op.f("ix_claim_renewals_delivered_at"), "claim_renewals", ["delivered_at"], unique=False)
    op.add_column("claim_deliveries", sa.Column("renew_at", _TIME, nullable=True))
    op.add_column("channel_messages", sa.Column("handled_at", _TIME, nullable=True))
    op.create_index(op.f("ix_channel_messages_handled_at"), "channel_messages", ["handled_at"], unique=False)
    # Until now only claims were taken in.
    op.execute("UPDATE channel_messages SET handled_at = stored_at WHERE kind = 'claim'")


def downgrade() -> None:
    op.drop_index(op.f("ix_channel_messages_handled_at"), table_name="channel_messages")
    op.drop_column("channel_messages", "handled_at")
    op.drop_column("claim_deliveries", "renew_at")
    op.drop_index(op.f("ix_claim_renewals_delivered_at"), table_name="claim_renewals")
    op.drop_table("claim_renewals")
    op.drop_index(op.f("ix_correspondents_kvk"), table_name="correspondents")
    op.drop_table("correspondents")
