"""A command that wants work done at once while a worker runs, on a chain in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from schuldhulp import errors
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.identifiers import Bsn, IdentifierKind, bsn_identifier
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.asking import POLL, STILL, AskReport, WorkerStuck, work_now
from schuldhulp.services.chain_watch import ChainWatch
from schuldhulp.services.filling import FillerChoice
from schuldhulp.services.publication import Publishing
from schuldhulp.services.rows import JobState, PublicationState
from schuldhulp.services.schedule import Every
from schuldhulp.services.sending import LEASE, RECEIPT_TIMEOUT, Sender
from schuldhulp.services.working import RunReport, Worker
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import FakeChain
from tests.support.worker import (
    MUNICIPALITY,
    OPENING_KEY,
    Cockpit,
    Desk,
    DirectEvaluator,
    SetClock,
    make_dossier,
    make_store,
)

DAY = Every(seconds=86_400)


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
def cockpit(store: SqlStore, clock: SetClock) -> Cockpit:
    return Cockpit(store, clock)


@pytest.fixture
def make(store: SqlStore, chain: FakeChain, clock: SetClock, evaluator: DirectEvaluator) -> Callable[..., Worker]:
    """Make a worker that has nothing to do until midnight."""

    def made(pause: Callable[[float], None] = lambda seconds: None, confirmations: int = 0) -> Worker:
        key = JobKey(b"\x07" * 32)
        sender = Sender(store=store, reader=chain, writer=chain, clock=clock, pause=pause, confirmations=confirmations)
        return Worker(
            anchoring=Anchoring(
                store=store,
                reader=chain,
                writer=chain,
                clock=clock,
                sender=sender,
                job_key=key,
                municipality=MUNICIPALITY,
                fillers=FillerChoice(municipality=MUNICIPALITY, fill=0, job_key=key),
            ),
            publishing=Publishing(
                store=store,
                reader=chain,
                writer=chain,
                sender=sender,
                evaluator=evaluator,
                job_key=key,
                opening_key=OPENING_KEY,
                municipality=MUNICIPALITY,
                fill=0,
                draw=Random(1),
            ),
            watch=ChainWatch(
                store=store,
                reader=chain,
                clock=clock,
                account=chain.account,
                municipality=MUNICIPALITY,
                head_max_age=900,
            ),
            sender=sender,
            clock=clock,
            ledger_schedule=DAY,
            enrolment_schedule=DAY,
        )

    return made


class Turns:
    """Lets a worker run in a thread, one round each time that somebody else pauses: never at the same time."""

    def __init__(self, worker: Worker, clock: SetClock) -> None:
        self._worker, self._clock, self._stop = worker, clock, False
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=worker.run, kwargs={"wait": self._wait}, daemon=True)

    def _wait(self, seconds: float) -> bool:
        self._clock.advance(seconds=seconds)
        self._done.release()
        self._go.acquire()
        return self._stop

    def __enter__(self) -> Turns:
        self._thread.start()
        self._done.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._go.release()
        self._thread.join()

    def pause(self, seconds: float) -> None:
        """Let the worker do one round."""
        self._go.release()
        self._done.acquire()


def test_work_now_has_the_running_worker_do_it(
    store: SqlStore, clock: SetClock, cockpit: Cockpit, make: Callable[..., Worker]
) -> None:
    with Turns(make(), clock) as turns:
        dossiers = [cockpit.add(make_dossier(number)) for number in range(3)]
        for dossier in dossiers:
            cockpit.change(dossier)
        desk = Desk(store, clock)
        publication = desk.enrol(bsn_identifier(Bsn("999990019")))
        shown: list[tuple[int, int]] = []
        report = work_now(make(pause=turns.pause), progress=lambda done, total: shown.append((done, total)))
        assert report == AskReport(changes=3, publications=1)
        assert [cockpit.states(dossier) for dossier in dossiers] == [[JobState.CONFIRMED]] * 3
        assert desk.state(publication) is PublicationState.PUBLISHED
        assert (shown[0], shown[-1]) == ((0, 4), (4, 4))
        # Nobody asks any more.
        turns.pause(POLL)
        with store.read() as work:
            lease = work.leases.get(make().sender.writer.account)
        assert lease is not None
        assert lease.request is None


def test_work_now_does_it_itself_where_no_worker_runs(cockpit: Cockpit, make: Callable[..., Worker]) -> None:
    cockpit.change(cockpit.add(make_dossier(1)))
    report = work_now(make(), progress=lambda done, total: None)
    assert isinstance(report, RunReport)
    assert report.anchored.signed == 1


def test_work_now_takes_over_from_a_worker_that_was_killed(
    clock: SetClock, cockpit: Cockpit, make: Callable[..., Worker]
) -> None:
    make().sender.hold_lease()
    cockpit.change(cockpit.add(make_dossier(1)))
    began = clock.now()
    report = work_now(make(pause=lambda seconds: clock.advance(seconds=seconds)), progress=lambda done, total: None)
    assert isinstance(report, RunReport)
    assert report.anchored.signed == 1
    assert clock.now() - began >= LEASE


def test_work_now_gives_up_on_a_worker_that_gets_nowhere(
    chain: FakeChain, clock: SetClock, cockpit: Cockpit, make: Callable[..., Worker]
) -> None:
    running, pauses = make(), []
    running.sender.hold_lease()
    cockpit.change(cockpit.add(make_dossier(1)))

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds=seconds)
        chain.number += 1
        running.sender.hold_lease()

    with pytest.raises(WorkerStuck) as caught:
        work_now(make(pause=pause), progress=lambda done, total: None)
    assert caught.value.exit_code == 1
    assert STILL <= len(pauses) <= STILL + 2
    assert max(RECEIPT_TIMEOUT, LEASE.total_seconds()) < STILL * POLL


def test_work_now_waits_for_blocks_as_long_as_they_come(
    chain: FakeChain, clock: SetClock, cockpit: Cockpit, make: Callable[..., Worker]
) -> None:
    running, pauses = make(confirmations=4), []
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    running.anchoring.anchor_once()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds=seconds)
        chain.number += len(pauses) % (STILL // 2) == 0
        running.anchoring.settle()

    report = work_now(make(pause=pause, confirmations=4), progress=lambda done, total: None)
    assert report == AskReport(changes=1, publications=0)
    assert len(pauses) > STILL
    assert cockpit.states(dossier) == [JobState.CONFIRMED]


def test_work_now_names_a_silent_chain_while_a_worker_runs(
    chain: FakeChain, cockpit: Cockpit, make: Callable[..., Worker]
) -> None:
    make().sender.hold_lease()
    cockpit.change(cockpit.add(make_dossier(1)))
    chain.down = True
    with pytest.raises(errors.Unreachable):
        work_now(make(), progress=lambda done, total: None)
