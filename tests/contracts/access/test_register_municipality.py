import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.conftest import GRANTS
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, UNREGISTERED


def test_register_municipality_gives_its_administrator_the_role(contract, network_administrator, stranger):
    transaction = contract.registerMunicipality(UNREGISTERED, stranger, {"from": network_administrator})

    assert contract.isRegistered(UNREGISTERED)
    assert contract.hasRole(contract.roleOf(contract.ADMINISTRATOR(), UNREGISTERED), stranger)
    assert dict(transaction.events["MunicipalityRegistered"]) == {
        "municipality": UNREGISTERED,
        "administrator": stranger,
    }


def test_register_municipality_puts_every_verb_under_its_own_administrator(contract, network_administrator, stranger):
    contract.registerMunicipality(UNREGISTERED, stranger, {"from": network_administrator})

    administrator_role = contract.roleOf(contract.ADMINISTRATOR(), UNREGISTERED)
    for verb in GRANTS[contract._name]:
        assert contract.getRoleAdmin(contract.roleOf(getattr(contract, verb)(), UNREGISTERED)) == administrator_role
    assert contract.getRoleAdmin(administrator_role) == contract.DEFAULT_ADMIN_ROLE()


@pytest.mark.parametrize("name", ["administrator", "registrar", "stranger"])
def test_register_municipality_is_for_the_administrator_of_the_network(contract, name, request):
    account = request.getfixturevalue(name)

    with refused(NO_ROLE, account, NO_WORD):
        contract.registerMunicipality(UNREGISTERED, account, {"from": account})


def test_register_municipality_refuses_code_zero(contract, network_administrator, stranger):
    with refused("ZeroMunicipality"):
        contract.registerMunicipality(0, stranger, {"from": network_administrator})


def test_register_municipality_refuses_no_administrator(contract, network_administrator):
    with refused("ZeroAdministrator", UNREGISTERED):
        contract.registerMunicipality(UNREGISTERED, ZERO_ADDRESS, {"from": network_administrator})


def test_register_municipality_refuses_a_second_time(contract, network_administrator, stranger):
    with refused("MunicipalityAlreadyRegistered", MUNICIPALITY):
        contract.registerMunicipality(MUNICIPALITY, stranger, {"from": network_administrator})
