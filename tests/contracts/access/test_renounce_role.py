from tests.contracts.conftest import GRANTS, account_of
from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY


def test_renounce_role_gives_up_ones_own(contract):
    verb, holders = next(iter(GRANTS[contract._name].items()))
    role, holder = contract.roleOf(getattr(contract, verb)(), MUNICIPALITY), account_of(holders[0])

    contract.renounceRole(role, holder, {"from": holder})

    assert not contract.hasRole(role, holder)


def test_renounce_role_refuses_another_account(contract, network_administrator, administrator, stranger):
    role = contract.roleOf(contract.ADMINISTRATOR(), MUNICIPALITY)

    for account in (network_administrator, stranger):
        with refused("AccessControlBadConfirmation"):
            contract.renounceRole(role, administrator, {"from": account})


def test_renounce_role_of_an_administrator_can_be_mended_by_the_network(
    contract, network_administrator, administrator, stranger
):
    role = contract.roleOf(contract.ADMINISTRATOR(), MUNICIPALITY)
    contract.renounceRole(role, administrator, {"from": administrator})

    contract.grantRole(role, stranger, {"from": network_administrator})

    assert contract.hasRole(role, stranger)
