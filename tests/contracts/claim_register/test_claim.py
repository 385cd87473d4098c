from brownie import ZERO_ADDRESS

from tests.contracts.values import NO_WORD, ClaimStatus, make_claim_id


def test_claim_is_all_zero_for_an_unknown_one(register):
    holder, municipality, status, filed_at, changed_at, commitment = register.claim(make_claim_id("never"))

    assert (holder, municipality, status, filed_at, changed_at) == (ZERO_ADDRESS, 0, ClaimStatus.NONE, 0, 0)
    assert bytes(commitment) == NO_WORD


def test_claim_has_the_fields_of_the_interface_in_their_order(register):
    fields = next(part for part in register.abi if part.get("name") == "claim")["outputs"]

    assert [(field["name"], field["type"]) for field in fields] == [
        ("holder", "address"),
        ("municipality", "uint16"),
        ("status", "uint8"),
        ("filedAt", "uint64"),
        ("changedAt", "uint64"),
        ("commitment", "bytes32"),
    ]
