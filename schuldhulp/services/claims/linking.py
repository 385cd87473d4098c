"""Which dossier a claim belongs to: saying so, taking it back, and what that dossier knows of the debt already."""

from __future__ import annotations

from dataclasses import replace

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.claims.known import KnownDebt, known_debts
from schuldhulp.domain.records import ClaimDecisionState, Obligation, ReceivedClaim
from schuldhulp.domain.types import ClaimId, DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput
from schuldhulp.services.claims.desk import DeskBase, require_none_waits
from schuldhulp.services.claims.dossier_claims import current_records, draft_of, let_go, received, still_disputed
from schuldhulp.services.claims.links import Link, find_link, record_of
from schuldhulp.services.claims.rows import ClaimRow
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, Draft, new_record_id
from schuldhulp.services.ports import UnitOfWork

WITHDRAWN = "withdrawn"
"""What stands as the reason of a claim that its creditor took back."""


class ClaimLinking(DeskBase):
    """Puts claims into dossiers and takes them out again."""

    def link_of(self, *, actor: Actor, claim_id: ClaimId) -> Link | None:
        """Return the dossier that a claim belongs to; None when it belongs to none yet.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound: there is no such claim.
        """
        self._admit(actor, None)
        return self._standing(claim_id).link

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
            Conflict: it is closed (``claim_closed``), belongs to another dossier (``claim_linked``; `unlink` first), is
                not what stands on the chain (``claim_changed``), or a decision on it waits that was made before it
                belonged anywhere (``decision_waits``; take that back first).
            Deviation, ChainMismatch, Unreachable: as for any change, and no chain answers; nothing was written.
        """
        self._admit(actor, dossier)
        claim, found = self._contents(claim_id)
        if not claim.row.status.is_open:
            raise Conflict("claim_closed", "this claim is closed", field="claim_id")
        if found is not None and found.dossier != dossier:
            raise _elsewhere()
        self._require_opened(actor, dossier)
        self._require_on_chain(claim.row)
        fresh = new_record_id()

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, claim_id)
            record = received(held, claim, anew=found is None)
            if held is None:
                record = still_disputed(opened, record)
            draft = draft_of(held, fresh, record)
            link = Link.to(dossier, draft.record_id, record)

            def also(work: UnitOfWork) -> None:
                self._require_unchanged(work, claim.row)
                present = find_link(work, self._link_key, claim_id, claim.row.filed_at)
                if present is None:
                    require_none_waits(work, claim_id)
                elif present.dossier != dossier:
                    raise _elsewhere()
                self._link_to(work, claim.row, link)

            return Change(drafts=[draft], also=also)

        written = self._writer.change(dossier, prepare, actor=actor, action=LogAction.ADD, purpose=Purpose.CLAIM_REVIEW)
        return written.versions[0][0].record

    def unlink(self, *, actor: Actor, claim_id: ClaimId, reason: str) -> None:
        """Take a claim out of a dossier that it does not belong to.

        Its record is withdrawn there; it stays in the history, as everything does. An obligation that the claim made is
        withdrawn, one that it renewed says again what it said before. Afterwards the claim can be linked anew; put back
        into the same dossier, it is still disputed there if it was.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            claim_id: the claim.
            reason: why, shown in the dossier's history; needed.

        Raises:
            NotAllowed: no right to decide on claims there.
            InvalidInput: no reason (field ``reason``).
            NotFound: there is no such claim.
            Conflict: it belongs to no dossier (``claim_not_linked``), a decision on it is on its way
                (``decision_waits``; take that back first), or it was taken in and its creditor knows
                (``claim_included``; decline it first).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, None)
        if not reason.strip():
            raise InvalidInput("required", "reason: must be filled in", field="reason")
        row, link = self._linked(actor, claim_id)
        if row.status is ClaimStatus.INCLUDED:
            raise Conflict("claim_included", "this claim was taken in; decline it first", field="claim_id")

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, claim_id)
            drafts: list[Draft] = []
            if held is not None:
                drafts = let_go(opened, held, reason="claim_unlinked")
                taken = draft_of(held, held.record_id, held.record)  # type: ignore[arg-type]
                drafts.append(replace(taken, withdrawn=True, reason=reason.strip()))

            def also(work: UnitOfWork) -> None:
                self._require_link(work, row, link)
                require_none_waits(work, claim_id)
                work.decisions.remove_link(claim_id, row.filed_at)

            return Change(drafts=drafts, also=also)

        self._writer.change(link.dossier, prepare, actor=actor, action=LogAction.WITHDRAW, purpose=Purpose.CLAIM_REVIEW)

    def note_withdrawal(self, *, actor: Actor, claim_id: ClaimId) -> None:
        """Write down in the dossier that a claim was withdrawn by its creditor (`InboxEntry.to_note`).

        Its record says so from then on. An obligation that the claim made is withdrawn, one that it renewed says again
        what it said before.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            claim_id: the claim.

        Raises:
            NotAllowed: no right to decide on claims there.
            NotFound: there is no such claim.
            Conflict: it belongs to no dossier (``claim_not_linked``) or was not withdrawn (``claim_not_withdrawn``).
            Deviation, ChainMismatch, Unreachable: as for any change, and no chain answers; nothing was written.
        """
        self._admit(actor, None)
        row, link = self._linked(actor, claim_id)
        if row.status is not ClaimStatus.WITHDRAWN:
            raise Conflict("claim_not_withdrawn", "the creditor did not withdraw this claim", field="claim_id")
        self._require_on_chain(row)

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, claim_id)
            if held is None or not isinstance(held.record, ReceivedClaim):
                raise Conflict("claim_not_linked", "the claim was taken out of its dossier", field="claim_id")
            record = replace(
                held.record,
                decision=ClaimDecisionState.WITHDRAWN,
                decision_reason=WITHDRAWN,
                decided_at=row.changed_at,
                obligation=None,
            )
            after = Link.to(link.dossier, held.record_id, record)

            def also(work: UnitOfWork) -> None:
                self._require_link(work, row, link)
                self._link_to(work, row, after)

            drafts = [*let_go(opened, held, reason="claim_withdrawn"), draft_of(held, held.record_id, record)]
            return Change(drafts=drafts, also=also)

        self._writer.change(link.dossier, prepare, actor=actor, action=LogAction.CHANGE, purpose=Purpose.CLAIM_REVIEW)

    def known_debts(self, *, actor: Actor, claim_id: ClaimId) -> list[KnownDebt]:
        """Return the obligations of the claim's dossier that may be the same debt, the most alike first.

        Also those that somebody typed in. What this claim itself became is left out. Give the record of one to
        `ClaimDesk.include` as ``known``.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            claim_id: the claim.

        Returns:
            What is alike; nothing where the claim belongs to no dossier yet.

        Raises:
            NotAllowed: no right to decide on claims there, or the dossier was not opened.
            NotFound, Conflict, Undecryptable: there is no such claim, or its contents are not here or not right.
        """
        self._admit(actor, None)
        claim, link = self._contents(claim_id)
        if link is None:
            return []
        self._admit(actor, link.dossier)
        self._require_opened(actor, link.dossier)
        opened = self._reader.read(link.dossier)
        held = record_of(opened, claim_id)
        own = held.record.obligation if held is not None and isinstance(held.record, ReceivedClaim) else None
        debts = {
            record_id: record
            for record_id, record in current_records(opened).items()
            if isinstance(record, Obligation) and record_id != own
        }
        return known_debts(claim.claim.contents, debts)

    def _linked(self, actor: Actor, claim_id: ClaimId) -> tuple[ClaimRow, Link]:
        found = self._standing(claim_id)
        if found.link is None:
            raise Conflict("claim_not_linked", "this claim belongs to no dossier", field="claim_id")
        self._admit(actor, found.link.dossier)
        self._require_opened(actor, found.link.dossier)
        return found.row, found.link


def _elsewhere() -> Conflict:
    return Conflict("claim_linked", "this claim belongs to another dossier", field="dossier")
