"""Half a surrogate pair in every string of a body: JSON can hold it, UTF-8 cannot, and no answer may fail on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schuldhulp.chain.transactions import read_transaction
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.rpc import rpc_router
from schuldhulp.services.node_access import NodeAccess
from tests.support.channel import ChannelStage
from tests.support.evaluation import CHAIN_ID, REGISTRY, Evaluator, make_elements, to_text

HALF = "\ud800"
CALL = {"to": REGISTRY, "data": "0x"}
QUESTION = {"jsonrpc": "2.0", "id": "one", "method": "eth_call", "params": [CALL, "latest"]}
BODIES = {
    "/v1/claim-ids": {"elements": [to_text(make_elements(1)[0])]},
    "/v1/messages": {"kind": "claim", "subject": "11" * 32, "recipient": "municipality", "content": "AAAA"},
    "/v1/messages/collect": {"after": 0, "limit": 1},
    "/v1/messages/acknowledge": {"messages": ["00" * 32]},
}


class Node:
    """A node that gives back a text with half a character in it."""

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return [HALF for _ in questions]


def spoiled(value: Any) -> Iterator[Any]:
    """Give a JSON value with each of its strings and names in turn replaced by half a character, and with one added."""
    if isinstance(value, str):
        yield HALF
        yield value + HALF
    elif isinstance(value, dict):
        yield {**value, HALF: HALF}
        for name, inner in value.items():
            rest = {other: kept for other, kept in value.items() if other != name}
            yield rest | {HALF: inner}
            yield from ({**value, name: bad} for bad in [HALF, *spoiled(inner)])
    elif isinstance(value, list):
        yield [*value, HALF]
        for place, inner in enumerate(value):
            yield from ([*value[:place], bad, *value[place + 1 :]] for bad in spoiled(inner))


@pytest.fixture
def rpc(evaluator: Evaluator) -> TestClient:
    access = NodeAccess(
        chain_id=CHAIN_ID,
        contracts=[REGISTRY],
        node=Node(),
        read_transaction=read_transaction,
        store=evaluator.store,
        clock=evaluator.clock,
        rate=100_000,
        total=100_000,
    )
    return TestClient(create_app(evaluator.service, routers=[rpc_router(access)]), raise_server_exceptions=False)


def test_rpc_gives_an_id_back_that_has_no_utf_8(rpc: TestClient) -> None:
    answer = rpc.post(
        "/rpc", content=json.dumps({**QUESTION, "id": HALF}), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert answer.content.isascii()
    assert answer.json() == {"jsonrpc": "2.0", "id": HALF, "result": HALF}


@pytest.mark.parametrize("body", list(spoiled(QUESTION)), ids=ascii)
def test_rpc_answers_half_a_character_anywhere(rpc: TestClient, body: Any) -> None:
    for sent in (body, [QUESTION, body]):
        answer = rpc.post("/rpc", content=json.dumps(sent), headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, ascii(body)


def test_evaluate_refuses_half_a_character_anywhere(client: TestClient, evaluator: Evaluator) -> None:
    bodies = list(spoiled(evaluator.request()))
    assert len(bodies) > 20
    for body in bodies:
        answer = client.post("/v1/evaluations", content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, ascii(body)
        assert answer.json()["message"].isascii()


@pytest.mark.parametrize("path", BODIES)
def test_channel_refuses_half_a_character_anywhere(tmp_path: Path, evaluator_keys: EvaluatorKeys, path: str) -> None:
    stage = ChannelStage(f"sqlite:///{tmp_path / 'channel.sqlite'}", evaluator_keys)
    client = TestClient(stage.app(), raise_server_exceptions=False)
    try:
        for body in spoiled(BODIES[path]):
            content, headers = stage.signed(path, body)
            answer = client.post(path, content=content, headers=headers)
            assert answer.status_code == 422, ascii(body)
    finally:
        stage.close()
