"""Questions with a memory of tags: who was asked about costs nothing again, whatever goes wrong in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.creditor.kept_tags import KeptTagFile
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.domain.identifiers import Identifier, parse_person
from schuldhulp.services.signal import SignalService
from tests.support.evaluation import ANNOUNCED, CURRENT, KVK, MUNICIPALITY, OLDEST, SetClock
from tests.support.one_registry import OneRegistry

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
PEOPLE = [replace(JANSEN, text=f"NL.NADB:{number}") for number in range(10)]
KEY = KeptKey.generate()

Restart = Callable[[], SignalService]


@pytest.fixture
def registry() -> OneRegistry:
    return OneRegistry()


@pytest.fixture
def restart(registry: OneRegistry, tmp_path: Path) -> Restart:
    """Start the creditor's process once more: all it has is the file."""
    stand_in: Any = registry

    def start() -> SignalService:
        return SignalService(
            registry=stand_in,
            connect=registry.connect,
            clock=SetClock(),
            organisation=KVK,
            kept=KeptTagFile(tmp_path / "kept.sqlite", KEY, registry=bytes(32)),
        )

    return start


def colours(service: SignalService, people: list[Identifier] = PEOPLE) -> str:
    answers = service.ask_many(municipality=MUNICIPALITY, identifiers=people)
    return "".join(answer.signal.value[0] for answer in answers)


def test_ask_many_charges_a_person_once_an_epoch(registry: OneRegistry, restart: Restart) -> None:
    registry.enrol(PEOPLE[3])
    assert colours(restart(), PEOPLE[:6]) == "rrrgrr"
    assert colours(restart()) == "rrrgrrrrrr"
    assert [count for _kind, count in registry.batches] == [6, 4]
    registry.tags.clear()
    registry.enrol(PEOPLE[0])
    assert colours(restart()) == "grrrrrrrrr"
    assert registry.used == 10


def test_ask_many_believes_an_older_tag_only_when_it_says_green(registry: OneRegistry, restart: Restart) -> None:
    registry.state = replace(registry.state, current_epoch=OLDEST)
    registry.enrol(PEOPLE[0], OLDEST)
    registry.enrol(PEOPLE[1], OLDEST)
    assert colours(restart(), PEOPLE[:4]) == "ggrr"
    registry.state = replace(registry.state, current_epoch=CURRENT)
    registry.enrol(PEOPLE[2], CURRENT)
    # The first two are green by their old tags, without a question; the others are asked about anew.
    assert colours(restart(), PEOPLE[:4]) == "gggr"
    assert [count for _kind, count in registry.batches] == [4, 2]


def test_ask_many_forgets_the_tags_of_retired_epochs(registry: OneRegistry, restart: Restart, tmp_path: Path) -> None:
    registry.state = replace(registry.state, current_epoch=OLDEST)
    colours(restart())
    registry.state = replace(registry.state, current_epoch=CURRENT, oldest_epoch=CURRENT)
    colours(restart())
    assert KeptTagFile(tmp_path / "kept.sqlite", KEY, registry=bytes(32)).epochs(MUNICIPALITY) == [CURRENT]


def test_ask_many_sends_a_question_again_when_its_answer_got_lost(registry: OneRegistry, restart: Restart) -> None:
    def lose(body: bytes, send: Any = registry.send) -> None:
        send(body)
        raise KeyboardInterrupt  # the process ends here; the evaluator has answered and charged

    registry.send = lose  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        colours(restart())
    del registry.send  # type: ignore[method-assign]
    assert colours(restart()) == "r" * 10
    assert registry.received[0] == registry.received[1]
    assert (registry.used, len(registry.received)) == (10, 2)


def test_ask_many_asks_anew_when_a_question_never_arrived_and_has_expired(
    registry: OneRegistry, restart: Restart
) -> None:
    registry.refusal = errors.Unreachable("evaluator_unreachable", "the evaluator does not answer")
    with pytest.raises(errors.Unreachable):
        colours(restart())
    with pytest.raises(errors.Unreachable):
        colours(restart())
    assert len(set(registry.received)) == 1
    registry.refusal = errors.InvalidInput("request_expired", "expired")
    with pytest.raises(errors.InvalidInput):
        colours(restart())
    registry.refusal = None
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


def test_ask_many_keeps_a_lost_question_when_the_evaluator_wants_it_to_wait(
    registry: OneRegistry, restart: Restart
) -> None:
    def lose(body: bytes, send: Any = registry.send) -> None:
        send(body)
        raise KeyboardInterrupt

    registry.send = lose  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        colours(restart())
    del registry.send  # type: ignore[method-assign]
    registry.refusal = errors.NotAllowed("burst_spent", "wait", retry_after=10)
    with pytest.raises(errors.NotAllowed):
        colours(restart())
    registry.refusal = None
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


def test_ask_many_keeps_no_answer_with_a_false_proof(registry: OneRegistry, restart: Restart) -> None:
    def forge(body: bytes, send: Any = registry.send) -> Any:
        return replace(send(body), proof=bytes(64))

    registry.send = forge  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(errors.ProofInvalid):
            colours(restart())
    del registry.send  # type: ignore[method-assign]
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


def test_ask_many_uses_up_what_is_left_of_the_quota_and_goes_on_later(registry: OneRegistry, restart: Restart) -> None:
    registry.quota = 7
    with pytest.raises(errors.NotAllowed) as caught:
        colours(restart())
    assert caught.value.key == "daily_quota_spent"
    assert registry.used == 7
    answers = restart().ask_kept(municipality=MUNICIPALITY, identifiers=PEOPLE)
    assert [answer is not None for answer in answers] == [True] * 7 + [False] * 3
    registry.quota = 10
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


@pytest.fixture
def in_threes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schuldhulp.services.tags.BATCH", 3)


def let_questions_end() -> None:
    """Wait for what an interrupted process had on its way; a real one is gone."""
    for thread in threading.enumerate():
        if thread.name == "question":
            thread.join(30)


@pytest.mark.usefixtures("in_threes")
def test_ask_many_finishes_an_answer_while_the_next_question_is_with_the_evaluator(
    registry: OneRegistry, restart: Restart, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, kept_first = threading.Event(), threading.Event()

    def send(body: bytes, send: Any = registry.send) -> Any:
        if len(registry.received) == 1:
            second.set()
            # Answered only when the first answer has been kept meanwhile.
            assert kept_first.wait(30)
        return send(body)

    def put(self: KeptTagFile, *arguments: Any, put: Any = KeptTagFile.put) -> None:
        assert second.wait(30)
        put(self, *arguments)
        kept_first.set()

    registry.send = send  # type: ignore[method-assign]
    monkeypatch.setattr(KeptTagFile, "put", put)
    registry.enrol(PEOPLE[4])
    assert colours(restart()) == "rrrrgrrrrr"
    assert [count for _kind, count in registry.batches] == [3, 3, 3, 1]


@pytest.mark.usefixtures("in_threes")
def test_ask_many_has_one_question_at_a_time_with_the_evaluator(registry: OneRegistry, restart: Restart) -> None:
    under_way: list[bytes] = []

    def send(body: bytes, send: Any = registry.send) -> Any:
        under_way.append(body)
        assert under_way == [body]
        answer = send(body)
        under_way.remove(body)
        return answer

    registry.send = send  # type: ignore[method-assign]
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


@pytest.mark.usefixtures("in_threes")
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("charged", [False, True])
def test_ask_many_goes_on_where_it_was_interrupted_in_any_of_its_questions(
    registry: OneRegistry, restart: Restart, number: int, charged: bool
) -> None:
    asked: list[bytes] = []

    def send(body: bytes, send: Any = registry.send) -> Any:
        asked.append(body)
        if len(asked) < number:
            return send(body)
        if charged:
            send(body)
        raise KeyboardInterrupt

    registry.send = send  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        colours(restart())
    del registry.send  # type: ignore[method-assign]
    assert len(asked) == number
    assert colours(restart()) == "r" * 10
    assert registry.used == 10
    assert registry.received.count(asked[-1]) == 1 + charged


@pytest.mark.usefixtures("in_threes")
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("done", [False, True])
def test_ask_many_goes_on_where_it_was_interrupted_while_keeping_an_answer(
    registry: OneRegistry, restart: Restart, monkeypatch: pytest.MonkeyPatch, number: int, done: bool
) -> None:
    calls = 0

    def put(self: KeptTagFile, *arguments: Any, put: Any = KeptTagFile.put) -> None:
        nonlocal calls
        calls += 1
        if calls < number or done:
            put(self, *arguments)
        if calls == number:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(KeptTagFile, "put", put)
        with pytest.raises(KeyboardInterrupt):
            colours(restart())
    let_questions_end()
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


@pytest.mark.usefixtures("in_threes")
@pytest.mark.parametrize("quota", range(10))
def test_ask_many_in_batches_uses_up_what_is_left_of_the_quota(
    registry: OneRegistry, restart: Restart, quota: int
) -> None:
    registry.quota = quota
    with pytest.raises(errors.NotAllowed) as caught:
        colours(restart())
    assert caught.value.key == "daily_quota_spent"
    assert registry.used == quota
    answers = restart().ask_kept(municipality=MUNICIPALITY, identifiers=PEOPLE)
    assert [answer is not None for answer in answers] == [True] * quota + [False] * (10 - quota)
    registry.quota = 10
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


@pytest.mark.usefixtures("in_threes")
def test_ask_many_ends_with_nothing_on_its_way_when_an_answer_is_false(registry: OneRegistry, restart: Restart) -> None:
    answered = []

    def forge(body: bytes, send: Any = registry.send) -> Any:
        answer = send(body)
        answered.append(body)
        return replace(answer, proof=bytes(64)) if body == registry.received[0] else answer

    registry.send = forge  # type: ignore[method-assign]
    with pytest.raises(errors.ProofInvalid):
        colours(restart())
    assert len(answered) == len(registry.received) == 2
    del registry.send  # type: ignore[method-assign]
    assert colours(restart()) == "r" * 10
    assert registry.used == 10


def test_ask_many_refuses_to_call_red_what_changed_epoch_meanwhile(registry: OneRegistry, restart: Restart) -> None:
    def roll(*arguments: Any, prepare: Any = registry.prepare) -> bytes:
        registry.state = replace(registry.state, current_epoch=ANNOUNCED)
        return bytes(prepare(*arguments))

    registry.prepare = roll  # type: ignore[method-assign]
    with pytest.raises(errors.ChainMismatch):
        colours(restart())
    del registry.prepare  # type: ignore[method-assign]
    assert colours(restart()) == "r" * 10
