"""Making a client visible to creditors, and ending that.

The cockpit decides and writes it down; the worker carries it out. What the worker needs, the canonical identifiers, is
sealed to it, so that the worker needs no data key and the database shows no identifier.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, cast

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.enrolment import identifiers_of
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.records import Applicant, Enrolment, EnrolmentBasis
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft, new_record_id
from schuldhulp.services.enrolment_state import state_of
from schuldhulp.services.job_signing import Publication, publication_mac, seal_publication
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState
from schuldhulp.services.views import EnrolmentState, RecordView

PUBLICATION_ID_LENGTH: Final = 16


class EnrolmentService:
    """Enrols clients and ends enrolments."""

    def __init__(
        self, *, reader: DossierReader, writer: DossierWriter, caseload: Caseload, publication_key: bytes
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            writer: writes to them.
            caseload: lets people in.
            publication_key: the worker's public key (X25519), 32 bytes.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._publication_key = publication_key

    def enrol(
        self,
        *,
        actor: Actor,
        dossier: DossierId,
        applicants: Sequence[RecordId] | None = None,
        ground: str,
        basis: EnrolmentBasis,
        basis_date: date,
        access_reason: str | None = None,
    ) -> EnrolmentState:
        """Make a client visible to creditors with the next publication.

        Args:
            actor: who decides.
            dossier: which client.
            applicants: records of the applicants it is about, one or both; all of them when left out.
            ground: why, in words or as an article of law.
            basis: the resident's consent, or the notice given.
            basis_date: date of that.
            access_reason: why a dossier outside the own caseload, when it was not opened before.

        Returns:
            The state, with a warning where nobody can find the client by name (``no_address``) or number (``no_bsn``).

        Raises:
            NotAllowed: no right to enrol here.
            InvalidInput: a field is wrong, or somebody is no applicant of this dossier.
            Conflict: the client is enrolled already.
            NotFound, Deviation, Unreachable: as for any record.
        """
        warnings: list[str] = []

        def prepare(opened: Assessment) -> Change:
            if _lasting(opened) is not None:
                raise Conflict("already_enrolled", "this client is enrolled already", field="dossier")
            people = _people(opened, applicants)
            job, found = self._enrol_job(people.values())
            warnings[:] = found
            record = Enrolment(
                applicants=tuple(people),
                ground=ground,
                basis=basis,
                basis_date=basis_date,
                start=today(self._reader.clock),
                publications=(job.id.hex(),),
            )
            return Change(
                drafts=[Draft(record=record, record_id=new_record_id())], also=lambda work: work.publications.add(job)
            )

        self._write(actor, dossier, Permission.ENROL, LogAction.ENROL, prepare, access_reason)
        return replace(self._state(dossier), warnings=tuple(warnings))

    def end(self, *, actor: Actor, dossier: DossierId, reason: str, access_reason: str | None = None) -> EnrolmentState:
        """End the enrolment with the next publication; help may go on.

        Args:
            actor: who decides.
            dossier: which client.
            reason: why; needed.
            access_reason: as in `enrol`.

        Raises:
            NotAllowed: no right to end enrolments here.
            InvalidInput: no reason.
            NotFound: the client is not enrolled.
            Deviation, Unreachable: as for any record.
        """
        if not reason.strip():
            raise InvalidInput("required", "reason: must be filled in", field="reason")

        def prepare(opened: Assessment) -> Change:
            lasting = _lasting(opened)
            if lasting is None:
                raise NotFound("not_enrolled", "this client is not enrolled", field="dossier")
            record_id, version, record = lasting
            job = self._job(
                PublicationAction.END,
                Publication(
                    municipality=self._reader.municipality,
                    publications=tuple(bytes.fromhex(publication) for publication in record.publications),
                ),
            )
            day = today(self._reader.clock)
            ended = replace(
                record,
                end=max(day, record.start),
                end_reason=reason.strip(),
                publications=(*record.publications, job.id.hex()),
            )
            draft = Draft(record=ended, record_id=record_id, expected_version=version, reason=reason.strip())
            return Change(drafts=[draft], also=lambda work: work.publications.add(job))

        self._write(actor, dossier, Permission.END_ENROLMENT, LogAction.END_ENROLMENT, prepare, access_reason)
        return self._state(dossier)

    def state(self, *, actor: Actor, dossier: DossierId, access_reason: str | None = None) -> EnrolmentState:
        """Tell whether creditors can see a client.

        Args:
            actor: who asks.
            dossier: which client.
            access_reason: as in `enrol`.

        Raises:
            NotAllowed: no right to open this dossier.
            InvalidInput: a reason is needed (field ``reason``).
            NotFound: there is no such dossier.
            Unreachable: the database does not answer.
        """
        self._admit(actor, dossier, Permission.OPEN_DOSSIER, access_reason)
        return self._state(dossier)

    def follow(self, opened: Assessment, draft: Draft) -> Change:
        """Let the publication follow a change of an applicant.

        A new name or address is added and none is replaced: creditors hear of a move late. A number or a date of birth
        that was corrected was somebody else's: what was published under it ends, and all is published anew.

        Args:
            opened: the dossier as it is.
            draft: the new version of an applicant.

        Returns:
            What to write: the draft, and where the client is visible under other names than there are now, the next
            version of the enrolment with jobs for all of them.
        """
        lasting = _lasting(opened)
        present = opened.current.get(draft.record_id)
        if lasting is None or present is None or present.version is None or not isinstance(draft.record, Applicant):
            return Change(drafts=[draft])
        record_id, version, record = lasting
        day = today(self._reader.clock)
        before = present.version.record
        if not isinstance(before, Applicant) or draft.record_id not in record.applicants:
            return Change(drafts=[draft])
        known = set(identifiers_of(before, today=day).identifiers)
        if (before.bsn and before.bsn != draft.record.bsn) or before.birth_date != draft.record.birth_date:
            jobs = self._replacing_jobs(opened, record, draft.record_id, draft.record)
        elif set(identifiers_of(draft.record, today=day).identifiers) - known:
            jobs = [self._enrol_job([draft.record])[0]]
        else:
            return Change(drafts=[draft])
        longer = replace(record, publications=(*record.publications, *(job.id.hex() for job in jobs)))
        also = Draft(record=longer, record_id=record_id, expected_version=version)

        def add(work: UnitOfWork) -> None:
            for job in jobs:
                work.publications.add(job)

        return Change(drafts=[draft, also], also=add)

    def _replacing_jobs(
        self, opened: Assessment, record: Enrolment, changed: RecordId, applicant: Applicant
    ) -> list[PublicationRow]:
        """Return the jobs that publish an enrolment anew and, once that is prepared, end what was published before."""
        people = dict.fromkeys(record.applicants, applicant)
        for one in record.applicants:
            entry = opened.current.get(one)
            if one != changed and entry is not None and entry.version is not None:
                people[one] = cast("Applicant", entry.version.record)
        begin, _ = self._enrol_job(people.values())
        former = Publication(
            municipality=self._reader.municipality,
            publications=tuple(bytes.fromhex(publication) for publication in record.publications),
            after=begin.id,
        )
        return [begin, self._job(PublicationAction.END, former)]

    def _write(
        self,
        actor: Actor,
        dossier: DossierId,
        permission: Permission,
        action: LogAction,
        prepare: Callable[[Assessment], Change],
        access_reason: str | None,
    ) -> None:
        self._admit(actor, dossier, permission, access_reason)
        self._writer.change(dossier, prepare, actor=actor, action=action, purpose=Purpose.ENROLMENT)

    def _admit(self, actor: Actor, dossier: DossierId, permission: Permission, access_reason: str | None) -> None:
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=Purpose.ENROLMENT)
        opened = self._reader.read(dossier)
        self._caseload.admit(
            opened.dossier,
            actor=actor,
            permission=permission,
            purpose=Purpose.ENROLMENT,
            key=opened.key,
            reason=access_reason,
        )

    def _state(self, dossier: DossierId) -> EnrolmentState:
        opened = self._reader.read(dossier)
        views = [
            RecordView.of(entry.row, entry.version, verified=False)
            for entry in opened.current.values()
            if entry.version is not None and isinstance(entry.version.record, Enrolment)
        ]
        with self._reader.store.read() as work:
            return state_of(work, views, self._reader.keys.job)

    def _enrol_job(self, people: Iterable[Applicant]) -> tuple[PublicationRow, list[str]]:
        day = today(self._reader.clock)
        identifiers: set[Identifier] = set()
        warnings: list[str] = []
        for person in people:
            published = identifiers_of(person, today=day)
            identifiers.update(published.identifiers)
            warnings += [warning for warning in published.warnings if warning not in warnings]
        message = Publication(municipality=self._reader.municipality, identifiers=tuple(sorted(identifiers)))
        return self._job(PublicationAction.ENROL, message), warnings

    def _job(self, action: PublicationAction, message: Publication) -> PublicationRow:
        job = secrets.token_bytes(PUBLICATION_ID_LENGTH)
        row = PublicationRow(
            id=job,
            action=action,
            sealed=seal_publication(self._publication_key, job, action, message),
            created_at=self._reader.clock.now(),
            mac=b"",
            state=PublicationState.WAITING,
        )
        return replace(row, mac=publication_mac(self._reader.keys.job, row))


def _lasting(opened: Assessment) -> tuple[RecordId, int, Enrolment] | None:
    for record_id, entry in opened.current.items():
        if entry.version is None or entry.version.withdrawn or not isinstance(entry.version.record, Enrolment):
            continue
        if entry.version.record.end is None:
            return record_id, entry.row.version, entry.version.record
    return None


def _people(opened: Assessment, applicants: Sequence[RecordId] | None) -> dict[RecordId, Applicant]:
    present = {
        record: entry.version.record
        for record, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn and isinstance(entry.version.record, Applicant)
    }
    chosen = sorted(present, key=lambda one: (present[one].position, one)) if applicants is None else applicants
    if not chosen:
        raise InvalidInput("required", "applicants: at least one", field="applicants")
    if any(one not in present for one in chosen):
        raise InvalidInput("applicant_unknown", "applicants: no applicant of this dossier", field="applicants")
    return {one: present[one] for one in chosen}
