"""The client with a memory of tags in front of a real evaluator: what is charged when answers get lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schuldhulp.creditor import Client
from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.creditor.kept_tags import KeptTagFile
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.domain.identifiers import parse_person
from schuldhulp.errors import NotAllowed
from tests.support.asking import Asking
from tests.support.evaluation import KVK, MUNICIPALITY

PEOPLE = [parse_person(f"Jansen;1980-02-01;9711AB;{number}") for number in range(1, 6)]
KEY = KeptKey.generate()


def client_of(asking: Asking, folder: Path) -> Client:
    return Client(
        deployment_file=asking.deployment_file,
        chain_url=asking.node.url,
        organisation=KVK,
        sign_digest=digest_signer(asking.evaluator.creditor),
        state_file=asking.state_file,
        kept=KeptTagFile(folder / "kept.sqlite", KEY, registry=asking.node.instance_id),
        clock=asking.evaluator.clock,
    )


def colours(client: Client) -> str:
    return "".join(answer.signal.value[0] for answer in client.signals(municipality=MUNICIPALITY, identifiers=PEOPLE))


@pytest.mark.parametrize("hours", [0, 1, 20])
def test_signals_cost_once_when_the_process_ends_before_the_answer_is_kept(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    asking.evaluator.admit(daily=len(PEOPLE), per_epoch=len(PEOPLE))
    asking.enrol(PEOPLE[1])

    def lose(evaluator: HttpEvaluator, body: bytes, send: Any = HttpEvaluator.send) -> None:
        send(evaluator, body)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(HttpEvaluator, "send", lose)
        with pytest.raises(KeyboardInterrupt):
            colours(client_of(asking, tmp_path))
    # NOON plus these is also another day for the quota of the day, but not for that of the epoch.
    asking.evaluator.clock.advance(hours=hours)
    asking.node.timestamp += 3600 * hours
    assert colours(client_of(asking, tmp_path)) == "rgrrr"
    # All quota of the epoch is spent, and asking again still costs nothing.
    assert colours(client_of(asking, tmp_path)) == "rgrrr"


def test_signals_use_up_the_quota_and_answer_the_rest_when_there_is_more(asking: Asking, tmp_path: Path) -> None:
    asking.evaluator.admit(daily=3)
    client = client_of(asking, tmp_path)
    with pytest.raises(NotAllowed) as caught:
        colours(client)
    assert caught.value.key == "daily_quota_spent"
    answers = client.kept_signals(municipality=MUNICIPALITY, identifiers=PEOPLE)
    assert [answer is not None for answer in answers] == [True] * 3 + [False] * 2
    asking.evaluator.clock.advance(hours=13)
    asking.node.timestamp += 3600 * 13
    assert colours(client_of(asking, tmp_path)) == "rrrrr"
