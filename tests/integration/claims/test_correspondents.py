"""The worker's copy of whom can be written to, and messages that an older version had nobody for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from schuldhulp.errors import NotAllowed, Unreachable
from schuldhulp.services.claims.collecting import Collector
from schuldhulp.services.claims.correspondents import CorrespondentList, Correspondents
from schuldhulp.services.claims.ports import Correspondent, Message, MessageKind
from schuldhulp.services.ports import UnitOfWork
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import COLLECTOR_KVK, Party
from tests.support.evaluation import KVK
from tests.support.intake import Town


class Told:
    """Answers a list of organisations page by page, and nothing else."""

    def __init__(self, *found: Correspondent) -> None:
        """Take the organisations."""
        self.found = sorted(found, key=lambda one: one.kvk)

    def organisations(self, after: str, limit: int) -> list[Correspondent]:
        """Return at most two of them."""
        return [one for one in self.found if one.kvk > after][: min(limit, 2)]


def correspondent(kvk: str, *accounts: str, suspended: bool = False) -> Correspondent:
    return Correspondent(kvk=kvk, name=f"Organisatie {kvk}", accounts=accounts, suspended=suspended)


def keep(town: Town, channel: object) -> int:
    return CorrespondentList(store=town.store, channel=channel, municipality=MUNICIPALITY).refresh()  # type: ignore[arg-type]


def of(town: Town, kvk: str) -> Correspondent | None:
    return Correspondents(store=town.store, municipality=MUNICIPALITY).of(kvk)


def test_refresh_keeps_who_is_admitted_at_the_real_evaluator(town: Town) -> None:
    assert of(town, KVK) is None
    assert keep(town, town.stage.municipality()) == 2
    assert of(town, KVK) == Correspondent(
        kvk=KVK, name="Voorbeeld", accounts=(town.stage.creditor.account.address,), suspended=False
    )
    # Another account, and the end of another organisation.
    second = Party(kvk=KVK, folder=town.stage.folder)
    town.stage.enter(second)
    town.stage.organisations.suspend(COLLECTOR_KVK, reason="misbruik", by="administrator", at=town.clock.now())
    assert keep(town, town.stage.municipality()) == 2
    now, other = of(town, KVK), of(town, COLLECTOR_KVK)
    assert now is not None
    assert now.accounts == (second.account.address, town.stage.creditor.account.address)
    assert other is not None
    assert other.suspended


def test_refresh_forgets_who_is_gone_and_who_has_no_account_left(town: Town) -> None:
    pages = [correspondent(f"1000000{number}", f"0x{number:040d}") for number in range(5)]
    assert keep(town, Told(*pages)) == 5
    assert [of(town, one.kvk) for one in pages] == pages
    assert keep(town, Told(correspondent("10000000", "0xA", "0xB", suspended=True), correspondent("10000001"))) == 2
    assert of(town, "10000000") == correspondent("10000000", "0xA", "0xB", suspended=True)
    assert [of(town, one.kvk) for one in pages[1:]] == [None] * 4


def test_refresh_that_fails_leaves_the_list_as_it_was(town: Town) -> None:
    class Breaks(Told):
        def organisations(self, after: str, limit: int) -> list[Correspondent]:
            if after:
                raise Unreachable("evaluator_unreachable", "no answer")
            return super().organisations(after, limit)

    before = correspondent("10000000", "0xA")
    keep(town, Told(before))
    with pytest.raises(Unreachable):
        keep(town, Breaks(correspondent("20000000", "0xB")))
    assert of(town, "10000000") == before
    assert of(town, "20000000") is None


def test_refresh_believes_no_list_without_an_end(town: Town) -> None:
    class Endless:
        def organisations(self, after: str, limit: int) -> list[Correspondent]:
            return [correspondent(f"{int(after or 0) + 1:08d}")]

    with pytest.raises(Unreachable):
        keep(town, Endless())


def test_creditor_may_not_ask_who_is_admitted(town: Town) -> None:
    with pytest.raises(NotAllowed):
        town.channel_of(town.stage.creditor).organisations("")


# --- messages of a kind that an older version did not know -----------------------------------------------------------


class Handler:
    """Remembers what it was handed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept: list[Message] = []
        self.again: list[bytes] = []

    def keep(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Remember a message."""
        assert work.mail.get(message.message) is not None
        self.kept.append(message)

    def keep_again(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Remember that it came again."""
        self.again.append(message.message)


def collector(town: Town, handler: Handler | None = None, channel: object = None) -> Collector:
    return Collector(
        store=town.store,
        channel=channel or town.stage.municipality(),  # type: ignore[arg-type]
        clock=town.clock,
        municipality=MUNICIPALITY,
        handlers={MessageKind.STATEMENT: handler} if handler else {},
    )


def test_message_of_a_kind_without_a_handler_waits_for_a_version_that_has_one(town: Town) -> None:
    channel = town.channel_of(town.stage.creditor)
    sent = channel.deliver(MessageKind.STATEMENT, b"\x01" * 32, "municipality", b"statement").message
    assert collector(town).collect() == (1, True)
    handler = Handler()
    for _ in range(2):
        assert collector(town, handler).collect() == (0, True)
    (message,) = handler.kept
    assert (message.message, message.content, message.organisation) == (sent, b"statement", KVK)
    assert handler.again == []


def test_message_is_handed_over_once_and_named_when_it_comes_again(town: Town) -> None:
    class Again:
        """An evaluator that was restored: it hands out what it had before, under higher numbers."""

        def __init__(self) -> None:
            self.given: list[Message] = []

        def collect(self, after: int, limit: int = 100) -> Sequence[Message]:
            return [one for one in self.given if one.number > after]

        def acknowledge(self, messages: Sequence[bytes]) -> None:
            """Take note of nothing."""

    handler, evaluator = Handler(), Again()
    found = Message(
        number=1,
        message=b"\x02" * 32,
        kind=MessageKind.STATEMENT,
        subject=b"\x01" * 32,
        sender="0x1",
        organisation=KVK,
        received_at=town.clock.now(),
        content=b"statement",
    )
    evaluator.given = [found]
    assert collector(town, handler, evaluator).collect() == (1, True)
    evaluator.given = [Message(**{**found.__dict__, "number": 9})]
    assert collector(town, handler, evaluator).collect() == (0, True)
    assert ([one.message for one in handler.kept], handler.again) == ([found.message], [found.message])
