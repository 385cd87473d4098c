"""The three contracts with two municipalities, deployed once; every test starts from that state.

Fixtures are named after who acts. Brownie's own isolation fixtures are not used: they keep one snapshot only, and
deploying for every module costs half a minute.
"""

from __future__ import annotations

import pytest
from brownie import ClaimRegister, EnrolmentRegistry, ObligationLedger, accounts, chain

from tests.contracts.values import (
    EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    make_keys,
    word,
)

ROLE_HOLDERS = (
    "network_administrator",
    "administrator",
    "registrar",
    "epoch_keeper",
    "reviewer",
    "creditor",
    "second_creditor",
    "bsn_creditor",
    "other_administrator",
    "other_registrar",
    "other_epoch_keeper",
    "other_reviewer",
    "other_creditor",
    "stranger",
)
"""Every account of these tests by what it may do; `other_` stands for the second municipality."""

GRANTS = {
    "EnrolmentRegistry": {
        "REGISTRAR": ("registrar", "other_registrar"),
        "EPOCH_KEEPER": ("epoch_keeper", "other_epoch_keeper"),
        "CREDITOR": ("creditor", "second_creditor", "other_creditor"),
        "BSN_CREDITOR": ("bsn_creditor",),
    },
    "ObligationLedger": {"REGISTRAR": ("registrar", "other_registrar")},
    "ClaimRegister": {
        "CREDITOR": ("creditor", "second_creditor", "other_creditor"),
        "REVIEWER": ("reviewer", "other_reviewer"),
    },
}


def pytest_collection_modifyitems(items):
    """Silence a warning that Brownie gives about its own calls, six times a test."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:rpc.* should not be called directly:FutureWarning"))


def account_of(name: str):
    """The account that has this name in the tests."""
    return accounts[ROLE_HOLDERS.index(name)]


def _account_fixture(name: str):
    @pytest.fixture(name=name)
    def account():
        return account_of(name)

    return account


for _name in ROLE_HOLDERS:
    globals()[_name] = _account_fixture(_name)


def _deploy(container):
    network_administrator = account_of("network_administrator")
    contract = container.deploy(word(container._name), {"from": network_administrator})
    for municipality, prefix in ((MUNICIPALITY, ""), (OTHER_MUNICIPALITY, "other_")):
        contract.registerMunicipality(
            municipality, account_of(f"{prefix}administrator"), {"from": network_administrator}
        )
    for verb, holders in GRANTS[container._name].items():
        for holder in holders:
            municipality, prefix = (OTHER_MUNICIPALITY, "other_") if holder.startswith("other_") else (MUNICIPALITY, "")
            role = contract.roleOf(getattr(contract, verb)(), municipality)
            contract.grantRole(role, account_of(holder), {"from": account_of(f"{prefix}administrator")})
    return contract


@pytest.fixture(scope="session")
def deployed():
    contracts = {
        container._name: _deploy(container) for container in (EnrolmentRegistry, ObligationLedger, ClaimRegister)
    }
    registry, epoch_keeper = contracts["EnrolmentRegistry"], account_of("epoch_keeper")
    for epoch in (OLD_EPOCH, EPOCH, NEXT_EPOCH):
        registry.announceEpoch(MUNICIPALITY, epoch, make_keys(epoch), {"from": epoch_keeper})
    for epoch in (OLD_EPOCH, EPOCH):
        registry.openEpoch(MUNICIPALITY, epoch, {"from": epoch_keeper})
    return contracts


@pytest.fixture(autouse=True)
def _isolated(deployed):
    chain.snapshot()
    yield
    chain.revert()


@pytest.fixture
def registry(deployed):
    """EnrolmentRegistry: OLD_EPOCH and EPOCH open, NEXT_EPOCH announced; the other municipality has no epoch."""
    return deployed["EnrolmentRegistry"]


@pytest.fixture
def ledger(deployed):
    return deployed["ObligationLedger"]


@pytest.fixture
def register(deployed):
    """ClaimRegister."""
    return deployed["ClaimRegister"]


@pytest.fixture(params=["EnrolmentRegistry", "ObligationLedger", "ClaimRegister"])
def contract(request, deployed):
    """Each of the three contracts in turn, for what they share."""
    return deployed[request.param]
