"""Gas is exact: docs/performance.md has what is measured, both engines agree, and it stays within what was promised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.gas import EPOCH, MUNICIPALITY, TABLES, Bench, Cost, measure, tags
from tests.engines.accounts import CONTRACTS
from tests.engines.nodes import Engine
from tests.support.chain import PROJECT

PROMISED = {
    ("commit", "changed dossiers", 100): 8_800,
    ("commit", "new dossiers", 100): 25_550,
    ("commit", "changed dossiers", 1): 33_000,
    ("enrol", "new tags", 100): 23_400,
    ("endEnrolment", "known tags", 100): 5_000,
    ("fileClaim", "new id", 0): 72_000,
}
"""At most this much gas for each item of a batch; the last part of a name is the batch."""
MANY_TAGS, CALL_GAS = 5_000, 16_000_000
"""More than a block has, so that the call names what it needs: without that Anvil gives it a block's."""


@pytest.fixture(scope="module")
def on_anvil(anvil: Engine) -> list[Cost]:
    return measure(anvil)


@pytest.fixture(scope="module")
def on_ganache(ganache: Engine) -> list[Cost]:
    return measure(ganache, largest=False)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_tables_of_the_documentation_are_what_is_measured(
    on_anvil: list[Cost], table: Callable[[list[Cost]], str]
) -> None:
    assert table(on_anvil) in (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")


def test_gas_is_equal_on_both_engines(on_anvil: list[Cost], on_ganache: list[Cost]) -> None:
    assert [cost for cost in on_anvil if not cost.largest] == on_ganache


def test_every_function_is_measured(on_ganache: list[Cost], ganache: Engine) -> None:
    interfaces = Bench(ganache).interfaces
    expected = {(contract, function) for contract in CONTRACTS for function in interfaces[contract].functions}
    assert {(cost.contract, cost.function) for cost in on_ganache} == expected


@pytest.mark.parametrize("promise", PROMISED, ids=lambda promise: "-".join(map(str, promise)).replace(" ", "-"))
def test_gas_stays_within_what_was_promised(on_ganache: list[Cost], promise: tuple[str, str, int]) -> None:
    (cost,) = (cost for cost in on_ganache if (cost.function, cost.case, cost.batch) == promise)
    assert cost.each <= PROMISED[promise]


@pytest.mark.parametrize("name", ["ganache", "anvil"])
def test_known_bitmap_answers_for_thousands_of_tags_in_one_call(name: str, request: pytest.FixtureRequest) -> None:
    bench = Bench(request.getfixturevalue(name))
    asked = tags(MANY_TAGS)
    known = set(asked[::97])
    with bench.undone():
        bench.prepare()
        bench.send("EnrolmentRegistry", "enrol", MUNICIPALITY, EPOCH, sorted(known), by="registrar")
        answer = bench.engine.ask(
            "eth_call",
            {
                "to": bench.addresses["EnrolmentRegistry"],
                "data": "0x" + bench.interfaces["EnrolmentRegistry"].call("knownBitmap", (asked,)).hex(),
                "gas": hex(CALL_GAS),
            },
            "latest",
        )
    words = bench.interfaces["EnrolmentRegistry"].answer("knownBitmap", bytes.fromhex(answer[2:]))
    assert len(words) == -(-MANY_TAGS // 256)
    assert {asked[i] for i in range(len(words) * 256) if words[i // 256] >> i % 256 & 1} == known
