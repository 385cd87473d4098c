"""Ending a consent, by the person who gave it."""

from __future__ import annotations

from dataclasses import replace

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.records import Consent
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, NotAllowed, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft
from schuldhulp.services.views import RecordView


class ConsentEnding:
    """Ends consents for residents. What a caseworker is told on the phone is a change of the record as any other."""

    def __init__(self, *, reader: DossierReader, writer: DossierWriter, caseload: Caseload) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers.
            writer: writes to them.
            caseload: lets people in.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload

    def end(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        """End a consent from today; ending one is as easy as giving it (GDPR, article 7, paragraph 3).

        Args:
            actor: the resident who gave it.
            dossier: the dossier.
            record_id: the consent's record.
            expected_version: the version that the actor has seen.

        Raises:
            NotAllowed: not the own dossier, or somebody else's consent (``consent_of_another``).
            NotFound: there is no such consent in it.
            Conflict: it was ended before (``consent_over``), or changed meanwhile (``record_changed``).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        permission, purpose = Permission.END_CONSENT, Purpose.OWN_VIEW
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=purpose)

        def prepare(opened: Assessment) -> Change:
            entry = opened.current.get(record_id)
            version = entry.version if entry is not None else None
            if version is None or version.withdrawn or not isinstance(version.record, Consent):
                raise NotFound("record_unknown", "there is no such consent in this dossier", field="record")
            consent = version.record
            if consent.applicant != actor.applicant:
                raise NotAllowed("consent_of_another", "only who gave a consent ends it")
            if consent.ended_on is not None:
                raise Conflict("consent_over", "this consent was ended before", field="record")
            # One that was to begin later never begins.
            ended = replace(consent, ended_on=max(today(self._reader.clock), consent.given_on))
            return Change(drafts=[Draft(record=ended, record_id=record_id, expected_version=expected_version)])

        written = self._writer.change(dossier, prepare, actor=actor, action=LogAction.CHANGE, purpose=purpose)
        return RecordView.of(*written.versions[0], verified=False)
