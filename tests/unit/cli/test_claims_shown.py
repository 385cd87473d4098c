from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from schuldhulp.cli.claims_shown import ADVICE, REASONS, STATUS, plain_state, remarks, show_state, show_states
from schuldhulp.creditor.claims_decisions import ShownDecision
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.creditor.claims_steps import StepKind
from schuldhulp.domain.claims import ClaimReceipt, ClaimStatus, DecisionReason, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

STATE = ClaimState(
    claim_id=ClaimId(b"\x00\x0e" + b"\xab" * 30),
    municipality=MunicipalityCode(14),
    reference="fac-2026/001",
    status=ClaimStatus.FILED,
    filed_at=NOON,
    changed_at=NOON,
    is_holder=True,
    commitment=Commitment(b"\1" * 32),
    is_current=True,
    delivered_at=NOON,
    unfinished=None,
    receipt=None,
    renewal_due=False,
    problems=(),
)


def receipt(reason: RefusalReason | None) -> ClaimReceipt:
    return ClaimReceipt(
        claim_id=STATE.claim_id,
        commitment=STATE.commitment,
        municipality=STATE.municipality,
        holder="0x" + "ab" * 20,
        message=bytes(32),
        outcome=ReceiptOutcome.REFUSED if reason else ReceiptOutcome.ACCEPTED,
        reason=reason,
        received_at=NOON,
        block_number=1,
        block_hash=bytes(32),
    )


def test_every_status_and_every_refusal_has_words():
    assert set(STATUS) == set(ClaimStatus)
    assert set(ADVICE) == set(RefusalReason)
    assert set(REASONS) == set(DecisionReason)


def test_remarks_are_none_for_a_claim_in_order():
    assert remarks(STATE) == []
    assert remarks(dataclasses.replace(STATE, receipt=receipt(None))) == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"unfinished": StepKind.HAND_OVER}, "run `claim hand-over` again"),
        ({"is_holder": False}, "another account holds this claim now"),
        ({"is_current": False}, "not what you handed in last"),
        ({"renewal_due": True}, "older than six months: renew it with `claim amend`"),
        (
            {"renewal_due": True, "renewal_asked_at": NOON},
            "renew it with `claim amend`, asked at 2026-11-23 12:00 UTC",
        ),
        ({"problems": ("signer_other",)}, "cannot be used: signer_other"),
        ({"receipt": receipt(RefusalReason.CLAIM_ID_MISMATCH)}, "refused, claim_id_mismatch: the id does not follow"),
    ],
)
def test_remarks_say_what_to_do(changes, wanted):
    (remark,) = remarks(dataclasses.replace(STATE, **changes))
    assert wanted in remark


def test_remarks_leave_renewal_to_the_holder():
    assert remarks(dataclasses.replace(STATE, renewal_due=True, is_holder=False)) == [
        "another account holds this claim now"
    ]


OLD = ShownDecision(
    status=ClaimStatus.ASKED,
    reason=DecisionReason.STATEMENT_OLD,
    text="",
    decided_at=NOON,
    commitment=STATE.commitment,
    is_of_present=True,
    is_current=True,
)


def test_remarks_tell_a_decision_and_to_renew_only_once():
    (remark,) = remarks(dataclasses.replace(STATE, decision=OLD, renewal_due=True))
    assert remark.startswith("the credit bank asks something, decided at 2026-11-23 12:00 UTC: the statement is older")


def test_remarks_put_what_the_credit_bank_writes_on_one_line():
    decision = dataclasses.replace(OLD, reason=DecisionReason.OTHER, text="Eerste regel.\n  Tweede regel.")
    assert remarks(dataclasses.replace(STATE, decision=decision))[1:] == [
        "the credit bank writes: Eerste regel. Tweede regel."
    ]


def test_remarks_say_nothing_of_a_decision_that_was_answered():
    answered = dataclasses.replace(STATE, decision=dataclasses.replace(OLD, is_current=False))
    assert remarks(answered) == []
    assert plain_state(answered)["decision"] == {
        "status": "asked",
        "reason": "statement_old",
        "text": "",
        "decidedAt": NOON.isoformat(),
        "commitment": STATE.commitment.hex(),
        "ofPresentVersion": True,
        "current": False,
    }


def test_show_states_lines_up_and_says_what_to_do_below(capsys):
    never = dataclasses.replace(STATE, status=ClaimStatus.NONE, filed_at=None, changed_at=None, delivered_at=None)
    show_states([STATE, dataclasses.replace(never, unfinished=StepKind.FILE)])
    head, first, second, remark = capsys.readouterr().out.splitlines()
    assert head.split() == ["claim", "reference", "status", "filed", "changed", "delivered", "receipt"]
    assert "2026-11-23 12:00 UTC" in first
    assert "not filed" in second
    assert remark.startswith("000eabababababab: not finished")
    show_states([])
    assert capsys.readouterr().out == "no claims yet\n"


def test_show_state_gives_the_whole_id(capsys):
    show_state(STATE)
    assert STATE.claim_id.hex() in capsys.readouterr().out


def test_plain_state_holds_what_is_shown():
    plain = plain_state(dataclasses.replace(STATE, receipt=receipt(RefusalReason.NOT_FILED)))
    assert (plain["claim"], plain["status"], plain["filedAt"]) == (STATE.claim_id.hex(), "filed", NOON.isoformat())
    assert isinstance(plain["receipt"], dict)
    assert (plain["receipt"]["reason"], plain["receipt"]["advice"]) == ("not_filed", ADVICE[RefusalReason.NOT_FILED])
