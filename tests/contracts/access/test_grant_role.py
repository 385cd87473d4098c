from tests.contracts.conftest import GRANTS
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, UNREGISTERED, word


def a_role(contract, municipality=MUNICIPALITY):
    verb = next(iter(GRANTS[contract._name]))
    return bytes(contract.roleOf(getattr(contract, verb)(), municipality))


def administrator_role(contract, municipality=MUNICIPALITY):
    return bytes(contract.roleOf(contract.ADMINISTRATOR(), municipality))


def test_grant_role_is_for_the_administrator_of_that_municipality(contract, administrator, stranger):
    contract.grantRole(a_role(contract), stranger, {"from": administrator})

    assert contract.hasRole(a_role(contract), stranger)
    assert not contract.hasRole(a_role(contract, OTHER_MUNICIPALITY), stranger)


def test_grant_role_refuses_the_administrator_of_another_municipality(contract, administrator, stranger):
    with refused(NO_ROLE, administrator, administrator_role(contract, OTHER_MUNICIPALITY)):
        contract.grantRole(a_role(contract, OTHER_MUNICIPALITY), stranger, {"from": administrator})


def test_grant_role_refuses_the_administrator_of_the_network(contract, network_administrator):
    with refused(NO_ROLE, network_administrator, administrator_role(contract)):
        contract.grantRole(a_role(contract), network_administrator, {"from": network_administrator})


def test_grant_role_refuses_a_holder_of_the_role_itself(contract, administrator, stranger, second_creditor):
    contract.grantRole(a_role(contract), stranger, {"from": administrator})

    with refused(NO_ROLE, stranger, administrator_role(contract)):
        contract.grantRole(a_role(contract), second_creditor, {"from": stranger})


def test_grant_role_of_administrator_is_for_the_administrator_of_the_network(
    contract, network_administrator, administrator, stranger
):
    with refused(NO_ROLE, administrator, NO_WORD):
        contract.grantRole(administrator_role(contract), stranger, {"from": administrator})

    contract.grantRole(administrator_role(contract), stranger, {"from": network_administrator})
    assert contract.hasRole(administrator_role(contract), stranger)


def test_grant_role_of_the_network_is_not_for_an_administrator(contract, administrator):
    with refused(NO_ROLE, administrator, NO_WORD):
        contract.grantRole(contract.DEFAULT_ADMIN_ROLE(), administrator, {"from": administrator})


def test_grant_role_hands_the_network_over(contract, network_administrator, stranger):
    contract.grantRole(contract.DEFAULT_ADMIN_ROLE(), stranger, {"from": network_administrator})
    contract.renounceRole(contract.DEFAULT_ADMIN_ROLE(), network_administrator, {"from": network_administrator})

    contract.registerMunicipality(UNREGISTERED, stranger, {"from": stranger})
    with refused(NO_ROLE, network_administrator, NO_WORD):
        contract.registerMunicipality(77, stranger, {"from": network_administrator})


def test_grant_role_refuses_a_verb_that_does_not_exist(contract, administrator, network_administrator, stranger):
    role = bytes(contract.roleOf(word("no verb"), MUNICIPALITY))

    for account in (administrator, network_administrator):
        with refused("UnknownRole", role):
            contract.grantRole(role, stranger, {"from": account})


def test_grant_role_refuses_a_municipality_that_is_not_registered(contract, network_administrator):
    for role in (a_role(contract, UNREGISTERED), administrator_role(contract, UNREGISTERED)):
        with refused("UnknownRole", role):
            contract.grantRole(role, network_administrator, {"from": network_administrator})
