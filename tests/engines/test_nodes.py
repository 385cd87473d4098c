"""The engines do what the other tests here rely on."""

from __future__ import annotations

import pytest

from tests.engines.accounts import Signer, address_of, deploy
from tests.engines.interface import Interface
from tests.engines.nodes import Engine, Refusal

Both = tuple[Engine, Engine]


def test_mine_keeps_the_time_it_is_told(engines: Both) -> None:
    for engine in engines:
        moment = engine.last_moment() + 1_000_000
        engine.mine(moment)
        assert engine.last_moment() == moment


def test_deploy_gives_the_same_address_and_storage_on_both(engines: Both) -> None:
    ledger, found = Interface("ObligationLedger"), set()
    for engine in engines:
        engine.fund([address_of("deployer")])
        address = deploy(engine, Signer(), ledger, b"\x01" * 32, by="deployer")
        storage = engine.storage(address)
        assert len(storage) == 1  # the deployer is administrator of the network
        found.add((address, *storage.items(), engine.ask("eth_getCode", address, "latest")))
    assert len(found) == 1


def test_call_gives_the_reason_of_a_refusal(engines: Both) -> None:
    ledger = Interface("ObligationLedger")
    for engine in engines:
        engine.fund([address_of("deployer")])
        address = deploy(engine, Signer(), ledger, b"\x01" * 32, by="deployer")
        with pytest.raises(Refusal) as refusal:
            engine.call(address, ledger.call("commit", [14, []]), sender=address_of("stranger"))
        assert ledger.error(refusal.value.data) == ("UnknownMunicipality", (14,))


def test_revert_goes_back_to_the_snapshot(engines: Both) -> None:
    for engine in engines:
        height, snapshot = engine.ask("eth_blockNumber"), engine.snapshot()
        engine.mine(engine.last_moment() + 1)
        assert engine.ask("eth_blockNumber") != height
        engine.revert(snapshot)
        assert engine.ask("eth_blockNumber") == height
