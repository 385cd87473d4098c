"""The channel as its users have it: over HTTP, and with two processes on one store."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.services.claims import callers
from schuldhulp.services.claims.ports import MAX_CONTENT, MAX_MESSAGES, MUNICIPALITY, MessageKind
from schuldhulp.storage.evaluation import EvaluatorDatabase
from schuldhulp.storage.messages import MessageDatabase
from tests.support.channel import OTHER_KVK, SUBJECT, ChannelStage
from tests.support.evaluation import CHAIN_ID, KVK, NOON, REGISTRY, SetClock, make_elements, serving
from tests.support.evaluation import MUNICIPALITY as CODE
from tests.support.told_http import ToldHttp, told_http

PROJECT = Path(__file__).resolve().parents[3]
SECRET = "\x1b[31mAchternaam"


@pytest.fixture
def address(stage: ChannelStage) -> Iterator[str]:
    with serving(stage.app()) as url:
        yield url


def deliver(channel: HttpChannel, content: bytes) -> bytes:
    return channel.deliver(MessageKind.CLAIM, SUBJECT, MUNICIPALITY, content).message


# --- with a real evaluator -------------------------------------------------------------------------------------------


def test_sealed_claim_and_receipt_go_there_and_back(stage: ChannelStage, address: str) -> None:
    keys = {name: OpeningKey(bytes([index]) * 32) for index, name in enumerate(("municipality", "creditor"), start=1)}
    creditor = stage.client(address + "/", stage.creditor)
    worker = stage.client(address, stage.reviewer, MUNICIPALITY)
    claim = seal(keys["municipality"].public_key, b"contents", b"schuldhulp claim v1", SUBJECT)
    sent = creditor.deliver(MessageKind.CLAIM, SUBJECT, MUNICIPALITY, claim)
    assert sent.received_at == NOON
    (found,) = worker.collect(0)
    assert (found.message, found.kind, found.subject) == (sent.message, MessageKind.CLAIM, SUBJECT)
    assert (found.sender, found.organisation, found.received_at) == (stage.creditor.address, KVK, NOON)
    assert open_sealed(keys["municipality"], found.content, b"schuldhulp claim v1", SUBJECT) == b"contents"
    worker.acknowledge([found.message])
    receipt = seal(keys["creditor"].public_key, b"receipt", b"schuldhulp receipt v1", SUBJECT)
    worker.deliver(MessageKind.RECEIPT, found.subject, found.sender, receipt)
    (answer,) = creditor.collect(0)
    assert (answer.sender, answer.organisation, answer.content) == (MUNICIPALITY, MUNICIPALITY, receipt)
    assert creditor.collect(answer.number) == []
    creditor.acknowledge([answer.message])


def test_claim_ids_of_creditor_and_worker_are_the_same(stage: ChannelStage, address: str) -> None:
    published, outputs = voprf.public_key(stage.keys.claim_id), []
    for channel in (stage.client(address, stage.creditor), stage.client(address, stage.reviewer, MUNICIPALITY)):
        blindings = [voprf.blind(b"12345678|%d" % number) for number in range(100)]
        batch = channel.claim_ids([one.element for one in blindings])
        evaluation = voprf.Evaluation(evaluated=batch.evaluated, proof=batch.proof, key=batch.key)
        outputs.append(voprf.finalize(blindings, evaluation, published_key=published))
    assert outputs[0] == outputs[1]
    assert len(set(outputs[0])) == 100


def test_claim_ids_that_were_prepared_are_charged_once_and_answered_again(stage: ChannelStage, address: str) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    channel = stage.client(address, stage.creditor)
    prepared = channel.prepare_claim_ids(make_elements(1))
    first = channel.send_claim_ids(prepared)
    stage.clock.advance(hours=1)
    assert channel.send_claim_ids(prepared).evaluated == first.evaluated
    late = channel.prepare_claim_ids(make_elements(1))
    stage.clock.advance(hours=1)
    with pytest.raises(errors.InvalidInput) as caught:
        channel.send_claim_ids(late)
    assert caught.value.key == "request_expired"


def test_refusals_become_errors_with_the_time_to_wait(
    stage: ChannelStage, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    channel = stage.client(address, stage.creditor)
    with pytest.raises(errors.NotAllowed) as caught:
        channel.claim_ids(make_elements(2))
    assert (caught.value.key, caught.value.parameters) == ("claim_id_quota_spent", {"retry_after": 12 * 3600})
    deliver(channel, b"one")
    with pytest.raises(errors.Conflict) as conflict:
        channel.deliver(MessageKind.CLAIM, bytes(32), MUNICIPALITY, b"one")
    assert conflict.value.key == "message_differs"
    with pytest.raises(errors.NotAllowed):
        channel.deliver(MessageKind.RECEIPT, SUBJECT, stage.other.address, b"one")
    with pytest.raises(errors.InvalidInput):
        channel.deliver(MessageKind.CLAIM, SUBJECT, "0x", b"one")
    with pytest.raises(errors.NotAllowed):
        stage.client(address, stage.creditor, OTHER_KVK).collect(0)
    stage.chain.reachable = False
    with pytest.raises(errors.Unreachable):
        deliver(channel, b"two")
    monkeypatch.setattr(callers, "REQUESTS", 1)
    with pytest.raises(errors.NotAllowed) as spent:
        channel.collect(0)
    assert 0 < int(spent.value.parameters["retry_after"]) <= 60


def test_large_messages_and_long_acknowledgements_pass(stage: ChannelStage, address: str) -> None:
    channel = stage.client(address, stage.creditor)
    worker = stage.client(address, stage.reviewer, MUNICIPALITY)
    contents = [bytes([number]) * MAX_CONTENT for number in range(15)]
    hashes = [deliver(channel, content) for content in contents]
    found, last = [], 0
    while batch := worker.collect(last):
        found += batch
        last = batch[-1].number
    assert [message.content for message in found] == contents
    worker.acknowledge([bytes([number]) * 32 for number in range(2 * MAX_MESSAGES)] + hashes)
    stage.clock.advance(days=31)
    assert stage.service.erase_old() == len(contents)


def test_two_evaluators_on_one_store_lose_and_double_nothing(stage: ChannelStage) -> None:
    """Each delivery is tried at both, as after a lost answer; a collector that goes from one to the other sees all."""
    organisations, store = EvaluatorDatabase(stage.url), MessageDatabase(stage.url)
    second = stage.serve(store, organisations=organisations)
    with serving(stage.app()) as one, serving(stage.app(second)) as two, ThreadPoolExecutor(4) as pool:

        def hand_in(number: int) -> bytes:
            order = (one, two) if number % 2 else (two, one)
            names = {deliver(stage.client(url, stage.creditor), b"%d" % number) for url in order}
            assert len(names) == 1
            return names.pop()

        tasks = [pool.submit(hand_in, number) for number in range(16)]
        workers = [stage.client(url, stage.reviewer, MUNICIPALITY) for url in (one, two)]
        found, last, turn, idle = [], 0, 0, False
        while not idle:
            idle = all(task.done() for task in tasks)
            batch = workers[turn % 2].collect(last, 3)
            idle, turn = idle and not batch, turn + 1
            found += batch
            last = batch[-1].number if batch else last
        assert sorted(message.message for message in found) == sorted(task.result() for task in tasks)
    organisations.close()
    store.close()


PROGRAM = """
import sys
from datetime import datetime, timezone
from schuldhulp.crypto.channel import message_hash
from schuldhulp.services.claims.ports import MessageKind, Posting
from schuldhulp.storage.messages import MessageDatabase

store, number = MessageDatabase(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    content = b"%d" % number
    store.deliver(
        Posting(message=message_hash(content), kind=MessageKind.CLAIM, subject=bytes(32), sender="x",
                organisation="12345678", recipient="municipality", content=content),
        allowance=None, nonce=message_hash(content + b"nonce"), at=datetime.now(timezone.utc))
    print(number, flush=True)
"""


def test_evaluator_that_is_killed_keeps_what_it_acknowledged_and_leaves_no_gap(stage: ChannelStage) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, stage.url], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(6)]
    finally:
        process.kill()
    acknowledged += list(process.stdout)
    process.wait(30)
    process.stdout.close()
    found = stage.store.collect(
        organisation=MUNICIPALITY,
        recipient=MUNICIPALITY,
        after=0,
        limit=10_000,
        size=10**9,
        nonce=bytes(32),
        at=NOON,
    )
    assert [message.content for message in found] == [b"%d" % number for number in range(1, len(found) + 1)]
    assert len(found) >= len(acknowledged) - 1 >= 5


# --- with an evaluator that answers anything -------------------------------------------------------------------------

RIGHT_MESSAGE = {
    "number": 3,
    "message": message_hash(b"sealed").hex(),
    "kind": "receipt",
    "subject": "11" * 32,
    "sender": "municipality",
    "organisation": "municipality",
    "receivedAt": 1_795_435_200,
    "content": base64.b64encode(b"sealed").decode(),
}
RIGHT_DELIVERY = {"message": message_hash(b"sealed").hex(), "receivedAt": 1_795_435_200}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Callable[[], ToldHttp]]]:
    with told_http() as running:
        yield running


@pytest.fixture
def told(server: tuple[str, Callable[[], ToldHttp]]) -> ToldHttp:
    return server[1]()


@pytest.fixture
def channel(server: tuple[str, Callable[[], ToldHttp]], told: ToldHttp) -> HttpChannel:
    return make_channel(server[0])


def make_channel(url: str) -> HttpChannel:
    return HttpChannel(
        url=url,
        municipality=CODE,
        organisation=KVK,
        chain_id=CHAIN_ID,
        registry_address=REGISTRY,
        sign_digest=digest_signer(AccountKey.generate()),
        clock=SetClock(),
    )


def test_requests_never_use_a_nonce_twice_and_expire_in_two_minutes(told: ToldHttp, channel: HttpChannel) -> None:
    told.body = json.dumps({"messages": []}).encode()
    for _ in range(3):
        channel.collect(0)
    assert len({headers["schuldhulp-nonce"] for _, headers, _ in told.received}) == 3
    assert {headers["schuldhulp-expiry"] for _, headers, _ in told.received} == {str(int(NOON.timestamp()) + 120)}
    assert {path for path, _, _ in told.received} == {"/v1/messages/collect"}


def test_collect_reads_a_right_answer(told: ToldHttp, channel: HttpChannel) -> None:
    told.body = json.dumps({"messages": [RIGHT_MESSAGE, RIGHT_MESSAGE | {"number": 9, "kind": "newer"}]}).encode()
    first, second = channel.collect(2)
    assert (first.number, first.kind, first.content, second.kind) == (3, MessageKind.RECEIPT, b"sealed", "newer")
    assert isinstance(first.kind, MessageKind)


@pytest.mark.parametrize(
    "messages",
    [
        None,
        5,
        [None],
        [{}],
        *([{name: value for name, value in RIGHT_MESSAGE.items() if name != missing}] for missing in RIGHT_MESSAGE),
        [RIGHT_MESSAGE | {"number": 2}],
        [RIGHT_MESSAGE | {"number": "3"}],
        [RIGHT_MESSAGE | {"number": True}],
        [RIGHT_MESSAGE, RIGHT_MESSAGE],
        [RIGHT_MESSAGE | {"message": "00" * 32}],
        [RIGHT_MESSAGE | {"content": base64.b64encode(b"other").decode()}],
        [RIGHT_MESSAGE | {"content": SECRET}],
        [RIGHT_MESSAGE | {"subject": "11" * 31}],
        [RIGHT_MESSAGE | {"sender": 5}],
        [RIGHT_MESSAGE | {"organisation": None}],
        [RIGHT_MESSAGE | {"kind": ["claim"]}],
        [RIGHT_MESSAGE | {"kind": 5}],
        [RIGHT_MESSAGE | {"receivedAt": 10**30}],
        [RIGHT_MESSAGE | {"receivedAt": 10**15}],
        [RIGHT_MESSAGE | {"receivedAt": "2026-11-23"}],
        [RIGHT_MESSAGE | {"number": number} for number in range(3, 9)],
    ],
    ids=lambda value: str(value)[:40],
)
def test_collect_takes_no_other_answer(told: ToldHttp, channel: HttpChannel, messages: Any) -> None:
    told.body = json.dumps({"messages": messages}).encode()
    with pytest.raises(errors.Unreachable) as caught:
        channel.collect(2, 5)
    assert caught.value.key == "evaluator_answer_wrong"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"message": RIGHT_DELIVERY["message"]},
        {"receivedAt": 1},
        RIGHT_DELIVERY | {"message": "00" * 32},
        RIGHT_DELIVERY | {"message": SECRET},
        RIGHT_DELIVERY | {"receivedAt": None},
        RIGHT_DELIVERY | {"receivedAt": 1.5},
        RIGHT_DELIVERY | {"receivedAt": 10**30},
    ],
    ids=str,
)
def test_deliver_takes_no_acknowledgement_of_anything_else(told: ToldHttp, channel: HttpChannel, answer: Any) -> None:
    told.body = json.dumps(answer).encode()
    with pytest.raises(errors.Unreachable):
        deliver(channel, b"sealed")
    told.body = json.dumps(RIGHT_DELIVERY).encode()
    assert deliver(channel, b"sealed") == message_hash(b"sealed")


def test_claim_ids_takes_no_answer_without_a_proof(told: ToldHttp, channel: HttpChannel) -> None:
    told.body = json.dumps({"evaluated": ["A" * 43], "key": "00" * 32}).encode()
    with pytest.raises(errors.ProofInvalid):
        channel.claim_ids(make_elements(1))


def test_wrong_sizes_are_refused_without_asking(told: ToldHttp, channel: HttpChannel) -> None:
    for elements in ([], [bytes(32)] * 101):
        with pytest.raises(errors.InvalidInput):
            channel.claim_ids(elements)
    for content in (b"", b"x" * (MAX_CONTENT + 1)):
        with pytest.raises(errors.InvalidInput):
            deliver(channel, content)
    channel.acknowledge([])
    assert told.received == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (401, errors.NotAllowed),
        (403, errors.NotAllowed),
        (409, errors.Conflict),
        (413, errors.InvalidInput),
        (422, errors.InvalidInput),
        (429, errors.NotAllowed),
        (500, errors.Unreachable),
        (503, errors.Unreachable),
        (307, errors.Unreachable),
    ],
)
def test_refusal_is_named_and_its_text_never_repeated(
    told: ToldHttp, channel: HttpChannel, status: int, kind: type[errors.SchuldhulpError]
) -> None:
    told.status, told.headers = status, [(b"location", b"/elsewhere"), (b"retry-after", b"60")]
    told.body = json.dumps({"error": "some_reason", "field": SECRET, "message": SECRET}).encode()
    with pytest.raises(kind) as caught:
        channel.collect(0)
    assert SECRET not in str(caught.value) + repr(caught.value.parameters) + str(caught.value.field)
    assert len(told.received) == 1
    if kind is not errors.Unreachable:
        assert (caught.value.key, caught.value.parameters) == ("some_reason", {"retry_after": 60})


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b" " * 2_000_000])
def test_answer_that_is_no_json_is_refused(told: ToldHttp, channel: HttpChannel, body: bytes) -> None:
    told.body = body
    with pytest.raises(errors.Unreachable):
        channel.collect(0)


@pytest.mark.parametrize("url", ["http://example.nl", "ftp://localhost", "localhost", "", "https://", "http://["])
def test_client_refuses_an_address_without_https(url: str) -> None:
    with pytest.raises(errors.Misconfigured):
        make_channel(url)


def test_client_shows_no_content_and_no_signature(channel: HttpChannel, told: ToldHttp) -> None:
    told.body = json.dumps({"messages": [RIGHT_MESSAGE]}).encode()
    (message,) = channel.collect(0)
    assert "sealed" not in repr(message)
