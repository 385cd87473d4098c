"""Count who asked how much by day and epoch, and limit what is asked in a minute or by one account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and take over what was counted: by day without its epoch, by epoch without its day."""
    op.create_table(
        "usage",
        sa.Column("asker", sa.String(12), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("elements", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("asker", "day", "epoch", name="pk_usage"),
    )
    op.create_index("ix_usage_epoch", "usage", ["asker", "epoch"])
    op.create_index("ix_usage_day", "usage", ["day"])
    op.execute("INSERT INTO usage (asker, day, epoch, requests, elements) SELECT kvk, day, 0, 0, used FROM daily_usage")
    op.execute(
        "INSERT INTO usage (asker, day, epoch, requests, elements) "
        "SELECT kvk, '1970-01-01', epoch, 0, used FROM epoch_usage"
    )
    op.drop_table("daily_usage")
    op.drop_table("epoch_usage")
    op.create_table(
        "account_usage",
        sa.Column("account", sa.String(42), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("elements", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "day", name="pk_account_usage"),
    )
    op.create_table(
        "refusals",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("asker", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "asker", "reason", name="pk_refusals"),
    )
    op.create_table(
        "rates",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("minute", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject", "minute", name="pk_rates"),
    )
    op.create_index("ix_rates_minute", "rates", ["minute"])
    op.create_table(
        "day_secrets",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_day_secrets"),
    )
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("daily_quota", sa.Integer))
        accounts.create_check_constraint(op.f("ck_accounts_daily"), "daily_quota >= 0")
    op.add_column("admissions", sa.Column("account_quota", sa.Integer))


def downgrade() -> None:
    """Bring the counters back to where they were before; what one account or one minute may use is forgotten."""
    op.drop_column("admissions", "account_quota")
    with op.batch_alter_table("accounts") as accounts:
        accounts.drop_constraint(op.f("ck_accounts_daily"), type_="check")
        accounts.drop_column("daily_quota")
    for name, period in (("daily_usage", "day"), ("epoch_usage", "epoch")):
        kind = sa.Date if period == "day" else sa.BigInteger
        op.create_table(
            name,
            sa.Column("kvk", sa.String(8), nullable=False),
            sa.Column(period, kind, nullable=False),
            sa.Column("used", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("kvk", period, name=f"pk_{name}"),
            sa.ForeignKeyConstraint(["kvk"], ["organisations.kvk"], name=f"fk_{name}_kvk"),
        )
    op.execute(
        "INSERT INTO daily_usage (kvk, day, used) SELECT asker, day, sum(elements) FROM usage "
        "WHERE asker <> 'municipality' AND day > '1970-01-01' GROUP BY asker, day"
    )
    op.execute(
        "INSERT INTO epoch_usage (kvk, epoch, used) SELECT asker, epoch, sum(elements) FROM usage "
        "WHERE asker <> 'municipality' AND epoch > 0 GROUP BY asker, epoch"
    )
    for table in ("day_secrets", "rates", "refusals", "account_usage", "usage"):
        op.drop_table(table)
