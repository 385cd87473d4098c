"""Decisions on a creditor's claims: what the chain says was decided, and the documents that say why.

A decision comes sealed through the evaluator, which anybody could have sealed. It counts when its hash is the one that
the municipality's reviewer put on the chain for this claim, and for nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eth_utils.crypto import keccak

from schuldhulp.creditor.claims_chain import RegisterView
from schuldhulp.crypto.claim_decisions import decision_hash
from schuldhulp.domain.claims import ClaimDecision, ClaimStatus, DecisionReason
from schuldhulp.domain.types import ClaimId, Commitment
from schuldhulp.errors import ChainMismatch
from schuldhulp.node.logs import Log

NOT_ON_CHAIN: Final = "decision_not_on_chain"
"""What is wrong with a decision that the chain does not know: it is not one."""

DIFFERS: Final = "decision_differs"
"""What is wrong with a decision whose status is another than the one that the chain has with its hash."""

AT_ONCE: Final = 100
"""Claims whose events are asked for in one question."""

_FILED: Final = keccak(text="ClaimFiled(bytes32,uint16,address,bytes32)")
_DECIDED: Final = keccak(text="ClaimDecided(bytes32,uint8,bytes32,bytes32)")


@dataclass(frozen=True, kw_only=True)
class DecidedOnChain:
    """What a reviewer did with a claim.

    Attributes:
        status: where it was taken.
        commitment: of the version that stood there, 32 bytes.
        decision: hash of the decision, 32 bytes.
        is_present: whether the claim was not filed anew since.
    """

    status: ClaimStatus
    commitment: Commitment
    decision: bytes
    is_present: bool


@dataclass(frozen=True, kw_only=True)
class ShownDecision:
    """The last decision on a claim, as the chain confirms it.

    Attributes:
        status: where the claim was taken.
        reason: why.
        text: sentences for the creditor; may be empty.
        decided_at: when the caseworker decided, UTC.
        commitment: the version that was judged, 32 bytes.
        is_of_present: whether that version stood on the chain when the decision came there.
        is_current: whether the claim still stands where it was taken.
    """

    status: ClaimStatus
    reason: DecisionReason
    text: str
    decided_at: datetime
    commitment: Commitment
    is_of_present: bool
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is known of the decisions on one claim.

    Attributes:
        decision: the last one; None when there is none, or its document has not come.
        awaits_reason: whether the claim was decided on and the document that says why has not come.
        problems: keys of what is wrong with other documents.
    """

    decision: ShownDecision | None = None
    awaits_reason: bool = False
    problems: tuple[str, ...] = ()


def decided_on_chain(register: RegisterView, claim_ids: Sequence[ClaimId]) -> dict[ClaimId, list[DecidedOnChain]]:
    """Read what reviewers did with claims, in order.

    Args:
        register: the ClaimRegister at one block.
        claim_ids: which claims.

    Raises:
        ChainMismatch: the chain was replaced meanwhile, or an answer has another shape.
        Unreachable: the node does not answer.
    """
    found: dict[ClaimId, list[tuple[int, Log]]] = {claim_id: [] for claim_id in claim_ids}
    filings = dict.fromkeys(claim_ids, 0)
    for log in _events(register, claim_ids):
        claim_id = ClaimId(_word(log, 1))
        if claim_id not in found:
            raise _wrong()
        if log.topics[0] == _FILED:
            filings[claim_id] += 1
        else:
            found[claim_id].append((filings[claim_id], log))
    return {
        claim_id: [_decided(log, is_present=filing == filings[claim_id]) for filing, log in logs]
        for claim_id, logs in found.items()
    }


def judged(documents: Sequence[ClaimDecision], on_chain: Sequence[DecidedOnChain], status: ClaimStatus) -> Judgement:
    """Hold documents against the chain.

    Args:
        documents: what came about one claim.
        on_chain: what reviewers did with it, in order.
        status: where it stands.
    """
    by_hash = {decision_hash(document): document for document in documents}
    events = {event.decision: event for event in on_chain}
    problems = []
    for name, document in by_hash.items():
        if name not in events:
            problems.append(NOT_ON_CHAIN)
        elif events[name].status is not document.status:
            problems.append(DIFFERS)
    last = next((event for event in reversed(on_chain) if event.is_present), None)
    if last is None:
        return Judgement(problems=tuple(problems))
    found = by_hash.get(last.decision)
    is_current = status is last.status
    if found is None or found.status is not last.status:
        return Judgement(awaits_reason=found is None and is_current, problems=tuple(problems))
    return Judgement(
        decision=ShownDecision(
            status=found.status,
            reason=found.reason,
            text=found.text,
            decided_at=found.decided_at,
            commitment=found.commitment,
            is_of_present=found.commitment == last.commitment,
            is_current=is_current,
        ),
        problems=tuple(problems),
    )


def _events(register: RegisterView, claim_ids: Sequence[ClaimId]) -> Iterator[Log]:
    for start in range(0, len(claim_ids), AT_ONCE):
        wanted = ["0x" + claim_id.hex() for claim_id in claim_ids[start : start + AT_ONCE]]
        topics: list[Any] = [["0x" + _FILED.hex(), "0x" + _DECIDED.hex()], wanted]
        yield from register.events(topics)


def _decided(log: Log, *, is_present: bool) -> DecidedOnChain:
    try:
        status = ClaimStatus(int.from_bytes(_word(log, 2)))
    except ValueError as error:
        raise _wrong() from error
    if len(log.data) != 64:
        raise _wrong()
    return DecidedOnChain(
        status=status, commitment=Commitment(log.data[:32]), decision=log.data[32:], is_present=is_present
    )


def _word(log: Log, number: int) -> bytes:
    if len(log.topics) <= number:
        raise _wrong()
    return log.topics[number]


def _wrong() -> ChainMismatch:
    return ChainMismatch("chain_answer_wrong", "the node gave an event of the wrong shape")
