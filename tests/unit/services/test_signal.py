from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.crypto.pseudonyms import check_number
from schuldhulp.domain.identifiers import IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalWarning
from schuldhulp.services.signal import SignalService
from schuldhulp.services.tags import BATCH
from tests.support.evaluation import KVK, MUNICIPALITY, NOON, SetClock
from tests.support.one_registry import OneRegistry

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
BSN = bsn_identifier(parse_bsn("999990019"))


@pytest.fixture
def registry() -> OneRegistry:
    return OneRegistry()


@pytest.fixture
def service(registry: OneRegistry) -> SignalService:
    stand_in: Any = registry
    return SignalService(registry=stand_in, connect=registry.connect, clock=SetClock(), organisation=KVK)


def test_ask_finds_who_was_enrolled(registry: OneRegistry, service: SignalService) -> None:
    registry.enrol(JANSEN)
    answer = service.ask(municipality=MUNICIPALITY, identifier=JANSEN)
    assert (answer.signal, answer.contact) == (Signal.GREEN, "schuldhulp@example.nl")
    assert (answer.block_number, answer.block_hash, answer.checked_at) == (7, registry.head.hash, NOON)
    other = service.ask(municipality=MUNICIPALITY, identifier=replace(JANSEN, text=JANSEN.text + "0"))
    assert (other.signal, other.contact, other.warnings) == (Signal.RED, "", (SignalWarning.NAME_MATCH_RED,))


def test_ask_looks_at_the_chain_before_and_after_the_evaluator(registry: OneRegistry, service: SignalService) -> None:
    service.ask(municipality=MUNICIPALITY, identifier=JANSEN)
    assert registry.views == 2
    assert registry.connected == ["https://evaluator.example.nl"]


def test_ask_many_splits_by_kind_and_by_a_thousand_and_asks_each_once(
    registry: OneRegistry, service: SignalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schuldhulp.services.tags.BATCH", 2)
    persons = [replace(JANSEN, text=f"NL.NADB:{number}") for number in range(5)]
    registry.enrol(persons[4])
    answers = service.ask_many(municipality=MUNICIPALITY, identifiers=[*persons, BSN, *persons])
    assert registry.batches == [
        (IdentifierKind.BSN, 1),
        (IdentifierKind.NADB, 2),
        (IdentifierKind.NADB, 2),
        (IdentifierKind.NADB, 1),
    ]
    colours = [answer.signal.value for answer in answers]
    assert colours == ["red"] * 4 + ["green", "red"] + ["red"] * 4 + ["green"]
    assert BATCH == 1_000


def test_ask_gives_the_number_that_whoever_has_tag_and_block_can_compute(
    registry: OneRegistry, service: SignalService
) -> None:
    registry.enrol(JANSEN)
    [tag] = registry.tags
    answer = service.ask(municipality=MUNICIPALITY, identifier=JANSEN)
    assert answer.check_number == check_number(KVK, tag, registry.head.hash)
    registry.tags.clear()
    assert service.ask(municipality=MUNICIPALITY, identifier=JANSEN).check_number == answer.check_number


def test_ask_without_a_memory_asks_no_smaller_question_when_the_quota_is_spent(
    registry: OneRegistry, service: SignalService
) -> None:
    registry.quota = 1
    with pytest.raises(errors.NotAllowed):
        service.ask_many(municipality=MUNICIPALITY, identifiers=[JANSEN, replace(JANSEN, text="NL.NADB:other")])
    assert (len(registry.received), registry.used) == (1, 0)


def test_ask_gives_no_answer_when_the_registry_gives_none(registry: OneRegistry, service: SignalService) -> None:
    def fail(_asked: object) -> list[bool]:
        raise errors.ChainMismatch("signal_no_code", "empty answer")

    registry.known = registry.is_known = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(errors.ChainMismatch) as caught:
        service.ask(municipality=MUNICIPALITY, identifier=JANSEN)
    assert "jansen" not in f"{caught.value!r} {caught.value} {caught.value.parameters}".lower()
