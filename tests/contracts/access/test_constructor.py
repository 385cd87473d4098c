import pytest
from brownie import ClaimRegister, EnrolmentRegistry, ObligationLedger

from tests.contracts.refusals import refused
from tests.contracts.values import NO_WORD, word

CONTAINERS = [EnrolmentRegistry, ObligationLedger, ClaimRegister]


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container._name)
def test_constructor_makes_only_the_deployer_administrator_of_the_network(container, stranger):
    contract = container.deploy(word("new"), {"from": stranger})

    assert contract.hasRole(contract.DEFAULT_ADMIN_ROLE(), stranger)
    assert [dict(event) for event in contract.tx.events["RoleGranted"]] == [
        {"role": contract.DEFAULT_ADMIN_ROLE(), "account": stranger, "sender": stranger}
    ]
    assert bytes(contract.instanceId()) == word("new")


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container._name)
def test_constructor_refuses_a_zero_instance_id(container, stranger):
    with refused("ZeroInstanceId"):
        container.deploy(NO_WORD, {"from": stranger})
