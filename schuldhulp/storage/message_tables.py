"""Tables of sealed messages in the evaluator's database.

Contents are ciphertext that nobody here can open. Beside them stands who sent how much to whom, when, and about which
claim id; that id stands on the chain too, with the account that filed it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from schuldhulp.storage.columns import Time
from schuldhulp.storage.evaluation_tables import metadata

__all__ = ["claim_ids_asked", "mailboxes", "messages", "messages_sent", "metadata"]

# The row of a mailbox is the lock under which its messages are numbered.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("recipient", String(42), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("recipient", String(42), ForeignKey("mailboxes.recipient"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("message", LargeBinary(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", LargeBinary(32), nullable=False),
    # An account or an organisation of the past keeps its messages: no foreign keys.
    Column("sender", String(42), nullable=False),
    Column("organisation", String(12), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary),
    Column("received_at", Time, nullable=False),
    Column("fetched_at", Time),
    Column("erased_at", Time),
    UniqueConstraint("recipient", "message", name="uq_messages_recipient"),
    CheckConstraint("(content IS NULL) = (erased_at IS NOT NULL)", name="erased"),
    Index("ix_messages_organisation", "organisation", "erased_at", "fetched_at", "size"),
    Index("ix_messages_fetched_at", "fetched_at"),
)

# `asker` is a KvK number or "municipality", which stands in no table: no foreign key.
claim_ids_asked = Table(
    "claim_ids_asked",
    metadata,
    Column("asker", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    # An account that was taken away has used what it has used. Empty for the municipality, whose accounts share.
    Column("account", String(42), primary_key=True),
    Column("used", BigInteger, nullable=False),
)

# How much the municipality itself delivered on a day; of others what lies here is counted instead.
messages_sent = Table(
    "messages_sent",
    metadata,
    Column("asker", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("sent", BigInteger, nullable=False),
)
