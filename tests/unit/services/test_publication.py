"""The worker's registry part on a chain in memory; the real chain is in tests/integration/worker."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schuldhulp import errors
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch
from schuldhulp.services.publication import Publishing, Trouble
from schuldhulp.services.rows import PublicationAction, PublicationState, TagState
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import EPOCH, FakeChain
from tests.support.worker import MUNICIPALITY, Desk, DirectEvaluator, SetClock, make_publishing, make_store


def name(number: int) -> Identifier:
    return Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return make_store(tmp_path)


@pytest.fixture
def evaluator() -> DirectEvaluator:
    return DirectEvaluator()


@pytest.fixture
def chain(clock: SetClock, evaluator: DirectEvaluator) -> FakeChain:
    return FakeChain(clock, keys=dict(zip(IdentifierKind, evaluator.public_keys, strict=True)))


@pytest.fixture
def desk(store: SqlStore, clock: SetClock) -> Desk:
    return Desk(store, clock)


@pytest.fixture
def publishing(store: SqlStore, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator) -> Publishing:
    return make_publishing(store, chain, chain, clock, evaluator)


def test_prepare_asks_for_all_clients_at_once(
    publishing: Publishing, desk: Desk, evaluator: DirectEvaluator, chain: FakeChain
) -> None:
    for number in range(3):
        desk.enrol(name(2 * number), name(2 * number + 1))
    assert publishing.prepare().prepared == 3
    assert evaluator.requests == [6]
    assert chain.tags == set()


def test_prepare_erases_what_was_sealed(publishing: Publishing, desk: Desk, store: SqlStore) -> None:
    enrolment = desk.enrol(name(1))
    ending = desk.end(enrolment)
    publishing.prepare()
    with store.read() as work:
        assert [row.sealed for row in work.publications.of([enrolment, ending])] == [b"", b""]


def test_prepare_with_the_wrong_key_on_chain_keeps_everything_waiting(
    publishing: Publishing, desk: Desk, chain: FakeChain
) -> None:
    publication = desk.enrol(name(1))
    chain.keys = dict.fromkeys(IdentifierKind, bytes(32))
    assert [finding.trouble for finding in publishing.prepare().findings] == [Trouble.EVALUATOR_WRONG]
    assert desk.state(publication) is PublicationState.WAITING


def test_publish_once_forgets_what_waits_for_a_retired_epoch(
    publishing: Publishing, desk: Desk, chain: FakeChain, store: SqlStore
) -> None:
    publication = desk.enrol(name(1))
    publishing.prepare()
    chain.epoch = Epoch(EPOCH + 7)
    assert publishing.publish_once().enrolled == 0
    with store.read() as work:
        assert work.publications.all_tag_jobs(MUNICIPALITY) == []
        assert work.publications.all_holders(MUNICIPALITY) == []
    # Nobody can find this client, and the screen says so.
    assert desk.state(publication) is PublicationState.REFUSED


def test_publish_once_never_ends_a_filler_on_the_day_it_appeared(
    store: SqlStore, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator, desk: Desk
) -> None:
    publishing = make_publishing(store, chain, chain, clock, evaluator, fill=8)
    publication = desk.enrol(name(1))
    publishing.publish_once()
    first = chain.seen[-1].tags
    desk.end(publication)
    publishing.publish_once()
    ended = [seen.tags for seen in chain.seen if seen.kind == "end"]
    assert len(ended) == 1
    assert set(ended[0]) <= set(first)
    assert len(ended[0]) == 8


def test_publish_once_never_ends_a_clients_tag_as_a_filler(
    store: SqlStore, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator, desk: Desk
) -> None:
    publishing = make_publishing(store, chain, chain, clock, evaluator, fill=8)
    publications = [desk.enrol(name(number)) for number in range(12)]
    publishing.publish_once()
    for number, publication in enumerate(publications[:6]):
        desk.end(publication)
        publishing.publish_once()
        alive = [evaluator.tag(name(other), EPOCH) for other in range(number + 1, 12)]
        assert all(chain.known(alive))


def test_publish_once_with_the_chain_down_loses_nothing(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator
) -> None:
    desk.enrol(name(1))
    chain.down = True
    with pytest.raises(errors.Unreachable):
        publishing.publish_once()
    chain.down = False
    publishing.publish_once()
    assert chain.is_known(evaluator.tag(name(1), EPOCH))


@given(st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_publish_once_under_any_order_of_events_ends_with_the_right_people_known(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    clock, evaluator = SetClock(), DirectEvaluator()
    store = make_store(tmp_path_factory.mktemp("worker"))
    chain = FakeChain(clock, keys=dict(zip(IdentifierKind, evaluator.public_keys, strict=True)))
    desk = Desk(store, clock)
    worker = make_publishing(store, chain, chain, clock, evaluator, fill=2)
    people = [name(number) for number in range(3)]
    alive: list[tuple[bytes, Identifier]] = []
    events = st.sampled_from(
        ["enrol", "enrol", "end", "prepare", "publish", "deaf", "hear", "restart", "silent", "speak"]
    )
    for event in data.draw(st.lists(events, max_size=20)):
        if event == "enrol":
            person = data.draw(st.sampled_from(people))
            alive.append((desk.enrol(person), person))
        elif event == "end" and alive:
            publication, _ = alive.pop(data.draw(st.integers(0, len(alive) - 1)))
            desk.end(publication)
        elif event == "prepare":
            worker.prepare()
        elif event == "publish":
            worker.publish_once()
        elif event == "restart":
            clock.time += LEASE * 2
            seed = data.draw(st.integers(100, 10_000))
            worker = make_publishing(store, chain, chain, clock, evaluator, fill=2, draw=Random(seed))
        chain.deaf = {"deaf": True, "hear": False}.get(event, chain.deaf)
        evaluator.silent = {"silent": True, "speak": False}.get(event, evaluator.silent)
    chain.deaf = evaluator.silent = False
    clock.time += LEASE * 2
    worker = make_publishing(store, chain, chain, clock, evaluator, fill=2, draw=Random(99))
    for _ in range(3):
        worker.publish_once()
    wanted = {person.text for _, person in alive}
    assert [chain.is_known(evaluator.tag(person, EPOCH)) for person in people] == [
        person.text in wanted for person in people
    ]
    for publication, _ in alive:
        assert desk.state(publication) is PublicationState.PUBLISHED
    with store.read() as work:
        assert work.publications.tag_jobs(state=TagState.QUEUED) == []
        assert work.publications.tag_jobs(state=TagState.SIGNED) == []
        ended = work.publications.tag_jobs(state=TagState.CONFIRMED, action=PublicationAction.END)
    assert all(job.tag not in chain.tags or job.tag in {evaluator.tag(p, EPOCH) for p in people} for job in ended)
