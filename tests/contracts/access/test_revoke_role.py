from tests.contracts.conftest import GRANTS, account_of
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD


def a_role_and_holder(contract):
    verb, holders = next(iter(GRANTS[contract._name].items()))
    return bytes(contract.roleOf(getattr(contract, verb)(), MUNICIPALITY)), account_of(holders[0])


def administrator_role(contract):
    return bytes(contract.roleOf(contract.ADMINISTRATOR(), MUNICIPALITY))


def test_revoke_role_takes_the_role(contract, administrator):
    role, holder = a_role_and_holder(contract)

    contract.revokeRole(role, holder, {"from": administrator})

    assert not contract.hasRole(role, holder)


def test_revoke_role_refuses_everybody_but_that_administrator(
    contract, network_administrator, other_administrator, stranger
):
    role, holder = a_role_and_holder(contract)

    for account in (network_administrator, other_administrator, stranger, holder):
        with refused(NO_ROLE, account, administrator_role(contract)):
            contract.revokeRole(role, holder, {"from": account})


def test_revoke_role_replaces_an_administrator(contract, network_administrator, administrator, stranger):
    contract.grantRole(administrator_role(contract), stranger, {"from": network_administrator})
    contract.revokeRole(administrator_role(contract), administrator, {"from": network_administrator})

    role, holder = a_role_and_holder(contract)
    with refused(NO_ROLE, administrator, administrator_role(contract)):
        contract.revokeRole(role, holder, {"from": administrator})
    contract.revokeRole(role, holder, {"from": stranger})


def test_revoke_role_of_the_network_is_not_for_an_administrator(contract, network_administrator, administrator):
    with refused(NO_ROLE, administrator, NO_WORD):
        contract.revokeRole(contract.DEFAULT_ADMIN_ROLE(), network_administrator, {"from": administrator})


def test_revoke_role_stops_the_registrar_at_once(ledger, administrator, registrar):
    role = bytes(ledger.roleOf(ledger.REGISTRAR(), MUNICIPALITY))
    ledger.revokeRole(role, registrar, {"from": administrator})

    with refused(NO_ROLE, registrar, role):
        ledger.commit(MUNICIPALITY, [], {"from": registrar})
