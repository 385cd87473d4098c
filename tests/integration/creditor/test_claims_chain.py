"""What the claim register says, read through the evaluator's rules for creditors who have no node of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from fastapi import FastAPI

from schuldhulp.creditor.claims_chain import RegisterView
from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.creditor.patient_node import SECONDS, PatientNode
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.evaluator.rpc import rpc_router
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.node_access import NodeAccess, NodeRefusal
from schuldhulp.services.ports import Head, Organisation
from tests.support.evaluation import CHAIN_ID, NOON, REGISTRY, SetClock, serving

REGISTER = "0x" + "33" * 20
CODE, INSTANCE = b"\x60\x80 register", b"\x44" * 32
HEAD = 25_000
CLAIM_ID = ClaimId(b"\x00\x0e" + b"\x07" * 30)
HOLDER = "0x" + "0" * 38 + "aa"


def block_hash(number: int) -> bytes:
    return keccak(b"%d" % number)


class Node:
    """A node with a claim register on a long chain; refuses to tell of more blocks than `NodeAccess` lets pass."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def happened(self, number: int, signature: str) -> dict[str, Any]:
        event = {
            "address": REGISTER,
            "blockNumber": hex(number),
            "blockHash": "0x" + block_hash(number).hex(),
            "logIndex": "0x0",
            "transactionHash": "0x" + keccak(b"transaction %d" % number).hex(),
            "topics": ["0x" + keccak(text=signature).hex(), "0x" + CLAIM_ID.hex()],
            "data": "0x",
            "removed": False,
        }
        self.events.append(event)
        return event

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any | NodeRefusal]:
        return [self._answer(method, params) for method, params in questions]

    def _answer(self, method: str, params: Sequence[Any]) -> Any:
        match method:
            case "eth_blockNumber":
                return hex(HEAD)
            case "eth_getBlockByNumber":
                number = int(params[0], 16)
                return {
                    "number": params[0],
                    "hash": "0x" + block_hash(number).hex(),
                    "timestamp": hex(int(NOON.timestamp()) - HEAD + number),
                }
            case "eth_getCode":
                return "0x" + CODE.hex()
            case "eth_getLogs":
                first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
                return [event for event in self.events if first <= int(event["blockNumber"], 16) <= last]
            case "eth_call" if params[0]["data"].startswith("0x" + keccak(text="instanceId()")[:4].hex()):
                return "0x" + INSTANCE.hex()
            case "eth_call":
                types = ["address", "uint16", "uint8", "uint64", "uint64", "bytes32"]
                return "0x" + encode(types, [HOLDER, 14, 1, 1, 1, b"\x05" * 32]).hex()
        raise AssertionError(f"the client must not ask {method}")


class Store:
    """Counts what is taken within a minute; the next minute begins when it is told."""

    def __init__(self) -> None:
        self.taken = 0
        self.refusals = 0

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        _, units, limit = takings[0]
        if self.taken + units > limit:
            self.refusals += 1
            return False
        self.taken += units
        return True

    def day_secret(self, day: date) -> bytes:
        return b"\x01" * 32

    def organisation_of(self, account: str) -> Organisation | None:
        return None

    def add_refusals(self, counts: Any) -> None:
        """Keep nothing."""


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def url(node: Node, store: Store) -> Iterator[str]:
    """Address of ``/rpc`` in front of the node."""

    def nothing(raw: bytes) -> Any:
        raise AssertionError("nothing is sent")

    access = NodeAccess(
        chain_id=CHAIN_ID,
        contracts=[REGISTRY, REGISTER],
        node=node,
        read_transaction=nothing,
        store=store,
        clock=SetClock(NOON),
        rate=600,
        total=6_000,
    )
    app = FastAPI()
    app.include_router(rpc_router(access))
    with serving(app) as served:
        yield f"{served}/rpc"


def register(rpc: JsonRpc) -> RegisterView:
    contract = {"address": REGISTER, "codeHash": "0x" + keccak(CODE).hex(), "instanceId": "0x" + INSTANCE.hex()}
    deployment = NetworkDeployment.from_plain(
        {
            "chainId": CHAIN_ID,
            "genesisHash": "0x" + "55" * 32,
            "contracts": {"EnrolmentRegistry": contract | {"address": REGISTRY}, "ClaimRegister": contract},
        }
    )
    return RegisterView(deployment, rpc, Head(number=HEAD, hash=block_hash(HEAD), timestamp=datetime.now(UTC)))


def test_more_claims_than_may_be_asked_about_in_a_minute_are_read_in_the_next(store: Store, url: str) -> None:
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        store.taken = 0

    patience = Patience(seconds=SECONDS, sleep=sleep, tell=lambda error, seconds: None, only_when_asked=True)
    found = register(PatientNode(url, patience=patience)).claims([CLAIM_ID] * 1_500)
    assert len(found) == 1_500
    # What was answered before is not asked again.
    assert (store.refusals, waits) == (2, [60.0, 60.0])


def test_patient_node_gives_up_at_once_when_nobody_answers() -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError("nothing to wait for")

    patience = Patience(seconds=SECONDS, sleep=sleep, tell=lambda error, seconds: None, only_when_asked=True)
    with pytest.raises(Unreachable):
        PatientNode("http://127.0.0.1:9", patience=patience).call("eth_chainId")


def test_version_is_read_from_a_chain_longer_than_one_question_may_span(node: Node, url: str) -> None:
    for number in (100, 9_000):
        node.happened(number, "ClaimFiled(bytes32,uint16,address,bytes32)")
    for number in (12_000, 24_999):
        node.happened(number, "ClaimAmended(bytes32,bytes32,bytes32)")
    assert register(JsonRpc(url)).version(CLAIM_ID) == 3


@pytest.mark.parametrize("topics", [None, [], ["0x" + "11" * 32], ["0x12"]])
def test_version_refuses_events_that_were_not_asked_for(node: Node, url: str, topics: object) -> None:
    node.happened(100, "ClaimFiled(bytes32,uint16,address,bytes32)")["topics"] = topics
    with pytest.raises((ChainMismatch, Unreachable)):
        register(JsonRpc(url)).version(CLAIM_ID)
