from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from schuldhulp import errors
from schuldhulp.creditor import local_registry
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.local_registry import LocalRegistry
from schuldhulp.creditor.registry import ChainRegistry
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.node import logs
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from tests.support.asking import Asking
from tests.support.evaluation import CURRENT, MUNICIPALITY, OLDEST
from tests.support.rpc_server import Reverted, ToldNode

ANNOUNCED = Epoch(20271)
CLOSED = Epoch(20262)
ENROLLED = "TagsEnrolled(uint16,uint32,bytes32[])"
ENDED = "EnrolmentsEnded(uint16,bytes32[])"
OPENED = "EpochAnnounced(uint16,uint32,bytes32[2])"


def make_tag(number: int, *, epoch: Epoch = CURRENT, municipality: MunicipalityCode = MUNICIPALITY) -> Tag:
    return Tag(municipality.to_bytes(2) + epoch.to_bytes(4) + number.to_bytes(26))


def make_tags(numbers: range, epoch: Epoch = CURRENT) -> list[Tag]:
    return [make_tag(number, epoch=epoch) for number in numbers]


@dataclass
class Telling:
    """A node whose contract tells what happens to tags, and the creditor's machine in front of it."""

    node: ToldNode
    registry: Callable[[], LocalRegistry]
    folder: Path

    def announce(self, block: int, epoch: Epoch) -> None:
        self.node.happened(block, OPENED, [MUNICIPALITY, epoch], bytes(64))

    def enrol(self, block: int, tags: list[Tag], epoch: Epoch = CURRENT) -> dict[str, Any]:
        self.node.known |= set(tags)
        return self.node.happened(block, ENROLLED, [MUNICIPALITY, epoch], encode(["bytes32[]"], [sorted(tags)]))

    def end(self, block: int, tags: list[Tag]) -> dict[str, Any]:
        self.node.known -= set(tags)
        return self.node.happened(block, ENDED, [MUNICIPALITY], encode(["bytes32[]"], [sorted(tags)]))

    def known(self, *tags: Tag) -> list[bool]:
        return self.registry().at_head().known(tags)

    def file(self) -> Path:
        return next(self.folder.iterdir())

    def spans(self) -> int:
        """Number of questions for events."""
        return self.node.asked.count("eth_getLogs")


@pytest.fixture
def telling(asking: Asking, tmp_path: Path) -> Telling:
    deployment, node = NetworkDeployment.load(asking.deployment_file), JsonRpc(asking.node.url)

    def registry() -> LocalRegistry:
        """Start anew, as the next night."""
        chain = ChainRegistry(
            deployment=deployment, node=node, seen=HeadFile(asking.state_file), clock=asking.evaluator.clock
        )
        return LocalRegistry(registry=chain, deployment=deployment, node=node, folder=tmp_path / "tags")

    told = Telling(node=asking.node, registry=registry, folder=tmp_path / "tags")
    told.announce(5, OLDEST)
    told.announce(10, CURRENT)
    told.enrol(20, make_tags(range(10)))
    told.enrol(30, make_tags(range(5), OLDEST), OLDEST)
    told.announce(40, ANNOUNCED)
    told.end(50, [make_tag(3), make_tag(4), make_tag(1, epoch=OLDEST)])
    return told


def refused(telling: Telling, key: str, kind: type[errors.SchuldhulpError] = errors.ChainMismatch) -> None:
    with pytest.raises(kind) as caught:
        telling.known(make_tag(99))
    assert caught.value.key == key


def test_known_answers_as_the_contract_does(telling: Telling) -> None:
    tags = make_tags(range(12)) + make_tags(range(7), OLDEST)
    random.Random(1).shuffle(tags)
    assert telling.known(*tags) == [tag in telling.node.known for tag in tags]


def test_known_tells_the_node_none_of_the_tags(telling: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    monkeypatch.setattr(telling.node, "body", lambda body: asked.append(body) or body)
    told: list[Any] = []
    answer = ToldNode.answer
    monkeypatch.setattr(ToldNode, "answer", lambda node, *question: told.append(question) or answer(node, *question))
    telling.known(make_tag(77), make_tag(78))
    assert asked
    assert make_tag(77).hex() not in str(told)
    # The tags that the sample is drawn from are public, and so can be told.
    assert make_tag(0).hex() in str(told)


def test_is_known_gives_the_word_that_the_contract_gives(telling: Telling) -> None:
    view = telling.registry().at_head()
    assert [view.is_known(make_tag(0)), view.is_known(make_tag(3))] == [(1).to_bytes(32), bytes(32)]


def test_view_answers_the_other_questions_from_the_node(asking: Asking, telling: Telling) -> None:
    view = telling.registry().at_head()
    assert view.head.number == 100
    assert view.municipality(MUNICIPALITY).current_epoch == CURRENT
    kind, key = next((kind, key) for (epoch, kind), key in asking.node.keys.items() if epoch == CURRENT)
    assert view.evaluator_key(MUNICIPALITY, CURRENT, kind) == key  # type: ignore[arg-type]


@pytest.mark.parametrize("epoch", [CLOSED, ANNOUNCED, Epoch(0)])
def test_known_refuses_a_tag_of_an_epoch_that_is_not_open(telling: Telling, epoch: Epoch) -> None:
    with pytest.raises(errors.Conflict) as caught:
        telling.known(make_tag(1), make_tag(1, epoch=epoch))
    assert caught.value.key == "epoch_not_open"


def test_known_refuses_a_municipality_that_is_not_there(telling: Telling) -> None:
    with pytest.raises(errors.NotFound):
        telling.known(make_tag(1, municipality=MunicipalityCode(15)))


def test_known_refuses_something_else_than_a_tag(telling: Telling) -> None:
    with pytest.raises(errors.InvalidInput):
        telling.known(Tag(bytes(31)))


# --- the next night ---------------------------------------------------------------------------------------------------


def test_known_goes_on_where_it_stopped(telling: Telling) -> None:
    telling.known(make_tag(1))
    telling.node.number = 200
    telling.enrol(150, [make_tag(50)])
    telling.end(160, [make_tag(0)])
    telling.node.events = telling.node.events[-2:]
    assert telling.known(make_tag(50), make_tag(0), make_tag(1)) == [True, False, True]


def test_known_asks_for_no_events_when_there_is_no_new_block(telling: Telling) -> None:
    telling.known(make_tag(1))
    telling.node.asked.clear()
    assert telling.known(make_tag(1)) == [True]
    assert telling.spans() == 0


def test_known_drops_the_tags_of_an_epoch_that_was_retired(telling: Telling) -> None:
    telling.known(make_tag(1))
    telling.node.number, telling.node.epochs = 200, (ANNOUNCED, CURRENT, ANNOUNCED)
    telling.enrol(150, [make_tag(9, epoch=ANNOUNCED)], ANNOUNCED)
    telling.end(160, [make_tag(0, epoch=OLDEST), make_tag(2)])
    assert telling.known(make_tag(1), make_tag(2), make_tag(9, epoch=ANNOUNCED)) == [True, False, True]
    assert make_tag(2, epoch=OLDEST) not in telling.file().read_bytes()


def test_known_starts_anew_on_a_chain_that_was_replaced(telling: Telling) -> None:
    telling.known(make_tag(1))
    telling.node.fork, telling.node.events, telling.node.known = 1, [], set()
    telling.announce(5, OLDEST)
    telling.announce(10, CURRENT)
    telling.enrol(20, [make_tag(70)])
    assert telling.known(make_tag(70), make_tag(1)) == [True, False]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: content[:-32], id="cut by a tag"),
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda content: content[:40], id="cut in its head"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content + content[-32:], id="a tag twice"),
        pytest.param(lambda content: content[:-1] + b"\x00", id="another tag"),
        pytest.param(lambda content: content.replace(b'"block": 100', b'"block": 101'), id="another block"),
        pytest.param(lambda content: content.replace(b'"schema": 1', b'"schema": 2'), id="another schema"),
        pytest.param(lambda content: b"[" * 100_000, id="nested"),
        pytest.param(lambda content: b"7\n", id="no object"),
    ],
)
def test_known_does_not_read_a_file_that_was_changed(telling: Telling, change: Callable[[bytes], bytes]) -> None:
    tags = make_tags(range(12))
    expected = telling.known(*tags)
    file = telling.file()
    whole = file.read_bytes()
    assert change(whole) != whole
    file.write_bytes(change(whole))
    assert telling.known(*tags) == expected
    assert file.read_bytes() == whole


def test_known_does_not_read_the_file_of_another_deployment(telling: Telling, asking: Asking) -> None:
    telling.known(make_tag(1))
    content = telling.file().read_bytes().replace(asking.node.instance_id.hex().encode(), b"ab" * 32)
    telling.file().write_bytes(content)
    telling.node.asked.clear()
    assert telling.known(make_tag(1)) == [True]
    assert telling.spans() > 0


def test_known_names_a_file_that_cannot_be_read(telling: Telling) -> None:
    telling.known(make_tag(1))
    file = telling.file()
    file.unlink()
    file.mkdir()
    refused(telling, "state_file_invalid", errors.Misconfigured)


def test_known_names_a_folder_that_is_none(telling: Telling) -> None:
    telling.folder.write_text("not a folder")
    refused(telling, "state_file_invalid", errors.Misconfigured)


# --- ranges of blocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 3, 7, 100])
def test_known_asks_for_as_many_blocks_as_the_node_takes(telling: Telling, most: int) -> None:
    telling.node.max_span = most
    tags = make_tags(range(12))
    assert telling.known(*tags) == [tag in telling.node.known for tag in tags]
    assert telling.spans() < 101 // most * 2 + 15


def test_known_asks_for_more_blocks_at_a_time_when_the_node_takes_them(telling: Telling) -> None:
    telling.node.number = 10_000_000
    telling.known(make_tag(1))
    assert telling.spans() < 25


def test_known_asks_for_fewer_blocks_when_the_answer_is_too_large(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schuldhulp.node.rpc.MAX_ANSWER", 2_500)
    assert telling.known(make_tag(1)) == [True]
    assert telling.spans() > 5


def test_known_stops_and_goes_on_when_the_node_was_asked_too_much(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "FIRST_SPAN", 10)
    monkeypatch.setattr(logs, "MAX_SPAN", 10)
    telling.node.retry_after = "30"
    registry = telling.registry()
    registry._told = lambda block, _: setattr(telling.node, "status", 429 if block >= 49 else 200)
    with pytest.raises(errors.Unreachable) as caught:
        registry.at_head().known([make_tag(1)])
    assert caught.value.parameters == {"retry_after": 30}
    telling.node.status = 200
    telling.node.asked.clear()
    assert telling.known(make_tag(1), make_tag(3)) == [True, False]
    # Blocks 50 to 100, as many at a time as before: being asked too much is no reason to ask for fewer.
    assert telling.spans() == 6


def test_known_names_a_node_that_gives_no_events(telling: Telling) -> None:
    telling.node.instead["eth_getLogs"] = Reverted(b"")
    refused(telling, "chain_refused", errors.Unreachable)


def test_known_goes_on_after_an_interruption(telling: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FIRST_SPAN", 1)
    monkeypatch.setattr(logs, "MAX_SPAN", 1)
    monkeypatch.setattr(local_registry, "KEPT_EVERY", 10)
    told: list[int] = []

    def stop(block: int, _: int) -> None:
        told.append(block)
        if block == 35:
            raise KeyboardInterrupt

    registry = telling.registry()
    registry._told = stop
    with pytest.raises(KeyboardInterrupt):
        registry.at_head().known([make_tag(1)])
    assert told == list(range(36))
    telling.node.asked.clear()
    assert telling.known(make_tag(1), make_tag(3)) == [True, False]
    assert telling.spans() == 100 - 29


def test_known_keeps_what_it_has_when_the_node_stops_answering(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "FIRST_SPAN", 1)
    monkeypatch.setattr(logs, "MAX_SPAN", 1)
    registry = telling.registry()
    registry._told = lambda block, _: setattr(telling.node, "status", 503 if block == 25 else 200)
    monkeypatch.setattr(telling.node, "body", lambda body: b"busy" if telling.node.status == 503 else body)
    with pytest.raises(errors.Unreachable):
        registry.at_head().known([make_tag(1)])
    telling.node.status = 200
    telling.node.asked.clear()
    assert telling.known(make_tag(1), make_tag(3)) == [True, False]
    assert telling.spans() == 100 - 25


# --- events that are missing or wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"address": "0x" + "11" * 20},
        {"address": None},
        {"removed": True},
        {"blockNumber": hex(101)},
        {"blockNumber": None},
        {"blockHash": "0x12"},
        {"logIndex": "one"},
        {"topics": []},
        {"topics": None},
        {"topics": ["0x" + "00" * 32, "0x" + (14).to_bytes(32).hex()]},
        {"data": "0x"},
        {"data": "0x" + encode(["bytes32[]"], [[]]).hex()},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1), make_tag(2)]]).hex()[:-64]},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1), make_tag(2)]]).hex()[:-2]},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1), make_tag(2)]]).hex() + "00" * 32},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(2), make_tag(1)]]).hex()},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1), make_tag(1)]]).hex()},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1, epoch=OLDEST)]]).hex()},
        {"data": "0x" + encode(["bytes32[]"], [[make_tag(1, municipality=MunicipalityCode(15))]]).hex()},
        {"data": None},
    ],
)
def test_known_refuses_an_event_that_is_none_of_the_registrys(telling: Telling, change: dict[str, Any]) -> None:
    event = telling.node.events[2] | change
    telling.node.instead["eth_getLogs"] = [*telling.node.events[:2], event, *telling.node.events[3:]]
    refused(telling, "chain_answer_wrong")


@pytest.mark.parametrize("answer", [None, "0x", {}, [7], ["0x"], [None]])
def test_known_refuses_something_else_than_events(telling: Telling, answer: Any) -> None:
    telling.node.instead["eth_getLogs"] = answer
    refused(telling, "chain_answer_wrong")


def test_known_refuses_events_out_of_order(telling: Telling) -> None:
    events = telling.node.events
    telling.node.instead["eth_getLogs"] = [events[0], events[1], events[3], events[2], *events[4:]]
    refused(telling, "chain_answer_wrong")


def test_known_refuses_an_event_given_twice(telling: Telling) -> None:
    events = telling.node.events
    telling.node.instead["eth_getLogs"] = [*events[:3], *events[2:]]
    refused(telling, "chain_answer_wrong")


def test_known_refuses_two_hashes_for_a_block(telling: Telling) -> None:
    telling.enrol(50, [make_tag(60)])["blockHash"] = "0x" + "ab" * 32
    refused(telling, "chain_answer_wrong")


def test_known_refuses_an_event_of_another_fork_in_the_last_block(telling: Telling) -> None:
    telling.enrol(100, [make_tag(60)])["blockHash"] = "0x" + "ab" * 32
    refused(telling, "chain_replaced")


@pytest.mark.parametrize("place", [0, 1])
def test_known_refuses_a_history_without_the_announcement_of_an_open_epoch(telling: Telling, place: int) -> None:
    del telling.node.events[place]
    refused(telling, "tags_incomplete")


def test_known_refuses_a_node_that_keeps_no_events(telling: Telling) -> None:
    telling.node.events.clear()
    refused(telling, "tags_incomplete")


def test_known_refuses_an_epoch_without_any_tag(telling: Telling) -> None:
    telling.node.events = [telling.node.events[0], telling.node.events[1]]
    refused(telling, "tags_incomplete")


def test_known_notices_an_enrolment_that_is_missing_when_it_ended(telling: Telling) -> None:
    del telling.node.events[2]
    refused(telling, "tags_incomplete")


def test_known_notices_an_ending_that_is_missing(telling: Telling) -> None:
    del telling.node.events[-1]
    refused(telling, "tags_incomplete")


def test_known_notices_an_ending_that_is_missing_when_the_tag_comes_back(telling: Telling) -> None:
    telling.node.events.remove(telling.end(60, [make_tag(5)]))
    telling.enrol(70, [make_tag(5)])
    refused(telling, "tags_incomplete")


def test_known_mends_a_set_that_was_wrong_from_the_chain(telling: Telling) -> None:
    """What was kept lacks an enrolment that ends now: everything is fetched once more, and then fits."""
    hidden = telling.enrol(60, [make_tag(60)])
    telling.node.events.remove(hidden)
    telling.node.known.remove(make_tag(60))
    assert telling.known(make_tag(60)) == [False]
    telling.node.events.append(hidden)
    telling.node.number = 200
    telling.end(150, [make_tag(60)])
    telling.enrol(160, [make_tag(61)])
    assert telling.known(make_tag(60), make_tag(61), make_tag(1)) == [False, True, True]


def test_known_does_not_keep_what_did_not_fit(telling: Telling) -> None:
    del telling.node.events[-1]
    refused(telling, "tags_incomplete")
    assert not telling.folder.exists()


def test_at_head_refuses_what_the_chain_registry_refuses(telling: Telling) -> None:
    telling.node.code = b"\x00"
    with pytest.raises(errors.ChainMismatch) as caught:
        telling.registry().at_head()
    assert caught.value.key == "contract_code_other"


def test_known_refuses_a_chain_that_is_replaced_while_it_is_fetched(telling: Telling) -> None:
    registry = telling.registry()
    view = registry.at_head()
    telling.node.fork = 1
    with pytest.raises(errors.ChainMismatch) as caught:
        view.known([make_tag(1)])
    assert caught.value.key == "chain_replaced"
