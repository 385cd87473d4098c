"""Take in what parties state with the client's consent.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("statement_id", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("receipted_at", _TIME, nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["message"], ["channel_messages.message"], name=op.f("fk_statements_message")),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_state"), "statements", ["state"], unique=False)
    op.create_index(op.f("ix_statements_receipted_at"), "statements", ["receipted_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_statements_receipted_at"), table_name="statements")
    op.drop_index(op.f("ix_statements_state"), table_name="statements")
    op.drop_table("statements")
