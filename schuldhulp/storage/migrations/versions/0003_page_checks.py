"""Keep what organisations asked on the pages.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_TIME = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "page_checks",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("checked_at", _TIME, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_checks")),
    )
    op.create_index(
        op.f("ix_page_checks_organisation_checked_at"), "page_checks", ["organisation", "checked_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_page_checks_organisation_checked_at"), table_name="page_checks")
    op.drop_table("page_checks")
