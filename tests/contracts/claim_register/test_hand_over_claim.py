import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.claim_register.steps import CLAIM, CLOSED, CONTENTS, OPEN, bring_to
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, ClaimStatus, plain, word


@pytest.mark.parametrize("status", OPEN, ids=lambda status: status.name)
def test_hand_over_claim_changes_nothing_but_the_holder(register, creditor, second_creditor, status):
    bring_to(register, status)
    before = plain(register.claim(CLAIM))

    transaction = register.handOverClaim(CLAIM, second_creditor, {"from": creditor})

    assert plain(register.claim(CLAIM)) == (second_creditor.address, *before[1:4], transaction.timestamp, before[5])
    event = transaction.events["ClaimHandedOver"]
    assert (bytes(event["claimId"]), event["previousHolder"], event["newHolder"]) == (CLAIM, creditor, second_creditor)


def test_hand_over_claim_leaves_the_old_holder_without_a_say(register, creditor, second_creditor):
    bring_to(register, ClaimStatus.FILED)
    register.handOverClaim(CLAIM, second_creditor, {"from": creditor})

    with refused("NotClaimHolder", CLAIM, creditor):
        register.withdrawClaim(CLAIM, {"from": creditor})
    register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": second_creditor})


@pytest.mark.parametrize("status", CLOSED, ids=lambda status: status.name)
def test_hand_over_claim_refuses_a_closed_claim(register, creditor, second_creditor, status):
    bring_to(register, status)

    with refused("ClaimNotOpen", CLAIM, status):
        register.handOverClaim(CLAIM, second_creditor, {"from": creditor})


@pytest.mark.parametrize("name", ["stranger", "reviewer", "other_creditor"])
def test_hand_over_claim_refuses_who_is_no_creditor_there(register, creditor, name, request):
    bring_to(register, ClaimStatus.FILED)
    account = request.getfixturevalue(name)

    with refused("NotACreditorOf", account, MUNICIPALITY):
        register.handOverClaim(CLAIM, account, {"from": creditor})


def test_hand_over_claim_refuses_nobody(register, creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused("NotACreditorOf", ZERO_ADDRESS, MUNICIPALITY):
        register.handOverClaim(CLAIM, ZERO_ADDRESS, {"from": creditor})


def test_hand_over_claim_refuses_the_holder_itself(register, creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused("AlreadyClaimHolder", CLAIM, creditor):
        register.handOverClaim(CLAIM, creditor, {"from": creditor})


def test_hand_over_claim_refuses_an_unknown_claim(register, creditor, second_creditor):
    with refused("UnknownClaim", CLAIM):
        register.handOverClaim(CLAIM, second_creditor, {"from": creditor})


def test_hand_over_claim_refuses_another_creditor(register, second_creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused("NotClaimHolder", CLAIM, second_creditor):
        register.handOverClaim(CLAIM, second_creditor, {"from": second_creditor})


def test_hand_over_claim_refuses_a_holder_that_is_no_creditor_any_more(
    register, administrator, creditor, second_creditor
):
    bring_to(register, ClaimStatus.FILED)
    role = bytes(register.roleOf(register.CREDITOR(), MUNICIPALITY))
    register.revokeRole(role, creditor, {"from": administrator})

    with refused(NO_ROLE, creditor, role):
        register.handOverClaim(CLAIM, second_creditor, {"from": creditor})
