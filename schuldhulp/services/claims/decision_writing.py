"""What a decision on a claim writes: the record in its dossier, and a sealed job for the worker, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from schuldhulp.crypto.claim_decisions import decision_hash, seal_decision
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import ClaimDecision, ClaimStatus, DecisionReason, check_decision, check_reason
from schuldhulp.domain.records import ClaimDecisionState, ReceivedClaim, RecordVersion
from schuldhulp.domain.types import ClaimId, Commitment, RecordId, Salt
from schuldhulp.errors import Conflict
from schuldhulp.services.claims.decision_rows import DecisionRow, decision_mac
from schuldhulp.services.claims.desk import Standing, changed, require_none_waits
from schuldhulp.services.claims.dossier_claims import draft_of, received
from schuldhulp.services.claims.linking import ClaimLinking
from schuldhulp.services.claims.links import Link, record_of
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, Draft
from schuldhulp.services.ports import UnitOfWork

_STATES: Final = {status: ClaimDecisionState(status.name.lower()) for status in (
    ClaimStatus.ASKED, ClaimStatus.INCLUDED, ClaimStatus.DECLINED, ClaimStatus.SETTLED
)}  # fmt: skip

Effect = tuple[RecordId | None, list[Draft]]
"""The obligation that a claim stands for after a decision, and what is written of obligations."""

Drafts = Callable[[Assessment, RecordVersion, ReceivedClaim], Effect]
"""Finds that for a claim's record as it was, and as it is with what stands on the chain now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What somebody decides on which version of a claim."""

    actor: Actor
    claim_id: ClaimId
    judged: Commitment
    status: ClaimStatus
    reason: DecisionReason
    text: str


class DecisionWriting(ClaimLinking):
    """Refuses what cannot be decided, and writes what can."""

    def _judged(self, step: Step) -> Standing:
        """Read the claim and refuse what cannot be decided on it."""
        self._admit(step.actor, None)
        check_reason(step.status, step.reason, step.text)
        found = self._standing(step.claim_id)
        if found.row.commitment != step.judged:
            raise changed()
        check_decision(found.row.status, step.status)
        if found.link is not None:
            self._admit(step.actor, found.link.dossier)
            self._require_opened(step.actor, found.link.dossier)
        self._require_on_chain(found.row)
        return found

    def _write(self, step: Step, found: Standing, drafts: Drafts) -> None:
        job, link = self._job(step, found), found.link
        if link is None:
            with self._store.write() as work:
                self._store_job(work, found, job)
                self._log_step(work, step.actor, step.claim_id)
                work.commit()
            return

        def prepare(opened: Assessment) -> Change:
            held = record_of(opened, step.claim_id)
            if held is None or not isinstance(held.record, ReceivedClaim):
                raise Conflict("claim_not_linked", "the claim was taken out of its dossier", field="claim_id")
            present = received(held, found.opened) if found.opened is not None else held.record
            obligation, more = drafts(opened, held, present)
            decided = replace(
                present,
                obligation=obligation,
                decision=_STATES[step.status],
                decision_reason=step.reason.value,
                decided_at=job.created_at,
            )
            after = Link.to(link.dossier, held.record_id, decided)

            def also(work: UnitOfWork) -> None:
                self._store_job(work, found, job)
                self._link_to(work, found.row, after)

            return Change(drafts=[*more, draft_of(held, held.record_id, decided)], also=also)

        self._writer.change(
            link.dossier, prepare, actor=step.actor, action=LogAction.CHANGE, purpose=Purpose.CLAIM_REVIEW
        )

    def _job(self, step: Step, found: Standing) -> DecisionRow:
        """Write the decision for the worker, sealed to the municipality; it is sealed to the holder when it is sent."""
        holder = found.row.holder
        if not any(self._register.encryption_keys([holder]).get(holder, b"")):
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
            sealed=b"",
            kept=seal_decision(self._opening_key.public_key, decision),
            created_at=now,
        )
        return replace(row, mac=decision_mac(self._reader.keys.job, row))

    def _store_job(self, work: UnitOfWork, found: Standing, job: DecisionRow) -> None:
        """Store the job, unless the claim, its link or another decision came in between."""
        self._require_link(work, found.row, found.link)
        require_none_waits(work, job.claim_id)
        work.decisions.add(job)

    def _log_step(self, work: UnitOfWork, actor: Actor, claim_id: ClaimId) -> None:
        self._log.write(
            work,
            actor=actor,
            action=LogAction.CHANGE,
            purpose=Purpose.CLAIM_REVIEW,
            reason=f"claim {claim_id.hex()}",
        )
