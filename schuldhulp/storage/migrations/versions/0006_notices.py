"""Send notices to creditors, and keep what they signed for.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("notice_id", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_notices")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_notices_notice_id")),
    )
    op.create_index(op.f("ix_notices_state"), "notices", ["state"], unique=False)
    op.create_table(
        "notice_replies",
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("notice", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("acknowledged_at", _TIME, nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_notice_replies")),
    )
    for column in ("notice", "state"):
        op.create_index(op.f(f"ix_notice_replies_{column}"), "notice_replies", [column], unique=False)


def downgrade() -> None:
    for column in ("state", "notice"):
        op.drop_index(op.f(f"ix_notice_replies_{column}"), table_name="notice_replies")
    op.drop_table("notice_replies")
    op.drop_index(op.f("ix_notices_state"), table_name="notices")
    op.drop_table("notices")
