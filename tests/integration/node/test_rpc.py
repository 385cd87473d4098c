from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from schuldhulp import errors
from schuldhulp.node import rpc
from schuldhulp.node.rpc import JsonRpc, Refusal
from tests.support.rpc_server import ToldNode, running_node


@pytest.fixture
def node() -> Iterator[ToldNode]:
    with running_node(ToldNode()) as node:
        yield node


def refused(connection: JsonRpc, key: str = "chain_unreachable") -> None:
    with pytest.raises(errors.Unreachable) as caught:
        connection.batch([("eth_chainId", ()), ("eth_getCode", ("0x00", "latest"))])
    assert caught.value.key == key


def works_again(node: ToldNode, connection: JsonRpc) -> None:
    node.body, node.cut, node.stalled, node.status = None, False, False, 200
    assert connection.call("eth_chainId") == hex(node.chain_id)


def test_batch_names_an_answer_that_is_cut(node: ToldNode) -> None:
    connection = JsonRpc(node.url)
    node.cut = True
    refused(connection)
    works_again(node, connection)


def test_batch_names_an_answer_that_stops_half_way(node: ToldNode) -> None:
    connection = JsonRpc(node.url, read_timeout=0.2)
    node.stalled = True
    refused(connection)
    works_again(node, JsonRpc(node.url))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 200_000, id="nested too deeply"),
        pytest.param(b"<html>", id="no JSON"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b"9" * 5_000, id="a number without end"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_batch_names_an_answer_that_does_not_open(node: ToldNode, body: bytes) -> None:
    connection = JsonRpc(node.url)
    node.body = lambda _: body
    refused(connection)
    works_again(node, connection)


@pytest.mark.parametrize(
    "body",
    [
        b"7",
        b"[]",
        b"{}",
        b'{"id": [], "result": "0x1"}',
        b'[{"id": {}, "result": "0x1"}, {"id": "1", "result": "0x1"}]',
        b'[{"id": 1}, {"id": 2}]',
        b'[{"id": 1, "error": "no"}, {"id": 2, "error": 7}]',
    ],
)
def test_batch_names_an_answer_that_is_not_json_rpc(node: ToldNode, body: bytes) -> None:
    connection = JsonRpc(node.url)
    node.body = lambda _: body
    refused(connection, "chain_answer_incomplete")
    works_again(node, connection)


def test_batch_refuses_an_answer_that_is_too_large(node: ToldNode, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = JsonRpc(node.url)
    monkeypatch.setattr(rpc, "MAX_ANSWER", 100)
    node.body = lambda _: b"[" + b" " * 200_000 + b"]"
    refused(connection, "chain_answer_too_large")
    works_again(node, connection)


@pytest.mark.parametrize(
    ("told", "waited"), [("7", 7), ("", None), ("soon", None), ("-1", None), ("9" * 9, 3_600), ("9" * 40, None)]
)
def test_batch_says_how_long_to_wait_when_too_much_was_asked(node: ToldNode, told: str, waited: int | None) -> None:
    connection = JsonRpc(node.url)
    node.status, node.retry_after, node.body = 429, told, lambda _: b"<html>too much"
    with pytest.raises(errors.Unreachable) as caught:
        connection.call("eth_chainId")
    assert (caught.value.key, caught.value.parameters.get("retry_after")) == ("chain_unreachable", waited)
    node.retry_after = ""
    works_again(node, connection)


@pytest.mark.parametrize("count", [1, 3])
def test_batch_takes_one_error_for_the_whole_request_as_the_answer_to_each_question(node: ToldNode, count: int) -> None:
    node.body = lambda _: b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32005, "message": "fewer blocks"}}'
    answers = JsonRpc(node.url).batch([("eth_chainId", ())] * count)
    assert [(type(answer), answer.code) for answer in answers] == [(Refusal, -32005)] * count


def test_batch_names_a_server_that_answers_without_its_node(node: ToldNode) -> None:
    connection = JsonRpc(node.url)
    node.status = 503
    node.body = lambda _: b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32603, "message": "no node"}}'
    refused(connection)
    works_again(node, connection)


def test_batch_splits_what_is_more_than_a_request_takes(node: ToldNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "MAX_BATCH", 2)
    sizes: list[int] = []
    node.body = lambda body: sizes.append(len(answers) if isinstance(answers := json.loads(body), list) else 1) or body
    blocks = JsonRpc(node.url).batch([("eth_getBlockByNumber", (hex(number), False)) for number in range(5)])
    assert [int(block["number"], 16) for block in blocks] == [0, 1, 2, 3, 4]
    assert sizes == [2, 2, 1]
