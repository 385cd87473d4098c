"""Statements of parties as they came in, what was signed for them, and what became of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.statements.rows import StatementFinding, StatementRow, StatementState
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, state

_DECIDED: Final = (StatementState.TAKEN_OVER.value, StatementState.DECLINED.value)
_OPENED: Final = (StatementState.WAITING.value, StatementState.REFUSED.value, *_DECIDED)


class Statements(Repository):
    """Table ``statements``."""

    def add(self, row: StatementRow) -> None:
        """Store a statement; one that is here stays as it is."""
        self._run(self._insert(tables.statements).values(**_plain(row)).on_conflict_do_nothing())

    def get(self, message: bytes) -> StatementRow | None:
        """Return a statement."""
        table = tables.statements
        row = self._first(select(table).where(table.c.message == message))
        return None if row is None else _statement(row)

    def all(self, municipality: MunicipalityCode, *, decided: bool) -> Sequence[StatementRow]:
        """Return the statements that wait or were refused, with ``decided`` the others too; oldest first."""
        table = tables.statements.c
        wanted = table.municipality == municipality
        return self._find(wanted if decided else wanted & table.state.not_in(_DECIDED))

    def in_state(self, municipality: MunicipalityCode, state: StatementState, *, limit: int) -> Sequence[StatementRow]:
        """Return the statements in a state, oldest first."""
        table = tables.statements.c
        return self._find((table.municipality == municipality) & (table.state == state.value), limit=limit)

    def opened(self, message: bytes, finding: StatementFinding) -> bool:
        """Write what opening a statement came to; False when it was opened meanwhile."""
        after = StatementState.REFUSED if finding else StatementState.WAITING
        return self._change(message, (StatementState.RECEIVED.value,), state=after.value, finding=finding.value)

    def decide(self, message: bytes, state: StatementState, *, outcome: bytes, at: datetime) -> bool:
        """Write what became of a statement that waits, or of one that was refused; False when it did neither."""
        before = (StatementState.WAITING.value, StatementState.REFUSED.value)
        return self._change(message, before, state=state.value, outcome=outcome, decided_at=at)

    def unreceipted(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[StatementRow]:
        """Return opened statements whose answer has not arrived, those that were tried longest ago in front."""
        table = tables.statements
        # A refusal that could not be sent does not wait for ever: not once a caseworker has put the statement away.
        given_up = (
            (table.c.state == StatementState.DECLINED.value)
            & (table.c.finding != StatementFinding.NONE.value)
            & table.c.tried_at.is_not(None)
        )
        statement = (
            select(table)
            .where(
                table.c.municipality == municipality,
                table.c.state.in_(_OPENED),
                ~given_up,
                table.c.receipted_at.is_(None),
            )
            .order_by(table.c.tried_at.is_not(None), table.c.tried_at, table.c.received_at, table.c.message)
            .limit(limit)
        )
        return [_statement(row) for row in self._all(statement)]

    def sign(self, message: bytes, receipt: bytes) -> bool:
        """Keep the sealed receipt of a statement; False when there is one."""
        table = tables.statements
        statement = update(table).where(table.c.message == message, table.c.receipt == b"")
        return self._run(statement.values(receipt=receipt)).rowcount == 1

    def note(self, message: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a receipt could not be sent."""
        table = tables.statements
        self._run(update(table).where(table.c.message == message).values(trouble=trouble, tried_at=tried_at))

    def receipted(self, message: bytes, at: datetime) -> None:
        """Write down that a receipt was delivered."""
        table = tables.statements
        done = {"trouble": "", "tried_at": at, "receipted_at": at}
        self._run(update(table).where(table.c.message == message).values(**done))

    def receipt_again(self, message: bytes) -> None:
        """Have the receipt of a statement sent again."""
        table = tables.statements
        self._run(update(table).where(table.c.message == message).values(tried_at=None, receipted_at=None))

    def to_erase(self, municipality: MunicipalityCode, *, decided_before: datetime) -> Sequence[bytes]:
        """Return statements that were decided on before a time and whose sealed bytes are still here."""
        table, mail = tables.statements, tables.channel_messages
        statement = (
            select(table.c.message)
            .join(mail, mail.c.message == table.c.message)
            .where(
                table.c.municipality == municipality,
                table.c.state.in_(_DECIDED),
                table.c.decided_at < decided_before,
                mail.c.content != b"",
            )
        )
        return [bytes(row[0]) for row in self._all(statement)]

    def _change(self, message: bytes, before: Sequence[str], **values: Any) -> bool:
        table = tables.statements
        statement = update(table).where(table.c.message == message, table.c.state.in_(before))
        return self._run(statement.values(**values)).rowcount == 1

    def _find(self, wanted: Any, *, limit: int | None = None) -> list[StatementRow]:
        table = tables.statements
        statement = select(table).where(wanted).order_by(table.c.received_at, table.c.message).limit(limit)
        return [_statement(row) for row in self._all(statement)]


def _plain(row: StatementRow) -> dict[str, Any]:
    return {
        field.name: getattr(getattr(row, field.name), "value", getattr(row, field.name))
        for field in dataclasses.fields(row)
    }


def _statement(row: Row[Any]) -> StatementRow:
    values = {column.name: getattr(row, column.name) for column in tables.statements.columns}
    # Words that nobody here wrote have nothing signed or taken over.
    return StatementRow(
        **values
        | {
            "municipality": MunicipalityCode(row.municipality),
            "state": state(StatementState, row.state, StatementState.REFUSED),
            "finding": state(StatementFinding, row.finding, StatementFinding.CONTENTS_INVALID),
        }
    )
