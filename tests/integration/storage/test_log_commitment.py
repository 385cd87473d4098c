"""The head of the processing log on the chain: what was committed can neither be cut off nor made anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.logchain import GENESIS, line_hash
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.trust import FindingKind, TrustState
from schuldhulp.domain.types import NO_ROOT, Root
from schuldhulp.services.anchoring import Anchoring, Reason
from schuldhulp.services.filling import FillerChoice
from schuldhulp.services.log_commitment import LEAST, LogBroken, LogCommitment
from schuldhulp.services.processing_log import YOUNG, chained
from schuldhulp.services.schedule import Every
from schuldhulp.services.sending import LEASE, Sender
from tests.support.factories import LOG_DOSSIER, MUNICIPALITY, RecordKeeping
from tests.support.fake_chain import FakeChain
from tests.support.worker import SetClock

DAY = timedelta(days=1)


@pytest.fixture
def clock(keeping: RecordKeeping) -> SetClock:
    return SetClock(keeping.clock.time)


@pytest.fixture
def chain(keeping: RecordKeeping, clock: SetClock) -> FakeChain:
    """A chain that the cockpit looks at too."""
    chain = FakeChain(clock)
    keeping.chain.roots = chain.roots
    return chain


@pytest.fixture
def make(keeping: RecordKeeping, chain: FakeChain, clock: SetClock) -> Callable[..., Anchoring]:
    """Make a worker that commits the log, as after a restart."""

    def made(*, every: timedelta = DAY, fill: int = 0) -> Anchoring:
        clock.time += LEASE
        key = JobKey(b"\x07" * 32)
        return Anchoring(
            store=keeping.store,
            reader=chain,
            writer=chain,
            clock=clock,
            sender=Sender(
                store=keeping.store,
                reader=chain,
                writer=chain,
                clock=clock,
                pause=lambda seconds: None,
                confirmations=0,
                receipt_timeout=0.1,
            ),
            job_key=key,
            municipality=MUNICIPALITY,
            fillers=FillerChoice(municipality=MUNICIPALITY, fill=fill, job_key=key, draw=Random(1)),
            log=LogCommitment(
                store=keeping.store,
                reader=chain,
                clock=clock,
                municipality=MUNICIPALITY,
                dossier=LOG_DOSSIER,
                schedule=Every(seconds=int(every.total_seconds())),
            ),
        )

    return made


@pytest.fixture
def supervisor(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member("bea")


def write(keeping: RecordKeeping, actor: Actor, count: int = 3) -> Root:
    """Add lines to the log; return its head."""
    with keeping.store.write() as work:
        for _ in range(count):
            keeping.log.write(work, actor=actor, action=LogAction.SEARCH, purpose=Purpose.DEBT_HELP)
        work.commit()
    return head_of(keeping)


def head_of(keeping: RecordKeeping) -> Root:
    """Return the hash of the newest line."""
    with keeping.store.read() as work:
        last = work.log.last(MUNICIPALITY)
    assert last is not None
    return Root(last.hash)


def found(keeping: RecordKeeping, actor: Actor) -> list[FindingKind]:
    """Check everything, and return what is wrong with the system as a whole."""
    summary = keeping.verification.all(actor=actor)
    kinds = [finding.kind for finding in summary.system]
    assert (summary.state is TrustState.DEVIATES) is (FindingKind.LOG_BROKEN in kinds)
    return kinds


def tamper(engine: Engine, statement: str, **values: Any) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement), values)
        connection.commit()


def make_anew(keeping: RecordKeeping, engine: Engine, sequence: int) -> None:
    """Change who did what a line says, and compute all hashes again, as somebody can who knows the software."""
    with keeping.store.read() as work:
        lines = list(chained(work, MUNICIPALITY))
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        content = dict(line.content)
        if number == sequence:
            content["actor"] = "99"
        hashed = line_hash(previous, content)
        tamper(
            engine,
            "UPDATE processing_log SET actor = :actor, previous = :previous, hash = :hash WHERE sequence = :number",
            actor=content["actor"],
            previous=previous,
            hash=hashed,
            number=number,
        )
        previous = hashed


def test_anchor_once_commits_the_head_of_the_log(
    keeping: RecordKeeping, chain: FakeChain, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    assert found(keeping, supervisor) == []
    head = write(keeping, supervisor)
    report = make().anchor_once()
    assert report.findings == ()
    assert chain.root_of(LOG_DOSSIER) == head
    assert found(keeping, supervisor) == []
    # What was written since is not committed yet, and nothing is wrong with that.
    write(keeping, supervisor)
    assert found(keeping, supervisor) == []


@pytest.mark.parametrize("fill", [0, 4])
def test_anchor_once_commits_the_head_on_schedule_and_only_when_it_changed(
    keeping: RecordKeeping,
    chain: FakeChain,
    clock: SetClock,
    make: Callable[..., Anchoring],
    supervisor: Actor,
    fill: int,
) -> None:
    worker = make(fill=fill)
    heads = []
    for day in range(4):
        if day != 2:
            heads.append(write(keeping, supervisor))
        for _ in range(3):
            worker.anchor_once()
        write(keeping, supervisor)
        worker.anchor_once()
        if day == 1:
            heads.append(head_of(keeping))
        clock.time += DAY
    committed = [commit.change.new_root for commit in chain.commits_of(LOG_DOSSIER)]
    assert committed == heads
    roots = [NO_ROOT, *committed]
    assert [commit.change.previous_root for commit in chain.commits_of(LOG_DOSSIER)] == roots[:-1]


def test_anchor_once_commits_at_most_once_a_minute(
    keeping: RecordKeeping, chain: FakeChain, clock: SetClock, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    worker = make(every=timedelta(seconds=2))
    began = clock.now()
    while clock.now() < began + 2 * LEAST:
        write(keeping, supervisor, 1)
        worker.anchor_once()
        clock.advance(seconds=2)
    assert len(chain.commits_of(LOG_DOSSIER)) == 2


def test_anchor_once_sends_a_signed_head_again_after_a_crash(
    keeping: RecordKeeping, chain: FakeChain, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    head = write(keeping, supervisor)
    chain.deaf = True
    make().anchor_once()
    write(keeping, supervisor)
    chain.deaf = False
    assert make().settle().confirmed == 1
    assert chain.root_of(LOG_DOSSIER) == head
    assert found(keeping, supervisor) == []


@pytest.mark.parametrize("more", [0, 5])
def test_a_log_whose_end_was_cut_off_is_named(
    keeping: RecordKeeping, engine: Engine, make: Callable[..., Anchoring], supervisor: Actor, more: int
) -> None:
    write(keeping, supervisor, 10)
    make().anchor_once()
    tamper(engine, "DELETE FROM processing_log WHERE sequence > 5")
    if more:
        write(keeping, supervisor, more)
    assert found(keeping, supervisor) == [FindingKind.LOG_BROKEN]


def test_a_log_that_was_emptied_is_named(
    keeping: RecordKeeping, engine: Engine, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    write(keeping, supervisor)
    make().anchor_once()
    tamper(engine, "DELETE FROM processing_log")
    assert found(keeping, supervisor) == [FindingKind.LOG_BROKEN]


@pytest.mark.parametrize("sequence", [1, 4])
def test_a_log_that_was_made_anew_is_named(
    keeping: RecordKeeping, engine: Engine, make: Callable[..., Anchoring], supervisor: Actor, sequence: int
) -> None:
    write(keeping, supervisor, 6)
    make().anchor_once()
    make_anew(keeping, engine, sequence)
    assert keeping.log.check() == ()
    assert found(keeping, supervisor) == [FindingKind.LOG_BROKEN]


def test_the_worker_does_not_cover_up_a_log_that_was_made_anew(
    keeping: RecordKeeping,
    chain: FakeChain,
    clock: SetClock,
    engine: Engine,
    make: Callable[..., Anchoring],
    supervisor: Actor,
) -> None:
    head = write(keeping, supervisor)
    worker = make()
    worker.anchor_once()
    make_anew(keeping, engine, 2)
    write(keeping, supervisor)
    for again in (worker, make()):
        clock.time += DAY
        report = again.anchor_once()
        assert [finding.reason for finding in report.findings] == [Reason.LOG_BROKEN]
    assert chain.root_of(LOG_DOSSIER) == head
    assert found(keeping, supervisor) == [FindingKind.LOG_BROKEN]


def test_the_worker_does_not_commit_a_line_that_does_not_fit(
    keeping: RecordKeeping, chain: FakeChain, engine: Engine, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    write(keeping, supervisor)
    make().anchor_once()
    write(keeping, supervisor)
    tamper(engine, "UPDATE processing_log SET actor = '99' WHERE sequence = (SELECT max(sequence) FROM processing_log)")
    before = chain.root_of(LOG_DOSSIER)
    assert [finding.reason for finding in make().anchor_once().findings] == [Reason.LOG_BROKEN]
    assert chain.root_of(LOG_DOSSIER) == before


def test_an_old_log_that_was_never_committed_is_named(
    keeping: RecordKeeping, chain: FakeChain, make: Callable[..., Anchoring], supervisor: Actor
) -> None:
    write(keeping, supervisor)
    keeping.clock.time += YOUNG - timedelta(hours=1)
    assert found(keeping, supervisor) == []
    keeping.clock.time += timedelta(hours=2)
    assert found(keeping, supervisor) == [FindingKind.LOG_BROKEN]
    make().anchor_once()
    assert found(keeping, supervisor) == []


def test_a_silent_chain_leaves_the_check_of_the_log_pending(keeping: RecordKeeping, supervisor: Actor) -> None:
    keeping.chain.silent = True
    summary = keeping.verification.all(actor=supervisor)
    assert FindingKind.CHAIN_SILENT in {finding.kind for finding in summary.system}
    assert summary.state is TrustState.UNREACHABLE


def test_change_raises_where_the_committed_line_is_gone(
    keeping: RecordKeeping, chain: FakeChain, clock: SetClock, supervisor: Actor
) -> None:
    write(keeping, supervisor)
    chain.roots[LOG_DOSSIER] = Root(b"\x01" * 32)
    commitment = LogCommitment(
        store=keeping.store,
        reader=chain,
        clock=clock,
        municipality=MUNICIPALITY,
        dossier=LOG_DOSSIER,
        schedule=Every(seconds=1),
    )
    with pytest.raises(LogBroken):
        commitment.change()
    # It is not looked for again at every turn.
    assert commitment.change() is None
