from eth_abi import encode
from eth_utils import keccak

from tests.contracts.values import MUNICIPALITY, NO_WORD, UNREGISTERED, word


def test_role_of_hashes_verb_and_municipality(contract):
    verb = keccak(text="REGISTRAR")

    assert bytes(contract.roleOf(verb, MUNICIPALITY)) == keccak(encode(["bytes32", "uint16"], [verb, MUNICIPALITY]))


def test_verb_of_gives_the_verb_back(contract):
    verb = contract.ADMINISTRATOR()

    assert bytes(verb) == keccak(text="ADMINISTRATOR")
    assert contract.verbOf(contract.roleOf(verb, MUNICIPALITY)) == verb


def test_verb_of_is_zero_for_what_is_no_role(contract):
    verb = contract.ADMINISTRATOR()

    assert bytes(contract.verbOf(contract.roleOf(verb, UNREGISTERED))) == NO_WORD
    assert bytes(contract.verbOf(contract.roleOf(word("no verb"), MUNICIPALITY))) == NO_WORD
    assert bytes(contract.verbOf(contract.DEFAULT_ADMIN_ROLE())) == NO_WORD
