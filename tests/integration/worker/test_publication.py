from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.pseudonyms import filler_tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.services.publication import Publishing, Trouble
from schuldhulp.services.rows import (
    BatchKind,
    BatchState,
    PublicationAction,
    PublicationState,
    TagJobRow,
    TagState,
)
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.unit_of_work import SqlStore
from tests.integration.worker.test_anchoring import Killed, Mortal, MortalStore
from tests.support.chain import EPOCH, MUNICIPALITY, DeployedChain, deploy, running_ganache
from tests.support.worker import Desk, DirectEvaluator, SetClock, make_publishing

BSN = Identifier(IdentifierKind.BSN, "NL.BSN:999990019")
NAME = Identifier(IdentifierKind.NADB, "NL.NADB:jansen|1980-02-00|9711AB|12")
OTHER = Identifier(IdentifierKind.NADB, "NL.NADB:devries|1975-06-01|9712CD|3")
NEXT_EPOCH = Epoch(EPOCH + 7)


@pytest.fixture(scope="session")
def registry() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node, evaluator_keys=DirectEvaluator().public_keys)


@pytest.fixture
def chain(registry: DeployedChain) -> Iterator[DeployedChain]:
    snapshot = registry.node.snapshot()
    yield registry
    registry.node.revert(snapshot)


@pytest.fixture
def evaluator() -> DirectEvaluator:
    return DirectEvaluator()


@pytest.fixture
def desk(store: SqlStore, clock: SetClock) -> Desk:
    return Desk(store, clock)


@pytest.fixture
def publishing(chain: DeployedChain, store: SqlStore, clock: SetClock, evaluator: DirectEvaluator) -> Publishing:
    return make_publishing(store, chain.gateway(), chain.writer(), clock, evaluator)


def events(chain: DeployedChain, name: str) -> list[list[Tag]]:
    found = chain.contract("EnrolmentRegistry").events[name]().get_logs(from_block=0)
    return [[Tag(bytes(tag)) for tag in event["args"]["tags"]] for event in found]


def known(chain: DeployedChain, evaluator: DirectEvaluator, *identifiers: Identifier) -> list[bool]:
    return chain.gateway().known([evaluator.tag(identifier, EPOCH) for identifier in identifiers])


def test_publish_once_makes_every_identifier_known(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator, store: SqlStore
) -> None:
    publication = desk.enrol(BSN, NAME)
    report = publishing.publish_once()
    assert (report.prepared, report.enrolled, report.findings) == (1, 2, ())
    assert known(chain, evaluator, BSN, NAME, OTHER) == [True, True, False]
    assert desk.state(publication) is PublicationState.PUBLISHED
    with store.read() as work:
        row = work.publications.get(publication)
    assert row is not None
    assert row.sealed == b""


def test_publish_once_twice_publishes_once(
    publishing: Publishing, desk: Desk, chain: DeployedChain, store: SqlStore
) -> None:
    desk.enrol(NAME)
    publishing.publish_once()
    assert publishing.publish_once().enrolled == 0
    assert len(events(chain, "TagsEnrolled")) == 1


def test_publish_once_ends_a_tag_with_its_last_holder(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator
) -> None:
    first, twin = desk.enrol(BSN, NAME), desk.enrol(NAME)
    publishing.publish_once()
    ending = desk.end(first)
    assert publishing.publish_once().ended == 1
    assert known(chain, evaluator, BSN, NAME) == [False, True]
    assert desk.state(first) is PublicationState.ENDED
    assert desk.state(ending) is PublicationState.PUBLISHED
    desk.end(twin)
    publishing.publish_once()
    assert known(chain, evaluator, BSN, NAME) == [False, False]


def test_publish_once_enrols_again_after_an_ending(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator
) -> None:
    desk.end(desk.enrol(NAME))
    publishing.publish_once()
    assert known(chain, evaluator, NAME) == [False]
    assert events(chain, "TagsEnrolled") == []
    first = desk.enrol(NAME)
    publishing.publish_once()
    desk.end(first)
    publishing.prepare()
    again = desk.enrol(NAME)
    # The ending was not on the chain yet: it is simply dropped.
    publishing.publish_once()
    assert known(chain, evaluator, NAME) == [True]
    assert events(chain, "EnrolmentsEnded") == []
    desk.end(again)
    publishing.publish_once()
    assert known(chain, evaluator, NAME) == [False]


def test_publish_once_never_evaluates_what_was_ended_before(
    publishing: Publishing, desk: Desk, evaluator: DirectEvaluator
) -> None:
    publication = desk.enrol(BSN)
    desk.end(publication)
    publishing.publish_once()
    assert evaluator.requests == []
    assert desk.state(publication) is PublicationState.ENDED


def test_publish_once_publishes_for_the_announced_epoch_too(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator
) -> None:
    keys = list(evaluator.public_keys)
    chain.transact("EnrolmentRegistry", "announceEpoch", MUNICIPALITY, NEXT_EPOCH, keys, by="administrator")
    publication = desk.enrol(NAME)
    assert publishing.publish_once().enrolled == 2
    chain.transact("EnrolmentRegistry", "openEpoch", MUNICIPALITY, NEXT_EPOCH, by="administrator")
    assert chain.gateway().is_known(evaluator.tag(NAME, EPOCH))
    assert chain.gateway().is_known(evaluator.tag(NAME, NEXT_EPOCH))
    desk.end(publication)
    assert publishing.publish_once().ended == 2
    assert not chain.gateway().is_known(evaluator.tag(NAME, EPOCH))
    assert not chain.gateway().is_known(evaluator.tag(NAME, NEXT_EPOCH))


def test_publish_once_without_an_epoch_waits(store: SqlStore, clock: SetClock, desk: Desk) -> None:
    with running_ganache() as node:
        bare = deploy(node, epoch=None)
        publishing = make_publishing(store, bare.gateway(), bare.writer(), clock, DirectEvaluator(), fill=4)
        publication = desk.enrol(NAME)
        report = publishing.publish_once()
        assert [finding.trouble for finding in report.findings] == [Trouble.NO_EPOCH]
        assert desk.state(publication) is PublicationState.WAITING


# --- what is kept back ------------------------------------------------------------------------------------------------


def test_publish_once_refuses_a_forged_publication(
    publishing: Publishing, desk: Desk, store: SqlStore, clock: SetClock, chain: DeployedChain
) -> None:
    forged = Desk(store, clock, JobKey(b"\x08" * 32)).enrol(BSN)
    report = publishing.publish_once()
    assert [(finding.trouble, finding.publication) for finding in report.findings] == [(Trouble.FORGED, forged)]
    assert desk.state(forged) is PublicationState.REFUSED
    assert events(chain, "TagsEnrolled") == []


def test_publish_once_refuses_a_forged_tag_job(publishing: Publishing, store: SqlStore, chain: DeployedChain) -> None:
    with store.write() as work:
        work.publications.add_tag_job(
            TagJobRow(
                id=0,
                tag=filler_tag(MUNICIPALITY, EPOCH),
                municipality=MUNICIPALITY,
                epoch=EPOCH,
                action=PublicationAction.ENROL,
                state=TagState.QUEUED,
                mac=bytes(32),
            )
        )
        work.commit()
    assert [finding.trouble for finding in publishing.publish_once().findings] == [Trouble.FORGED]
    assert events(chain, "TagsEnrolled") == []


def test_publish_once_with_a_silent_evaluator_loses_nothing(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator
) -> None:
    evaluator.silent = True
    publication = desk.enrol(NAME)
    assert [finding.trouble for finding in publishing.publish_once().findings] == [Trouble.EVALUATOR_SILENT]
    assert desk.state(publication) is PublicationState.WAITING
    evaluator.silent = False
    publishing.publish_once()
    assert known(chain, evaluator, NAME) == [True]


def test_publish_once_refuses_an_answer_without_a_proof(
    publishing: Publishing, desk: Desk, chain: DeployedChain, evaluator: DirectEvaluator
) -> None:
    evaluator.wrong = True
    publication = desk.enrol(NAME)
    assert [finding.trouble for finding in publishing.publish_once().findings] == [Trouble.EVALUATOR_WRONG]
    assert desk.state(publication) is PublicationState.WAITING
    assert events(chain, "TagsEnrolled") == []


# --- filling ----------------------------------------------------------------------------------------------------------


def test_publish_once_fills_and_sorts(
    chain: DeployedChain, store: SqlStore, clock: SetClock, desk: Desk, evaluator: DirectEvaluator
) -> None:
    publishing = make_publishing(store, chain.gateway(), chain.writer(), clock, evaluator, fill=16)
    publications = [
        desk.enrol(Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-{day:02}|9711AB|1")) for day in range(1, 18)
    ]
    report = publishing.publish_once()
    assert (report.enrolled, report.fillers) == (17, 15)
    enrolled = events(chain, "TagsEnrolled")
    assert [len(tags) for tags in enrolled] == [32]
    assert enrolled[0] == sorted(enrolled[0])
    assert {tag[:6] for tag in enrolled[0]} == {MUNICIPALITY.to_bytes(2, "big") + EPOCH.to_bytes(4, "big")}
    desk.end(publications[0])
    report = publishing.publish_once()
    assert report.ended == 1
    ended = events(chain, "EnrolmentsEnded")
    assert [len(tags) for tags in ended] == [16]
    assert ended[0] == sorted(ended[0])
    # A day without enrolments looks like any other.
    assert [len(tags) for tags in events(chain, "TagsEnrolled")] == [32, 16]


def test_publish_once_splits_what_does_not_fit_one_batch(
    publishing: Publishing, desk: Desk, chain: DeployedChain
) -> None:
    desk.enrol(
        *(Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}") for number in range(1, 421))
    )
    assert publishing.publish_once().enrolled == 420
    assert [len(tags) for tags in events(chain, "TagsEnrolled")] == [384, 36]


# --- interrupted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_publish_once_killed_at_any_point_loses_and_doubles_nothing(
    chain: DeployedChain,
    store: SqlStore,
    clock: SetClock,
    desk: Desk,
    evaluator: DirectEvaluator,
    *,
    after: bool,
) -> None:
    point, survived, number = 0, False, 0
    alive: dict[bytes, Identifier] = {}
    gone: list[Identifier] = []
    while not survived:
        point += 1
        assert point < 80
        number += 1
        identifier = Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}")
        alive[desk.enrol(identifier)] = identifier
        if len(alive) > 2:
            oldest = next(iter(alive))
            desk.end(oldest)
            gone.append(alive.pop(oldest))
        death = [point]
        worker = make_publishing(
            MortalStore(store, death, after=after),  # type: ignore[arg-type]
            Mortal(chain.gateway(), death, after=after),
            Mortal(chain.writer(), death, after=after),
            clock,
            Mortal(evaluator, death, after=after),
            fill=2,
            draw=Random(point),
        )
        try:
            worker.publish_once()
            survived = True
        except Killed:
            pass
        clock.time += LEASE * 2
        heir = make_publishing(
            store, chain.gateway(), chain.writer(), clock, evaluator, fill=2, draw=Random(1000 + point)
        )
        report = heir.publish_once()
        assert report.findings == ()
        clock.time += LEASE * 2
        assert all(known(chain, evaluator, *alive.values()))
        assert not any(known(chain, evaluator, *gone))
    assert point > 15
    with store.read() as work:
        batches = [batch for kind in BatchKind for batch in work.batches.of_kind(kind, limit=1000)]
        assert work.publications.in_state(PublicationState.WAITING) == []
        assert work.publications.in_state(PublicationState.PREPARED) == []
    assert {batch.state for batch in batches} == {BatchState.CONFIRMED}
    assert len({batch.nonce for batch in batches}) == len(batches)


def test_release_queues_the_tags_of_a_failed_batch_again(
    chain: DeployedChain, store: SqlStore, clock: SetClock, desk: Desk, evaluator: DirectEvaluator
) -> None:
    class Starving:
        """A writer whose transactions run out of gas."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def sign(self, call: Any, nonce: int) -> Any:
            return self._inner.sign(dataclasses.replace(call, gas=40_000), nonce)

    publication = desk.enrol(NAME)
    make_publishing(store, chain.gateway(), Starving(chain.writer()), clock, evaluator).publish_once()
    assert desk.state(publication) is PublicationState.PREPARED
    clock.time += LEASE * 2
    make_publishing(store, chain.gateway(), chain.writer(), clock, evaluator).publish_once()
    assert known(chain, evaluator, NAME) == [True]
    assert desk.state(publication) is PublicationState.PUBLISHED
