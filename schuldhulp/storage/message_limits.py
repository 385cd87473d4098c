"""How much of one organisation the evaluator takes, counted in the transaction that takes it."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from schuldhulp.errors import LimitReached
from schuldhulp.services.claims.ports import Allowance, ClaimIdQuota, Posting
from schuldhulp.storage.evaluation_tables import organisations
from schuldhulp.storage.message_tables import claim_id_usage, messages

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
    # The row is the lock: what was used cannot change before this transaction ends.
    connection.execute(select(organisations.c.kvk).where(organisations.c.kvk == organisation).with_for_update()).one()
    table = claim_id_usage
    today = select(table.c.account, table.c.used).filter_by(kvk=organisation, day=day)
    used = {row.account: row.used for row in connection.execute(today)}
    own = used.get(account, 0) + elements
    if sum(used.values()) + elements > quota.organisation or (quota.account is not None and own > quota.account):
        raise ClaimIdsSpent
    key = {"kvk": organisation, "day": day, "account": account}
    if account in used:
        connection.execute(update(table).filter_by(**key).values(used=own))
    else:
        connection.execute(insert(table).values(**key, used=own))


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
