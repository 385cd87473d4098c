from __future__ import annotations

import random
from typing import Any

import pytest
from eth_abi.abi import encode

from schuldhulp import errors
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.registry import ChainRegistry
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.ports import RegistryView
from tests.support.asking import Asking
from tests.support.evaluation import CURRENT, MUNICIPALITY
from tests.support.rpc_server import Reverted

CLOSED = Epoch(20262)


@pytest.fixture
def view(asking: Asking) -> RegistryView:
    return ChainRegistry(
        deployment=NetworkDeployment.load(asking.deployment_file),
        node=JsonRpc(asking.node.url),
        seen=HeadFile(asking.state_file),
        clock=asking.evaluator.clock,
    ).at_head()


def make_tag(number: int, *, epoch: Epoch = CURRENT, municipality: MunicipalityCode = MUNICIPALITY) -> Tag:
    return Tag(municipality.to_bytes(2, "big") + epoch.to_bytes(4, "big") + number.to_bytes(26, "big"))


def refused(view: RegistryView, kind: type[errors.SchuldhulpError], key: str, *, count: int = 300) -> None:
    with pytest.raises(kind) as caught:
        view.known([make_tag(number) for number in range(count)])
    assert (type(caught.value), caught.value.key) == (kind, key)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1_000, 1_001, 2_345])
def test_known_answers_in_order(asking: Asking, view: RegistryView, count: int) -> None:
    chance = random.Random(count)
    tags = [make_tag(chance.getrandbits(200)) for _ in range(count)]
    asking.node.known = {tag for tag in tags if chance.random() < 0.5} | {make_tag(7)}
    assert view.known(tags) == [tag in asking.node.known for tag in tags]


def test_known_answers_repeated_tags(asking: Asking, view: RegistryView) -> None:
    asking.node.known = {make_tag(1)}
    assert view.known([make_tag(1), make_tag(2), make_tag(1)]) == [True, False, True]


def test_known_asks_a_thousand_tags_at_a_time(asking: Asking, view: RegistryView) -> None:
    asking.node.asked.clear()
    view.known([make_tag(number) for number in range(2_001)])
    # Each answer comes with the block that it is of.
    assert asking.node.asked == ["eth_call", "eth_getBlockByNumber"] * 3


@pytest.mark.parametrize("place", [0, 299, 1_200])
def test_known_refuses_a_tag_of_a_closed_epoch_among_others(view: RegistryView, place: int) -> None:
    tags = [make_tag(number) for number in range(1_300)]
    tags[place] = make_tag(0, epoch=CLOSED)
    with pytest.raises(errors.Conflict) as caught:
        view.known(tags)
    assert caught.value.key == "epoch_not_open"


def test_known_refuses_an_answer_of_a_chain_that_was_replaced(asking: Asking, view: RegistryView) -> None:
    asking.node.fork = 1
    refused(view, errors.ChainMismatch, "chain_replaced")


def test_known_refuses_an_address_without_code(asking: Asking, view: RegistryView) -> None:
    asking.node.code = b""
    refused(view, errors.ChainMismatch, "signal_no_code")


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("0x" + encode(["uint256[]"], [[0, 0]]).hex()[:-2], "signal_cut"),
        ("0x" + encode(["uint256[]"], [[0]]).hex(), "signal_cut"),
        ("0x" + encode(["uint256[]"], [[0, 0, 0]]).hex(), "signal_cut"),
        ("0x" + encode(["bool[]"], [[False] * 300]).hex(), "signal_cut"),
        ("0x" + encode(["uint256[]"], [[0, 1 << 44]]).hex(), "signal_malformed"),
        ("0x" + encode(["uint256", "uint256", "uint256", "uint256"], [32, 3, 0, 0]).hex(), "signal_malformed"),
        ("0x" + bytes(128).hex(), "signal_malformed"),
        (None, "chain_answer_wrong"),
        ({"words": []}, "chain_answer_wrong"),
        ("no", "chain_answer_wrong"),
    ],
)
def test_known_refuses_an_answer_of_another_shape(asking: Asking, view: RegistryView, answer: Any, key: str) -> None:
    asking.node.instead["knownBitmap(bytes32[])"] = answer
    refused(view, errors.ChainMismatch, key)


@pytest.mark.parametrize("data", [b"", b"\x4e\x48\x7b\x71" + bytes(32)])
def test_known_names_a_node_that_refuses(asking: Asking, view: RegistryView, data: bytes) -> None:
    asking.node.instead["knownBitmap(bytes32[])"] = Reverted(data)
    refused(view, errors.Unreachable, "chain_refused")


def test_known_refuses_to_ask_about_something_else_than_a_tag(asking: Asking, view: RegistryView) -> None:
    asking.node.asked.clear()
    with pytest.raises(errors.InvalidInput):
        view.known([Tag(bytes(31)), Tag(bytes(33))])
    assert asking.node.asked == []
