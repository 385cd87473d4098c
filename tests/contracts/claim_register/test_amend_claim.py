import pytest
from brownie import chain

from tests.contracts.claim_register.steps import CLAIM, CONTENTS, OPEN, UNDECIDED, bring_to
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, ClaimStatus, plain, word

DECIDED = [status for status in ClaimStatus if status not in (*UNDECIDED, ClaimStatus.NONE)]


@pytest.mark.parametrize("status", UNDECIDED, ids=lambda status: status.name)
def test_amend_claim_replaces_the_contents_and_files_it_again(register, creditor, status):
    bring_to(register, status)
    filed_at = register.claim(CLAIM)[3]
    chain.sleep(60)

    transaction = register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": creditor})

    assert plain(register.claim(CLAIM)) == (
        creditor.address,
        MUNICIPALITY,
        ClaimStatus.FILED,
        filed_at,
        transaction.timestamp,
        word("better"),
    )
    assert transaction.timestamp > filed_at
    event = transaction.events["ClaimAmended"]
    assert [bytes(event[name]) for name in ("claimId", "previousCommitment", "newCommitment")] == [
        CLAIM,
        CONTENTS,
        word("better"),
    ]


@pytest.mark.parametrize("status", DECIDED, ids=lambda status: status.name)
def test_amend_claim_refuses_what_is_decided(register, creditor, status):
    bring_to(register, status)

    with refused("StatusStepNotAllowed", CLAIM, status, ClaimStatus.FILED):
        register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": creditor})


def test_amend_claim_refuses_a_stale_commitment(register, creditor):
    bring_to(register, ClaimStatus.FILED)
    register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": creditor})

    for stale in (CONTENTS, NO_WORD):
        with refused("StaleCommitment", CLAIM, stale, word("better")):
            register.amendClaim(CLAIM, stale, word("best"), {"from": creditor})


def test_amend_claim_refuses_the_contents_that_are_there(register, creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused("CommitmentUnchanged", CLAIM, CONTENTS):
        register.amendClaim(CLAIM, CONTENTS, CONTENTS, {"from": creditor})


def test_amend_claim_refuses_a_zero_commitment(register, creditor):
    bring_to(register, ClaimStatus.FILED)

    with refused("ZeroCommitment", CLAIM):
        register.amendClaim(CLAIM, CONTENTS, NO_WORD, {"from": creditor})


def test_amend_claim_refuses_an_unknown_claim(register, creditor):
    with refused("UnknownClaim", CLAIM):
        register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": creditor})


@pytest.mark.parametrize("status", OPEN, ids=lambda status: status.name)
@pytest.mark.parametrize("name", ["second_creditor", "reviewer", "administrator", "stranger"])
def test_amend_claim_refuses_everybody_but_the_holder(register, status, name, request):
    bring_to(register, status)
    account = request.getfixturevalue(name)

    with refused("NotClaimHolder", CLAIM, account):
        register.amendClaim.call(CLAIM, CONTENTS, word("better"), {"from": account})


def test_amend_claim_refuses_a_holder_that_is_no_creditor_any_more(register, administrator, creditor):
    bring_to(register, ClaimStatus.FILED)
    role = bytes(register.roleOf(register.CREDITOR(), MUNICIPALITY))
    register.revokeRole(role, creditor, {"from": administrator})

    with refused(NO_ROLE, creditor, role):
        register.amendClaim(CLAIM, CONTENTS, word("better"), {"from": creditor})
