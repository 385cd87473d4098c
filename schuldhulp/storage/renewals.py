"""Questions for new statements of claims."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, update

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.renewal_rows import RenewalRow
from schuldhulp.services.claims.rows import ContentsState
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks

_UNDECIDED = [status.value for status in ClaimStatus if status.is_undecided]


class Renewals(Repository):
    """Table ``claim_renewals``."""

    def add(self, row: RenewalRow) -> bool:
        """Store a question, and say whether it was not asked before."""
        table = tables.claim_renewals
        values = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
        statement = self._insert(table).values(**values).on_conflict_do_nothing()
        return self._first(statement.returning(table.c.claim_id)) is not None

    def due(self, municipality: MunicipalityCode, at: datetime, *, limit: int) -> Sequence[tuple[ClaimId, bytes]]:
        """Return id and accepted delivery of undecided claims whose statement is too old and whose holder was not told.

        Those whose day was never noted are among them: whoever asks finds it out.
        """
        claims, deliveries, asked = tables.claims, tables.claim_deliveries, tables.claim_renewals
        told = and_(
            asked.c.claim_id == claims.c.claim_id,
            asked.c.commitment == claims.c.commitment,
            asked.c.recipient == claims.c.holder,
        )
        statement = (
            select(claims.c.claim_id, claims.c.message)
            .join(deliveries, deliveries.c.message == claims.c.message)
            .outerjoin(asked, told)
            .where(
                claims.c.municipality == municipality,
                claims.c.contents == ContentsState.COMPLETE.value,
                claims.c.status.in_(_UNDECIDED),
                or_(deliveries.c.renew_at.is_(None), deliveries.c.renew_at <= at),
                asked.c.claim_id.is_(None),
            )
            .order_by(deliveries.c.renew_at, claims.c.claim_id)
            .limit(limit)
        )
        return [(ClaimId(row[0]), bytes(row[1])) for row in self._all(statement)]

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[RenewalRow]:
        """Return the questions that have not arrived and still hold, those that were tried longest ago in front."""
        table, claims = tables.claim_renewals, tables.claims
        stands = and_(
            claims.c.claim_id == table.c.claim_id,
            claims.c.commitment == table.c.commitment,
            claims.c.holder == table.c.recipient,
        )
        statement = (
            select(table)
            .join(claims, stands)
            .where(
                table.c.municipality == municipality,
                table.c.delivered_at.is_(None),
                claims.c.status.in_(_UNDECIDED),
            )
            .order_by(table.c.tried_at.is_not(None), table.c.tried_at, table.c.created_at, table.c.claim_id)
            .limit(limit)
        )
        return [_row(row) for row in self._all(statement)]

    def of_claims(self, claims: Sequence[ClaimId]) -> Sequence[RenewalRow]:
        """Return what was asked about these claims, oldest first; compare ``commitment`` with what stands there now."""
        table = tables.claim_renewals
        found: list[RenewalRow] = []
        for piece in chunks(claims):
            found += [_row(row) for row in self._all(select(table).where(table.c.claim_id.in_(piece)))]
        return sorted(found, key=lambda row: (row.created_at, row.claim_id, row.recipient))

    def seal(self, row: RenewalRow, sealed: bytes) -> bool:
        """Write the sealed question unless there is one already; say whether there was none."""
        table = tables.claim_renewals
        statement = update(table).where(_same(row), table.c.sealed == b"").values(sealed=sealed, trouble="")
        return self._run(statement).rowcount == 1

    def note(self, row: RenewalRow, *, trouble: str, tried_at: datetime) -> None:
        """Write why a question could not be sent."""
        self._run(update(tables.claim_renewals).where(_same(row)).values(trouble=trouble, tried_at=tried_at))

    def arrived(self, row: RenewalRow, at: datetime) -> None:
        """Write down that a question was delivered."""
        table = tables.claim_renewals
        self._run(update(table).where(_same(row)).values(trouble="", tried_at=at, delivered_at=at))

    def note_day(self, message: bytes, renew_at: datetime) -> None:
        """Write from when the statement of a delivery is too old."""
        table = tables.claim_deliveries
        self._run(update(table).where(table.c.message == message).values(renew_at=renew_at))


def _same(row: RenewalRow) -> ColumnElement[bool]:
    table = tables.claim_renewals.c
    return and_(table.claim_id == row.claim_id, table.commitment == row.commitment, table.recipient == row.recipient)


def _row(row: Row[Any]) -> RenewalRow:
    values = {column.name: getattr(row, column.name) for column in tables.claim_renewals.columns}
    return RenewalRow(
        **values
        | {
            "claim_id": ClaimId(row.claim_id),
            "commitment": Commitment(row.commitment),
            "municipality": MunicipalityCode(row.municipality),
        }
    )
