"""Mailboxes in the evaluator's database."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from schuldhulp import errors
from schuldhulp.crypto.channel import message_hash
from schuldhulp.errors import LimitReached
from schuldhulp.services.claims.ports import (
    MUNICIPALITY,
    Allowance,
    ClaimIdQuota,
    Delivered,
    Message,
    MessageKind,
    Posting,
)
from schuldhulp.services.ports import ChannelLine
from schuldhulp.storage.channel_usage import channel_usage
from schuldhulp.storage.database import connect
from schuldhulp.storage.message_tables import claim_ids_asked, messages
from schuldhulp.storage.messages import MessageDatabase
from tests.support.channel import FIRST, OTHER_KVK, SUBJECT, ChannelStage
from tests.support.database import empty_database, kinds
from tests.support.evaluation import KVK, NOON

ACCOUNT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SECOND = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TEN = ClaimIdQuota(organisation=10, account=None)
PLENTY = Allowance(waiting=1_000, waiting_bytes=10**6, held=1_000, held_bytes=10**6)


@pytest.fixture(params=kinds())
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def store(stage: ChannelStage) -> MessageDatabase:
    return stage.store


def posting(content: bytes, **changes: Any) -> Posting:
    return replace(
        Posting(
            message=message_hash(content),
            kind=MessageKind.CLAIM,
            subject=SUBJECT,
            sender=ACCOUNT,
            organisation=KVK,
            recipient=MUNICIPALITY,
            content=content,
        ),
        **changes,
    )


def deliver(
    store: MessageDatabase,
    content: bytes,
    *,
    allowance: Allowance | None = PLENTY,
    nonce: bytes | None = None,
    hours: float = 0,
    daily: int | None = None,
    **changes: Any,
) -> Delivered:
    return store.deliver(
        posting(content, **changes),
        allowance=allowance,
        nonce=nonce or secrets.token_bytes(32),
        at=NOON + timedelta(hours=hours),
        daily=daily,
    )


def collect(
    store: MessageDatabase, *, recipient: str = MUNICIPALITY, after: int = 0, limit: int = 100, size: int = 10**9
) -> list[Message]:
    return store.collect(
        organisation="municipality",
        recipient=recipient,
        after=after,
        limit=limit,
        size=size,
        nonce=secrets.token_bytes(32),
        at=NOON,
    )


def acknowledge(
    store: MessageDatabase,
    *contents: bytes,
    recipient: str = MUNICIPALITY,
    hours: float = 0,
    nonce: bytes | None = None,
) -> int:
    return store.acknowledge(
        organisation="municipality",
        recipient=recipient,
        hashes=[message_hash(content) for content in contents],
        nonce=nonce or secrets.token_bytes(32),
        at=NOON + timedelta(hours=hours),
    )


def places(found: list[Message]) -> list[int]:
    """Give the numbers of messages that came in at noon, counted from 1."""
    return [message.number - FIRST + 1 for message in found]


def charge(
    store: MessageDatabase,
    elements: int,
    *,
    account: str = ACCOUNT,
    quota: ClaimIdQuota | None = TEN,
    nonce: bytes | None = None,
    hours: float = 0,
    request: bytes | None = None,
    organisation: str = KVK,
) -> bool:
    return store.charge_claim_ids(
        organisation=organisation if quota else MUNICIPALITY,
        account=account,
        quota=quota,
        elements=elements,
        nonce=nonce or secrets.token_bytes(32),
        at=NOON + timedelta(hours=hours),
        request=request,
    )


def test_collect_gives_what_was_delivered(store: MessageDatabase) -> None:
    delivered = deliver(store, b"one", hours=1.5)
    assert delivered == Delivered(message=message_hash(b"one"), received_at=NOON + timedelta(hours=1.5))
    assert collect(store) == [
        Message(
            number=FIRST + 90 * 60 * 1_000_000,
            message=message_hash(b"one"),
            kind=MessageKind.CLAIM,
            subject=SUBJECT,
            sender=ACCOUNT,
            organisation=KVK,
            received_at=delivered.received_at,
            content=b"one",
        )
    ]


def test_deliver_numbers_each_mailbox_from_one(store: MessageDatabase) -> None:
    receipt = {"kind": MessageKind.RECEIPT, "sender": MUNICIPALITY, "organisation": MUNICIPALITY}
    for content in (b"a", b"b", b"c"):
        deliver(store, content)
    deliver(store, b"a", recipient=ACCOUNT, **receipt)
    deliver(store, b"b", recipient=SECOND, **receipt)
    assert places(collect(store)) == [1, 2, 3]
    assert [message.content for message in collect(store, recipient=SECOND)] == [b"b"]


def test_deliver_of_the_same_content_gives_the_first_answer_and_no_second_message(store: MessageDatabase) -> None:
    first = deliver(store, b"one")
    assert deliver(store, b"one", hours=5) == first
    assert deliver(store, b"one", hours=5, sender=SECOND) == first
    assert [message.sender for message in collect(store)] == [ACCOUNT]
    deliver(store, b"two")
    assert places(collect(store)) == [1, 2]


def test_deliver_of_the_same_content_gives_the_first_answer_when_it_was_erased(store: MessageDatabase) -> None:
    first = deliver(store, b"one")
    acknowledge(store, b"one")
    assert store.erase(fetched_before=NOON + timedelta(hours=1), at=NOON) == 1
    assert deliver(store, b"one", hours=99) == first
    assert collect(store) == []


@pytest.mark.parametrize(
    "changes", [{"kind": MessageKind.RECEIPT}, {"subject": bytes(32)}, {"organisation": OTHER_KVK}], ids=str
)
def test_deliver_refuses_content_that_is_there_as_something_else(
    store: MessageDatabase, changes: dict[str, Any]
) -> None:
    deliver(store, b"one")
    with pytest.raises(errors.Conflict) as caught:
        deliver(store, b"one", **changes)
    assert (caught.value.key, caught.value.field) == ("message_differs", "content")
    assert len(collect(store)) == 1


@pytest.mark.parametrize(
    ("allowance", "key"),
    [
        (replace(PLENTY, waiting=2), "mailbox_full"),
        (replace(PLENTY, waiting_bytes=25), "mailbox_full"),
        (replace(PLENTY, held=2), "storage_full"),
        (replace(PLENTY, held_bytes=25), "storage_full"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_deliver_stops_at_each_limit_of_the_organisation(
    store: MessageDatabase, allowance: Allowance, key: str
) -> None:
    for content in (b"a" * 10, b"b" * 10):
        deliver(store, content, allowance=allowance)
    nonce = secrets.token_bytes(32)
    with pytest.raises(LimitReached) as caught:
        deliver(store, b"c" * 10, allowance=allowance, nonce=nonce)
    assert (caught.value.key, caught.value.field) == (key, "content")
    assert caught.value.retry_after > 0
    # What is there already costs nothing; others, and the municipality, have limits of their own or none.
    deliver(store, b"b" * 10, allowance=allowance)
    deliver(store, b"d" * 10, allowance=allowance, organisation=OTHER_KVK)
    deliver(store, b"e" * 10, allowance=None, organisation=MUNICIPALITY, recipient=ACCOUNT)
    # What was refused has not spent its nonce.
    acknowledge(store, b"a" * 10)
    if key == "storage_full":
        store.erase(fetched_before=NOON + timedelta(hours=1), at=NOON)
    deliver(store, b"c" * 10, allowance=allowance, nonce=nonce)


def test_deliver_numbers_on_above_what_was_seen_before_the_database_was_restored(stage: ChannelStage) -> None:
    for number in range(5):
        deliver(stage.store, b"%d" % number)
    seen = collect(stage.store)[-1].number
    engine = connect(stage.url)
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM messages WHERE number > {FIRST}"))
        connection.execute(text(f"UPDATE mailboxes SET last = {FIRST}"))
    engine.dispose()
    deliver(stage.store, b"later", hours=0.01)
    assert [message.content for message in collect(stage.store, after=seen)] == [b"later"]


def test_deliver_numbers_on_when_the_clock_goes_back(store: MessageDatabase) -> None:
    for hours in (5, 3, 0):
        deliver(store, b"%d" % hours, hours=hours)
    assert [message.content for message in collect(store)] == [b"5", b"3", b"0"]


def test_collect_begins_after_a_number_and_ends_at_the_limit(store: MessageDatabase) -> None:
    for number in range(1, 8):
        deliver(store, b"%d" % number)
    assert places(collect(store, after=FIRST + 1, limit=3)) == [3, 4, 5]
    assert collect(store, after=FIRST + 6) == []
    assert collect(store, after=2**62) == []


def test_collect_keeps_to_a_size_but_always_gives_one(store: MessageDatabase) -> None:
    for content in (b"a" * 10, b"b" * 10, b"c" * 30, b"d"):
        deliver(store, content)
    assert places(collect(store, size=25)) == [1, 2]
    assert places(collect(store, after=FIRST + 1, size=25)) == [3]
    assert places(collect(store, after=FIRST, size=40)) == [2, 3]


def test_collect_passes_over_what_was_erased(store: MessageDatabase) -> None:
    for content in (b"a", b"b", b"c"):
        deliver(store, content)
    acknowledge(store, b"b")
    store.erase(fetched_before=NOON + timedelta(hours=1), at=NOON)
    assert places(collect(store)) == [1, 3]
    assert places(collect(store, limit=2)) == [1, 3]


def test_collect_gives_a_kind_of_newer_software_by_its_name(stage: ChannelStage) -> None:
    deliver(stage.store, b"one")
    engine = connect(stage.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE messages SET kind = 'notice'"))
    engine.dispose()
    assert [message.kind for message in collect(stage.store)] == ["notice"]


def test_acknowledge_is_for_the_own_mailbox_and_can_be_repeated(store: MessageDatabase) -> None:
    deliver(store, b"one")
    deliver(store, b"one", recipient=ACCOUNT, organisation=MUNICIPALITY, kind=MessageKind.RECEIPT)
    assert acknowledge(store, b"one", b"unknown", recipient=SECOND) == 0
    assert acknowledge(store, b"one", b"unknown", b"one") == 1
    assert acknowledge(store, b"one", hours=50) == 1
    # The first time counts, and that of another mailbox does not.
    assert store.erase(fetched_before=NOON + timedelta(hours=1), at=NOON) == 1
    assert len(collect(store, recipient=ACCOUNT)) == 1


def test_acknowledge_leaves_the_contents_until_their_time_has_come(store: MessageDatabase) -> None:
    deliver(store, b"one")
    acknowledge(store, b"one", hours=2)
    assert store.erase(fetched_before=NOON + timedelta(hours=2), at=NOON) == 0
    assert [message.content for message in collect(store)] == [b"one"]
    assert store.erase(fetched_before=NOON + timedelta(hours=2.1), at=NOON) == 1
    assert store.erase(fetched_before=NOON + timedelta(hours=2.1), at=NOON) == 0


def test_erase_never_touches_what_nobody_fetched(store: MessageDatabase) -> None:
    deliver(store, b"one")
    assert store.erase(fetched_before=NOON + timedelta(days=9_999), at=NOON) == 0
    assert len(collect(store)) == 1


def test_erase_forgets_nonces_long_after_their_requests_expired(store: MessageDatabase) -> None:
    first, second = bytes(32), b"\x01" * 32
    for nonce, hours in ((first, 0), (second, 20)):
        assert charge(store, 1, quota=None, nonce=nonce, hours=hours)
    store.erase(fetched_before=NOON, at=NOON + timedelta(hours=25))
    assert charge(store, 1, quota=None, nonce=first, hours=25)
    with pytest.raises(errors.Conflict):
        charge(store, 1, quota=None, nonce=second, hours=25)


def test_erase_leaves_nothing_of_the_content_in_the_file(stage: ChannelStage) -> None:
    if not stage.url.startswith("sqlite"):
        pytest.skip("of PostgreSQL the server keeps the files")
    content = secrets.token_bytes(3_000)
    deliver(stage.store, content)
    acknowledge(stage.store, content)
    stage.store.erase(fetched_before=NOON + timedelta(hours=1), at=NOON)
    stage.close()
    engine = connect(stage.url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    path = engine.url.database
    engine.dispose()
    assert path is not None
    assert content[:200] not in Path(path).read_bytes()


def test_charge_claim_ids_of_the_same_request_takes_nothing_again(store: MessageDatabase) -> None:
    nonce, request = bytes(32), b"\x01" * 32
    assert not store.was_charged(request)
    assert [charge(store, 6, nonce=nonce, request=request) for _ in range(3)] == [True] * 3
    assert store.was_charged(request)
    assert charge(store, 4)
    assert not charge(store, 1)
    # One that was refused may come again when there is quota.
    assert not charge(store, 1, request=b"\x02" * 32)
    assert not store.was_charged(b"\x02" * 32)
    with pytest.raises(errors.Conflict):
        charge(store, 1, nonce=nonce, request=b"\x02" * 32)


def test_channel_usage_counts_by_day_and_organisation(store: MessageDatabase) -> None:
    for content, hours in ((b"one", 0), (b"three", 11.999), (b"four", 12)):
        deliver(store, content, hours=hours)
    charge(store, 2)
    charge(store, 3, account=SECOND)
    day = NOON.date()
    with store._engine.connect() as connection:
        assert channel_usage(connection, day, day + timedelta(days=1)) == [
            ChannelLine(day=day, asker=KVK, claim_ids=5, messages=2, size=8),
            ChannelLine(day=day + timedelta(days=1), asker=KVK, claim_ids=0, messages=1, size=4),
        ]
        assert len(channel_usage(connection, day, day)) == 1
        assert channel_usage(connection, day - timedelta(days=9), day - timedelta(days=1)) == []


REQUESTS = {
    "deliver": lambda store, nonce: deliver(store, b"one", nonce=nonce, organisation=MUNICIPALITY, allowance=None),
    "acknowledge": lambda store, nonce: acknowledge(store, b"one", nonce=nonce),
    "charge_claim_ids": lambda store, nonce: charge(store, 1, quota=None, nonce=nonce),
    "collect": lambda store, nonce: store.collect(
        organisation=MUNICIPALITY, recipient=MUNICIPALITY, after=0, limit=1, size=1, nonce=nonce, at=NOON
    ),
}


@pytest.mark.parametrize("first", REQUESTS)
@pytest.mark.parametrize("second", REQUESTS)
def test_requests_of_one_organisation_share_their_nonces(store: MessageDatabase, first: str, second: str) -> None:
    nonce = secrets.token_bytes(32)
    REQUESTS[first](store, nonce)
    with pytest.raises(errors.Conflict) as caught:
        REQUESTS[second](store, nonce)
    assert (caught.value.key, caught.value.field) == ("nonce_used", "Schuldhulp-Nonce")


def test_nonce_of_an_evaluation_does_not_do_for_a_message(stage: ChannelStage) -> None:
    nonce = secrets.token_bytes(32)
    stage.organisations.charge(
        organisation=KVK,
        quota=None,
        epoch=1,
        elements=1,
        nonce=nonce,
        at=NOON,  # type: ignore[arg-type]
    )
    with pytest.raises(errors.Conflict):
        deliver(stage.store, b"one", nonce=nonce)
    assert collect(stage.store) == []


def test_charge_claim_ids_stops_at_the_quota_of_the_day(store: MessageDatabase) -> None:
    nonce = secrets.token_bytes(32)
    assert charge(store, 8)
    assert not charge(store, 3, nonce=nonce)
    assert charge(store, 2, nonce=nonce)
    assert not charge(store, 1, account=SECOND)
    assert charge(store, 10, hours=12)


def test_charge_claim_ids_stops_at_the_quota_of_the_account(store: MessageDatabase) -> None:
    own = ClaimIdQuota(organisation=10, account=3)
    assert charge(store, 3, quota=own)
    assert not charge(store, 1, quota=own)
    assert charge(store, 7, account=SECOND)
    assert not charge(store, 1, account=SECOND)


def test_charge_claim_ids_without_a_quota_counts_nothing(stage: ChannelStage) -> None:
    assert charge(stage.store, 10**6, quota=None)
    engine = connect(stage.url)
    with engine.connect() as connection:
        assert connection.execute(select(claim_ids_asked)).all() == []
    engine.dispose()


def test_charge_claim_ids_stops_at_the_bound_of_the_municipality_whichever_account_asks(store: MessageDatabase) -> None:
    assert charge(store, 6, organisation=MUNICIPALITY)
    assert charge(store, 4, organisation=MUNICIPALITY, account=SECOND)
    nonce = secrets.token_bytes(32)
    assert not charge(store, 1, organisation=MUNICIPALITY, nonce=nonce)
    assert charge(store, 10)
    assert charge(store, 10, organisation=MUNICIPALITY, hours=12, nonce=nonce)


def test_deliver_stops_at_the_bound_of_the_day_and_counts_only_what_is_new(store: MessageDatabase) -> None:
    sent = {"allowance": None, "organisation": MUNICIPALITY, "recipient": ACCOUNT, "daily": 2}
    for content in (b"1", b"2", b"1"):
        deliver(store, content, **sent)
    nonce = secrets.token_bytes(32)
    with pytest.raises(LimitReached) as caught:
        deliver(store, b"3", nonce=nonce, **sent)
    assert caught.value.key == "message_quota_spent"
    assert len(collect(store, recipient=ACCOUNT)) == 2
    deliver(store, b"3", nonce=nonce, hours=12, **sent)
    assert len(collect(store, recipient=ACCOUNT)) == 3


def test_deliver_of_many_at_once_passes_no_bound(stage: ChannelStage) -> None:
    other = MessageDatabase(stage.url)
    stores = (stage.store, other)

    def send(number: int) -> bool:
        try:
            deliver(
                stores[number % 2],
                bytes([number]),
                allowance=None,
                organisation=MUNICIPALITY,
                recipient=(ACCOUNT, SECOND)[number // 2 % 2],
                daily=5,
            )
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(12))) == 5
    other.close()


def test_charge_claim_ids_of_many_at_once_spends_no_more_than_there_is(stage: ChannelStage) -> None:
    other = MessageDatabase(stage.url)
    stores = (stage.store, other)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda number: charge(stores[number % 2], 3), range(16)))
    other.close()
    assert results.count(True) == 3


def test_deliver_of_many_at_once_leaves_no_more_than_allowed_and_no_gap(stage: ChannelStage) -> None:
    other = MessageDatabase(stage.url)
    stores, allowance = (stage.store, other), replace(PLENTY, waiting=5)

    def hand_in(number: int) -> bool:
        try:
            deliver(stores[number % 2], b"%d" % number, allowance=allowance)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(hand_in, range(16)))
    other.close()
    assert results.count(True) == 5
    assert places(collect(stage.store)) == [1, 2, 3, 4, 5]


def test_deliver_of_one_content_at_once_stores_one_message(stage: ChannelStage) -> None:
    other = MessageDatabase(stage.url)
    stores = (stage.store, other)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: deliver(stores[number % 2], b"one", hours=number), range(8)))
    other.close()
    assert len(set(answers)) == 1
    assert len(collect(stage.store)) == 1


@contextmanager
def held_before_commit(store: MessageDatabase) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Stop the next transaction of a store just before it commits: (it has come there, let it go on)."""
    reached, go_on = threading.Event(), threading.Event()
    once = threading.Lock()

    def hold(_connection: Any) -> None:
        if once.acquire(blocking=False):
            reached.set()
            go_on.wait(30)

    event.listen(store._engine, "commit", hold)
    try:
        yield reached, go_on
    finally:
        go_on.set()
        event.remove(store._engine, "commit", hold)


def test_collect_never_passes_a_message_that_was_committed_later(stage: ChannelStage) -> None:
    """One process has numbered its message and not committed; whatever the other does, no collector overtakes it."""
    slow, quick = MessageDatabase(stage.url), MessageDatabase(stage.url)
    delivered = threading.Event()

    def hand_in() -> None:
        deliver(quick, b"quick")
        delivered.set()

    with held_before_commit(slow) as (reached, go_on), ThreadPoolExecutor(3) as pool:
        first = pool.submit(deliver, slow, b"slow")
        assert reached.wait(30)
        second = pool.submit(hand_in)
        # The second waits for the first: had it a number already, a collector could see it without the first.
        assert not delivered.wait(0.5)
        if not stage.url.startswith("sqlite"):
            # On SQLite a collector waits too, since it notes its nonce.
            assert collect(stage.store) == []
        go_on.set()
        first.result(30)
        second.result(30)
    assert [message.content for message in collect(stage.store)] == [b"slow", b"quick"]
    slow.close()
    quick.close()


def test_deliver_that_is_taken_back_leaves_its_number_to_the_next(stage: ChannelStage) -> None:
    broken = MessageDatabase(stage.url)

    def fail(_connection: Any) -> None:
        raise RuntimeError("killed")

    event.listen(broken._engine, "commit", fail)
    with pytest.raises(RuntimeError):
        deliver(broken, b"lost")
    event.remove(broken._engine, "commit", fail)
    broken.close()
    deliver(stage.store, b"next")
    assert [message.content for message in collect(stage.store)] == [b"next"]


def test_collect_while_many_deliver_misses_none(stage: ChannelStage) -> None:
    writers = [MessageDatabase(stage.url) for _ in range(4)]
    each, seen = 12, []
    running = threading.Event()

    def hand_in(index: int) -> None:
        running.wait(30)
        for number in range(each):
            deliver(writers[index], b"%d/%d" % (index, number))

    with ThreadPoolExecutor(len(writers)) as pool:
        tasks = [pool.submit(hand_in, index) for index in range(len(writers))]
        running.set()
        last, idle = 0, False
        while not idle:
            # Everything had been delivered before this look: when it finds nothing, there is no more.
            idle = all(task.done() for task in tasks)
            found = collect(stage.store, after=last, limit=5)
            idle = idle and not found
            seen += [message.content for message in found]
            last = found[-1].number if found else last
        for task in tasks:
            task.result()
    for writer in writers:
        writer.close()
    assert sorted(seen) == sorted(b"%d/%d" % (index, number) for index in range(len(writers)) for number in range(each))


def test_tables_hold_no_column_beside_those_that_privacy_describes() -> None:
    assert set(messages.c.keys()) == {
        "recipient",
        "number",
        "message",
        "kind",
        "subject",
        "sender",
        "organisation",
        "size",
        "content",
        "received_at",
        "fetched_at",
        "erased_at",
    }


def test_beside_takes_turns_with_what_counts_on_the_same_database(stage: ChannelStage) -> None:
    shared = MessageDatabase.beside(stage.organisations)
    assert (shared._engine, shared._turn) == stage.organisations.shared()
    assert shared.erase(fetched_before=NOON, at=NOON) == 0
