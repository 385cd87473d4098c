"""Make the first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "organisations",
        sa.Column("kvk", sa.String(8), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("daily_quota", sa.Integer, nullable=False),
        sa.Column("epoch_quota", sa.Integer, nullable=False),
        sa.Column("bsn_ground", sa.Text),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("kvk", name="pk_organisations"),
        sa.CheckConstraint("daily_quota >= 0", name=op.f("ck_organisations_daily")),
        sa.CheckConstraint("epoch_quota >= 0", name=op.f("ck_organisations_epoch")),
    )
    op.create_table(
        "accounts",
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("kvk", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_accounts"),
        sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name="fk_accounts_kvk"),
    )
    op.create_index("ix_accounts_kvk", "accounts", ["kvk"])
    op.create_table(
        "admissions",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("kvk", sa.String(8), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("daily_quota", sa.Integer),
        sa.Column("epoch_quota", sa.Integer),
        sa.Column("bsn_ground", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("done_by", sa.String(200), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admissions"),
        sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name="fk_admissions_kvk"),
        sa.CheckConstraint("action IN ('admit', 'suspend', 'remove')", name=op.f("ck_admissions_action")),
    )
    op.create_index("ix_admissions_kvk", "admissions", ["kvk"])
    periods: dict[str, sa.Column[Any]] = {
        "daily_usage": sa.Column("day", sa.Date),
        "epoch_usage": sa.Column("epoch", sa.BigInteger),
    }
    for table, period in periods.items():
        op.create_table(
            table,
            sa.Column("kvk", sa.String(8), nullable=False),
            period,
            sa.Column("used", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("kvk", period.name, name=f"pk_{table}"),
            sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name=f"fk_{table}_kvk"),
        )
    op.create_table(
        "nonces",
        sa.Column("organisation", sa.String(12), nullable=False),
        sa.Column("nonce", sa.LargeBinary(32), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "nonce", name="pk_nonces"),
    )
    op.create_index("ix_nonces_used_at", "nonces", ["used_at"])


def downgrade() -> None:
    """Drop all tables, those that refer to others first."""
    for table in ("nonces", "epoch_usage", "daily_usage", "admissions", "accounts", "organisations"):
        op.drop_table(table)
