"""Deciding on claims: the step of a caseworker, the record in the dossier and the job for the worker in one write."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from schuldhulp.crypto.claim_decisions import decision_hash, seal_decision
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import (
    ClaimDecision,
    ClaimStatus,
    DecisionReason,
    check_decision,
    check_reason,
    obligation_from,
    statement_is_old,
)
from schuldhulp.domain.records import ClaimDecisionState, ReceivedClaim, RecordVersion
from schuldhulp.domain.types import ClaimId, Commitment, DossierId, MunicipalityCode, RecordId, Salt
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.claims.decision_rows import PENDING, DecisionRow, decision_mac
from schuldhulp.services.claims.dossier_claims import current_records, draft_of, obligation_of, received
from schuldhulp.services.claims.links import Link, LinkKey, find_link, record_of, seal_link
from schuldhulp.services.claims.opening import OpenedClaim, opened_claim
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft, new_record_id
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.record_rules import check_references

_UNLINKED: Final = frozenset(
    {
        DecisionReason.CLIENT_UNKNOWN,
        DecisionReason.STATEMENT_OLD,
        DecisionReason.MORE_INFORMATION,
    }
)
"""What can be said of a claim that belongs to no dossier."""

_STATES: Final = {status: ClaimDecisionState(status.name.lower()) for status in (
    ClaimStatus.ASKED, ClaimStatus.INCLUDED, ClaimStatus.DECLINED, ClaimStatus.SETTLED
)}  # fmt: skip

_Drafts = Callable[[Assessment, RecordVersion, ReceivedClaim], tuple[ReceivedClaim, list[Draft]]]


class EncryptionKeys(Protocol):
    """Reads the keys of creditors from the ClaimRegister (`chain.claims.RegisterReader`)."""

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the key of each account, 32 zero bytes where there is none.

        Raises:
            Unreachable: no chain answers, or it is another one.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """What somebody decides on which version of a claim."""

    actor: Actor
    claim_id: ClaimId
    judged: Commitment
    status: ClaimStatus
    reason: DecisionReason
    text: str


class ClaimDesk:
    """Links claims to dossiers and decides on them.

    Whoever decides says which version was judged. Where another one stands on the chain by then, nothing is written
    (Conflict ``claim_changed``). A claim takes one decision at a time (Conflict ``decision_waits``).
    """

    def __init__(
        self,
        *,
        reader: DossierReader,
        writer: DossierWriter,
        caseload: Caseload,
        log: ProcessingLog,
        opening_key: OpeningKey,
        link_key: LinkKey,
        creditors: EncryptionKeys,
        municipality: MunicipalityCode,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            writer: writes to dossiers.
            caseload: lets people in.
            log: the processing log.
            opening_key: the municipality's claim key.
            link_key: encrypts which claim belongs to which dossier.
            creditors: tells to which key a decision is sealed.
            municipality: whose claims.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._log = log
        self._store = reader.store
        self._clock = reader.clock
        self._opening_key = opening_key
        self._link_key = link_key
        self._creditors = creditors
        self._municipality = municipality

    def link_of(self, *, actor: Actor, claim_id: ClaimId) -> Link | None:
        """Return the dossier that a claim belongs to; None when it belongs to none yet.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound: there is no such claim.
        """
        self._admit(actor, None)
        with self._store.read() as work:
            row = work.claims.claim(claim_id)
            if row is None:
                raise NotFound("claim_unknown", "there is no such claim", field="claim_id")
            return find_link(work, self._link_key, claim_id, row.filed_at)

    def link(self, *, actor: Actor, claim_id: ClaimId, dossier: DossierId) -> RecordId:
        """Put a claim into the dossier that it belongs to, or take over its newest version there.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            claim_id: the claim.
            dossier: where it belongs.

        Returns:
            Its record in the dossier.

        Raises:
            NotAllowed: no right to decide on claims there.
            NotFound: there is no such claim or dossier, or the contents are not here.
            Conflict: it is closed (``claim_closed``) or belongs to another dossier (``claim_linked``).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, dossier)
        claim, found = self._open(claim_id)
        if not claim.row.status.is_open:
            raise Conflict("claim_closed", "this claim is closed", field="claim_id")
        if found is not None and found.dossier != dossier:
            raise Conflict("claim_linked", "this claim belongs to another dossier", field="dossier")
        self._require_opened(actor, dossier)
        fresh = new_record_id()

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, claim_id)
            link = Link(dossier=dossier, record=held.record_id if held else fresh)
            draft = draft_of(held, fresh, received(held, claim))
            return Change(drafts=[draft], also=lambda work: self._put_link(work, claim, link))

        written = self._writer.change(dossier, prepare, actor=actor, action=LogAction.ADD, purpose=Purpose.CLAIM_REVIEW)
        return written.versions[0][0].record

    def include(
        self,
        *,
        actor: Actor,
        claim_id: ClaimId,
        judged: Commitment,
        owed_by: tuple[RecordId, ...],
        known: RecordId | None = None,
        text: str = "",
    ) -> None:
        """Take a claim in: its obligation, its record and the decision in one write.

        Args:
            actor: who.
            claim_id: the claim, linked to a dossier.
            judged: commitment of the version that was looked at.
            owed_by: applicants who owe it.
            known: obligation of the dossier that it is about; None makes a new one, or renews the one that this claim
                became before.
            text: sentences to the creditor.

        Raises:
            NotAllowed: no right to decide on claims there.
            InvalidInput: somebody who owes it is no applicant, or the step is not allowed (``claim_step``).
            NotFound: there is no such claim, or ``known`` is no obligation of the dossier.
            Conflict: ``claim_not_linked``, ``statement_old`` (ask for a renewal), ``resident_unanswered``,
                ``claim_changed``, ``decision_waits`` or ``encryption_key_missing``.
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """

        def drafts(opened: Assessment, held: RecordVersion, record: ReceivedClaim) -> tuple[ReceivedClaim, list[Draft]]:
            if record.waits_for_answer:
                raise Conflict(
                    "resident_unanswered", "the resident disputes this claim; answer first", field="claim_id"
                )
            target = known or record.obligation
            present, before = obligation_of(opened, target)
            obligation = obligation_from(claim.claim.contents, owed_by, known=before)
            check_references(obligation, current_records(opened))
            made = present.record_id if present else new_record_id()
            draft = Draft(record=obligation, record_id=made, expected_version=present.version if present else 0)
            return replace(record, obligation=made), [draft]

        step = _Step(
            actor=actor,
            claim_id=claim_id,
            judged=judged,
            status=ClaimStatus.INCLUDED,
            reason=DecisionReason.INCLUDED,
            text=text,
        )
        claim, link = self._judged(step)
        if link is None:
            raise Conflict("claim_not_linked", "say first to which dossier this claim belongs", field="claim_id")
        if statement_is_old(claim.claim.contents.statement_date, today(self._clock)):
            raise Conflict(
                "statement_old", "the statement is older than six months; ask for a newer one", field="claim_id"
            )
        self._write(step, claim, link, drafts)

    def ask(
        self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, reason: DecisionReason, text: str = ""
    ) -> None:
        """Ask the creditor: for a newer statement, or for more; as `decline`."""
        self._plain(actor, claim_id, judged, ClaimStatus.ASKED, reason, text)

    def decline(
        self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, reason: DecisionReason, text: str = ""
    ) -> None:
        """Decline a claim. One that belongs to no dossier is declined as ``client_unknown``, and no other is.

        Args:
            actor: who.
            claim_id: the claim.
            judged: commitment of the version that was looked at.
            reason: why.
            text: sentences to the creditor; needed for some reasons.

        Raises:
            NotAllowed: no right to decide on claims there.
            InvalidInput: the reason or its text does not fit, or the step is not allowed (``claim_step``).
            NotFound: there is no such claim, or its contents are not here.
            Conflict: ``claim_not_linked``, ``claim_linked``, ``claim_changed``, ``decision_waits`` or
                ``encryption_key_missing``.
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._plain(actor, claim_id, judged, ClaimStatus.DECLINED, reason, text)

    def settle(self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, text: str = "") -> None:
        """Say that a claim that was taken in is settled; as `decline`. The obligation is the caseworker's to change."""
        self._plain(actor, claim_id, judged, ClaimStatus.SETTLED, DecisionReason.SETTLED, text)

    # --- the parts of a decision --------------------------------------------------------------------------------------

    def _plain(
        self,
        actor: Actor,
        claim_id: ClaimId,
        judged: Commitment,
        status: ClaimStatus,
        reason: DecisionReason,
        text: str,
    ) -> None:
        step = _Step(actor=actor, claim_id=claim_id, judged=judged, status=status, reason=reason, text=text)
        claim, link = self._judged(step)
        if link is None and reason not in _UNLINKED:
            raise Conflict("claim_not_linked", "say first to which dossier this claim belongs", field="claim_id")
        if link is not None and reason is DecisionReason.CLIENT_UNKNOWN:
            raise Conflict("claim_linked", "this claim belongs to a client", field="reason")
        self._write(step, claim, link, lambda opened, held, record: (record, []))

    def _judged(self, step: _Step) -> tuple[OpenedClaim, Link | None]:
        """Open the claim and refuse what cannot be decided on it."""
        self._admit(step.actor, None)
        check_reason(step.status, step.reason, step.text)
        claim, link = self._open(step.claim_id)
        if claim.row.commitment != step.judged:
            raise _changed()
        check_decision(claim.row.status, step.status)
        if link is not None:
            self._admit(step.actor, link.dossier)
            self._require_opened(step.actor, link.dossier)
        return claim, link

    def _write(self, step: _Step, claim: OpenedClaim, link: Link | None, drafts: _Drafts) -> None:
        job = self._job(step, claim)
        if link is None:
            with self._store.write() as work:
                self._store_job(work, claim, job, link=None)
                self._log.write(
                    work,
                    actor=step.actor,
                    action=LogAction.CHANGE,
                    purpose=Purpose.CLAIM_REVIEW,
                    reason=f"claim {step.claim_id.hex()}",
                )
                work.commit()
            return

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, step.claim_id)
            if held is None:
                raise Conflict("claim_not_linked", "the claim was taken out of its dossier", field="claim_id")
            record, more = drafts(opened, held, received(held, claim))
            decided = replace(
                record,
                decision=_STATES[step.status],
                decision_reason=step.reason.value,
                decided_at=job.created_at,
            )
            return Change(
                drafts=[*more, draft_of(held, held.record_id, decided)],
                also=lambda work: self._store_job(work, claim, job, link=link),
            )

        self._writer.change(
            link.dossier, prepare, actor=step.actor, action=LogAction.CHANGE, purpose=Purpose.CLAIM_REVIEW
        )

    def _job(self, step: _Step, claim: OpenedClaim) -> DecisionRow:
        """Seal the decision to the holder and to the municipality itself."""
        holder = claim.row.holder
        key = self._creditors.encryption_keys([holder]).get(holder, bytes(32))
        if not any(key):
            raise Conflict("encryption_key_missing", "the creditor has no key to which anything can be sealed")
        now = self._clock.now()
        decision = ClaimDecision(
            claim_id=step.claim_id,
            commitment=step.judged,
            municipality=self._municipality,
            status=step.status,
            reason=step.reason,
            text=step.text,
            decided_at=now.replace(microsecond=0),
            salt=Salt(secrets.token_bytes(32)),
        )
        row = DecisionRow(
            id=secrets.token_bytes(16),
            municipality=self._municipality,
            claim_id=step.claim_id,
            commitment=step.judged,
            status=step.status,
            decision=decision_hash(decision),
            recipient=holder,
            sealed=seal_decision(key, decision),
            kept=seal_decision(self._opening_key.public_key, decision),
            created_at=now,
        )
        return replace(row, mac=decision_mac(self._reader.keys.job, row))

    def _store_job(self, work: UnitOfWork, claim: OpenedClaim, job: DecisionRow, *, link: Link | None) -> None:
        """Store the job, unless the claim, its link or another decision came in between."""
        # The lock that the line in the log needs anyway comes first: one of two who decide on one claim waits.
        work.log.last(self._municipality, lock=True)
        _require_unchanged(work, claim)
        if find_link(work, self._link_key, job.claim_id, claim.row.filed_at) != link:
            raise _changed()
        if any(row.state in PENDING for row in work.decisions.of_claims([job.claim_id])):
            raise Conflict("decision_waits", "a decision on this claim is on its way", field="claim_id")
        work.decisions.add(job)

    def _put_link(self, work: UnitOfWork, claim: OpenedClaim, link: Link) -> None:
        work.log.last(self._municipality, lock=True)
        _require_unchanged(work, claim)
        row = claim.row
        found = find_link(work, self._link_key, row.claim_id, row.filed_at)
        if found is not None and found.dossier != link.dossier:
            raise Conflict("claim_linked", "this claim belongs to another dossier", field="dossier")
        work.decisions.put_link(
            seal_link(self._link_key, row.claim_id, row.filed_at, link, linked_at=self._clock.now())
        )

    def _open(self, claim_id: ClaimId) -> tuple[OpenedClaim, Link | None]:
        with self._store.read() as work:
            claim = opened_claim(work, self._opening_key, claim_id)
            return claim, find_link(work, self._link_key, claim_id, claim.row.filed_at)

    def _admit(self, actor: Actor, dossier: DossierId | None) -> None:
        self._log.refuse(
            actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=dossier
        )

    def _require_opened(self, actor: Actor, dossier: DossierId) -> None:
        with self._store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)


def _require_unchanged(work: UnitOfWork, claim: OpenedClaim) -> None:
    row = work.claims.claim(claim.row.claim_id)
    if row is None or (row.commitment, row.status, row.holder, row.filed_at) != (
        claim.row.commitment,
        claim.row.status,
        claim.row.holder,
        claim.row.filed_at,
    ):
        raise _changed()


def _changed() -> Conflict:
    return Conflict("claim_changed", "this claim changed meanwhile; look at it and decide anew", field="judged")
