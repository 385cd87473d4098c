"""Taking a statement over into a dossier, or declining it: a caseworker's step."""

from __future__ import annotations

from dataclasses import dataclass

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.checks import check_text
from schuldhulp.domain.records import Applicant, Consent, Expense, Income, Obligation, Record
from schuldhulp.domain.statements import StatementDecline, valid_consent
from schuldhulp.domain.taken_statements import is_of, renewable, source_line, taken_over
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, NotFound, Undecryptable
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.claims.dossier_claims import current_records
from schuldhulp.services.clock import day_of, today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft, new_record_id
from schuldhulp.services.ports import ChainReader, UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.statements.inbox import named
from schuldhulp.services.statements.opening import OpenedStatement, StatementReader, chain_finding
from schuldhulp.services.statements.outcomes import Outcome, OutcomeKey, seal_outcome
from schuldhulp.services.statements.rows import StatementState
from schuldhulp.services.views import RecordView

TEXT_LENGTH = 1000
"""Characters that a caseworker adds for colleagues."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewable:
    """What a statement can renew in a dossier.

    Attributes:
        record_id: the record.
        record: what it says now.
        is_own: whether it is of the party that made the statement.
    """

    record_id: RecordId
    record: Income | Expense | Obligation
    is_own: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Becomes:
    """A record as it will be once a statement is taken over.

    Attributes:
        record: what it will say.
        is_new: whether the dossier does not have it yet.
    """

    record: Record
    is_new: bool


class StatementDesk:
    """Takes statements over and declines them. Nothing is taken over without a consent that holds on the day."""

    def __init__(
        self,
        *,
        reader: DossierReader,
        writer: DossierWriter,
        caseload: Caseload,
        log: ProcessingLog,
        chain: ChainReader,
        statements: StatementReader,
        outcome_key: OutcomeKey,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store and clock too.
            writer: writes to dossiers.
            caseload: lets people in.
            log: the processing log.
            chain: tells whether the account that signed a statement is still admitted.
            statements: opens statements.
            outcome_key: encrypts what became of statements.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._log = log
        self._store = reader.store
        self._clock = reader.clock
        self._chain = chain
        self._statements = statements
        self._outcome_key = outcome_key

    def renewable(self, *, actor: Actor, message: bytes, dossier: DossierId, applicant: RecordId) -> list[Renewable]:
        """Return what a statement can renew in a dossier, the likeliest first.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            message: hash of the statement.
            dossier: the dossier.
            applicant: whom the statement is about.

        Raises:
            NotAllowed, NotFound, Undecryptable, Unreachable: as `take_over`.
        """
        self._admit(actor, dossier)
        self._require_opened(actor, dossier)
        statement = self._open(message).statement
        records = current_records(self._reader.read(dossier))
        return [
            Renewable(record_id=record_id, record=record, is_own=is_of(statement, record))
            for record_id, record in renewable(statement, records, applicant)
        ]

    def becomes(
        self,
        *,
        actor: Actor,
        message: bytes,
        dossier: DossierId,
        applicant: RecordId,
        known: RecordId | None = None,
    ) -> list[Becomes]:
        """Return the records that `take_over` would write now; nothing is written.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            message: hash of the statement.
            dossier: where it belongs.
            applicant: whom it is about.
            known: the record that it renews; None makes a new one.

        Raises:
            NotAllowed, NotFound, Undecryptable, InvalidInput, Conflict, Unreachable: as `take_over`.
        """
        self._admit(actor, dossier)
        self._require_opened(actor, dossier)
        claim, fresh = self._open(message), new_record_id()
        drafts, _ = self._drafts(self._reader.read(dossier), claim, applicant, known, fresh)
        return [Becomes(record=draft.record, is_new=draft.record_id == fresh) for draft in drafts]

    def take_over(
        self,
        *,
        actor: Actor,
        message: bytes,
        dossier: DossierId,
        applicant: RecordId,
        known: RecordId | None = None,
    ) -> RecordView:
        """Take a statement over: the record that it makes or renews and what became of it, in one write.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            message: hash of the statement.
            dossier: where it belongs.
            applicant: whom it is about.
            known: the record that it renews; None makes a new one.

        Returns:
            The record that says it now.

        Raises:
            NotAllowed: no right to decide on what parties send there.
            NotFound: there is no such statement, dossier, or record to renew; or ``applicant`` is none there.
            Undecryptable: the statement does not open, or is not what its sender may send.
            InvalidInput: ``record_other`` or ``statement_early`` (field ``known``).
            Conflict: ``consent_missing``, no consent of this person holds today; ``statement_decided``, somebody
                decided on it before.
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, dossier)
        self._require_opened(actor, dossier)
        claim = self._open(message)
        # Asked again: the worker's word stands in the database, and an account may have lost its role since.
        against = chain_finding(self._chain, self._statements.municipality, claim.row, claim.statement)
        if against:
            raise Undecryptable(
                "statement_unreadable", f"this statement cannot be used: {against.value}", field="statement"
            )
        fresh = new_record_id()

        def prepare(opened: Assessment) -> Change:
            drafts, record = self._drafts(opened, claim, applicant, known, fresh)
            outcome = Outcome(state=StatementState.TAKEN_OVER, dossier=dossier, record=record)
            return Change(drafts=drafts, also=lambda work: self._put(work, message, outcome))

        action = LogAction.ADD if known is None else LogAction.CHANGE
        written = self._writer.change(dossier, prepare, actor=actor, action=action, purpose=Purpose.CLAIM_REVIEW)
        return RecordView.of(*written.versions[-1], verified=False)

    def decline(self, *, actor: Actor, message: bytes, reason: StatementDecline, text: str = "") -> None:
        """Decline a statement, also one that does not open; its sender is not told.

        Args:
            actor: who.
            message: hash of the statement.
            reason: why.
            text: for colleagues; encrypted.

        Raises:
            NotAllowed: the actor does not decide on what parties send.
            NotFound: there is no such statement.
            InvalidInput: the text is too long.
            Conflict: ``statement_decided``, somebody decided on it before; ``statement_unopened``, the worker has not
                looked at it yet.
            Unreachable: the database does not answer; nothing was written.
        """
        self._admit(actor, None)
        check_text(text, "text", longest=TEXT_LENGTH)
        with self._store.write() as work:
            row = work.statements.get(message)
            if row is None:
                raise NotFound("statement_unknown", "there is no such statement", field="statement")
            if row.state is StatementState.RECEIVED:
                raise Conflict("statement_unopened", "the worker has not opened this yet; wait a minute")
            outcome = Outcome(state=StatementState.DECLINED, reason=reason, text=text.strip())
            self._log.write(
                work, actor=actor, action=LogAction.CHANGE, purpose=Purpose.CLAIM_REVIEW, reason=named(message)
            )
            self._put(work, message, outcome)
            work.commit()

    def _drafts(
        self,
        opened: Assessment,
        claim: OpenedStatement,
        applicant: RecordId,
        known: RecordId | None,
        fresh: RecordId,
    ) -> tuple[list[Draft], RecordId]:
        """Return what is to be written, and the record that says it; that one comes last."""
        records, statement, day = current_records(opened), claim.statement, today(self._clock)
        if not isinstance(records.get(applicant), Applicant):
            raise NotFound("applicant_unknown", "applicant: no applicant of this dossier", field="applicant")
        own = {
            record_id: record
            for record_id, record in records.items()
            if isinstance(record, Consent) and record.applicant == applicant
        }
        if valid_consent(own, kvk=statement.sender.kvk, subject=statement.subject, day=day) is None:
            raise Conflict(
                "consent_missing", "no consent of this person for this party and subject holds today", field="applicant"
            )
        before = records.get(known) if known is not None else None
        if known is not None and not isinstance(before, Income | Expense | Obligation):
            raise NotFound("record_unknown", "there is no such record in this dossier", field="known")
        made = taken_over(
            statement,
            applicant,
            known=before if isinstance(before, Income | Expense | Obligation) else None,
            source=source_line(statement, day_of(claim.row.received_at), claim.row.message),
            today=day,
        )
        drafts: list[Draft] = []
        if made.renewed is not None and known is not None:
            present = opened.current[known].version
            version = present.version if present is not None else 0
            drafts.append(
                Draft(record=made.renewed, record_id=known, expected_version=version, reason=named_briefly(claim))
            )
        if made.added is not None:
            drafts.append(Draft(record=made.added, record_id=fresh))
        return drafts, drafts[-1].record_id

    def _put(self, work: UnitOfWork, message: bytes, outcome: Outcome) -> None:
        sealed = seal_outcome(self._outcome_key, message, outcome)
        if not work.statements.decide(message, outcome.state, outcome=sealed, at=self._clock.now()):
            raise Conflict("statement_decided", "somebody decided on this statement before", field="statement")

    def _open(self, message: bytes) -> OpenedStatement:
        with self._store.read() as work:
            opened = self._statements.opened(work, message)
        if opened.row.state in (StatementState.TAKEN_OVER, StatementState.DECLINED):
            raise Conflict("statement_decided", "somebody decided on this statement before", field="statement")
        if opened.row.state is not StatementState.WAITING:
            raise Conflict("statement_unopened", "the worker has not found this right", field="statement")
        return opened

    def _admit(self, actor: Actor, dossier: DossierId | None) -> None:
        self._log.refuse(
            actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=dossier
        )

    def _require_opened(self, actor: Actor, dossier: DossierId) -> None:
        with self._store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)


def named_briefly(claim: OpenedStatement) -> str:
    """Return the reason that stands with the new version of a renewed record."""
    return f"opgave van {claim.statement.sender.name}"[:200]
