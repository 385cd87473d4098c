"""Notices on their way to creditors, and what creditors signed for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.notices.rows import NoticeRow, PostState, ReplyRow, ReplyState
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks, state


class Notices(Repository):
    """Tables ``notices`` and ``notice_replies``."""

    def add(self, row: NoticeRow) -> None:
        """Store a notice."""
        self._run(tables.notices.insert().values(**_plain(row)))

    def of(self, messages: Sequence[bytes]) -> Sequence[NoticeRow]:
        """Return the notices with these hashes, oldest first."""
        table = tables.notices
        found: list[NoticeRow] = []
        for piece in chunks(messages):
            found += [_notice(row) for row in self._all(select(table).where(table.c.message.in_(piece)))]
        return sorted(found, key=lambda row: (row.created_at, row.message))

    def with_id(self, notice_id: bytes) -> NoticeRow | None:
        """Return the notice with an id."""
        table = tables.notices
        row = self._first(select(table).where(table.c.notice_id == notice_id))
        return None if row is None else _notice(row)

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[NoticeRow]:
        """Return the notices that wait, those that were tried longest ago in front."""
        table = tables.notices
        statement = (
            select(table)
            .where(table.c.municipality == municipality, table.c.state == PostState.WAITING.value)
            .order_by(table.c.tried_at.is_not(None), table.c.tried_at, table.c.created_at, table.c.message)
            .limit(limit)
        )
        return [_notice(row) for row in self._all(statement)]

    def sign(self, row: NoticeRow, *, sent_at: datetime, signature: bytes) -> bool:
        """Keep the signature with which a notice is delivered; False when another one was kept meanwhile."""
        table = tables.notices
        wanted = (table.c.message == row.message) & (table.c.signature == row.signature)
        values = {"sent_at": sent_at, "signature": signature}
        return self._run(update(table).where(wanted).values(**values)).rowcount == 1

    def note(self, message: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a notice could not be sent."""
        table = tables.notices
        self._run(update(table).where(table.c.message == message).values(trouble=trouble, tried_at=tried_at))

    def arrived(self, message: bytes, *, at: datetime, tried_at: datetime) -> None:
        """Write down that a notice was delivered."""
        table = tables.notices
        done = {"state": PostState.DELIVERED.value, "trouble": "", "tried_at": tried_at, "delivered_at": at}
        self._run(update(table).where(table.c.message == message).values(**done))

    def refuse(self, message: bytes, *, trouble: str) -> None:
        """Write down that a notice is not sent, and why."""
        table = tables.notices
        statement = update(table).where(table.c.message == message)
        self._run(statement.values(state=PostState.REFUSED.value, trouble=trouble))

    def add_reply(self, row: ReplyRow) -> None:
        """Store an acknowledgement; one that is here stays as it is."""
        self._run(self._insert(tables.notice_replies).values(**_plain(row)).on_conflict_do_nothing())

    def replies_of(self, notices: Sequence[bytes]) -> Sequence[ReplyRow]:
        """Return the acknowledgements of the notices with these ids, in the order in which they came in."""
        table = tables.notice_replies
        found: list[ReplyRow] = []
        for piece in chunks(notices):
            found += [_reply(row) for row in self._all(select(table).where(table.c.notice.in_(piece)))]
        return sorted(found, key=lambda row: (row.received_at, row.message))

    def unopened(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[ReplyRow]:
        """Return the acknowledgements that were not opened yet, oldest first."""
        table = tables.notice_replies
        wanted = (table.c.municipality == municipality) & (table.c.state == ReplyState.RECEIVED.value)
        statement = select(table).where(wanted).order_by(table.c.received_at, table.c.message).limit(limit)
        return [_reply(row) for row in self._all(statement)]

    def open_reply(self, row: ReplyRow) -> bool:
        """Write what an acknowledgement came to; False when somebody was first."""
        table = tables.notice_replies
        wanted = (table.c.message == row.message) & (table.c.state == ReplyState.RECEIVED.value)
        return self._run(update(table).where(wanted).values(**_plain(row))).rowcount == 1


def _plain(row: NoticeRow | ReplyRow) -> dict[str, Any]:
    return {
        field.name: getattr(getattr(row, field.name), "value", getattr(row, field.name))
        for field in dataclasses.fields(row)
    }


def _notice(row: Row[Any]) -> NoticeRow:
    values = {column.name: getattr(row, column.name) for column in tables.notices.columns}
    # A word that nobody here wrote sends nothing.
    read = state(PostState, row.state, PostState.REFUSED)
    return NoticeRow(**values | {"municipality": MunicipalityCode(row.municipality), "state": read})


def _reply(row: Row[Any]) -> ReplyRow:
    values = {column.name: getattr(row, column.name) for column in tables.notice_replies.columns}
    read = state(ReplyState, row.state, ReplyState.REFUSED)
    return ReplyRow(**values | {"municipality": MunicipalityCode(row.municipality), "state": read})
