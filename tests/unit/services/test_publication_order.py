"""What may go out: nothing twice, nothing old, nothing that contradicts who holds a tag; and nothing is left behind."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, text

from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.services.job_signing import is_prepared_valid, is_tag_job_valid
from schuldhulp.services.publication import Publishing, Trouble
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState, TagState
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.database import connect
from schuldhulp.storage.tables import metadata
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import EPOCH, FakeChain
from tests.support.worker import Desk, DirectEvaluator, SetClock, make_publishing


def name(number: int) -> Identifier:
    return Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = connect(f"sqlite:///{tmp_path / 'test.sqlite'}")
    metadata.create_all(engine)
    return engine


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    return SqlStore(engine)


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


def tamper(engine: Engine, *statements: str, **values: object) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def troubles(publishing: Publishing) -> list[Trouble]:
    return [finding.trouble for finding in publishing.publish_once().findings]


# --- jobs that come again ---------------------------------------------------------------------------------------------


def test_publish_once_refuses_an_ending_that_was_carried_out_before(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine
) -> None:
    first = desk.enrol(name(1))
    publishing.publish_once()
    ending = desk.end(first)
    publishing.publish_once()
    desk.enrol(name(1))
    publishing.publish_once()
    assert chain.is_known(evaluator.tag(name(1), EPOCH))
    tamper(engine, "UPDATE tag_jobs SET state = 'queued', batch_id = NULL WHERE action = 'end'")
    report = publishing.publish_once()
    assert [(finding.trouble, finding.publication) for finding in report.findings] == [(Trouble.REPLAYED, ending)]
    assert chain.is_known(evaluator.tag(name(1), EPOCH))
    # Nor does it help to hide or to remove what is newer: somebody holds the tag.
    for hide in ("UPDATE tag_jobs SET state = 'cancelled'", "DELETE FROM tag_jobs"):
        tamper(
            engine,
            "UPDATE tag_jobs SET state = 'queued' WHERE action = 'end'",
            f"{hide} WHERE action = 'enrol' AND id > (SELECT id FROM tag_jobs WHERE action = 'end')",
        )
        assert troubles(publishing) == [Trouble.REPLAYED]
        assert chain.is_known(evaluator.tag(name(1), EPOCH))


@pytest.mark.parametrize("hide", ["SELECT 1", "DELETE FROM tag_jobs WHERE action = 'end'"])
def test_publish_once_refuses_an_enrolment_that_was_ended_since(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine, hide: str
) -> None:
    first = desk.enrol(name(1))
    publishing.publish_once()
    desk.end(first)
    publishing.publish_once()
    tamper(engine, hide, "UPDATE tag_jobs SET state = 'queued' WHERE action = 'enrol'")
    report = publishing.publish_once()
    assert [(finding.trouble, finding.publication) for finding in report.findings] == [(Trouble.REPLAYED, first)]
    assert not chain.is_known(evaluator.tag(name(1), EPOCH))


def test_publish_once_refuses_a_copy_of_a_job_under_a_newer_number(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine
) -> None:
    desk.end(desk.enrol(name(1)))
    first = desk.enrol(name(1))
    publishing.publish_once()
    desk.end(first)
    publishing.publish_once()
    tamper(
        engine,
        "INSERT INTO tag_jobs (id, tag, municipality, epoch, action, state, publication_id, mac) "
        "SELECT id + 1000, tag, municipality, epoch, action, 'queued', publication_id, mac "
        "FROM tag_jobs WHERE action = 'enrol'",
    )
    assert troubles(publishing) == [Trouble.FORGED]
    assert not chain.is_known(evaluator.tag(name(1), EPOCH))


def test_publish_once_refuses_a_clients_job_that_pretends_to_be_nobodys(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine
) -> None:
    first = desk.enrol(name(1))
    publishing.publish_once()
    desk.end(first)
    publishing.publish_once()
    tamper(
        engine,
        "DELETE FROM tag_jobs WHERE action = 'end'",
        "UPDATE tag_jobs SET state = 'queued', publication_id = :nobody",
        nobody=b"",
    )
    assert troubles(publishing) == [Trouble.FORGED]
    assert not chain.is_known(evaluator.tag(name(1), EPOCH))


@pytest.mark.parametrize("prepared", [True, False], ids=["after publishing", "before publishing"])
def test_publish_once_refuses_a_publication_that_was_carried_out_or_ended(
    publishing: Publishing,
    desk: Desk,
    store: SqlStore,
    chain: FakeChain,
    evaluator: DirectEvaluator,
    engine: Engine,
    *,
    prepared: bool,
) -> None:
    first = desk.enrol(name(1))
    with store.read() as work:
        kept = work.publications.get(first)
    assert kept is not None
    if prepared:
        publishing.publish_once()
    desk.end(first)
    publishing.publish_once()
    tamper(
        engine,
        "UPDATE publication_jobs SET state = 'waiting', sealed = :sealed, mac = :mac WHERE id = :id",
        sealed=kept.sealed,
        mac=kept.mac,
        id=first,
    )
    report = publishing.publish_once()
    assert [(finding.trouble, finding.publication) for finding in report.findings] == [(Trouble.REPLAYED, first)]
    assert not chain.is_known(evaluator.tag(name(1), EPOCH))


def test_publish_once_ends_what_was_said_to_be_signed_or_refused(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine
) -> None:
    first = desk.enrol(name(1))
    publishing.publish_once()
    tamper(engine, "UPDATE publication_jobs SET state = 'refused'")
    desk.end(first)
    publishing.prepare()
    tamper(engine, "UPDATE tag_jobs SET state = 'signed' WHERE action = 'end'")
    publishing.publish_once()
    assert not chain.is_known(evaluator.tag(name(1), EPOCH))


def test_publish_once_lets_no_forged_holder_keep_a_tag(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator, engine: Engine
) -> None:
    first, other = desk.enrol(name(1)), desk.enrol(name(2))
    publishing.publish_once()
    tamper(
        engine,
        "INSERT INTO tag_holders (tag, publication_id, municipality, epoch, mac) "
        "SELECT tag, :other, municipality, epoch, mac FROM tag_holders WHERE publication_id = :first",
        first=first,
        other=other,
    )
    desk.end(first)
    publishing.publish_once()
    assert chain.known([evaluator.tag(name(1), EPOCH), evaluator.tag(name(2), EPOCH)]) == [False, True]
    desk.end(other)
    assert troubles(publishing) == [Trouble.FORGED]


def test_prepare_writes_down_what_came_of_a_publication(
    publishing: Publishing, desk: Desk, store: SqlStore, evaluator: DirectEvaluator
) -> None:
    first = desk.enrol(name(1), name(2))
    publishing.prepare()
    with store.read() as work:
        row = work.publications.get(first)
    assert isinstance(row, PublicationRow)
    tags = [evaluator.tag(name(number), EPOCH) for number in (1, 2)]
    assert is_prepared_valid(desk.job_key, row, tags)
    assert not is_prepared_valid(desk.job_key, row, tags[:1])
    assert not is_prepared_valid(desk.job_key, dataclasses.replace(row, action=PublicationAction.END), tags)


# --- the newest decides -----------------------------------------------------------------------------------------------


def test_release_drops_an_ending_when_the_client_was_enrolled_again(
    publishing: Publishing,
    store: SqlStore,
    desk: Desk,
    chain: FakeChain,
    clock: SetClock,
    evaluator: DirectEvaluator,
) -> None:
    first = desk.enrol(name(1))
    publishing.publish_once()
    desk.end(first)
    chain.deaf = True
    publishing.publish_once()
    with store.read() as work:
        [signed] = work.publications.tag_jobs(state=TagState.SIGNED)
        [batch] = work.batches.unfinished()
    assert signed.action is PublicationAction.END
    again = desk.enrol(name(1))
    publishing.prepare()
    with store.write() as work:
        publishing.release(work, batch)
        work.commit()
    with store.read() as work:
        states = {job.id: job.state for job in work.publications.tag_jobs_of([evaluator.tag(name(1), EPOCH)])}
    assert states[signed.id] is TagState.CANCELLED
    # The failed batch is done with: nothing of it is sent again.
    chain.deaf = False
    with store.write() as work:
        work.leases.release(chain.account, "")
        work.commit()
    clock.time += LEASE * 2
    worker = make_publishing(store, chain, chain, clock, evaluator)
    worker.prepare()
    with store.read() as work:
        queued = work.publications.tag_jobs(state=TagState.QUEUED)
    assert [job.action for job in queued] == [PublicationAction.ENROL]
    assert desk.state(again) is PublicationState.PREPARED
    assert all(is_tag_job_valid(desk.job_key, job) for job in queued)


# --- nothing is left behind -------------------------------------------------------------------------------------------


def test_publish_once_says_that_something_is_left_while_a_batch_is_not_mined(
    publishing: Publishing, desk: Desk, chain: FakeChain, evaluator: DirectEvaluator
) -> None:
    desk.enrol(name(1))
    chain.deaf = True
    publishing.publish_once()
    desk.enrol(name(2))
    assert publishing.publish_once().leftover
    chain.deaf = False
    assert not publishing.publish_once(again=True).leftover
    assert all(chain.known([evaluator.tag(name(number), EPOCH) for number in (1, 2)]))


def test_publish_once_says_that_something_is_left_while_the_evaluator_is_silent(
    publishing: Publishing, desk: Desk, evaluator: DirectEvaluator
) -> None:
    desk.enrol(name(1))
    evaluator.silent = True
    assert publishing.publish_once().leftover
    evaluator.silent = False
    assert not publishing.publish_once(again=True).leftover


def test_publish_once_again_sends_no_second_batch_of_tags_of_nobody(
    store: SqlStore, desk: Desk, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator
) -> None:
    publishing = make_publishing(store, chain, chain, clock, evaluator, fill=4)
    desk.enrol(name(1))
    evaluator.silent = True
    publishing.publish_once()
    publishing.publish_once(again=True)
    assert [len(seen.tags) for seen in chain.seen] == [4]
    evaluator.silent = False
    publishing.publish_once(again=True)
    assert [len(seen.tags) for seen in chain.seen] == [4, 4]
    publishing.publish_once()
    assert [len(seen.tags) for seen in chain.seen] == [4, 4, 4]


# --- filling ----------------------------------------------------------------------------------------------------------


def test_publish_once_fills_endings_with_tags_of_their_own_epoch(
    store: SqlStore,
    desk: Desk,
    chain: FakeChain,
    clock: SetClock,
    evaluator: DirectEvaluator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publishing = make_publishing(store, chain, chain, clock, evaluator, fill=8, draw=Random(3))
    publishing.publish_once()
    publishing.publish_once()
    chain.epoch = Epoch(EPOCH + 7)
    first = desk.enrol(name(1))
    publishing.publish_once()
    desk.end(first)
    publishing.publish_once()
    ended = [seen.tags for seen in chain.seen if seen.kind == "end"]
    assert len(ended) == 1
    assert len(ended[0]) == 8
    assert {int.from_bytes(Tag(one)[2:6], "big") for one in ended[0]} == {EPOCH + 7}


def test_publish_once_cuts_what_it_fills_up_into_whole_parts(
    store: SqlStore, desk: Desk, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator
) -> None:
    publishing = make_publishing(store, chain, chain, clock, evaluator, fill=100)
    desk.enrol(*(name(number) for number in range(320)))
    publishing.publish_once()
    assert [len(seen.tags) for seen in chain.seen] == [300, 100]
