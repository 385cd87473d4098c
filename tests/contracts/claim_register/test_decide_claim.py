import pytest
from brownie.exceptions import VirtualMachineError

from tests.contracts.claim_register.steps import ALLOWED, CLAIM, CONTENTS, DECISION, bring_to
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, ClaimStatus, make_claim_id, plain, word


@pytest.mark.parametrize("status", list(ALLOWED), ids=lambda status: status.name)
def test_decide_claim_takes_exactly_the_steps_of_the_table(register, reviewer, status):
    bring_to(register, status)

    for step in ClaimStatus:
        if step in ALLOWED[status]:
            register.decideClaim.call(CLAIM, step, DECISION, {"from": reviewer})
        else:
            with refused("StatusStepNotAllowed", CLAIM, status, step):
                register.decideClaim.call(CLAIM, step, DECISION, {"from": reviewer})


@pytest.mark.parametrize(
    ("status", "step"), [(status, step) for status, steps in ALLOWED.items() for step in sorted(steps)]
)
def test_decide_claim_changes_the_status_and_nothing_else(register, reviewer, status, step):
    bring_to(register, status)
    before = plain(register.claim(CLAIM))

    transaction = register.decideClaim(CLAIM, step, DECISION, {"from": reviewer})

    assert plain(register.claim(CLAIM)) == (*before[:2], step, before[3], transaction.timestamp, before[5])
    event = transaction.events["ClaimDecided"]
    assert event["status"] == step
    assert [bytes(event[name]) for name in ("claimId", "commitment", "decision")] == [CLAIM, CONTENTS, DECISION]


def test_decide_claim_names_the_contents_that_overtook_it(register, creditor, reviewer):
    bring_to(register, ClaimStatus.UNDER_REVIEW)
    register.amendClaim(CLAIM, CONTENTS, word("overtaken"), {"from": creditor})

    transaction = register.decideClaim(CLAIM, ClaimStatus.INCLUDED, DECISION, {"from": reviewer})

    assert bytes(transaction.events["ClaimDecided"]["commitment"]) == word("overtaken")


def test_decide_claim_refuses_an_unknown_claim(register, reviewer):
    with refused("UnknownClaim", CLAIM):
        register.decideClaim(CLAIM, ClaimStatus.INCLUDED, DECISION, {"from": reviewer})


def test_decide_claim_refuses_the_reviewer_of_another_municipality(register, reviewer, other_reviewer):
    bring_to(register, ClaimStatus.FILED)

    with refused(NO_ROLE, other_reviewer, bytes(register.roleOf(register.REVIEWER(), MUNICIPALITY))):
        register.decideClaim(CLAIM, ClaimStatus.INCLUDED, DECISION, {"from": other_reviewer})
    with refused(NO_ROLE, reviewer, bytes(register.roleOf(register.REVIEWER(), OTHER_MUNICIPALITY))):
        foreign = make_claim_id("claim", OTHER_MUNICIPALITY)
        register.decideClaim(foreign, ClaimStatus.INCLUDED, DECISION, {"from": reviewer})


def test_decide_claim_refuses_the_holder(register, creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused(NO_ROLE, creditor, bytes(register.roleOf(register.REVIEWER(), MUNICIPALITY))):
        register.decideClaim(CLAIM, ClaimStatus.INCLUDED, DECISION, {"from": creditor})


def test_decide_claim_refuses_a_zero_decision(register, reviewer):
    bring_to(register, ClaimStatus.FILED)

    with refused("ZeroDecision", CLAIM):
        register.decideClaim(CLAIM, ClaimStatus.INCLUDED, NO_WORD, {"from": reviewer})


def test_decide_claim_refuses_a_status_that_does_not_exist(register, reviewer):
    bring_to(register, ClaimStatus.FILED)

    # The decoder of call data refuses it before our code runs, without a reason.
    with pytest.raises(VirtualMachineError) as caught:
        register.decideClaim(CLAIM, 8, DECISION, {"from": reviewer})
    assert not caught.value.revert_msg
    assert register.claim(CLAIM)[2] == ClaimStatus.FILED
