"""Claims on a node that keeps transactions waiting, loses them, and takes no price; Ganache can play none of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from schuldhulp import errors
from schuldhulp.creditor.claims_steps import StepState
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import ClaimStatus
from tests.support.anvil import Anvil, running_anvil
from tests.support.chain import DeployedChain
from tests.support.claims_stage import ClaimStage, claims_chain, claims_stage, contents


@dataclass
class FreeAnvil(Anvil):
    """A network on which gas costs nothing, as permissioned networks are."""

    def command(self) -> list[str]:
        """Return the command line."""
        return [*super().command(), "--block-base-fee-per-gas=0", "--gas-price=0", "--disable-min-priority-fee"]


@contextmanager
def running_free_anvil() -> Iterator[FreeAnvil]:
    """Run it for as long as the block lasts."""
    with running_anvil() as paid:
        binary = paid.binary
    node = FreeAnvil(binary=binary)
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="module")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key, running_anvil) as running:
        yield running


@pytest.fixture
def stage(
    chain: DeployedChain, evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, tmp_path: Path
) -> Iterator[ClaimStage]:
    # Going back to a snapshot does not take the price back.
    chain.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    chain.node.mine()
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        made.admit(made.creditor)
        with made.client() as client:
            client.set_up()
        yield made
        chain.node.ask("evm_setAutomine", True)


def file_impatiently(stage: ClaimStage, **changes: object) -> None:
    """File a claim, without waiting long for a block."""
    with stage.client() as client:
        client._transactions._patience = 0.5
        client.file(contents(**changes))


def test_file_waits_for_a_block_and_goes_on_afterwards(stage: ClaimStage) -> None:
    node = stage.chain.node
    node.ask("evm_setAutomine", False)
    with pytest.raises(errors.Unreachable) as caught:
        file_impatiently(stage)
    assert caught.value.key == "transaction_pending"
    # Nothing else is signed while the end of that one is not known: it would take the same nonce.
    with pytest.raises(errors.Unreachable):
        file_impatiently(stage, reference="another")
    assert int(node.ask("eth_getBlockTransactionCountByNumber", "pending"), 16) == 1
    assert stage.delivered() == []
    node.mine()
    node.ask("evm_setAutomine", True)
    with stage.client() as client:
        assert client.resume() == ()
        (state,) = client.list()
    assert (state.status, state.delivered_at is not None) == (ClaimStatus.FILED, True)
    assert len(stage.events("ClaimFiled")) == len(stage.delivered()) == 1


def test_file_sends_the_same_bytes_again_after_the_node_lost_them(stage: ClaimStage) -> None:
    node = stage.chain.node
    node.ask("evm_setAutomine", False)
    with pytest.raises(errors.Unreachable):
        file_impatiently(stage)
    with stage.client() as client:
        (step,) = client._journal.steps()
        assert step.state is StepState.SIGNED
        assert step.transaction is not None
    node.ask("anvil_dropAllTransactions")
    node.ask("evm_setAutomine", True)
    with stage.client() as client:
        assert client.file(contents()).status is ClaimStatus.FILED
        (again,) = client._journal.steps()
    assert again.transaction == step.transaction
    (event,) = stage.events("ClaimFiled")
    assert bytes(event["transactionHash"]) == step.transaction.tx_hash


def test_file_offers_more_when_the_price_rose_while_it_waited(stage: ClaimStage) -> None:
    node = stage.chain.node
    node.ask("evm_setAutomine", False)
    with pytest.raises(errors.Unreachable):
        file_impatiently(stage)
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(10**12))
    node.mine()
    assert stage.events("ClaimFiled") == []
    node.ask("evm_setAutomine", True)
    with stage.client() as client:
        (before,) = client._journal.steps()
        assert client.file(contents()).status is ClaimStatus.FILED
        (after,) = client._journal.steps()
    assert before.transaction is not None
    assert after.transaction is not None
    assert after.transaction.nonce == before.transaction.nonce
    assert after.transaction.tx_hash != before.transaction.tx_hash
    assert len(stage.events("ClaimFiled")) == len(stage.delivered()) == 1


def test_resume_sees_that_a_copy_at_another_price_was_carried_out(stage: ClaimStage) -> None:
    with stage.client() as client:
        state = client.file(contents())
        (step,) = client._journal.steps()
        assert step.transaction is not None
        register = stage.chain.deployment.contracts["ClaimRegister"].address
        copy = client._transactions.sign(to=register, data=b"", nonce=step.transaction.nonce, gas=99_999)
        client._journal.advance(step, StepState.SIGNED, raw=copy.raw, tx_hash=copy.tx_hash)
        assert client.resume() == ()
        assert client.state(state.claim_id) == state
        assert [(one.state, one.transaction) for one in client._journal.steps()] == [(StepState.DONE, copy)]
    assert len(stage.events("ClaimFiled")) == len(stage.delivered()) == 1


def test_claims_on_a_network_without_a_price_need_no_money(
    evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, tmp_path: Path
) -> None:
    with (
        claims_chain(evaluator_keys, claim_key, running_free_anvil) as chain,
        claims_stage(chain, evaluator_keys, claim_key, tmp_path) as stage,
    ):
        stage.admit(stage.creditor, funded=False)
        with stage.client() as client:
            client.set_up()
            state = client.file(contents())
            assert client.withdraw(state.claim_id).status is ClaimStatus.WITHDRAWN
        assert int(chain.node.ask("eth_getBalance", stage.creditor.account.address, "latest"), 16) == 0
