"""What the chain makes of a decision, and what can be in its way. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from schuldhulp.domain.claims import ClaimStatus, may_decide
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState
from schuldhulp.services.claims.events import FiledClaim
from schuldhulp.services.claims.rows import EventKind, EventRow


class Trouble(StrEnum):
    """What is in the way of a decision, or why it went back to the caseworker."""

    FORGED = "forged"
    """Not written by this system, or changed since."""
    UNKNOWN = "claim_unknown"
    """No claim stands on the chain under this id."""
    AMENDED = "claim_amended"
    """The creditor amended or filed anew: nobody judged what stands there now."""
    DECIDED_ON_AMENDED = "decided_on_amended"
    """The same, but so late that the decision was carried out: the chain has it on contents that nobody judged."""
    HANDED_OVER = "claim_handed_over"
    """Another account holds the claim, which could not read the decision."""
    STEP = "claim_step"
    """The claim was closed or decided on otherwise, so that this step is not possible."""
    NOT_FOLLOWED = "chain_not_followed"
    """The chain tells of something that was not read yet; it waits for that."""
    OTHER_PENDING = "decision_pending"
    """Another decision on the same claim is not finished."""
    ROLE_MISSING = "role_missing"
    """The reviewer's account may not decide for this municipality."""
    CONTRACT_REFUSES = "contract_refuses"
    NO_FUNDS = "no_funds"
    """The reviewer's account cannot pay for the transaction."""
    NODE_REFUSES = "node_refuses"
    NOT_MINED = "not_mined"
    FAILED = "failed"
    """The transaction changed nothing; it is signed anew."""
    EVENT_MISSING = "event_missing"
    """The transaction succeeded without the event of this decision: it was another one."""


def is_of(event: EventRow, job: DecisionRow) -> bool:
    """Say whether an event is that of a decision."""
    # The hash holds a salt: no two decisions have the same one.
    return event.kind is EventKind.DECIDED and (event.claim_id, event.decision) == (job.claim_id, job.decision)


def outcome_of(job: DecisionRow, events: Sequence[EventRow]) -> tuple[DecisionState, str]:
    """Say where a decision stands whose transaction succeeded, by the events of its block."""
    landed = next((event for event in events if is_of(event, job)), None)
    return (DecisionState.REFUSED, Trouble.EVENT_MISSING.value) if landed is None else judged(job, landed)


def judged(job: DecisionRow, landed: EventRow) -> tuple[DecisionState, str]:
    """Say where a decision stands that landed: confirmed, unless it landed on what nobody judged."""
    if (landed.commitment, landed.status) == (job.commitment, job.status):
        return DecisionState.CONFIRMED, ""
    return DecisionState.OVERTAKEN, Trouble.DECIDED_ON_AMENDED.value


def overtaken_by(job: DecisionRow, filed: FiledClaim) -> Trouble | None:
    """Say why a decision is not one on what stands on the chain; None when it is."""
    if filed.status is ClaimStatus.NONE:
        return Trouble.UNKNOWN
    if filed.commitment != job.commitment:
        return Trouble.AMENDED
    if filed.holder != job.recipient:
        return Trouble.HANDED_OVER
    if not may_decide(filed.status, job.status):
        return Trouble.STEP
    return None


def refused(said: str) -> Trouble:
    """Return what a refusal of the node means."""
    return Trouble.NO_FUNDS if "insufficient funds" in said.lower() else Trouble.NODE_REFUSES
