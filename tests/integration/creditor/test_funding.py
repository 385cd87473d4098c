"""What an admitted account gets for its transactions, and that signals never wait for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils.crypto import keccak

from schuldhulp import errors
from schuldhulp.chain.administration import GWEI, CreditorAdministrator
from schuldhulp.chain.signer import RegistrarWriter
from schuldhulp.config import load_settings
from schuldhulp.crypto.accounts import AccountKey
from tests.support.chain import MUNICIPALITY, DeployedChain, account, deploy, running_ganache

FUNDING = load_settings({}).creditor_funding


@pytest.fixture(scope="module")
def deployed() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node)


@pytest.fixture
def chain(deployed: DeployedChain) -> Iterator[DeployedChain]:
    snapshot = deployed.node.snapshot()
    yield deployed
    deployed.node.revert(snapshot)


@pytest.fixture
def creditor() -> str:
    return AccountKey.generate().address


def admit(chain: DeployedChain, creditor: str, *, funding: int = FUNDING) -> None:
    administrator = CreditorAdministrator(chain.gateway(), chain.writer("administrator"), funding=funding)
    administrator.admit_creditor(municipality=MUNICIPALITY, account=creditor, bsn=False)
    administrator.fund_creditor(account=creditor)


def give(chain: DeployedChain, holder: str, wei: int) -> None:
    chain.node.ask("evm_setAccountBalance", holder, hex(wei))


def test_fund_creditor_brings_a_new_account_up_to_the_amount_once(chain: DeployedChain, creditor: str) -> None:
    admit(chain, creditor)
    gateway = chain.gateway()
    assert gateway.balance_of(creditor) == FUNDING * GWEI
    before = gateway.head().number
    admit(chain, creditor)
    assert (gateway.balance_of(creditor), gateway.head().number) == (FUNDING * GWEI, before)


@pytest.mark.parametrize(
    ("has", "gets"),
    [
        (FUNDING * GWEI // 2, FUNDING * GWEI // 2),
        (FUNDING * GWEI // 2 - 1, FUNDING * GWEI),
        (2 * FUNDING * GWEI, 2 * FUNDING * GWEI),
    ],
)
def test_fund_creditor_fills_up_what_is_below_half(chain: DeployedChain, creditor: str, has: int, gets: int) -> None:
    give(chain, creditor, has)
    admit(chain, creditor)
    assert chain.gateway().balance_of(creditor) == gets


def test_fund_creditor_pays_nothing_when_that_is_set(chain: DeployedChain, creditor: str) -> None:
    admit(chain, creditor, funding=0)
    assert chain.gateway().balance_of(creditor) == 0
    assert chain.gateway().has_role("ClaimRegister", "CREDITOR", MUNICIPALITY, creditor)


def test_fund_creditor_pays_nothing_where_gas_is_free(
    chain: DeployedChain, creditor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegistrarWriter, "gas_price", lambda self: 0)
    admit(chain, creditor)
    assert chain.gateway().balance_of(creditor) == 0


def test_fund_creditor_says_that_it_cannot_pay_and_the_roles_stay(chain: DeployedChain, creditor: str) -> None:
    administrator = account("administrator").address
    give(chain, administrator, FUNDING * GWEI)
    with pytest.raises(errors.Conflict) as caught:
        admit(chain, creditor)
    assert caught.value.key == "funds_short"
    assert administrator in str(caught.value)
    assert all(
        chain.gateway().has_role(contract, "CREDITOR", MUNICIPALITY, creditor)
        for contract in ("EnrolmentRegistry", "ClaimRegister")
    )
    give(chain, administrator, 10**18)
    admit(chain, creditor)
    assert chain.gateway().balance_of(creditor) == FUNDING * GWEI


def test_a_funded_account_can_file_claims(chain: DeployedChain) -> None:
    creditor = account("stranger")
    admit(chain, creditor.address)
    for number in range(3):
        claim = MUNICIPALITY.to_bytes(2, "big") + keccak(bytes([number]))[:30]
        chain.transact("ClaimRegister", "fileClaim", claim, MUNICIPALITY, keccak(b"contents"), by="stranger")
    spent = FUNDING * GWEI - chain.gateway().balance_of(creditor.address)
    # The default amount carries fifty claims at least at the price of a development chain.
    assert 0 < 50 * spent < 3 * FUNDING * GWEI


def test_admit_creditor_gives_the_role_in_both_contracts(chain: DeployedChain, creditor: str) -> None:
    admit(chain, creditor)
    for contract in ("EnrolmentRegistry", "ClaimRegister"):
        assert chain.gateway().has_role(contract, "CREDITOR", MUNICIPALITY, creditor)
