"""A creditor's command that is killed at every place where something has just become durable, inside or outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.creditor import channel, claims_receipts
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.transactions import Transactions
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import ClaimStatus
from tests.support.chain import DeployedChain
from tests.support.claims_stage import ClaimStage, claims_chain, claims_stage, contents

PLACES = [
    (ClaimJournal, "_write"),
    (Transactions, "send"),
    (HttpChannel, "deliver"),
    (HttpChannel, "send_claim_ids"),
    (HttpChannel, "collect"),
    (HttpChannel, "acknowledge"),
]
"""What leaves something behind that outlives the process."""


class Killed(BaseException):
    """Stands for the end of the process; nothing catches it."""


class Counter:
    """Ends the process at a place, before or after it; counts the places passed."""

    def __init__(self) -> None:
        self.passed = 0
        self.end_at: int | None = None

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a method that leaves something behind."""

        def wrapped(*arguments: Any, **named: Any) -> Any:
            self._pass()
            answer = method(*arguments, **named)
            self._pass()
            return answer

        return wrapped

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self.end_at:
            raise Killed


@pytest.fixture(scope="module")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key) as running:
        yield running


@pytest.fixture
def stage(
    chain: DeployedChain, evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, tmp_path: Path
) -> Iterator[ClaimStage]:
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        for party in (made.creditor, made.collector):
            made.admit(party)
            with made.client(party) as client:
                client.set_up()
        yield made


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    made = Counter()
    for owner, name in PLACES:
        monkeypatch.setattr(owner, name, made.around(getattr(owner, name)))
    return made


def killed_everywhere(stage: ClaimStage, counter: Counter, act: Callable[[ClaimClient], object]) -> int:
    """Run a command, killed at its first place, then again, killed one place later, until it ends by itself.

    Returns:
        How often it was killed.
    """
    for kills in range(200):
        counter.passed, counter.end_at = 0, None
        client = stage.client()
        counter.passed, counter.end_at = 0, kills + 1
        try:
            act(client)
        except Killed:
            continue
        finally:
            client.close()
            counter.end_at = None
        return kills
    raise AssertionError("the command never comes to its end")


def killed_at(stage: ClaimStage, counter: Counter, place: int, act: Callable[[ClaimClient], object]) -> bool:
    """Run a command once, killed at one place; says whether it got so far."""
    client = stage.client()
    counter.passed, counter.end_at = 0, place
    try:
        act(client)
    except Killed:
        return True
    finally:
        client.close()
        counter.end_at = None
    return False


def filing(number: int) -> Callable[[ClaimClient], ClaimState]:
    """File a claim of its own for each number."""
    return lambda client: client.file(contents(reference=f"number {number}"))


def amending(number: int) -> Callable[[ClaimClient], ClaimState]:
    """Amend the same claim to other costs for each number."""
    return lambda client: client.amend(contents(costs=5000 + number))


def test_file_killed_again_and_again_files_and_delivers_once(stage: ClaimStage, counter: Counter) -> None:
    # Each run finds what the one before has left, and gets one place further in what remains.
    killed_everywhere(stage, counter, lambda client: client.file(contents()))
    with stage.client() as client:
        state = client.file(contents())
    assert state.status is ClaimStatus.FILED
    assert len(stage.events("ClaimFiled")) == 1
    ((_, claim),) = stage.delivered()
    assert claim_commitment(claim) == state.commitment
    # However often its answer was lost, the id took quota once.
    today = datetime.now(UTC).date()
    used = stage.organisations.channel_usage(today - timedelta(days=1), today)
    assert sum(line.claim_ids for line in used) == 1


def test_file_asks_anew_for_an_id_when_the_question_before_came_too_late(
    stage: ClaimStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.client() as client:
        with monkeypatch.context() as changed:
            changed.setattr(channel, "VALIDITY", timedelta(seconds=-1))
            with pytest.raises(errors.InvalidInput) as caught:
                client.file(contents())
        assert caught.value.key == "request_expired"
        assert client.file(contents()).status is ClaimStatus.FILED


def test_file_killed_at_each_place_and_run_again(stage: ClaimStage, counter: Counter) -> None:
    place = 1
    while killed_at(stage, counter, place, filing(place)):
        with stage.client() as client:
            state = filing(place)(client)
        assert state.status is ClaimStatus.FILED
        assert (state.is_current, state.unfinished) == (True, None)
        assert len(stage.events("ClaimFiled")) == place
        found = stage.delivered()
        assert len(found) == place
        assert claim_commitment(found[-1][1]) == state.commitment
        place += 1
    # Id, beginning, signature, transaction, seal, delivery: each before and after.
    assert place >= 14


def test_amend_hand_over_and_withdraw_killed_at_each_place_and_run_again(stage: ClaimStage, counter: Counter) -> None:
    with stage.client() as client:
        claim_id = client.file(contents()).claim_id
    place = 1
    while killed_at(stage, counter, place, amending(place)):
        with stage.client() as client:
            assert amending(place)(client).is_current
        assert len(stage.events("ClaimAmended")) == place
        assert [claim.version for _, claim in stage.delivered()] == [*range(1, place + 2)]
        place += 1
    assert place >= 12
    for act, name in (
        (lambda client: client.hand_over(claim_id, stage.collector.account.address), "ClaimHandedOver"),
        (lambda client: client.withdraw(claim_id), "ClaimWithdrawn"),
    ):
        snapshot = stage.chain.node.snapshot()
        place = 1
        while True:
            got_there = killed_at(stage, counter, place, act)
            with stage.client() as client:
                act(client)
            assert len(stage.events(name)) == 1
            stage.chain.node.revert(snapshot)
            stage.chain.node.mine(30)
            snapshot = stage.chain.node.snapshot()
            forget_last_step(stage)
            if not got_there:
                break
            place += 1
        assert place >= 7


def forget_last_step(stage: ClaimStage) -> None:
    """Take the last step out of the journal, so that the same one can be played anew on a chain that was reset."""
    with stage.client() as client:
        steps = client._journal.steps()
        for step in steps:
            if step.claim is None:
                client._journal._write("DELETE FROM steps WHERE number = ?", step.number)


def test_collect_killed_at_each_place_keeps_every_receipt_once(stage: ClaimStage, counter: Counter) -> None:
    with stage.client() as client:
        state = client.file(contents())
    ((message, _),) = stage.delivered()
    place = 1
    while True:
        stage.send_receipt(message, state.commitment)
        got_there = killed_at(stage, counter, place, lambda client: client.collect())
        with stage.client() as client:
            client.collect()
            assert len(client._journal.messages()) == place
            assert client._journal.unacknowledged(14) == []
        files = list((stage.creditor.folder / "receipts").iterdir())
        assert len(files) == place
        assert all(claims_receipts.read_receipt(file) for file in files)
        if not got_there:
            break
        place += 1
    assert place >= 8
