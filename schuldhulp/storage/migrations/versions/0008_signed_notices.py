"""Keep the signature with which a notice is delivered.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE


def upgrade() -> None:
    op.add_column("notices", sa.Column("sent_at", _TIME, nullable=True))
    op.add_column("notices", sa.Column("signature", sa.LargeBinary(), nullable=True))
    # What was written before has none.
    op.execute(sa.text("UPDATE notices SET signature = :none").bindparams(none=b""))
    with op.batch_alter_table("notices") as table:
        table.alter_column("signature", existing_type=sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("notices") as table:
        table.drop_column("signature")
        table.drop_column("sent_at")
