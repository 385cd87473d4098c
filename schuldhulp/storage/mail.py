"""What came through the channel, as it came, and how far channel and chain were read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.claims.rows import FollowRow, MailRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks


class Mail(Repository):
    """Tables ``channel_messages`` and ``claim_follow``."""

    def add(self, row: MailRow) -> bool:
        """Store a message, and say whether it was new.

        One that is here and comes again, because the evaluator's database was restored, keeps what it was, gets its new
        number, and is acknowledged again.
        """
        table = tables.channel_messages
        statement = self._insert(table).values(**_plain(row)).on_conflict_do_nothing()
        if self._first(statement.returning(table.c.message)) is not None:
            return True
        again = {"number": row.number, "acknowledged": False}
        self._run(update(table).where(table.c.message == row.message).values(**again))
        return False

    def get(self, message: bytes) -> MailRow | None:
        """Return a message."""
        table = tables.channel_messages
        row = self._first(select(table).where(table.c.message == message))
        return None if row is None else _mail(row)

    def unhandled(self, municipality: MunicipalityCode, kinds: Sequence[str], *, limit: int) -> Sequence[MailRow]:
        """Return the messages of some kinds that were handed to nobody, by number."""
        table = tables.channel_messages
        wanted = table.c.handled_at.is_(None), table.c.municipality == municipality, table.c.kind.in_(kinds)
        rows = self._all(select(table).where(*wanted).order_by(table.c.number).limit(limit))
        return [_mail(row) for row in rows]

    def handled(self, message: bytes, at: datetime) -> None:
        """Write down that a message was handed to whom its kind concerns."""
        table = tables.channel_messages
        self._run(update(table).where(table.c.message == message).values(handled_at=at))

    def unacknowledged(self, municipality: MunicipalityCode) -> Sequence[bytes]:
        """Return the messages that the evaluator does not know to be safe here, by number."""
        table = tables.channel_messages
        wanted = (table.c.municipality == municipality) & table.c.acknowledged.is_(False)
        return [bytes(row[0]) for row in self._all(select(table.c.message).where(wanted).order_by(table.c.number))]

    def acknowledge(self, messages: Sequence[bytes]) -> None:
        """Write down that the evaluator knows them to be safe."""
        table = tables.channel_messages
        for piece in chunks(messages):
            self._run(update(table).where(table.c.message.in_(piece)).values(acknowledged=True))

    def erase(self, messages: Sequence[bytes]) -> None:
        """Empty the contents of messages for good."""
        table = tables.channel_messages
        for piece in chunks(messages):
            self._run(update(table).where(table.c.message.in_(piece)).values(content=b""))

    def follow(self, municipality: MunicipalityCode) -> FollowRow:
        """Return how far everything was read; from the beginning when nothing was yet."""
        table = tables.claim_follow
        row = self._first(select(table).where(table.c.municipality == municipality))
        if row is None:
            return FollowRow(municipality=municipality)
        return FollowRow(**{column.name: getattr(row, column.name) for column in table.columns})

    def put_follow(self, row: FollowRow) -> None:
        """Write how far everything was read."""
        values = _plain(row)
        changed = {name: value for name, value in values.items() if name != "municipality"}
        statement = self._insert(tables.claim_follow).values(**values)
        self._run(statement.on_conflict_do_update(index_elements=["municipality"], set_=changed))


def _mail(row: Row[Any]) -> MailRow:
    return MailRow(**{column.name: getattr(row, column.name) for column in tables.channel_messages.columns})


def _plain(row: MailRow | FollowRow) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
