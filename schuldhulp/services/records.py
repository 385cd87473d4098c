"""Recording, changing and withdrawing what stands in a dossier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    Applicant,
    Confirmation,
    ConfirmationRole,
    Enrolment,
    ReceivedClaim,
    Record,
    SentNotice,
    without_stale_yes,
)
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft, new_record_id
from schuldhulp.services.enrolment import EnrolmentService
from schuldhulp.services.record_rules import check_applicants, check_references, check_still_ended
from schuldhulp.services.views import RecordView


class RecordService:
    """Writes records. Nothing is overwritten: a change, and a withdrawal, is a new version."""

    def __init__(
        self, *, reader: DossierReader, writer: DossierWriter, caseload: Caseload, enrolment: EnrolmentService
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers.
            writer: writes to them.
            caseload: lets people in.
            enrolment: publishes the new name or address of a client who is visible.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._enrolment = enrolment

    def add(self, *, actor: Actor, dossier: DossierId, record: Record) -> RecordView:
        """Record something new.

        Args:
            actor: who.
            dossier: where; a dossier outside the caseload must have been opened, with a reason, in this session.
            record: what.

        Returns:
            The record at version 1.

        Raises:
            NotAllowed: no right to change records here.
            InvalidInput: the record speaks of somebody who is no applicant here.
            NotFound: there is no such dossier.
            Deviation: the dossier deviates from the chain; nothing was written.
            Unreachable: the database does not answer; nothing was written.
        """
        return self.add_all(actor=actor, dossier=dossier, records=[record])[0]

    def add_all(self, *, actor: Actor, dossier: DossierId, records: Sequence[Record]) -> list[RecordView]:
        """Record several new things in one transaction and one revision; as `add`."""
        if not records:
            return []
        if any(isinstance(record, Enrolment) for record in records):
            raise InvalidInput("kind_elsewhere", "an enrolment is made by enrolling", field="kind")
        if any(isinstance(record, ReceivedClaim) for record in records):
            raise InvalidInput("claim_elsewhere", "a claim comes from its creditor", field="kind")
        if any(isinstance(record, SentNotice) for record in records):
            raise InvalidInput("notice_elsewhere", "a notice is recorded by sending it", field="kind")
        drafts = [Draft(record=record, record_id=new_record_id()) for record in records]
        return self._write(actor, dossier, LogAction.ADD, lambda opened: Change(drafts=drafts))

    def change(
        self,
        *,
        actor: Actor,
        dossier: DossierId,
        record_id: RecordId,
        expected_version: int,
        record: Record,
        reason: str = "",
    ) -> RecordView:
        """Change a record: store the next version.

        Where an agreement says something else than before, the confirmations of what it said are not stored again.

        Args:
            actor: who.
            dossier: where, as in `add`.
            record_id: which record.
            expected_version: the version that the actor has seen.
            record: what it is to say; of the same kind.
            reason: why; shown in its history.

        Raises:
            Conflict: somebody else changed it (key ``record_changed``, with record, version, at, function), or it was
                withdrawn; or an applicant gets the number of another client (``client_known``). Nothing was written.
            NotFound, NotAllowed, InvalidInput, Deviation, Unreachable: as `add`.
        """

        def prepare(opened: Assessment) -> Change:
            present = _present(opened, record_id, expected_version)
            if present.kind is not record.kind or isinstance(record, Enrolment | ReceivedClaim | SentNotice):
                raise InvalidInput("kind_differs", "a record keeps its kind", field="kind")
            check_still_ended(present, record)
            stored = record
            if isinstance(record, Agreement) and isinstance(present, Agreement):
                stored = without_stale_yes(record, present)
            draft = Draft(record=stored, record_id=record_id, expected_version=expected_version, reason=reason)
            if isinstance(record, Applicant):
                return self._enrolment.follow(opened, draft)
            return Change(drafts=[draft])

        return self._write(actor, dossier, LogAction.CHANGE, prepare)[0]

    def withdraw(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, reason: str
    ) -> RecordView:
        """Take a record back; it stays in the dossier and its history, marked as withdrawn.

        Args:
            actor: who.
            dossier: where, as in `add`.
            record_id: which record.
            expected_version: the version that the actor has seen.
            reason: why; needed.

        Raises:
            Conflict: as `change`.
            InvalidInput: no reason, or the record is an applicant that others speak of.
            NotFound, NotAllowed, Deviation, Unreachable: as `add`.
        """
        if not reason.strip():
            raise InvalidInput("required", "reason: must be filled in", field="reason")

        def prepare(opened: Assessment) -> Change:
            present = _present(opened, record_id, expected_version)
            if isinstance(present, Enrolment):
                raise InvalidInput("kind_elsewhere", "an enrolment is ended, not withdrawn", field="kind")
            if isinstance(present, ReceivedClaim):
                raise InvalidInput("claim_elsewhere", "a claim is decided on, not withdrawn", field="kind")
            if isinstance(present, SentNotice):
                raise InvalidInput("notice_elsewhere", "what was sent cannot be taken back", field="kind")
            draft = Draft(
                record=present,
                record_id=record_id,
                expected_version=expected_version,
                withdrawn=True,
                reason=reason.strip(),
            )
            return Change(drafts=[draft])

        return self._write(actor, dossier, LogAction.WITHDRAW, prepare)[0]

    def confirm(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        """Say yes to an agreement; a resident to one of the own dossier.

        Raises:
            NotAllowed: no right to confirm agreements here.
            InvalidInput: the record is no agreement, or can no longer be confirmed.
            Conflict, NotFound, Deviation, Unreachable: as `change`.
        """

        def prepare(opened: Assessment) -> Change:
            present = _present(opened, record_id, expected_version)
            if not isinstance(present, Agreement):
                raise InvalidInput("kind_differs", "only an agreement can be confirmed", field="kind")
            if present.status not in (AgreementStatus.PROPOSED, AgreementStatus.CONFIRMED):
                raise InvalidInput("agreement_over", "this agreement can no longer be confirmed", field="status")
            resident = actor.kind == "resident"
            confirmation = Confirmation(
                by=actor.name or actor.kind,
                role=ConfirmationRole.RESIDENT if resident else ConfirmationRole.CASEWORKER,
                at=self._reader.clock.now(),
            )
            record = replace(
                present,
                status=AgreementStatus.CONFIRMED,
                confirmations=(*present.confirmations, confirmation),
            )
            return Change(drafts=[Draft(record=record, record_id=record_id, expected_version=expected_version)])

        return self._write(actor, dossier, LogAction.CHANGE, prepare, Permission.CONFIRM_AGREEMENT)[0]

    def history(self, *, actor: Actor, dossier: DossierId, record_id: RecordId) -> list[RecordView]:
        """Return all versions of a record, newest first.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            dossier: where.
            record_id: which record.

        Returns:
            The versions that open; those that do not are named in the trust report of the dossier.

        Raises:
            NotAllowed: no right to open this dossier.
            NotFound: there is no such dossier or record.
            Unreachable: the database does not answer.
        """
        purpose = _purpose(actor)
        self._caseload.require(dossier, actor=actor, permission=Permission.OPEN_DOSSIER, purpose=purpose)
        opened = self._reader.read(dossier)
        self._caseload.admit(
            opened.dossier,
            actor=actor,
            permission=Permission.OPEN_DOSSIER,
            purpose=purpose,
            key=opened.key,
        )
        versions = opened.versions.get(record_id, ())
        if not versions and all(row.record != record_id for row in opened.snapshot.records):
            raise NotFound("record_unknown", "there is no such record in this dossier", field="record")
        return [
            RecordView.of(entry.row, entry.version, verified=opened.is_verified(entry.row))
            for entry in reversed(versions)
            if entry.version is not None
        ]

    def _write(
        self,
        actor: Actor,
        dossier: DossierId,
        action: LogAction,
        prepare: Callable[[Assessment], Change],
        permission: Permission = Permission.CHANGE_RECORDS,
    ) -> list[RecordView]:
        purpose = _purpose(actor)
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=purpose)

        def checked(opened: Assessment) -> Change:
            change = prepare(opened)
            _check_rules(opened, change.drafts)
            return change

        with self._reader.store.read() as work:
            row = self._reader.dossier(work, dossier)
        # The row alone will do: where its caseworker is not that of the manifest, the dossier deviates.
        self._caseload.require_opened(row, actor=actor)
        written = self._writer.change(dossier, checked, actor=actor, action=action, purpose=purpose)
        # What was written a moment ago is not on the chain yet.
        return [RecordView.of(row, version, verified=False) for row, version in written.versions]


def _purpose(actor: Actor) -> Purpose:
    return Purpose.OWN_VIEW if actor.kind == "resident" else Purpose.DEBT_HELP


def _present(opened: Assessment, record_id: RecordId, expected_version: int) -> Record:
    entry = opened.current.get(record_id)
    if entry is None or entry.version is None:
        raise NotFound("record_unknown", "there is no such record in this dossier", field="record")
    if entry.version.withdrawn and entry.row.version == expected_version:
        raise Conflict("record_withdrawn", "this record was withdrawn; record it anew", field="record")
    return entry.version.record


def _check_rules(opened: Assessment, drafts: Sequence[Draft]) -> None:
    """Check what must hold between the records once the drafts are written."""
    records: dict[RecordId, Record] = {
        record: entry.version.record
        for record, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn
    }
    for draft in drafts:
        if draft.withdrawn:
            records.pop(draft.record_id, None)
        else:
            records[draft.record_id] = draft.record
    if any(isinstance(draft.record, Applicant) for draft in drafts):
        check_applicants(records)
    withdrawn = {draft.record_id for draft in drafts if draft.withdrawn}
    changed: Mapping[RecordId, Record] = records if withdrawn else {draft.record_id: draft.record for draft in drafts}
    for record in changed.values():
        check_references(record, records)
