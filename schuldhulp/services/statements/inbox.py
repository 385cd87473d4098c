"""The statements that came in, for the staff who treat them: by age, and the contents of one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.records import Consent
from schuldhulp.domain.statements import StatementDecline, valid_consent
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.domain.working_days import ANSWER_DAYS, add_working_days
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.claims.dossier_claims import current_records
from schuldhulp.services.claims.matching import Candidate, ClaimMatching
from schuldhulp.services.clock import day_of, today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.statements.opening import OpenedStatement, StatementReader
from schuldhulp.services.statements.outcomes import Outcome, OutcomeKey, open_outcome
from schuldhulp.services.statements.rows import StatementFinding, StatementRow, StatementState


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementEntry:
    """A statement as a line of a list; nothing of what it says.

    Attributes:
        message: its hash; names it.
        organisation: KvK number of who sent it.
        received_at: when it came in, UTC; its age counts from here.
        state: where it stands.
        finding: what is wrong with it.
        answer_by: last of the ten working days within which it should be treated; None where it does not wait.
        receipted_at: when the sender could fetch its receipt, UTC; None while it cannot.
        trouble: why not; empty when nothing is known to be in the way.
        decided_at: when a caseworker decided, UTC, or None.
        reason: why it was declined; None where it was not.
        dossier: where it was taken over; None where it was not.
        altered: whether the row says something else than what a caseworker wrote: somebody changed the database.
    """

    message: bytes
    organisation: str
    received_at: datetime
    state: StatementState
    finding: StatementFinding
    answer_by: date | None
    receipted_at: datetime | None
    trouble: str
    decided_at: datetime | None
    reason: StatementDecline | None
    dossier: DossierId | None
    altered: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementCandidate:
    """A dossier that a statement may be about.

    Attributes:
        candidate: the dossier, the applicant, and what the two have in common.
        consent: record of the consent by which it may be taken over there today; None where there is none.
    """

    candidate: Candidate
    consent: RecordId | None


class StatementInbox:
    """Shows statements to those who treat them; every look leaves a line in the processing log."""

    def __init__(
        self,
        *,
        reader: DossierReader,
        log: ProcessingLog,
        matching: ClaimMatching,
        statements: StatementReader,
        outcome_key: OutcomeKey,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens dossiers in memory; gives store and clock too.
            log: the processing log.
            matching: finds the dossiers that somebody may have.
            statements: opens statements.
            outcome_key: opens what became of statements.
        """
        self._reader = reader
        self._store = reader.store
        self._log = log
        self._matching = matching
        self._statements = statements
        self._outcome_key = outcome_key

    def list(self, *, actor: Actor, decided: bool = False) -> Sequence[StatementEntry]:
        """Return what came in, oldest first; nothing of the contents.

        Args:
            actor: who looks.
            decided: whether those are shown too that were taken over or declined.

        Raises:
            NotAllowed: the actor does not decide on what parties send.
        """
        self._admit(actor, LogAction.LIST)
        with self._store.read() as work:
            rows = work.statements.all(self._statements.municipality, decided=decided)
        return [self._entry(row) for row in rows]

    def entry(self, *, actor: Actor, message: bytes) -> StatementEntry | None:
        """Return where one statement stands, as its line in the list; None where there is no such statement.

        Raises:
            NotAllowed: the actor does not decide on what parties send.
        """
        self._admit(actor, LogAction.LIST, reason=named(message))
        with self._store.read() as work:
            row = work.statements.get(message)
        return None if row is None else self._entry(row)

    def opened(self, *, actor: Actor, message: bytes) -> OpenedStatement:
        """Open the contents of a statement.

        Args:
            actor: who looks.
            message: its hash, 32 bytes.

        Raises:
            NotAllowed: the actor does not decide on what parties send.
            NotFound: there is no such statement, or its contents were erased.
            Undecryptable: it does not open, or is not what its sender may send.
        """
        self._admit(actor, LogAction.OPEN, reason=named(message))
        with self._store.read() as work:
            return self._statements.opened(work, message)

    def candidates(self, *, actor: Actor, message: bytes) -> Sequence[StatementCandidate]:
        """Return the dossiers that a statement may be about, the likeliest first, and whether consent stands there.

        Raises:
            NotAllowed, NotFound, Undecryptable: as `opened`.
        """
        statement = self.opened(actor=actor, message=message).statement
        found = self._matching.of_person(actor=actor, debtor=statement.client, reason=named(message))
        dossiers = {one.dossier.id for one in found}
        records = {opened.dossier.id: current_records(opened) for opened in self._reader.read_all(sorted(dossiers))}
        day = today(self._reader.clock)
        result = []
        for one in found:
            own = {
                record_id: record
                for record_id, record in records[one.dossier.id].items()
                if isinstance(record, Consent) and record.applicant == one.applicant
            }
            consent = valid_consent(own, kvk=statement.sender.kvk, subject=statement.subject, day=day)
            result.append(StatementCandidate(candidate=one, consent=consent[0] if consent else None))
        return result

    def _entry(self, row: StatementRow) -> StatementEntry:
        outcome = self._outcome(row)
        waits = row.state in (StatementState.RECEIVED, StatementState.WAITING, StatementState.REFUSED)
        return StatementEntry(
            message=row.message,
            organisation=row.organisation,
            received_at=row.received_at,
            state=row.state,
            finding=row.finding,
            answer_by=add_working_days(day_of(row.received_at), ANSWER_DAYS) if waits else None,
            receipted_at=row.receipted_at,
            trouble=row.trouble,
            decided_at=row.decided_at,
            reason=outcome.reason if outcome else None,
            dossier=outcome.dossier if outcome else None,
            altered=(outcome is None) != waits or (outcome is not None and outcome.state is not row.state),
        )

    def _outcome(self, row: StatementRow) -> Outcome | None:
        if not row.outcome:
            return None
        try:
            return open_outcome(self._outcome_key, row.message, row.outcome)
        except (Undecryptable, InvalidInput):
            return None

    def _admit(self, actor: Actor, action: LogAction, *, reason: str = "") -> None:
        self._log.refuse(actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=None)
        with self._store.write() as work:
            self._log.write(work, actor=actor, action=action, purpose=Purpose.CLAIM_REVIEW, reason=reason)
            work.commit()


def named(message: bytes) -> str:
    """Return how the processing log calls a statement: by the hash of what was sent, which says nothing."""
    return f"statement {message.hex()}"
