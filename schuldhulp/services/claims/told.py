"""What was decided on a claim so far, and how far it got on its way to the chain and the creditor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schuldhulp.crypto.claim_decisions import decision_hash, open_decision
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import ClaimStatus, DecisionReason
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.claims.decision_outcome import Trouble
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState, is_decision_genuine
from schuldhulp.services.ports import Store
from schuldhulp.services.processing_log import ProcessingLog


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeDecision:
    """A decision that was made.

    Attributes:
        status: what was decided.
        reason: why; None where what was kept of it does not open, or is not the decision that was sent.
        text: the sentences to the creditor.
        decided_at: when, UTC.
        state: where it stands; one that was overtaken or refused has to be made anew, one that was taken back not.
        delivered_at: when the evaluator took it for the creditor, UTC; None while it waits.
        trouble: why it waits or was refused; empty when nothing is known to be in the way.
        may_take_back: whether `ClaimDesk.take_back` can still have it undone.
    """

    status: ClaimStatus
    reason: DecisionReason | None
    text: str
    decided_at: datetime
    state: DecisionState
    delivered_at: datetime | None
    trouble: str
    may_take_back: bool = False


class DecisionHistory:
    """Shows what was decided to those who decide."""

    def __init__(self, *, store: Store, log: ProcessingLog, opening_key: OpeningKey, job_key: JobKey) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log, where a refusal is noted.
            opening_key: the municipality's claim key.
            job_key: tells which decisions this system wrote.
        """
        self._store = store
        self._log = log
        self._opening_key = opening_key
        self._job_key = job_key

    def of(self, *, actor: Actor, claim_id: ClaimId) -> list[MadeDecision]:
        """Return the decisions on a claim, oldest first.

        Raises:
            NotAllowed: the actor does not decide on claims.
        """
        self._log.refuse(actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=None)
        with self._store.read() as work:
            rows = work.decisions.of_claims([claim_id])
        return [self._made(row) for row in rows]

    def _made(self, row: DecisionRow) -> MadeDecision:
        try:
            decision = open_decision(self._opening_key, row.claim_id, row.kept)
        except (InvalidInput, Undecryptable):
            decision = None
        # Anybody can seal to a public key, so what opens need not be what somebody here decided.
        genuine = is_decision_genuine(self._job_key, row)
        if decision is not None and (decision_hash(decision) != row.decision or not genuine):
            decision = None
        return MadeDecision(
            status=row.status,
            reason=decision.reason if decision else None,
            text=decision.text if decision else "",
            decided_at=row.created_at,
            state=row.state,
            delivered_at=row.delivered_at,
            trouble=row.trouble if genuine else Trouble.FORGED.value,
            may_take_back=row.state is DecisionState.WAITING,
        )
