from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from schuldhulp import errors
from schuldhulp.creditor import Client
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.domain.identifiers import parse_person
from tests.support.asking import Asking, tag_of
from tests.support.evaluation import CURRENT, KVK, MUNICIPALITY, OLDEST
from tests.support.rpc_server import ToldNode

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
DE_VRIES = parse_person("de Vries;1975-00-00;9712CD;3")
SMIT = parse_person("Smit;1966-05-04;9713EF;7")


def make_client(asking: Asking, folder: Path, *, local: bool = True) -> Client:
    return Client(
        deployment_file=asking.deployment_file,
        chain_url=asking.node.url,
        organisation=KVK,
        sign_digest=digest_signer(asking.evaluator.creditor),
        state_file=asking.state_file,
        local=folder / "tags" if local else None,
        clock=asking.evaluator.clock,
    )


@pytest.fixture
def told(asking: Asking) -> Asking:
    """A municipality that enrolled two persons."""
    for block, epoch in ((5, OLDEST), (10, CURRENT)):
        asking.node.happened(block, "EpochAnnounced(uint16,uint32,bytes32[2])", [MUNICIPALITY, epoch], bytes(64))
    tags = sorted([asking.enrol(JANSEN), asking.enrol(SMIT)])
    event = "TagsEnrolled(uint16,uint32,bytes32[])"
    asking.node.happened(20, event, [MUNICIPALITY, CURRENT], encode(["bytes32[]"], [tags]))
    return asking


def test_signals_are_the_same_as_those_of_the_node(told: Asking, tmp_path: Path) -> None:
    people = [JANSEN, DE_VRIES, SMIT, JANSEN]
    both = [
        [answer.signal for answer in client.signals(municipality=MUNICIPALITY, identifiers=people)]
        for client in (make_client(told, tmp_path), make_client(told, tmp_path, local=False))
    ]
    assert both[0] == both[1]
    assert [signal.value for signal in both[0]] == ["green", "red", "green", "green"]


def test_signals_show_the_node_nobody_who_is_asked_about(
    told: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    answer = ToldNode.answer
    monkeypatch.setattr(ToldNode, "answer", lambda node, *asked: seen.append(asked) or answer(node, *asked))
    make_client(told, tmp_path).signals(municipality=MUNICIPALITY, identifiers=[DE_VRIES])
    assert tag_of(told.evaluator.keys, DE_VRIES).hex() not in str(seen)
    make_client(told, tmp_path, local=False).signals(municipality=MUNICIPALITY, identifiers=[DE_VRIES])
    assert tag_of(told.evaluator.keys, DE_VRIES).hex() in str(seen)


def test_signals_of_a_node_without_events_are_an_error_and_never_red(told: Asking, tmp_path: Path) -> None:
    told.node.events.clear()
    with pytest.raises(errors.ChainMismatch) as caught:
        make_client(told, tmp_path).signal(municipality=MUNICIPALITY, identifier=DE_VRIES)
    assert caught.value.key == "tags_incomplete"
