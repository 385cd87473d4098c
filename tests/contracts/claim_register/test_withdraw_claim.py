import pytest

from tests.contracts.claim_register.steps import CLAIM, CLOSED, OPEN, bring_to
from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY, ClaimStatus, plain


@pytest.mark.parametrize("status", OPEN, ids=lambda status: status.name)
def test_withdraw_claim_closes_it(register, creditor, status):
    bring_to(register, status)
    before = plain(register.claim(CLAIM))

    transaction = register.withdrawClaim(CLAIM, {"from": creditor})

    assert plain(register.claim(CLAIM)) == (
        *before[:2],
        ClaimStatus.WITHDRAWN,
        before[3],
        transaction.timestamp,
        before[5],
    )
    assert bytes(transaction.events["ClaimWithdrawn"]["claimId"]) == CLAIM


@pytest.mark.parametrize("status", CLOSED, ids=lambda status: status.name)
def test_withdraw_claim_refuses_a_closed_claim(register, creditor, status):
    bring_to(register, status)

    with refused("StatusStepNotAllowed", CLAIM, status, ClaimStatus.WITHDRAWN):
        register.withdrawClaim(CLAIM, {"from": creditor})


@pytest.mark.parametrize("name", ["second_creditor", "reviewer", "stranger"])
def test_withdraw_claim_refuses_everybody_but_the_holder(register, name, request):
    bring_to(register, ClaimStatus.FILED)
    account = request.getfixturevalue(name)

    with refused("NotClaimHolder", CLAIM, account):
        register.withdrawClaim(CLAIM, {"from": account})


def test_withdraw_claim_refuses_an_unknown_claim(register, creditor):
    with refused("UnknownClaim", CLAIM):
        register.withdrawClaim(CLAIM, {"from": creditor})


def test_withdraw_claim_needs_no_role(register, administrator, creditor):
    bring_to(register, ClaimStatus.FILED)
    register.revokeRole(register.roleOf(register.CREDITOR(), MUNICIPALITY), creditor, {"from": administrator})

    register.withdrawClaim(CLAIM, {"from": creditor})

    assert register.claim(CLAIM)[2] == ClaimStatus.WITHDRAWN
