from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.services import node_access
from schuldhulp.services.node_access import KNOWN_FOR, MAX_BATCH, NodeAccess, NodeRefusal, SentTransaction
from schuldhulp.services.node_questions import MAX_BLOCKS
from schuldhulp.services.ports import Organisation, Quota
from tests.support.evaluation import CHAIN_ID, KVK, NOON, REGISTRY, SetClock

SENDER = "0x" + "2" * 40
CLIENT = "192.0.2.7"
RAW = "0x02aa"


class Node:
    """A node that answers what it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.told: dict[str, Any] = {"eth_blockNumber": hex(50_000)}
        self.failure: errors.SchuldhulpError | None = None

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        if self.failure is not None:
            raise self.failure
        self.asked += [(method, tuple(params)) for method, params in questions]
        return [self.told.get(method, "0x1") for method, _ in questions]


class Store:
    """A store that remembers what was taken."""

    def __init__(self) -> None:
        self.taken: list[list[tuple[str, int, int]]] = []
        self.suffices = True
        self.refused: dict[tuple[date, str, str], int] = {}
        self.organisation: Organisation | None = Organisation(
            kvk=KVK,
            name="Voorbeeld",
            accounts=(SENDER,),
            quota=Quota(daily=1, per_epoch=1),
            bsn_ground=None,
            suspended=False,
        )

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        self.taken.append(list(takings))
        return self.suffices

    def day_secret(self, day: date) -> bytes:
        return bytes([day.day]) * 32

    def organisation_of(self, account: str) -> Organisation | None:
        return self.organisation if account == SENDER else None

    def add_refusals(self, counts: Any) -> None:
        self.refused.update(counts)


class Scene:
    """Access to a node, with everything around it told."""

    def __init__(self) -> None:
        self.node, self.store, self.clock = Node(), Store(), SetClock()
        self.sent = {"chain_id": CHAIN_ID, "sender": SENDER, "to": REGISTRY, "value": 0, "data": b"\x12"}
        self.access = NodeAccess(
            chain_id=CHAIN_ID,
            contracts=[REGISTRY],
            node=self.node,
            read_transaction=self.read,
            store=self.store,
            clock=self.clock,
            rate=100,
            total=1_000,
        )

    def read(self, raw: bytes) -> SentTransaction:
        if raw != bytes.fromhex(RAW[2:]):
            raise errors.InvalidInput("transaction_invalid", "no transaction", field="transaction")
        return SentTransaction(**self.sent)  # type: ignore[arg-type]

    def ask(self, method: str, *params: Any) -> Any:
        answer = self.access.answer(question(method, *params), CLIENT)
        assert answer.status == 200
        assert answer.body["id"] == 7
        return answer.body.get("result", answer.body.get("error"))


def question(method: str, *params: Any, number: Any = 7) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_answer_gives_results_and_errors_in_the_order_of_the_questions(scene: Scene) -> None:
    answer = scene.access.answer(
        [question("eth_chainId", number="a"), question("eth_accounts", number=2), question("eth_gasPrice", number=3)],
        CLIENT,
    )
    assert answer.status == 200
    assert [(one["id"], "result" in one) for one in answer.body] == [("a", True), (2, False), (3, True)]
    assert [method for method, _ in scene.node.asked] == ["eth_chainId", "eth_gasPrice"]


@pytest.mark.parametrize("body", [[], [question("eth_chainId")] * (MAX_BATCH + 1)])
def test_answer_refuses_too_many_questions_and_none(scene: Scene, body: Any) -> None:
    answer = scene.access.answer(body, CLIENT)
    assert (answer.status, answer.body["error"]["code"]) == (400, -32600)
    assert (scene.node.asked, scene.store.taken) == ([], [])


@pytest.mark.parametrize(
    "body", [1, "x", None, {}, {"jsonrpc": "2.0", "method": "eth_chainId"}, question("eth_chainId", number=True)]
)
def test_answer_refuses_what_is_no_question(scene: Scene, body: Any) -> None:
    answer = scene.access.answer(body, CLIENT)
    assert (answer.status, answer.body["id"], answer.body["error"]["code"]) == (200, None, -32600)
    assert scene.node.asked == []


def test_answer_names_no_node(scene: Scene) -> None:
    assert scene.ask("web3_clientVersion") == "schuldhulp"
    assert scene.node.asked == []


def test_answer_counts_by_address_and_in_total_and_keeps_no_address(scene: Scene) -> None:
    scene.ask("eth_chainId")
    scene.access.answer([question("eth_getLogs", {}), question("eth_chainId")], CLIENT)
    scene.access.answer(question("eth_chainId"), "192.0.2.8")
    scene.clock.advance(days=1)
    scene.ask("eth_chainId")
    first, second, other, next_day = [{name: (units, limit) for name, units, limit in one} for one in scene.store.taken]
    assert first.keys() == second.keys()
    assert len({*first, *other, *next_day}) == 4
    assert second["rpc"] == (6, 500)
    assert all(limit == (100 if name != "rpc" else 500) for name, (_, limit) in first.items())
    assert not any(CLIENT in name for name in {*first, *other, *next_day})


def test_answer_says_how_long_to_wait_when_too_much_was_asked(scene: Scene) -> None:
    scene.store.suffices = False
    scene.clock.time = NOON + timedelta(seconds=45)
    answer = scene.access.answer(question("eth_chainId"), CLIENT)
    assert (answer.status, answer.retry_after, answer.body["error"]["code"]) == (429, 15, -32005)
    assert scene.node.asked == []
    assert scene.store.refused == {(NOON.date(), "", "rpc_rate_spent"): 1}


@pytest.mark.parametrize(
    ("asked", "passed"),
    [
        ({"fromBlock": hex(50_000 - MAX_BLOCKS + 1)}, (hex(50_000 - MAX_BLOCKS + 1), hex(50_000))),
        ({"fromBlock": "earliest", "toBlock": hex(MAX_BLOCKS - 1)}, ("0x0", hex(MAX_BLOCKS - 1))),
        ({}, (hex(50_000), hex(50_000))),
    ],
)
def test_answer_bounds_the_blocks_of_events(scene: Scene, asked: Any, passed: tuple[str, str]) -> None:
    assert scene.ask("eth_getLogs", asked) == "0x1"
    sent = scene.node.asked[-1][1][0]
    assert (sent["fromBlock"], sent["toBlock"], sent["address"]) == (*passed, [REGISTRY])


@pytest.mark.parametrize("asked", [{"fromBlock": "earliest"}, {"fromBlock": hex(50_000 - MAX_BLOCKS)}])
def test_answer_refuses_too_many_blocks(scene: Scene, asked: Any) -> None:
    assert scene.ask("eth_getLogs", asked)["code"] == -32005
    assert [method for method, _ in scene.node.asked] == ["eth_blockNumber"]


@pytest.mark.parametrize("changes", [{}, {"to": SENDER, "data": b""}])
def test_answer_sends_what_an_account_of_an_organisation_signed(scene: Scene, changes: Any) -> None:
    scene.sent |= changes
    assert scene.ask("eth_sendRawTransaction", RAW) == "0x1"
    assert scene.node.asked == [("eth_sendRawTransaction", (RAW,))]


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 1},
        {"chain_id": None},
        {"to": "0x" + "3" * 40},
        {"to": None},
        {"value": 1},
        {"to": SENDER, "data": b"\x00"},
        {"to": SENDER, "data": b"", "value": 1},
        {"sender": "0x" + "3" * 40},
        {"sender": "0x" + "3" * 40, "to": "0x" + "3" * 40, "data": b""},
    ],
)
def test_answer_sends_nothing_else(scene: Scene, changes: Any) -> None:
    scene.sent |= changes
    assert scene.ask("eth_sendRawTransaction", RAW)["code"] in (-32602, -32000)
    assert scene.ask("eth_sendRawTransaction", "0x00")["code"] == -32602
    assert scene.node.asked == []


def test_answer_sends_nothing_of_a_suspended_organisation(scene: Scene) -> None:
    assert scene.store.organisation is not None
    object.__setattr__(scene.store.organisation, "suspended", True)
    assert scene.ask("eth_sendRawTransaction", RAW)["code"] == -32000
    assert scene.node.asked == []
    assert scene.store.refused == {(NOON.date(), KVK, "rpc_sender_refused"): 1}


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (
            NodeRefusal(message="VM Exception: revert", data=b"\xab"),
            {"code": 3, "message": "execution reverted", "data": "0xab"},
        ),
        (
            NodeRefusal(message="execution reverted", data=b""),
            {"code": 3, "message": "execution reverted", "data": "0x"},
        ),
        (NodeRefusal(message="Nonce too low (10.0.0.1)", data=b""), {"code": -32000, "message": "nonce too low"}),
        (
            NodeRefusal(message="geth/v1.2 at /var/lib says no", data=b""),
            {"code": -32000, "message": "the node refused the question"},
        ),
    ],
)
def test_answer_passes_reverts_on_and_keeps_what_a_node_says_of_itself(
    scene: Scene, refusal: NodeRefusal, error: dict[str, Any]
) -> None:
    scene.node.told["eth_call"] = refusal
    assert scene.ask("eth_call", {"to": REGISTRY, "data": "0x12345678"}) == error


def test_answer_says_that_the_node_is_away_and_nothing_of_where_it_is(scene: Scene) -> None:
    scene.node.failure = errors.Unreachable("chain_unreachable", "10.0.0.1 refused")
    answer = scene.access.answer(question("eth_chainId"), CLIENT)
    assert (answer.status, answer.body["error"]["message"]) == (503, "the node does not answer")
    scene.node.failure = errors.Unreachable("chain_answer_too_large", "too large")
    answer = scene.access.answer(question("eth_getLogs", {}), CLIENT)
    assert (answer.status, answer.body["error"]["code"]) == (200, -32005)


def test_answer_keeps_a_share_of_the_total_for_addresses_that_signed(scene: Scene) -> None:
    def refuse_strangers(takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        return "rpc" not in [name for name, _, _ in takings]

    scene.store.take = refuse_strangers  # type: ignore[method-assign]
    assert scene.access.answer(question("eth_chainId"), CLIENT).status == 429
    scene.access.know(CLIENT)
    assert scene.access.answer(question("eth_chainId"), CLIENT).status == 200
    assert scene.access.answer(question("eth_chainId"), "192.0.2.8").status == 429
    scene.clock.advance(seconds=KNOWN_FOR.total_seconds())
    assert scene.access.answer(question("eth_chainId"), CLIENT).status == 429


def test_answer_knows_who_sent_a_transaction_and_lets_it_use_both_shares(scene: Scene) -> None:
    scene.ask("eth_sendRawTransaction", RAW)
    scene.store.suffices = False
    scene.access.answer(question("eth_chainId"), CLIENT)
    known, common = scene.store.taken[-2:]
    assert [name for name, _, _ in known][1:] == ["rpc/known"]
    assert [name for name, _, _ in common][1:] == ["rpc"]
    # Together they are the total.
    assert known[1][2] + common[1][2] == 1_000


def test_know_forgets_who_was_silent_longest(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_access, "MOST_KNOWN", 1)
    scene.access.know(CLIENT)
    scene.access.know("192.0.2.8")
    scene.access.answer(question("eth_chainId"), CLIENT)
    assert [name for name, _, _ in scene.store.taken[-1]][1:] == ["rpc"]
