"""Rows of mailboxes and messages, and what they stand for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from schuldhulp.errors import Conflict
from schuldhulp.services.claims.ports import Delivered, Message, MessageKind, Posting
from schuldhulp.storage.message_tables import mailboxes

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def lock_mailbox(connection: Connection, recipient: str) -> int:
    """Hold a mailbox until this transaction ends; return its last number, 0 when it is new."""
    start = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(start(mailboxes).values(recipient=recipient, last=0).on_conflict_do_nothing())
    return int(
        connection.execute(
            select(mailboxes.c.last).where(mailboxes.c.recipient == recipient).with_for_update()
        ).scalar_one()
    )


def microseconds(at: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def present(row: Row[Any], posting: Posting) -> Delivered:
    """Return what was answered for a message that is here.

    Raises:
        Conflict: it is here as something else.
    """
    if (row.kind, row.subject, row.organisation) != (posting.kind.value, posting.subject, posting.organisation):
        raise Conflict(
            "message_differs", "this content was handed in before, as something else; seal it anew", field="content"
        )
    return Delivered(message=posting.message, received_at=row.received_at)


def message_of(row: Row[Any]) -> Message:
    """Read a message; one that is erased has none to read."""
    return Message(
        number=row.number,
        message=bytes(row.message),
        kind=MessageKind(row.kind) if row.kind in set(MessageKind) else row.kind,
        subject=bytes(row.subject),
        sender=row.sender,
        organisation=row.organisation,
        received_at=row.received_at,
        content=bytes(row.content),
    )
