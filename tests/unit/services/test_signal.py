from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.crypto import voprf
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalWarning
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.ports import EvaluatedBatch, Head, MunicipalityState
from schuldhulp.services.signal import BATCH, SignalService
from tests.support.evaluation import CURRENT, MUNICIPALITY, NOON, OLDEST, REGISTRY, SetClock

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
BSN = bsn_identifier(parse_bsn("999990019"))
KEYS = {kind: voprf.generate_key() for kind in IdentifierKind}


class OneRegistry:
    """A registry and its view in one, with an evaluator beside it that holds the published keys."""

    def __init__(self) -> None:
        self.state = MunicipalityState(
            current_epoch=CURRENT,
            oldest_epoch=OLDEST,
            announced_epoch=CURRENT,
            claim_key=bytes(32),
            receipt_signer=REGISTRY,
            contact="schuldhulp@example.nl",
            evaluator_url="https://evaluator.example.nl",
        )
        self.head = Head(number=7, hash=bytes(31) + b"\x07", timestamp=NOON)
        self.words: dict[Tag, bytes] = {}
        self.batches: list[tuple[IdentifierKind, int]] = []
        self.connected: list[str] = []
        self.views = 0

    def at_head(self) -> OneRegistry:
        self.views += 1
        return self

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        assert code == MUNICIPALITY
        return self.state

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        assert (code, epoch) == (MUNICIPALITY, CURRENT)
        return voprf.public_key(KEYS[kind])

    def is_known(self, asked: Tag) -> bytes:
        return self.words.get(asked, bytes(32))

    def connect(self, state: MunicipalityState) -> OneRegistry:
        self.connected.append(state.evaluator_url)
        return self

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        assert (municipality, epoch) == (MUNICIPALITY, CURRENT)
        self.batches.append((kind, len(elements)))
        answer = voprf.evaluate(KEYS[kind], elements)
        assert answer.proof is not None
        assert answer.key is not None
        return EvaluatedBatch(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)

    def enrol(self, identifier: Identifier) -> None:
        blinding = voprf.blind(identifier.encoded)
        key = KEYS[identifier.kind]
        evaluation = voprf.evaluate(key, [blinding.element])
        output = voprf.finalize([blinding], evaluation, published_key=voprf.public_key(key))[0]
        self.words[tag(MUNICIPALITY, CURRENT, identifier.kind, output)] = bytes(31) + b"\x01"


@pytest.fixture
def registry() -> OneRegistry:
    return OneRegistry()


@pytest.fixture
def service(registry: OneRegistry) -> SignalService:
    stand_in: Any = registry
    return SignalService(registry=stand_in, connect=registry.connect, clock=SetClock())


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
    monkeypatch.setattr("schuldhulp.services.signal.BATCH", 2)
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


@pytest.mark.parametrize("word", [b"", bytes(31), bytes(33), bytes(31) + b"\x02", b"\xff" * 32])
def test_ask_refuses_any_other_word(registry: OneRegistry, service: SignalService, word: bytes) -> None:
    registry.is_known = lambda _asked: word  # type: ignore[method-assign]
    with pytest.raises(errors.ChainMismatch):
        service.ask(municipality=MUNICIPALITY, identifier=JANSEN)


def test_ask_shows_nobody_the_identifier_in_an_error(registry: OneRegistry, service: SignalService) -> None:
    registry.is_known = lambda _asked: b""  # type: ignore[method-assign]
    with pytest.raises(errors.ChainMismatch) as caught:
        service.ask(municipality=MUNICIPALITY, identifier=JANSEN)
    assert "jansen" not in f"{caught.value!r} {caught.value} {caught.value.parameters}".lower()
