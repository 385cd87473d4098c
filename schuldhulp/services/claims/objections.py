"""What the resident says of a claim in the own dossier, and what the caseworker answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.records import ReceivedClaim, ResidentView
from schuldhulp.domain.records.received_claim import CLAIM_OVER
from schuldhulp.domain.types import ClaimId, DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState
from schuldhulp.services.claims.dossier_claims import undecided
from schuldhulp.services.claims.links import Link, LinkKey, find_link, seal_link
from schuldhulp.services.claims.taking_back import take_back
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.views import RecordView


class ClaimObjections:
    """Writes down whether the resident agrees. A claim that is disputed is not taken in before it was answered."""

    def __init__(self, *, reader: DossierReader, writer: DossierWriter, caseload: Caseload, link_key: LinkKey) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers.
            writer: writes to them.
            caseload: lets people in.
            link_key: encrypts which claim belongs to which dossier, and that it is disputed.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._link_key = link_key

    def dispute(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, reason: str
    ) -> RecordView:
        """Say that a claim is wrong. A decision to take it in that was not signed yet is taken back by that.

        Args:
            actor: the resident, in the own dossier; or a caseworker who writes down what the resident said on the
                telephone or at the desk, as the author of the version tells ever after. A yes is the resident's alone.
            dossier: the dossier; outside the caseload it must have been opened, with a reason, in this session.
            record_id: the claim's record.
            expected_version: the version that the actor has seen.
            reason: why; needed.

        Raises:
            NotAllowed: not the own dossier, or no right to say this there.
            NotFound: there is no such claim in it.
            InvalidInput: no reason (field ``resident_reason``).
            Conflict: somebody changed it meanwhile (``record_changed``), or it was declined or settled
                (``claim_closed``).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """

        def said(record: ReceivedClaim) -> ReceivedClaim:
            return replace(
                record,
                resident_view=ResidentView.DISPUTED,
                resident_reason=reason.strip(),
                resident_at=self._reader.clock.now(),
                answer="",
                answered_at=None,
            )

        if actor.kind == "resident":
            return self._say(actor, dossier, record_id, expected_version, said)
        passed_on = Permission.DECIDE_CLAIMS, Purpose.CLAIM_REVIEW
        return self._say(actor, dossier, record_id, expected_version, said, *passed_on)

    def agree(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        """Say that a claim is right, also after having said otherwise; as `dispute`, by the resident alone."""

        def said(record: ReceivedClaim) -> ReceivedClaim:
            return replace(
                record,
                resident_view=ResidentView.AGREED,
                resident_reason="",
                resident_at=self._reader.clock.now(),
                answer="",
                answered_at=None,
            )

        return self._say(actor, dossier, record_id, expected_version, said)

    def answer(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, text: str
    ) -> RecordView:
        """Answer the resident who disputes a claim.

        Args:
            actor: a caseworker; a dossier outside the caseload must have been opened, with a reason, in this session.
            dossier: the dossier.
            record_id: the claim's record.
            expected_version: the version that the actor has seen.
            text: the answer, in plain language; needed.

        Raises:
            NotAllowed: no right to decide on claims there.
            InvalidInput: no text (field ``answer``), or there is nothing to answer (``nothing_to_answer``).
            NotFound, Conflict, Deviation, ChainMismatch, Unreachable: as `dispute`.
        """

        def said(record: ReceivedClaim) -> ReceivedClaim:
            if record.resident_view is not ResidentView.DISPUTED:
                raise InvalidInput("nothing_to_answer", "the resident does not dispute this claim", field="answer")
            if not text.strip():
                raise InvalidInput("required", "answer: must be filled in", field="answer")
            return replace(record, answer=text.strip(), answered_at=self._reader.clock.now())

        return self._write(
            actor, dossier, record_id, expected_version, said, Permission.DECIDE_CLAIMS, Purpose.CLAIM_REVIEW
        )

    def _say(
        self,
        actor: Actor,
        dossier: DossierId,
        record_id: RecordId,
        expected_version: int,
        said: Callable[[ReceivedClaim], ReceivedClaim],
        permission: Permission = Permission.DISPUTE_CLAIM,
        purpose: Purpose = Purpose.OWN_VIEW,
    ) -> RecordView:
        def open_only(record: ReceivedClaim) -> ReceivedClaim:
            if record.decision in CLAIM_OVER:
                raise Conflict("claim_closed", "this claim was declined or settled", field="record")
            return said(record)

        return self._write(actor, dossier, record_id, expected_version, open_only, permission, purpose)

    def _write(
        self,
        actor: Actor,
        dossier: DossierId,
        record_id: RecordId,
        expected_version: int,
        said: Callable[[ReceivedClaim], ReceivedClaim],
        permission: Permission,
        purpose: Purpose,
    ) -> RecordView:
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=purpose)

        def prepare(opened: Assessment) -> Change:
            entry = opened.current.get(record_id)
            version = entry.version if entry is not None else None
            if version is None or version.withdrawn or not isinstance(version.record, ReceivedClaim):
                raise NotFound("record_unknown", "there is no such claim in this dossier", field="record")
            after = said(version.record)
            with self._reader.store.read() as work:
                waiting = _waiting_inclusion(work, version.record) if after.waits_for_answer else None
            drafts: list[Draft] = []
            if waiting is not None:
                after, drafts = undecided(
                    opened, version, after, decided_at=waiting.created_at, reason="claim_taken_back"
                )

            def also(work: UnitOfWork) -> None:
                work.log.last(self._reader.municipality, lock=True)
                if waiting is not None:
                    take_back(work, self._reader.keys.job, waiting)
                self._mark(work, Link.to(dossier, record_id, after), ClaimId(bytes.fromhex(after.claim_id)))

            own = Draft(record=after, record_id=record_id, expected_version=expected_version)
            return Change(drafts=[*drafts, own], also=also)

        with self._reader.store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)
        try:
            written = self._writer.change(dossier, prepare, actor=actor, action=LogAction.CHANGE, purpose=purpose)
        except Conflict as error:
            if error.key != "decision_signed":
                raise
            # The worker was a moment faster; what is signed goes its way, and the dispute stands beside it.
            written = self._writer.change(dossier, prepare, actor=actor, action=LogAction.CHANGE, purpose=purpose)
        return RecordView.of(*written.versions[-1], verified=False)

    def _mark(self, work: UnitOfWork, link: Link, claim_id: ClaimId) -> None:
        """Have the list of claims say that this one is disputed, or no longer."""
        row = work.claims.claim(claim_id)
        found = find_link(work, self._link_key, claim_id, row.filed_at) if row is not None else None
        if row is not None and found is not None and (found.dossier, found.record) == (link.dossier, link.record):
            now = self._reader.clock.now()
            work.decisions.put_link(seal_link(self._link_key, claim_id, row.filed_at, link, linked_at=now))


def _waiting_inclusion(work: UnitOfWork, record: ReceivedClaim) -> DecisionRow | None:
    """Return the decision to take a claim in that waits for the worker; None where there is none, or it is signed."""
    rows = work.decisions.of_claims([ClaimId(bytes.fromhex(record.claim_id))])
    inclusions = [row for row in rows if row.status is ClaimStatus.INCLUDED]
    return next((row for row in inclusions if row.state is DecisionState.WAITING), None)
