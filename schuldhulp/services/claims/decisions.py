"""Deciding on claims: the step of a caseworker, the record in the dossier and the job for the worker in one write."""

from __future__ import annotations

from typing import Final

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import (
    ClaimStatus,
    DecisionReason,
    obligation_from,
    statement_is_old,
)
from schuldhulp.domain.records import ReceivedClaim, RecordVersion
from schuldhulp.domain.types import ClaimId, Commitment, RecordId
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.claims.decision_writing import DecisionWriting, Effect, Step
from schuldhulp.services.claims.desk import Standing
from schuldhulp.services.claims.dossier_claims import (
    current_records,
    let_go,
    obligation_of,
    own_obligation,
    settled,
)
from schuldhulp.services.claims.links import Link, record_of
from schuldhulp.services.claims.opening import OpenedClaim
from schuldhulp.services.claims.rows import ContentsState
from schuldhulp.services.claims.taking_back import take_back, undone, waiting_decision
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, Draft, new_record_id
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.record_rules import check_references

_UNLINKED: Final = frozenset(
    {
        DecisionReason.CLIENT_UNKNOWN,
        DecisionReason.NO_CONTENTS,
        DecisionReason.STATEMENT_OLD,
        DecisionReason.MORE_INFORMATION,
    }
)
"""What can be said of a claim that belongs to no dossier."""


class ClaimDesk(DecisionWriting):
    """Decides on claims, besides linking them to dossiers.

    Whoever decides says which version was judged. Where another one stands on the chain by then, nothing is written
    (Conflict ``claim_changed``). A claim takes one decision at a time (Conflict ``decision_waits``).
    """

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
            Deviation, ChainMismatch, Unreachable: as for any change, and no chain answers; nothing was written.
        """
        step = Step(
            actor=actor,
            claim_id=claim_id,
            judged=judged,
            status=ClaimStatus.INCLUDED,
            reason=DecisionReason.INCLUDED,
            text=text,
        )
        found = self._judged(step)
        claim = _readable(found)
        if found.link is None:
            raise Conflict("claim_not_linked", "say first to which dossier this claim belongs", field="claim_id")
        if statement_is_old(claim.claim.contents.statement_date, today(self._clock)):
            raise Conflict(
                "statement_old", "the statement is older than six months; ask for a newer one", field="claim_id"
            )

        def drafts(opened: Assessment, held: RecordVersion, record: ReceivedClaim) -> Effect:
            if record.waits_for_answer:
                raise Conflict(
                    "resident_unanswered", "the resident disputes this claim; answer first", field="claim_id"
                )
            target = known or own_obligation(opened, record)
            let = let_go(opened, held, reason="claim_elsewhere") if known not in (None, record.obligation) else []
            present, before = obligation_of(opened, target)
            obligation = obligation_from(claim.claim.contents, owed_by, known=before)
            check_references(obligation, current_records(opened))
            made = present.record_id if present else new_record_id()
            draft = Draft(record=obligation, record_id=made, expected_version=present.version if present else 0)
            return made, [*let, draft]

        self._write(step, found, drafts)

    def ask(
        self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, reason: DecisionReason, text: str = ""
    ) -> None:
        """Ask the creditor: for a newer statement, or for more; as `decline`."""
        self._plain(actor, claim_id, judged, ClaimStatus.ASKED, reason, text)

    def decline(
        self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, reason: DecisionReason, text: str = ""
    ) -> None:
        """Decline a claim. One that belongs to no dossier is declined as ``client_unknown``, and no other is.

        An obligation that it made is withdrawn, one that it renewed says again what it said before.

        Args:
            actor: who.
            claim_id: the claim.
            judged: commitment of the version that was looked at.
            reason: why; ``no_contents`` where there is nothing to read, and only there (see `decline_unread`).
            text: sentences to the creditor; needed for some reasons.

        Raises:
            NotAllowed: no right to decide on claims there.
            InvalidInput: the reason or its text does not fit, or the step is not allowed (``claim_step``).
            NotFound: there is no such claim, or its contents are not here.
            Conflict: ``claim_not_linked``, ``claim_linked``, ``claim_changed``, ``decision_waits`` or
                ``encryption_key_missing``.
            Deviation, ChainMismatch, Unreachable: as for any change, and no chain answers; nothing was written.
        """
        if reason is DecisionReason.NO_CONTENTS:
            self.decline_unread(actor=actor, claim_id=claim_id, judged=judged, text=text)
        else:
            self._plain(actor, claim_id, judged, ClaimStatus.DECLINED, reason, text)

    def decline_unread(self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, text: str = "") -> None:
        """Decline a claim whose contents never came or cannot be read (reason ``no_contents``), linked or not.

        Args:
            actor: who.
            claim_id: the claim; `InboxEntry.unread` says of which this can be done.
            judged: commitment that stands on the chain (`InboxEntry.commitment`).
            text: sentences to the creditor.

        Raises:
            Conflict: as `decline`; the contents can be read (``claim_contents_here``), or there is still time for them
                to come (``claim_contents_awaited``).
            NotAllowed, InvalidInput, NotFound, Deviation, ChainMismatch, Unreachable: as `decline`.
        """
        step = Step(
            actor=actor,
            claim_id=claim_id,
            judged=judged,
            status=ClaimStatus.DECLINED,
            reason=DecisionReason.NO_CONTENTS,
            text=text,
        )
        found = self._judged(step)
        if found.opened is not None:
            raise Conflict("claim_contents_here", "the contents of this claim can be read", field="reason")
        if found.row.contents is ContentsState.WAITING:
            raise Conflict("claim_contents_awaited", "the contents of this claim may still come", field="reason")
        self._write(step, found, _declined)

    def settle(self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, text: str = "") -> None:
        """Say that a claim that was taken in is settled; as `decline`. Its obligation becomes settled as well."""
        self._plain(actor, claim_id, judged, ClaimStatus.SETTLED, DecisionReason.SETTLED, text)

    def take_back(self, *, actor: Actor, claim_id: ClaimId) -> None:
        """Take back the decision that waits for the worker (`MadeDecision.may_take_back`).

        The claim's record says again what it said before. An obligation that the decision made is withdrawn, one that
        it renewed says again what it said before. Nobody outside learns of it.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            claim_id: the claim.

        Raises:
            NotAllowed: no right to decide on claims there.
            NotFound: there is no such claim.
            Conflict: no decision waits (``no_decision_waits``), or it is signed already (``decision_signed``).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, None)
        found = self._standing(claim_id)
        with self._store.read() as work:
            job = waiting_decision(work, claim_id)
        if found.link is None:
            with self._store.write() as work:
                self._require_link(work, found.row, None)
                take_back(work, self._reader.keys.job, job)
                self._log_step(work, actor, claim_id)
                work.commit()
            return
        link = found.link
        self._admit(actor, link.dossier)
        self._require_opened(actor, link.dossier)

        def prepare(opened: Assessment) -> Change:
            held, after = record_of(opened, claim_id), link
            drafts: list[Draft] = []
            if held is not None:
                record, drafts = undone(opened, held, job)
                after = Link.to(link.dossier, held.record_id, record)

            def also(work: UnitOfWork) -> None:
                self._require_link(work, found.row, link)
                take_back(work, self._reader.keys.job, job)
                self._link_to(work, found.row, after)

            return Change(drafts=drafts, also=also)

        self._writer.change(link.dossier, prepare, actor=actor, action=LogAction.CHANGE, purpose=Purpose.CLAIM_REVIEW)

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
        step = Step(actor=actor, claim_id=claim_id, judged=judged, status=status, reason=reason, text=text)
        found = self._judged(step)
        _readable(found)
        if found.link is None and reason not in _UNLINKED:
            raise Conflict("claim_not_linked", "say first to which dossier this claim belongs", field="claim_id")
        if found.link is not None and reason is DecisionReason.CLIENT_UNKNOWN:
            raise Conflict("claim_linked", "this claim belongs to a client", field="reason")
        self._write(step, found, _EFFECTS[status])


def _readable(found: Standing) -> OpenedClaim:
    if found.opened is None:
        raise NotFound("claim_contents_absent", "the contents of this claim are not here", field="claim_id")
    return found.opened


def _asked(opened: Assessment, held: RecordVersion, record: ReceivedClaim) -> Effect:
    return record.obligation, []


def _declined(opened: Assessment, held: RecordVersion, record: ReceivedClaim) -> Effect:
    return None, let_go(opened, held, reason="claim_declined")


def _settled(opened: Assessment, held: RecordVersion, record: ReceivedClaim) -> Effect:
    return record.obligation, settled(opened, record)


_EFFECTS: Final = {ClaimStatus.ASKED: _asked, ClaimStatus.DECLINED: _declined, ClaimStatus.SETTLED: _settled}
"""What each decision does with the record and its obligation."""
