"""A stand-in for the services around statements: the rules that a screen must show something for, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from eth_utils.crypto import keccak

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.records import Applicant, Consent, Record
from schuldhulp.domain.statements import Statement, StatementDecline, valid_consent
from schuldhulp.domain.taken_statements import TakenOver, is_of, renewable, source_line, taken_over
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, NotFound, SchuldhulpError, Undecryptable
from schuldhulp.services.claims.matching import Candidate, signs_of
from schuldhulp.services.statements.desk import Becomes, Renewable
from schuldhulp.services.statements.inbox import StatementCandidate, StatementEntry
from schuldhulp.services.statements.opening import OpenedStatement
from schuldhulp.services.statements.rows import StatementFinding, StatementRow, StatementState
from tests.support.statements import make_statement


@dataclass
class _Kept:
    statement: Statement
    row: StatementRow
    reason: StatementDecline | None = None
    text: str = ""
    dossier: DossierId | None = None
    altered: bool = False


@dataclass
class FakeStatements:
    """Statements and what a caseworker does with them."""

    stored: Mapping[DossierId, Any]
    summary: Callable[[Any], Any]
    now: datetime
    kept: dict[bytes, _Kept] = field(default_factory=dict)
    failing: SchuldhulpError | None = None

    def __post_init__(self) -> None:
        self.inbox = SimpleNamespace(
            list=self._list, entry=self._entry, opened=self._opened, candidates=self._candidates
        )
        self.desk = SimpleNamespace(
            renewable=self._renewable, becomes=self._becomes, take_over=self._take_over, decline=self._decline
        )

    def receive(self, statement: Statement | None = None, **row: Any) -> bytes:
        """Let a statement come in; return its hash."""
        said = statement or make_statement()
        message = keccak(said.statement_id)
        values: dict[str, Any] = {
            "message": message,
            "municipality": said.municipality,
            "statement_id": said.statement_id,
            "sender": "0x" + "11" * 20,
            "organisation": said.sender.kvk,
            "received_at": self.now,
            "state": StatementState.WAITING,
        }
        self.kept[message] = _Kept(said, StatementRow(**values | row))
        return message

    def _list(self, *, actor: Actor, decided: bool = False) -> list[StatementEntry]:
        require(actor, Permission.DECIDE_CLAIMS)
        over = (StatementState.TAKEN_OVER, StatementState.DECLINED)
        return [
            StatementEntry(
                message=message,
                organisation=one.row.organisation,
                received_at=one.row.received_at,
                state=one.row.state,
                finding=one.row.finding,
                answer_by=None if one.row.state in over else date(2026, 12, 7),
                receipted_at=self.now,
                trouble="",
                decided_at=None,
                reason=one.reason,
                dossier=one.dossier,
                altered=one.altered,
            )
            for message, one in sorted(self.kept.items(), key=lambda each: each[1].row.received_at)
            if decided or one.row.state not in over
        ]

    def _entry(self, *, actor: Actor, message: bytes) -> StatementEntry | None:
        return next((one for one in self._list(actor=actor, decided=True) if one.message == message), None)

    def _opened(self, *, actor: Actor, message: bytes) -> OpenedStatement:
        require(actor, Permission.DECIDE_CLAIMS)
        if message not in self.kept:
            raise NotFound("statement_unknown", "no such statement")
        one = self.kept[message]
        if one.row.finding is StatementFinding.UNDECRYPTABLE:
            raise Undecryptable("statement_unreadable", "it does not open")
        return OpenedStatement(row=one.row, statement=one.statement)

    def _records(self, dossier: DossierId) -> dict[RecordId, Record]:
        found = self.stored[dossier].records
        return {record: versions[-1].record for record, versions in found.items() if not versions[-1].withdrawn}

    def _consent(self, dossier: DossierId, statement: Statement, applicant: RecordId) -> RecordId | None:
        own = {
            record_id: record
            for record_id, record in self._records(dossier).items()
            if isinstance(record, Consent) and record.applicant == applicant
        }
        found = valid_consent(own, kvk=statement.sender.kvk, subject=statement.subject, day=self.now.date())
        return found[0] if found else None

    def _candidates(self, *, actor: Actor, message: bytes) -> list[StatementCandidate]:
        statement = self._opened(actor=actor, message=message).statement
        return [
            StatementCandidate(
                candidate=Candidate(dossier=self.summary(stored), applicant=record_id, signs=signs),
                consent=self._consent(dossier, statement, record_id),
            )
            for dossier, stored in self.stored.items()
            for record_id, record in self._records(dossier).items()
            if isinstance(record, Applicant) and (signs := signs_of(statement.client, record))
        ]

    def _renewable(self, *, actor: Actor, message: bytes, dossier: DossierId, applicant: RecordId) -> list[Renewable]:
        statement = self._opened(actor=actor, message=message).statement
        return [
            Renewable(record_id=record_id, record=record, is_own=is_of(statement, record))
            for record_id, record in renewable(statement, self._records(dossier), applicant)
        ]

    def _made(self, message: bytes, dossier: DossierId, applicant: RecordId, known: RecordId | None) -> TakenOver:
        one = self.kept[message]
        if one.row.state is not StatementState.WAITING:
            raise Conflict("statement_decided", "before")
        if self._consent(dossier, one.statement, applicant) is None:
            raise Conflict("consent_missing", "none holds")
        before: Any = self._records(dossier).get(known) if known else None
        return taken_over(
            one.statement,
            applicant,
            known=before,
            source=source_line(one.statement, self.now.date(), message),
            today=self.now.date(),
        )

    def _becomes(
        self, *, actor: Actor, message: bytes, dossier: DossierId, applicant: RecordId, known: RecordId | None = None
    ) -> list[Becomes]:
        made = self._made(message, dossier, applicant, known)
        both = ((made.renewed, False), (made.added, True))
        return [Becomes(record=record, is_new=is_new) for record, is_new in both if record is not None]

    def _take_over(
        self, *, actor: Actor, message: bytes, dossier: DossierId, applicant: RecordId, known: RecordId | None = None
    ) -> Any:
        self._fail()
        one, made = self.kept[message], self._made(message, dossier, applicant, known)
        written = None
        if made.renewed is not None and known is not None:
            written = self.stored[dossier].put(known, made.renewed)
        if made.added is not None:
            written = self.stored[dossier].put(RecordId(keccak(message)), made.added)
        self._decided(one, StatementState.TAKEN_OVER)
        one.dossier = dossier
        return written

    def _decline(self, *, actor: Actor, message: bytes, reason: StatementDecline, text: str = "") -> None:
        self._fail()
        one = self.kept[message]
        one.reason, one.text = reason, text
        self._decided(one, StatementState.DECLINED)

    def _fail(self) -> None:
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error

    @staticmethod
    def _decided(one: _Kept, state: StatementState) -> None:
        one.row = replace(one.row, state=state)
