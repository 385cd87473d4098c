"""The same history on Ganache, on Anvil and on the model ends in the same state, the same events and the same errors.

The model states the rules a second time, by itself; the engines are two programs by different
people in different languages. What all three agree on is neither a slip of the contract nor a habit of one engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.engines.accounts import CONTRACTS, Signer, address_of, deploy
from tests.engines.history import (
    ACTORS,
    ERRORS,
    FUNCTIONS,
    INTERFACES,
    MODELS,
    NO_REASON,
    Operation,
    word,
    write_history,
)
from tests.engines.interface import Named
from tests.engines.model import ZERO_WORD, MunicipalRoles, Refused
from tests.engines.nodes import START, Engine, Refusal
from tests.engines.questions import questions

SEED, LENGTH = 5, 200
BEGIN = START + 1000
GAS = 6_000_000


@dataclass(frozen=True)
class Outcome:
    """What came of a transaction: events, or the error that refused it."""

    events: tuple[Named, ...] = ()
    error: Named | None = None


@dataclass(frozen=True)
class Trace:
    """What an engine did with a transaction."""

    outcome: Outcome
    gas: int
    logs: tuple[Any, ...]
    storage_changed: bool


@dataclass
class Play:
    """A history that was carried out three times."""

    operations: list[Operation]
    expected: list[Outcome]
    traces: dict[str, list[Trace]]
    models: dict[str, MunicipalRoles]
    engines: tuple[Engine, Engine]
    addresses: dict[str, str]

    def ended(self, outcomes: list[Outcome]) -> set[str]:
        """Return the names of the errors of some outcomes."""
        return {one.error[0] or NO_REASON for one in outcomes if one.error}


@pytest.fixture(scope="module")
def play(ganache: Engine, anvil: Engine) -> Iterator[Play]:
    engines = (ganache, anvil)
    snapshots = [engine.snapshot() for engine in engines]
    yield _play(engines)
    for engine, snapshot in zip(engines, snapshots, strict=True):
        engine.revert(snapshot)


def _play(engines: tuple[Engine, Engine]) -> Play:
    operations = write_history(SEED, BEGIN, LENGTH)
    models = {name: MODELS[name](word(name), deployer=address_of("network")) for name in CONTRACTS}
    addresses, signer = _deploy(engines)
    signed = [signer.sign(one.actor, addresses[one.contract], _data(one), gas=GAS) for one in operations]
    return Play(
        operations=operations,
        expected=[_expect(models[one.contract], one) for one in operations],
        traces={
            engine.name: [
                _carry_out(engine, one, addresses[one.contract], raw)
                for one, raw in zip(operations, signed, strict=True)
            ]
            for engine in engines
        },
        models=models,
        engines=engines,
        addresses=addresses,
    )


def _deploy(engines: tuple[Engine, Engine]) -> tuple[dict[str, str], Signer]:
    """Deploy on both engines; the addresses and the nonces after it are the same."""
    found = []
    for engine in engines:
        signer = Signer()
        engine.fund([address_of(name) for name in ACTORS])
        found.append(
            ({name: deploy(engine, signer, INTERFACES[name], word(name), by="network") for name in CONTRACTS}, signer)
        )
    assert found[0] == found[1]
    return found[0]


def _data(operation: Operation) -> bytes:
    return INTERFACES[operation.contract].call(operation.function, operation.arguments)


def _expect(model: MunicipalRoles, operation: Operation) -> Outcome:
    sender = address_of(operation.actor)
    try:
        return Outcome(
            events=tuple(model.perform(operation.function, operation.arguments, sender=sender, now=operation.moment))
        )
    except Refused as refused:
        return Outcome(error=refused.error)


def _carry_out(engine: Engine, operation: Operation, address: str, raw: bytes) -> Trace:
    """Ask first why it would be refused, which a receipt does not tell; then do it."""
    interface = INTERFACES[operation.contract]
    before = engine.storage_root(address)
    error: Named | None = None
    try:
        engine.call(address, _data(operation), sender=address_of(operation.actor))
    except Refusal as refusal:
        error = interface.error(refusal.data)
    receipt = engine.send(raw, operation.moment)
    assert (receipt["status"] == "0x1") == (error is None), operation
    assert engine.last_moment() == operation.moment
    return Trace(
        outcome=Outcome(events=tuple(interface.event(log) for log in receipt["logs"]), error=error),
        gas=int(receipt["gasUsed"], 16),
        logs=tuple((log["address"].lower(), tuple(log["topics"]), log["data"]) for log in receipt["logs"]),
        storage_changed=engine.storage_root(address) != before,
    )


# --- the history ------------------------------------------------------------------------------------------------------


def test_history_is_the_same_each_time() -> None:
    assert write_history(SEED, BEGIN, 30) == write_history(SEED, BEGIN, 30)


def test_history_has_every_function_and_every_error(play: Play) -> None:
    drawn = play.expected[-LENGTH:]
    succeeded = {
        one.function for one, outcome in zip(play.operations, play.expected, strict=True) if outcome.error is None
    }
    assert succeeded == set(FUNCTIONS)
    assert play.ended(drawn) == set(ERRORS)
    refused = {
        (one.function, outcome.error)
        for one, outcome in zip(play.operations, play.expected, strict=True)
        if outcome.error
    }
    assert len({(function, error[0]) for function, error in refused}) > 60
    assert LENGTH / 4 < sum(outcome.error is not None for outcome in drawn) < LENGTH / 2


def test_history_has_former_holders_strangers_and_batches_of_all_sizes(play: Play) -> None:
    done = list(zip(play.operations, play.expected, strict=True))
    lost = {
        (operation.contract, event[1][0], event[1][1])
        for operation, outcome in done
        for event in outcome.events
        if event[0] == "RoleRevoked"
    }
    refused_for_want_of_a_role = {
        (operation.contract, outcome.error[1][1], outcome.error[1][0])
        for operation, outcome in done
        if outcome.error and outcome.error[0] == "AccessControlUnauthorizedAccount"
    }
    assert lost & refused_for_want_of_a_role
    assert "stranger" in {operation.actor for operation, _ in done}
    sizes = {
        len(operation.arguments[-1])
        for operation, outcome in done
        if operation.function in ("enrol", "endEnrolment", "commit") and outcome.error is None
    }
    assert len(sizes) >= 5
    assert min(sizes) == 1
    assert max(sizes) >= 20


# --- operation by operation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["ganache", "anvil"])
def test_engine_does_what_the_model_says(play: Play, engine: str) -> None:
    for operation, expected, trace in zip(play.operations, play.expected, play.traces[engine], strict=True):
        assert trace.outcome == expected, operation


def test_engines_agree_on_gas_and_logs(play: Play) -> None:
    for operation, ganache, anvil in zip(play.operations, *play.traces.values(), strict=True):
        assert (ganache.gas, ganache.logs) == (anvil.gas, anvil.logs), operation
        assert all(log[0] == play.addresses[operation.contract].lower() for log in ganache.logs)


@pytest.mark.parametrize("engine", ["ganache", "anvil"])
def test_refusal_leaves_storage_as_it_was_and_tells_nothing(play: Play, engine: str) -> None:
    refused = [trace for trace in play.traces[engine] if trace.outcome.error]
    assert len(refused) > LENGTH / 4
    for trace in refused:
        assert not trace.storage_changed
        assert trace.logs == ()
    assert all(trace.storage_changed for trace in play.traces[engine] if trace.outcome.events)


def test_deployment_without_an_instance_id_is_refused(play: Play) -> None:
    for name in CONTRACTS:
        with pytest.raises(Refused) as refused:
            MODELS[name](ZERO_WORD, deployer=address_of("network"))
        for engine in play.engines:
            fields = {"from": address_of("network"), "data": "0x" + INTERFACES[name].creation(ZERO_WORD).hex()}
            with pytest.raises(Refusal) as refusal:
                engine.ask("eth_call", fields, "latest")
            assert INTERFACES[name].error(refusal.value.data) == refused.value.error == ("ZeroInstanceId", ())


# --- the end ----------------------------------------------------------------------------------------------------------


def test_every_question_has_the_answer_of_the_model(play: Play) -> None:
    asked = set()
    for contract, function, arguments in questions():
        asked.add((contract, function))
        try:
            expected: Any = ("answer", play.models[contract].ask(function, arguments))
        except Refused as refused:
            expected = ("refusal", refused.error)
        for engine in play.engines:
            assert _answer(play, engine, contract, function, arguments) == expected, (contract, function, arguments)
    views = {
        (name, one) for name in CONTRACTS for one in INTERFACES[name].functions if one not in INTERFACES[name].writes
    }
    assert asked == views


def _answer(play: Play, engine: Engine, contract: str, function: str, arguments: tuple[Any, ...]) -> Any:
    interface = INTERFACES[contract]
    try:
        answer = engine.call(play.addresses[contract], interface.call(function, arguments))
    except Refusal as refusal:
        return "refusal", interface.error(refusal.data)
    return "answer", interface.answer(function, answer)


def test_engines_end_with_the_same_storage(play: Play) -> None:
    for address in play.addresses.values():
        ganache, anvil = (engine.storage(address) for engine in play.engines)
        assert len(ganache) > 20
        assert ganache == anvil


def test_chain_tells_the_whole_history_again(play: Play) -> None:
    """Whoever comes later and reads all events gets those of the model, in their order."""
    for engine in play.engines:
        for name, address in play.addresses.items():
            logs = engine.ask("eth_getLogs", {"address": address, "fromBlock": "0x0", "toBlock": "latest"})
            told = [INTERFACES[name].event(log) for log in logs]
            of_deployment = MODELS[name](word(name), deployer=address_of("network")).events
            written = [
                event
                for operation, outcome in zip(play.operations, play.expected, strict=True)
                if operation.contract == name
                for event in outcome.events
            ]
            assert told == of_deployment + written
