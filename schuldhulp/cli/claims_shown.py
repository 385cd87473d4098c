"""How commands show a creditor's claims: in words with what to do, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from schuldhulp.cli.output import say, say_table
from schuldhulp.creditor.claims_decisions import ShownDecision
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.creditor.receipt_standing import Standing, StandingReceipt
from schuldhulp.domain.claims import ClaimReceipt, ClaimStatus, DecisionReason, ReceiptOutcome, RefusalReason

STATUS: Final = MappingProxyType(
    {
        ClaimStatus.NONE: "not filed",
        ClaimStatus.FILED: "filed",
        ClaimStatus.UNDER_REVIEW: "under review",
        ClaimStatus.ASKED: "the credit bank asks something",
        ClaimStatus.INCLUDED: "included",
        ClaimStatus.DECLINED: "declined",
        ClaimStatus.SETTLED: "settled",
        ClaimStatus.WITHDRAWN: "withdrawn",
    }
)

ADVICE: Final = MappingProxyType(
    {
        RefusalReason.NOT_FILED: "no claim stands on chain under this id; file it",
        RefusalReason.CONTENTS_MISSING: "the contents never came; run `claim file` (or `amend`) with the same again",
        RefusalReason.UNDECRYPTABLE: "the contents do not open; run `claim file` (or `amend`) with the same again",
        RefusalReason.CONTENTS_INVALID: "a field cannot be read; bring this software up to date, then amend",
        RefusalReason.COMMITMENT_MISMATCH: "the contents are not what stands on chain; amend with what you mean",
        RefusalReason.CLAIM_ID_MISMATCH: (
            "the id does not follow from original creditor and reference; withdraw the claim and file it anew"
        ),
        RefusalReason.HOLDER_MISMATCH: (
            "the holder in the contents is not the organisation that holds the claim; amend it, or withdraw it"
        ),
        RefusalReason.MUNICIPALITY_MISMATCH: (
            "the contents name another municipality; withdraw the claim and file it with that one"
        ),
    }
)


REASONS: Final = MappingProxyType(
    {
        DecisionReason.CLIENT_UNKNOWN: "this person is no client of the credit bank",
        DecisionReason.NO_CONTENTS: "its contents never came, or cannot be read: file it anew and deliver it",
        DecisionReason.RECENT_FINAL_DISCHARGE: "this debt was discharged not long ago",
        DecisionReason.RECENT_STABILISATION_ATTEMPT: "help to get this person's money in order ended not long ago",
        DecisionReason.OTHER_HELPER_UNWANTED: "another helper deals with this person's debts",
        DecisionReason.ALREADY_KNOWN: "the credit bank has this debt already",
        DecisionReason.NOT_OWED: "the credit bank finds that this is not owed",
        DecisionReason.DISPUTED_BY_RESIDENT: "the resident says that this is not right",
        DecisionReason.STATEMENT_OLD: "the statement is older than six months: renew it with `claim amend`",
        DecisionReason.MORE_INFORMATION: "the credit bank wants to know more: answer with `claim amend`",
        DecisionReason.INCLUDED: "the claim was taken in",
        DecisionReason.SETTLED: "the claim was settled",
        DecisionReason.OTHER: "for another reason",
    }
)


def advice(reason: RefusalReason) -> str:
    """Return what a creditor does about a refusal."""
    return ADVICE[reason]


def show_state(state: ClaimState) -> None:
    """Print one claim."""
    say(f"claim {state.claim_id.hex()}")
    say(f"{STATUS[state.status]}, since {_time(state.changed_at)}" if state.changed_at else STATUS[state.status])
    if state.delivered_at is not None:
        say(f"contents acknowledged by the evaluator at {_time(state.delivered_at)}")
    for remark in remarks(state):
        say(remark)


def show_states(states: Sequence[ClaimState]) -> None:
    """Print claims as a table, and below it what is to be done."""
    if not states:
        say("no claims yet")
        return
    say_table(
        ("claim", "reference", "status", "filed", "changed", "delivered", "receipt"),
        [
            (
                state.claim_id.hex()[:16],
                state.reference,
                STATUS[state.status],
                _time(state.filed_at),
                _time(state.changed_at),
                _time(state.delivered_at),
                state.receipt.outcome.value if state.receipt else "none yet",
            )
            for state in states
        ],
    )
    for state in states:
        for remark in remarks(state):
            say(f"{state.claim_id.hex()[:16]}: {remark}")


def remarks(state: ClaimState) -> list[str]:
    """Return what a creditor has to know or do about a claim, in order of urgency."""
    found = []
    if state.unfinished is not None:
        verb = state.unfinished.value.replace("_", "-")
        found.append(f"not finished: run `claim {verb}` again with the same")
    if state.status.is_open and not state.is_holder:
        found.append("another account holds this claim now")
    elif state.status.is_open and not state.is_current:
        found.append("what stands on chain is not what you handed in last")
    if state.receipt is not None and state.receipt.reason is not None:
        found.append(f"refused, {state.receipt.reason.value}: {advice(state.receipt.reason)}")
    if state.decision is not None and state.decision.is_current:
        found += _decision_remarks(state.decision)
    if state.awaits_reason:
        found.append("the reason has not come yet; it comes with a later `claim list`")
    asked = state.decision is not None and state.decision.reason is DecisionReason.STATEMENT_OLD
    if state.renewal_due and state.is_holder and not asked:
        by = f", asked at {_time(state.renewal_asked_at)}" if state.renewal_asked_at else ""
        found.append(f"the statement is older than six months: renew it with `claim amend`{by}")
    found += [f"a message about it cannot be used: {problem}" for problem in state.problems]
    return found


def plain_state(state: ClaimState) -> dict[str, object]:
    """Return a claim for JSON."""
    return {
        "claim": state.claim_id.hex(),
        "municipality": state.municipality,
        "reference": state.reference,
        "status": state.status.name.lower(),
        "filedAt": state.filed_at.isoformat() if state.filed_at else None,
        "changedAt": state.changed_at.isoformat() if state.changed_at else None,
        "holder": state.is_holder,
        "commitment": state.commitment.hex(),
        "current": state.is_current,
        "deliveredAt": state.delivered_at.isoformat() if state.delivered_at else None,
        "unfinished": state.unfinished.value if state.unfinished else None,
        "receipt": plain_receipt(state.receipt) if state.receipt else None,
        "renewalDue": state.renewal_due,
        "renewalAskedAt": state.renewal_asked_at.isoformat() if state.renewal_asked_at else None,
        "decision": _plain_decision(state.decision) if state.decision else None,
        "awaitsReason": state.awaits_reason,
        "problems": list(state.problems),
        "remarks": remarks(state),
    }


def plain_receipt(receipt: ClaimReceipt) -> dict[str, object]:
    """Return a receipt for JSON, with what to do about it."""
    return {
        "claim": receipt.claim_id.hex(),
        "commitment": receipt.commitment.hex(),
        "municipality": receipt.municipality,
        "holder": receipt.holder,
        "message": receipt.message.hex(),
        "outcome": receipt.outcome.value,
        "reason": receipt.reason.value if receipt.reason else None,
        "advice": advice(receipt.reason) if receipt.outcome is ReceiptOutcome.REFUSED and receipt.reason else None,
        "receivedAt": receipt.received_at.isoformat(),
        "block": receipt.block_number,
        "blockHash": receipt.block_hash.hex(),
    }


def show_checked(name: str, found: StandingReceipt) -> None:
    """Print what a receipt proves.

    Args:
        name: name of its file.
        found: the receipt, its signature checked, and from where its signer is known.
    """
    checked, receipt = found.checked, found.checked.signed.receipt
    say(f"{name}: {'valid' if found.is_proved else 'NOT PROVED'}, signed by {checked.signer}")
    who = f"account receipt signer of municipality {receipt.municipality}"
    block = f"block {checked.block_number}, hash {checked.block_hash.hex()}"
    match found.standing:
        case Standing.CHAIN:
            say(f"  the registry names this {who} at {block}, as it was read just now")
        case Standing.JOURNAL:
            say(f"  the registry named this {who} at {block}, as you read it when the receipt came in")
        case Standing.DEPLOYMENT:
            say(f"  the deployment file names this {who}; at which block it was that, --online tells")
        case Standing.FILE:
            say(f"  the signature holds; that this was the {who} is only what the file says: check it with --online")
    if found.is_replaced:
        say("  the municipality has another signer by now: what its old one signed later can bear an old block")
    if found.is_own is False:
        say(f"  holder {receipt.holder}: none of your accounts")
    say(f"  claim {receipt.claim_id.hex()}")
    say(f"  commitment {receipt.commitment.hex()}")
    say(f"  {receipt.outcome.value}, received at {receipt.received_at.isoformat()}")
    if receipt.reason is not None:
        say(f"  {receipt.reason.value}: {advice(receipt.reason)}")


def plain_checked(found: StandingReceipt) -> dict[str, object]:
    """Return what a receipt proves, for JSON."""
    checked = found.checked
    return {
        "valid": found.is_proved,
        "signer": checked.signer,
        "signerKnownFrom": found.standing.value,
        "signerReplaced": found.is_replaced,
        "own": found.is_own,
        "signerBlock": {"number": checked.block_number, "hash": checked.block_hash.hex()},
        "receipt": plain_receipt(checked.signed.receipt),
    }


def _decision_remarks(decision: ShownDecision) -> list[str]:
    decided = f"{STATUS[decision.status]}, decided at {_time(decision.decided_at)}: {REASONS[decision.reason]}"
    found = [decided]
    if decision.text:
        # On one line, whatever was typed.
        found.append(f"the credit bank writes: {' '.join(decision.text.split())}")
    if not decision.is_of_present:
        found.append("this was decided on an earlier version than the one on chain; the credit bank looks at it anew")
    return found


def _plain_decision(decision: ShownDecision) -> dict[str, object]:
    return {
        "status": decision.status.name.lower(),
        "reason": decision.reason.value,
        "text": decision.text,
        "decidedAt": decision.decided_at.isoformat(),
        "commitment": decision.commitment.hex(),
        "ofPresentVersion": decision.is_of_present,
        "current": decision.is_current,
    }


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "-"
