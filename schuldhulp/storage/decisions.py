"""Decisions on claims on their way to the chain and the creditor, and the links of claims to dossiers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState, LinkRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks, state


class Decisions(Repository):
    """Tables ``claim_decisions`` and ``claim_links``."""

    def add(self, row: DecisionRow) -> None:
        """Store a decision."""
        self._run(tables.claim_decisions.insert().values(**_plain(row)))

    def get(self, decision: bytes) -> DecisionRow | None:
        """Return the decision with this id."""
        table = tables.claim_decisions
        row = self._first(select(table).where(table.c.id == decision))
        return None if row is None else _decision(row)

    def of_claims(self, claims: Sequence[ClaimId]) -> Sequence[DecisionRow]:
        """Return the decisions on these claims, oldest first."""
        found: list[DecisionRow] = []
        for piece in chunks(claims):
            found += self._find(tables.claim_decisions.c.claim_id.in_(piece))
        return sorted(found, key=lambda row: (row.created_at, row.id))

    def in_state(
        self, municipality: MunicipalityCode, state: DecisionState, *, limit: int | None = None
    ) -> Sequence[DecisionRow]:
        """Return the decisions in a state, oldest first."""
        table = tables.claim_decisions.c
        return self._find((table.municipality == municipality) & (table.state == state.value), limit=limit)

    def of_batch(self, batch: int) -> Sequence[DecisionRow]:
        """Return the decisions that were signed in a batch, oldest first."""
        return self._find(tables.claim_decisions.c.batch == batch)

    def set_state(
        self, decision: bytes, state: DecisionState, *, was: DecisionState, batch: int | None = None, trouble: str = ""
    ) -> bool:
        """Write where a decision stands, its batch and its trouble; False when it was not in the state ``was``."""
        table = tables.claim_decisions
        statement = update(table).where(table.c.id == decision, table.c.state == was.value)
        return self._run(statement.values(state=state.value, batch=batch, trouble=trouble)).rowcount == 1

    def take_back(self, decision: bytes, *, mac: bytes) -> bool:
        """Take back a decision that waits, under a code that the worker does not carry out; False when it does not."""
        table = tables.claim_decisions
        statement = update(table).where(table.c.id == decision, table.c.state == DecisionState.WAITING.value)
        return self._run(statement.values(state=DecisionState.TAKEN_BACK.value, mac=mac, trouble="")).rowcount == 1

    def seal(self, decision: bytes, sealed: bytes, *, mac: bytes) -> bool:
        """Store what is sent of a decision, and its new code; False when that was stored already."""
        table = tables.claim_decisions
        statement = update(table).where(table.c.id == decision, table.c.sealed == b"")
        return self._run(statement.values(sealed=sealed, mac=mac)).rowcount == 1

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[DecisionRow]:
        """Return confirmed decisions that have not arrived, those that were tried longest ago in front."""
        table = tables.claim_decisions
        statement = (
            select(table)
            .where(
                table.c.municipality == municipality,
                table.c.state == DecisionState.CONFIRMED.value,
                table.c.delivered_at.is_(None),
            )
            .order_by(table.c.tried_at.is_not(None), table.c.tried_at, table.c.created_at, table.c.id)
            .limit(limit)
        )
        return [_decision(row) for row in self._all(statement)]

    def note(self, decision: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a decision could not be sent."""
        table = tables.claim_decisions
        self._run(update(table).where(table.c.id == decision).values(trouble=trouble, tried_at=tried_at))

    def arrived(self, decision: bytes, at: datetime) -> None:
        """Write down that a decision was delivered."""
        table = tables.claim_decisions
        self._run(update(table).where(table.c.id == decision).values(trouble="", tried_at=at, delivered_at=at))

    def put_link(self, row: LinkRow) -> None:
        """Store the link of a claim, in place of an earlier one of the same filing."""
        table = tables.claim_links
        statement = self._insert(table).values(**_plain(row))
        changed = {"sealed": row.sealed, "linked_at": row.linked_at}
        self._run(statement.on_conflict_do_update(index_elements=["claim_id", "filed_at"], set_=changed))

    def remove_link(self, claim: ClaimId, filed_at: datetime) -> None:
        """Forget the link of one filing of a claim."""
        table = tables.claim_links
        self._run(table.delete().where(table.c.claim_id == claim, table.c.filed_at == filed_at))

    def link(self, claim: ClaimId, filed_at: datetime) -> LinkRow | None:
        """Return the link of one filing of a claim."""
        table = tables.claim_links
        row = self._first(select(table).where(table.c.claim_id == claim, table.c.filed_at == filed_at))
        return None if row is None else _link(row)

    def links(self) -> Sequence[LinkRow]:
        """Return all links, oldest first."""
        table = tables.claim_links
        return [_link(row) for row in self._all(select(table).order_by(table.c.linked_at, table.c.claim_id))]

    def _find(self, wanted: Any, *, limit: int | None = None) -> list[DecisionRow]:
        table = tables.claim_decisions
        statement = select(table).where(wanted).order_by(table.c.created_at, table.c.id).limit(limit)
        return [_decision(row) for row in self._all(statement)]


def _plain(row: DecisionRow | LinkRow) -> dict[str, Any]:
    return {
        field.name: getattr(getattr(row, field.name), "value", getattr(row, field.name))
        for field in dataclasses.fields(row)
    }


def _decision(row: Row[Any]) -> DecisionRow:
    values = {column.name: getattr(row, column.name) for column in tables.claim_decisions.columns}
    return DecisionRow(
        **values
        | {
            "municipality": MunicipalityCode(row.municipality),
            "claim_id": ClaimId(row.claim_id),
            "commitment": Commitment(row.commitment),
            "status": _status(row.status),
            # A word that nobody here wrote sends nothing.
            "state": state(DecisionState, row.state, DecisionState.REFUSED),
        }
    )


def _link(row: Row[Any]) -> LinkRow:
    values = {column.name: getattr(row, column.name) for column in tables.claim_links.columns}
    return LinkRow(**values | {"claim_id": ClaimId(row.claim_id)})


def _status(value: int) -> ClaimStatus:
    try:
        return ClaimStatus(value)
    except ValueError:
        return ClaimStatus.NONE
