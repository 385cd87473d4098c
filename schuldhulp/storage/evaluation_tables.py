"""Tables of the evaluator's own database: who may ask, how much was asked, and which requests were answered.

Nothing here is about residents: blinded elements and their evaluations are never stored.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

organisations = Table(
    "organisations",
    metadata,
    Column("kvk", String(8), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("daily_quota", Integer, CheckConstraint("daily_quota >= 0", name="daily"), nullable=False),
    Column("epoch_quota", Integer, CheckConstraint("epoch_quota >= 0", name="epoch"), nullable=False),
    Column("bsn_ground", Text),
    Column("suspended", Boolean, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account", String(42), primary_key=True),
    Column("kvk", String(8), ForeignKey("organisations.kvk"), nullable=False, index=True),
    # A limit of this account alone, within that of its organisation; NULL: none.
    Column("daily_quota", Integer, CheckConstraint("daily_quota >= 0", name="daily")),
)

# Who was let in, on which ground and by whom: lines are only ever added.
admissions = Table(
    "admissions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kvk", String(8), ForeignKey("organisations.kvk"), nullable=False),
    Column(
        "action", String(10), CheckConstraint("action IN ('admit', 'suspend', 'remove')", name="action"), nullable=False
    ),
    Column("accounts", Text, nullable=False),
    Column("daily_quota", Integer),
    Column("epoch_quota", Integer),
    Column("account_quota", Integer),
    Column("bsn_ground", Text),
    Column("reason", Text),
    Column("done_by", String(200), nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False),
    Index("ix_admissions_kvk", "kvk"),
)

# Who asked how much, never about whom: quotas are counted here, and `evaluator report` reads it. `asker` is a KvK
# number or "municipality", which stands in no table: no foreign key.
usage = Table(
    "usage",
    metadata,
    Column("asker", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("elements", BigInteger, nullable=False),
    Index("ix_usage_epoch", "asker", "epoch"),
    Index("ix_usage_day", "day"),
)

account_usage = Table(
    "account_usage",
    metadata,
    Column("account", String(42), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("elements", BigInteger, nullable=False),
)

# What was refused; `asker` is empty where nobody proved who they are.
refusals = Table(
    "refusals",
    metadata,
    Column("day", Date, primary_key=True),
    Column("asker", String(12), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("times", BigInteger, nullable=False),
)

# What was used within a minute, counted since 1970; rows of minutes gone by are deleted.
rates = Table(
    "rates",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Index("ix_rates_minute", "minute"),
)

# Under which addresses are marked for a day: when it is gone, no mark of that day leads to an address again.
day_secrets = Table(
    "day_secrets",
    metadata,
    Column("day", Date, primary_key=True),
    Column("secret", LargeBinary(32), nullable=False),
)

# `organisation` may also be "municipality", which stands in no table: no foreign key.
nonces = Table(
    "nonces",
    metadata,
    Column("organisation", String(12), primary_key=True),
    Column("nonce", LargeBinary(32), primary_key=True),
    Column("used_at", DateTime(timezone=True), nullable=False, index=True),
)
