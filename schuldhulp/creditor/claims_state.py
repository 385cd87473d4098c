"""What a creditor sees of its claims: what stands on chain, what was delivered, and what the municipality answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schuldhulp.creditor.claims_chain import ClaimOnChain
from schuldhulp.creditor.claims_decisions import Judgement, ShownDecision
from schuldhulp.creditor.claims_steps import KeptMessage, Step, StepKind
from schuldhulp.domain.claims import ClaimReceipt, ClaimStatus, ReceiptOutcome, receipt_from_plain
from schuldhulp.domain.debts import Staleness, staleness
from schuldhulp.domain.renewals import renewal_from_plain
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.ports import MessageKind


@dataclass(frozen=True, kw_only=True)
class ClaimState:
    """One claim of this creditor. It says nothing about the dossier.

    Attributes:
        claim_id: id on chain.
        municipality: CBS code.
        reference: the original creditor's reference; empty when this creditor never handed in contents.
        status: where it stands on chain.
        filed_at: when it was filed last, UTC; None when nothing stands on chain.
        changed_at: when it changed last, UTC; None likewise.
        is_holder: whether this creditor's account holds it.
        commitment: commitment on chain.
        is_current: whether the version on chain is the last one that this creditor handed in.
        delivered_at: when the evaluator acknowledged the contents of that version, UTC; None when not delivered.
        unfinished: a step that was begun and is to be finished by the next command; None when there is none.
        receipt: the municipality's newest receipt of the version on chain; None while there is none.
        renewal_due: whether the statement is older than six months, so that it has to be amended with a new one: by
            what this creditor handed in, or because the municipality says so.
        problems: keys of what is wrong with messages about this claim.
        decision: the last decision on it with its reason, as the chain confirms it; None while there is none.
        awaits_reason: whether it was decided on and the reason has not come yet.
        renewal_asked_at: when the municipality asked for a new statement of the version on chain, UTC; None when not.
    """

    claim_id: ClaimId
    municipality: MunicipalityCode
    reference: str
    status: ClaimStatus
    filed_at: datetime | None
    changed_at: datetime | None
    is_holder: bool
    commitment: Commitment
    is_current: bool
    delivered_at: datetime | None
    unfinished: StepKind | None
    receipt: ClaimReceipt | None
    renewal_due: bool
    problems: tuple[str, ...]
    decision: ShownDecision | None = None
    awaits_reason: bool = False
    renewal_asked_at: datetime | None = None


def claim_state(
    claim_id: ClaimId,
    *,
    on_chain: ClaimOnChain,
    steps: list[Step],
    messages: list[KeptMessage],
    account: str,
    today: date,
    judgement: Judgement | None = None,
) -> ClaimState:
    """Put together what is known of one claim.

    Args:
        claim_id: the claim.
        on_chain: what the register says.
        steps: the journal's steps with it, in order.
        messages: what came about it, in order.
        account: this creditor's account.
        today: the day to count from.
        judgement: what is known of the decisions on it; nothing when None.
    """
    versions = [step for step in steps if step.claim is not None and step.failure is None]
    last = versions[-1] if versions else None
    current = next((step for step in reversed(versions) if step.commitment == on_chain.commitment), None)
    contents = last.claim.contents if last is not None and last.claim is not None else None
    stale = contents is not None and staleness(contents.statement_date, today=today) is Staleness.EXPIRED
    asked = _renewal_asked(messages, on_chain.commitment)
    known = judgement or Judgement()
    wrong = tuple(message.problem for message in messages if message.problem is not None)
    return ClaimState(
        claim_id=claim_id,
        municipality=MunicipalityCode(int.from_bytes(claim_id[:2], "big")),
        reference=contents.reference if contents is not None else "",
        status=on_chain.status,
        filed_at=on_chain.filed_at,
        changed_at=on_chain.changed_at,
        is_holder=on_chain.holder == account,
        commitment=on_chain.commitment,
        is_current=current is not None and current is last,
        delivered_at=current.delivered_at if current is not None else None,
        unfinished=next((step.kind for step in steps if not step.state.is_over), None),
        receipt=newest_receipt(messages, on_chain.commitment, current.message if current is not None else None),
        renewal_due=(stale or asked is not None) and on_chain.status.is_undecided,
        problems=wrong + known.problems,
        decision=known.decision,
        awaits_reason=known.awaits_reason,
        renewal_asked_at=asked if on_chain.status.is_undecided else None,
    )


def newest_receipt(
    messages: Sequence[KeptMessage], commitment: Commitment, delivered: bytes | None
) -> ClaimReceipt | None:
    """Return the receipt that counts for one version of a claim.

    Accepted is final for a version. Until then counts what is said last of its own contents, or of their absence; and
    when nothing is, what is said of anything else that came for this claim.

    Args:
        messages: what came about the claim, in order.
        commitment: the version on chain.
        delivered: keccak256 of the contents as they were delivered last, None when they were not.
    """
    receipts = [
        _receipt(message.document)
        for message in messages
        if message.kind == MessageKind.RECEIPT and message.document is not None
    ]
    own = [one for one in receipts if one.commitment == commitment]
    about = [one for one in own if one.message == delivered or not any(one.message)]
    accepted = [one for one in own if one.outcome is ReceiptOutcome.ACCEPTED]
    unfiled = [one for one in receipts if not any(one.commitment)]
    for found in (accepted, about, own, unfiled):
        if found:
            return found[-1]
    return None


def _renewal_asked(messages: Sequence[KeptMessage], commitment: Commitment) -> datetime | None:
    """Return when a new statement was asked last for one version of a claim."""
    asked = [
        renewal_from_plain(json.loads(message.document)).request
        for message in messages
        if message.kind == MessageKind.RENEWAL and message.document is not None
    ]
    return max((one.asked_at for one in asked if one.commitment == commitment), default=None)


def _receipt(document: str) -> ClaimReceipt:
    plain = json.loads(document)
    return receipt_from_plain({"receipt": plain["receipt"], "signature": plain["signature"]}).receipt
