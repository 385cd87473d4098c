"""Decide on claims, and know to which dossier each belongs.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE


def upgrade() -> None:
    op.create_table(
        "claim_decisions",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("claim_id", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("status", _WHOLE, nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("batch", _WHOLE, nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("tried_at", _TIME, nullable=True),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_claim_decisions_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_decisions")),
    )
    for column in ("batch", "claim_id", "state"):
        op.create_index(op.f(f"ix_claim_decisions_{column}"), "claim_decisions", [column], unique=False)
    op.create_table(
        "claim_links",
        sa.Column("claim_id", sa.LargeBinary(), nullable=False),
        sa.Column("filed_at", _TIME, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("claim_id", "filed_at", name=op.f("pk_claim_links")),
    )


def downgrade() -> None:
    op.drop_table("claim_links")
    for column in ("state", "claim_id", "batch"):
        op.drop_index(op.f(f"ix_claim_decisions_{column}"), table_name="claim_decisions")
    op.drop_table("claim_decisions")
