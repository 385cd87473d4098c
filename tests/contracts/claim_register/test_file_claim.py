import pytest
from brownie import chain

from tests.contracts.claim_register.steps import CLAIM, CLOSED, CONTENTS, OPEN, bring_to
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, ClaimStatus, make_claim_id, plain, word


def test_file_claim_makes_the_caller_its_holder(register, creditor):
    transaction = register.fileClaim(CLAIM, MUNICIPALITY, CONTENTS, {"from": creditor})

    assert plain(register.claim(CLAIM)) == (
        creditor.address,
        MUNICIPALITY,
        ClaimStatus.FILED,
        transaction.timestamp,
        transaction.timestamp,
        CONTENTS,
    )
    event = transaction.events["ClaimFiled"]
    assert (event["municipality"], event["holder"]) == (MUNICIPALITY, creditor)
    assert (bytes(event["claimId"]), bytes(event["commitment"])) == (CLAIM, CONTENTS)


@pytest.mark.parametrize("status", OPEN, ids=lambda status: status.name)
def test_file_claim_refuses_an_id_that_is_still_open(register, creditor, second_creditor, status):
    bring_to(register, status)

    for account in (creditor, second_creditor):
        with refused("ClaimStillOpen", CLAIM, status):
            register.fileClaim(CLAIM, MUNICIPALITY, word("again"), {"from": account})


@pytest.mark.parametrize("status", CLOSED, ids=lambda status: status.name)
def test_file_claim_takes_a_closed_id_again_from_any_creditor(register, second_creditor, status):
    bring_to(register, status)
    chain.sleep(3600)

    transaction = register.fileClaim(CLAIM, MUNICIPALITY, word("again"), {"from": second_creditor})

    assert plain(register.claim(CLAIM)) == (
        second_creditor.address,
        MUNICIPALITY,
        ClaimStatus.FILED,
        transaction.timestamp,
        transaction.timestamp,
        word("again"),
    )


def test_file_claim_refuses_the_id_of_another_municipality(register, creditor):
    foreign = make_claim_id("claim", OTHER_MUNICIPALITY)

    with refused("ForeignPrefix", foreign, MUNICIPALITY):
        register.fileClaim(foreign, MUNICIPALITY, CONTENTS, {"from": creditor})


def test_file_claim_refuses_a_zero_id(register, creditor):
    with refused("ForeignPrefix", NO_WORD, MUNICIPALITY):
        register.fileClaim(NO_WORD, MUNICIPALITY, CONTENTS, {"from": creditor})


def test_file_claim_refuses_a_creditor_of_another_municipality(register, other_creditor):
    role = bytes(register.roleOf(register.CREDITOR(), MUNICIPALITY))

    with refused(NO_ROLE, other_creditor, role):
        register.fileClaim(CLAIM, MUNICIPALITY, CONTENTS, {"from": other_creditor})


def test_file_claim_refuses_a_zero_commitment(register, creditor):
    with refused("ZeroCommitment", CLAIM):
        register.fileClaim(CLAIM, MUNICIPALITY, NO_WORD, {"from": creditor})
