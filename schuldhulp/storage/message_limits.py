"""How much of one organisation the evaluator takes, counted in the transaction that takes it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from schuldhulp.errors import LimitReached
from schuldhulp.services.claims.ports import MUNICIPALITY, Allowance, ClaimIdQuota, Posting
from schuldhulp.storage.evaluation_tables import organisations
from schuldhulp.storage.message_tables import claim_ids_asked, messages, messages_sent

RETRY_WAITING: Final = 15 * 60
"""Seconds after which an addressee that works may have made room."""

RETRY_HELD: Final = 24 * 60 * 60
"""Seconds after which contents of some day have been erased."""


class ClaimIdsSpent(Exception):
    """A quota of claim ids does not suffice; the transaction must be undone."""


def take_claim_ids(
    connection: Connection, organisation: str, account: str, day: date, elements: int, quota: ClaimIdQuota
) -> None:
    """Take elements from the quotas of a day.

    Raises:
        ClaimIdsSpent: one of them does not suffice.
    """
    if organisation == MUNICIPALITY:
        # It has no row among the organisations, and all of its accounts share.
        key = {"asker": MUNICIPALITY, "day": day, "account": ""}
        if not _count_within(connection, claim_ids_asked, key, "used", elements, quota.organisation):
            raise ClaimIdsSpent
        return
    # The row is the lock: what was used cannot change before this transaction ends.
    connection.execute(select(organisations.c.kvk).where(organisations.c.kvk == organisation).with_for_update()).one()
    table = claim_ids_asked
    today = select(table.c.account, table.c.used).filter_by(asker=organisation, day=day)
    used = {row.account: row.used for row in connection.execute(today)}
    own = used.get(account, 0) + elements
    if sum(used.values()) + elements > quota.organisation or (quota.account is not None and own > quota.account):
        raise ClaimIdsSpent
    key = {"asker": organisation, "day": day, "account": account}
    if account in used:
        connection.execute(update(table).filter_by(**key).values(used=own))
    else:
        connection.execute(insert(table).values(**key, used=own))


def count_message(connection: Connection, organisation: str, day: date, limit: int) -> None:
    """Count a message of the municipality, which has no allowance; its bound of the day is for a stolen account.

    Raises:
        LimitReached: the bound is reached.
    """
    if not _count_within(connection, messages_sent, {"asker": organisation, "day": day}, "sent", 1, limit):
        raise LimitReached(
            "message_quota_spent",
            "the bound of messages of today is reached; deliver again tomorrow (UTC)",
            field="content",
            retry_after=RETRY_WAITING,
        )


def _count_within(
    connection: Connection, table: Table, key: dict[str, Any], column: str, more: int, limit: int
) -> bool:
    """Add to a counter unless it would pass its limit; say whether it was added."""
    start = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(start(table).values(**key, **{column: 0}).on_conflict_do_nothing())
    counter = table.c[column]
    # One statement: whoever counts at the same time waits for this transaction, and then sees what it wrote.
    counted = update(table).filter_by(**key).where(counter + more <= limit).values({column: counter + more})
    return connection.execute(counted).rowcount == 1


def check_allowance(connection: Connection, posting: Posting, allowance: Allowance) -> None:
    """Refuse a message with which its organisation would leave too much; nobody else may write it meanwhile.

    Raises:
        LimitReached: it would.
    """
    waits = messages.c.fetched_at.is_(None)
    waiting, waiting_bytes, held, held_bytes = connection.execute(
        select(
            func.count().filter(waits),
            func.coalesce(func.sum(messages.c.size).filter(waits), 0),
            func.count(),
            func.coalesce(func.sum(messages.c.size), 0),
        ).where(messages.c.organisation == posting.organisation, messages.c.erased_at.is_(None))
    ).one()
    size = len(posting.content)
    if waiting + 1 > allowance.waiting or waiting_bytes + size > allowance.waiting_bytes:
        raise LimitReached(
            "mailbox_full",
            "the organisation has too much waiting that was not taken in yet; try again later",
            field="content",
            retry_after=RETRY_WAITING,
        )
    if held + 1 > allowance.held or held_bytes + size > allowance.held_bytes:
        raise LimitReached(
            "storage_full",
            "the organisation has handed in too much in the last weeks; ask the municipality",
            field="content",
            retry_after=RETRY_HELD,
        )
