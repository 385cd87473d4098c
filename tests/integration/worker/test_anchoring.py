from __future__ import annotations

import dataclasses
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.types import NO_ROOT, DossierId, Root
from schuldhulp.services.anchoring import MAX_CHANGES, Anchoring, Reason
from schuldhulp.services.ports import RootChange
from schuldhulp.services.rows import BatchKind, BatchState, JobState
from schuldhulp.services.sending import LEASE, PATIENCE, LeaseLost
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.chain import DeployedChain, account
from tests.support.worker import MUNICIPALITY, Cockpit, SetClock, make_dossier, make_root, make_worker


@pytest.fixture
def anchoring(chain: DeployedChain, store: SqlStore, clock: SetClock) -> Anchoring:
    return make_worker(store, chain.gateway(), chain.writer(), clock)


def batch_states(store: SqlStore) -> list[BatchState]:
    with store.read() as work:
        return [batch.state for batch in reversed(work.batches.of_kind(BatchKind.LEDGER, limit=100))]


def commit_directly(chain: DeployedChain, dossier: DossierId, previous: Root, new: Root) -> None:
    """Put a root on the chain past the worker, with the same account."""
    gateway, writer = chain.gateway(), chain.writer()
    change = RootChange(dossier=dossier, previous_root=previous, new_root=new)
    signed = writer.sign(writer.commit(MUNICIPALITY, [change]), gateway.nonce_of(writer.account))
    writer.send(signed.raw)
    receipt = gateway.receipt(signed.tx_hash)
    assert receipt is not None
    assert receipt.succeeded


def test_anchor_once_confirms_what_was_queued(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain, store: SqlStore
) -> None:
    dossiers = [cockpit.add(make_dossier(number)) for number in range(5)]
    jobs = [cockpit.change(dossier) for dossier in dossiers]
    report = anchoring.anchor_once()
    assert (report.signed, report.confirmed, report.waiting, report.queued) == (5, 1, 0, 0)
    assert report.findings == ()
    roots = chain.gateway().roots_of(dossiers)
    assert [roots[job.dossier] for job in jobs] == [job.new_root for job in jobs]
    assert all(cockpit.states(dossier) == [JobState.CONFIRMED] for dossier in dossiers)
    assert batch_states(store) == [BatchState.CONFIRMED]


def test_anchor_once_without_work_sends_nothing(anchoring: Anchoring, store: SqlStore) -> None:
    report = anchoring.anchor_once()
    assert (report.signed, report.fillers) == (0, 0)
    assert batch_states(store) == []


def test_anchor_once_makes_one_commit_of_several_edits(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain
) -> None:
    dossier = cockpit.add(make_dossier(1))
    for _ in range(3):
        last = cockpit.change(dossier)
    assert anchoring.anchor_once().signed == 1
    assert [commit.change.new_root for commit in chain.gateway().commits_of(dossier)] == [last.new_root]
    assert cockpit.states(dossier) == [JobState.REPLACED, JobState.REPLACED, JobState.CONFIRMED]


def test_anchor_once_splits_what_does_not_fit_one_batch(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain, store: SqlStore
) -> None:
    dossiers = [cockpit.add(make_dossier(number)) for number in range(MAX_CHANGES + 20)]
    jobs = {dossier: cockpit.change(dossier) for dossier in dossiers}
    report = anchoring.anchor_once()
    assert report.signed == MAX_CHANGES + 20
    assert batch_states(store) == [BatchState.CONFIRMED] * 2
    roots = chain.gateway().roots_of(dossiers)
    assert all(roots[dossier] == jobs[dossier].new_root for dossier in dossiers)


def test_anchor_once_waits_for_blocks_on_top(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, confirmations=2)
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    assert worker.anchor_once().waiting == 1
    assert cockpit.states(dossier) == [JobState.SIGNED]
    assert batch_states(store) == [BatchState.MINED]
    chain.node.mine()
    assert worker.settle().confirmed == 0
    chain.node.mine()
    assert worker.settle().confirmed == 1
    assert cockpit.states(dossier) == [JobState.CONFIRMED]


def test_anchor_once_goes_on_while_a_batch_waits_for_blocks(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, confirmations=2)
    first, second = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(first)
    worker.anchor_once()
    cockpit.change(first)
    cockpit.change(second)
    worker.anchor_once()
    # A dossier whose root is not confirmed waits; the others do not.
    assert cockpit.states(first) == [JobState.SIGNED, JobState.QUEUED]
    assert cockpit.states(second) == [JobState.SIGNED]
    chain.node.mine(3)
    worker.anchor_once()
    chain.node.mine(2)
    worker.settle()
    assert cockpit.states(first) == [JobState.CONFIRMED, JobState.CONFIRMED]


# --- what must not be anchored ----------------------------------------------------------------------------------------


def test_anchor_once_refuses_a_forged_job_and_anchors_the_others(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain, store: SqlStore, clock: SetClock
) -> None:
    good, bad = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(good)
    Cockpit(store, clock, JobKey(b"\x08" * 32)).change(bad)
    report = anchoring.anchor_once()
    assert report.signed == 1
    assert [(finding.reason, finding.dossier) for finding in report.findings] == [(Reason.FORGED, bad)]
    assert cockpit.states(bad) == [JobState.REFUSED]
    assert cockpit.states(good) == [JobState.CONFIRMED]
    assert chain.gateway().root_of(bad) == NO_ROOT


@pytest.mark.parametrize(
    "change",
    [
        {"new_root": make_root("other")},
        {"previous_root": make_root("other")},
        {"revision": 9},
        {"dossier": make_dossier(2)},
        {"mac": b""},
        {"mac": bytes(32)},
    ],
)
def test_anchor_once_refuses_a_changed_job(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain, store: SqlStore, change: dict[str, Any]
) -> None:
    dossier, other = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    job = cockpit.change(dossier)
    with store.write() as work:
        work.outbox.set_state([job.id], JobState.REPLACED)
        work.outbox.add(dataclasses.replace(job, **change))
        work.commit()
    report = anchoring.anchor_once()
    assert [finding.reason for finding in report.findings] == [Reason.FORGED]
    assert chain.gateway().roots_of([dossier, other]) == {dossier: NO_ROOT, other: NO_ROOT}


def test_anchor_once_stops_a_dossier_with_a_foreign_root_and_no_other(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain
) -> None:
    good, bad = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(good)
    cockpit.change(bad)
    commit_directly(chain, bad, NO_ROOT, make_root("foreign"))
    report = anchoring.anchor_once()
    assert [(finding.reason, finding.dossier) for finding in report.findings] == [(Reason.DATABASE_BEHIND, bad)]
    assert cockpit.states(good) == [JobState.CONFIRMED]
    assert cockpit.states(bad) == [JobState.QUEUED]
    assert chain.gateway().root_of(bad) == make_root("foreign")


def test_anchor_once_takes_a_root_that_is_there_already_for_done(
    anchoring: Anchoring, cockpit: Cockpit, chain: DeployedChain, store: SqlStore
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    commit_directly(chain, dossier, NO_ROOT, job.new_root)
    assert anchoring.anchor_once().findings == ()
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert batch_states(store) == []


def test_anchor_once_without_the_role_signs_nothing(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer("reviewer"), clock)
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    report = worker.anchor_once()
    assert [(finding.reason, finding.detail) for finding in report.findings] == [
        (Reason.REFUSED_BY_CONTRACT, "AccessControlUnauthorizedAccount")
    ]
    assert batch_states(store) == []
    assert cockpit.states(dossier) == [JobState.QUEUED]


def test_anchor_once_refuses_an_account_that_was_never_used(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    role = chain.contract("ObligationLedger").functions.roleOf(
        chain.contract("ObligationLedger").functions.REGISTRAR().call(), MUNICIPALITY
    )
    chain.transact("ObligationLedger", "grantRole", role.call(), account("fresh").address, by="administrator")
    worker = make_worker(store, chain.gateway(), chain.writer("fresh"), clock)
    cockpit.change(cockpit.add(make_dossier(1)))
    with pytest.raises(errors.Misconfigured):
        worker.anchor_once()


# --- interrupted ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The worker is killed here."""


class Mortal:
    """Passes calls on to an object, and dies before or after the n-th call of anything on it."""

    def __init__(self, inner: Any, death: list[int], *, after: bool) -> None:
        self._inner, self._death, self._after = inner, death, after

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            self._death[0] -= 1
            if self._death[0] == 0 and not self._after:
                raise Killed
            result = value(*arguments, **named)
            if self._death[0] == 0 and self._after:
                raise Killed
            return result

        return call


class MortalStore:
    """A database whose user dies at the n-th moment: before or after a commit."""

    def __init__(self, inner: SqlStore, death: list[int], *, after: bool) -> None:
        self._inner, self._death, self._after = inner, death, after

    def read(self) -> Any:
        return self._inner.read()

    def write(self) -> Any:
        work = self._inner.write()
        work.commit = Mortal(work, self._death, after=self._after).commit  # type: ignore[method-assign]
        return work


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_anchor_once_killed_at_any_point_loses_and_doubles_nothing(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit, *, after: bool
) -> None:
    dossiers = [cockpit.add(make_dossier(number)) for number in range(4)]
    expected: dict[DossierId, list[Root]] = {dossier: [] for dossier in dossiers}
    point, survived = 0, False
    while not survived:
        point += 1
        assert point < 60
        for dossier in dossiers[: 1 + point % 4]:
            expected[dossier].append(cockpit.change(dossier).new_root)
        death = [point]
        worker = make_worker(
            MortalStore(store, death, after=after),  # type: ignore[arg-type]
            Mortal(chain.gateway(), death, after=after),
            Mortal(chain.writer(), death, after=after),
            clock,
            fill=6,
            draw=Random(point),
        )
        try:
            worker.anchor_once()
            survived = True
        except Killed:
            pass
        clock.advance(seconds=LEASE.total_seconds() + 1)
        make_worker(store, chain.gateway(), chain.writer(), clock, fill=6, draw=Random(1000 + point)).anchor_once()
        clock.advance(seconds=LEASE.total_seconds() + 1)
        for dossier in dossiers:
            assert JobState.QUEUED not in cockpit.states(dossier)
            assert JobState.SIGNED not in cockpit.states(dossier)
    assert point > 10
    for dossier in dossiers:
        commits = [commit.change.new_root for commit in chain.gateway().commits_of(dossier)]
        assert commits == expected[dossier]
    nonces = [batch.nonce for batch in all_batches(store)]
    assert len(set(nonces)) == len(nonces)
    assert set(batch_states(store)) == {BatchState.CONFIRMED}


def all_batches(store: SqlStore) -> list[Any]:
    with store.read() as work:
        return list(work.batches.of_kind(BatchKind.LEDGER, limit=1000))


class Deaf:
    """A writer whose transactions get lost on the way."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.sent: list[bytes] = []
        self.deaf = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, raw: bytes) -> str:
        self.sent.append(raw)
        return "" if self.deaf else self._inner.send(raw)


def test_anchor_once_takes_a_missing_receipt_for_no_failure(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    writer = Deaf(chain.writer())
    waits: list[float] = []
    worker = make_worker(store, chain.gateway(), writer, clock, pause=waits.append, receipt_timeout=1.0)
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    report = worker.anchor_once()
    assert (report.signed, report.waiting, report.failed) == (1, 1, ())
    assert sum(waits) == pytest.approx(1.0)
    # Nothing new is signed while it is open, and what is sent again are the same bytes.
    other = cockpit.add(make_dossier(2))
    cockpit.change(other)
    worker.anchor_once()
    assert batch_states(store) == [BatchState.SENT]
    writer.deaf = False
    assert worker.anchor_once().waiting == 0
    assert len(set(writer.sent[:3])) == 1
    assert chain.gateway().root_of(dossier) == job.new_root
    assert cockpit.states(other) == [JobState.CONFIRMED]


def test_settle_sends_again_what_a_reorganisation_threw_out(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, confirmations=2)
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    snapshot = chain.node.snapshot()
    worker.anchor_once()
    assert batch_states(store) == [BatchState.MINED]
    chain.node.revert(snapshot)
    chain.node.mine(2)
    assert chain.gateway().root_of(dossier) == NO_ROOT
    worker.settle()
    assert chain.gateway().root_of(dossier) == job.new_root
    chain.node.mine(2)
    worker.settle()
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert len(chain.gateway().commits_of(dossier)) == 1


def test_anchor_once_stops_when_the_chain_is_behind_the_database(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    first, second = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(first)
    snapshot = chain.node.snapshot()
    make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    chain.node.revert(snapshot)
    chain.node.mine(3)
    clock.time += LEASE * 2
    cockpit.change(second)
    with pytest.raises(errors.Deviation) as caught:
        make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    assert caught.value.key == "chain_behind"
    assert batch_states(store) == [BatchState.CONFIRMED]
    assert cockpit.states(second) == [JobState.QUEUED]


def test_anchor_once_analyses_a_reverted_batch_and_goes_on_with_the_rest(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    good, bad = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(good)
    cockpit.change(bad)
    writer = Deaf(chain.writer())
    worker = make_worker(store, chain.gateway(), writer, clock, receipt_timeout=0.1)
    worker.anchor_once()
    # While the batch is on its way, another account of the registrar's role changes one of its dossiers.
    ledger = chain.contract("ObligationLedger")
    role = ledger.functions.roleOf(ledger.functions.REGISTRAR().call(), MUNICIPALITY).call()
    chain.transact("ObligationLedger", "grantRole", role, account("reviewer").address, by="administrator")
    chain.transact("ObligationLedger", "commit", MUNICIPALITY, [(bad, NO_ROOT, make_root("foreign"))], by="reviewer")
    writer.deaf = False
    report = worker.anchor_once()
    assert [reason for _, reason in report.failed] == ["reverted"]
    assert [(finding.reason, finding.dossier) for finding in report.findings] == [(Reason.DATABASE_BEHIND, bad)]
    assert batch_states(store) == [BatchState.FAILED, BatchState.CONFIRMED]
    assert cockpit.states(good) == [JobState.CONFIRMED]
    assert cockpit.states(bad) == [JobState.SIGNED]
    assert chain.gateway().root_of(bad) == make_root("foreign")


def test_anchor_once_signs_anew_when_something_else_took_the_nonce(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    writer = Deaf(chain.writer())
    worker = make_worker(store, chain.gateway(), writer, clock, receipt_timeout=0.1)
    worker.anchor_once()
    commit_directly(chain, make_dossier(77), NO_ROOT, make_root("other"))
    writer.deaf = False
    report = worker.anchor_once()
    assert [reason for _, reason in report.failed] == ["nonce_taken"]
    assert chain.gateway().root_of(dossier) == job.new_root
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert batch_states(store) == [BatchState.FAILED, BatchState.CONFIRMED]


class Starving:
    """A writer whose transactions run out of gas."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def sign(self, call: Any, nonce: int) -> Any:
        return self._inner.sign(dataclasses.replace(call, gas=40_000), nonce)


def test_anchor_once_does_not_repeat_a_failing_batch_for_ever(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    worker = make_worker(store, chain.gateway(), Starving(chain.writer()), clock)
    for _ in range(10):
        worker.anchor_once()
    assert batch_states(store) == [BatchState.FAILED] * 3
    clock.time += PATIENCE
    make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert chain.gateway().root_of(dossier) == job.new_root


def test_anchor_once_says_what_the_node_said_and_goes_on_when_it_can(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    registrar = account("registrar").address
    chain.node.ask("evm_setAccountBalance", registrar, hex(1))
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, receipt_timeout=0.1)
    finding = worker.anchor_once().findings[0]
    assert finding.reason is Reason.REFUSED_BY_NODE
    assert "funds" in finding.detail
    assert cockpit.states(dossier) == [JobState.SIGNED]
    chain.node.ask("evm_setAccountBalance", registrar, hex(10**21))
    assert worker.anchor_once().findings == ()
    assert chain.gateway().root_of(dossier) == job.new_root


# --- two workers ------------------------------------------------------------------------------------------------------


def test_anchor_once_leaves_the_account_to_the_worker_that_holds_the_lease(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    first = make_worker(store, chain.gateway(), chain.writer(), clock)
    second = make_worker(store, chain.gateway(), chain.writer(), clock)
    first.anchor_once()
    cockpit.change(cockpit.add(make_dossier(1)))
    with pytest.raises(LeaseLost):
        second.anchor_once()
    clock.advance(seconds=LEASE.total_seconds() - 1)
    with pytest.raises(LeaseLost):
        second.anchor_once()
    clock.advance(seconds=2)
    assert second.anchor_once().signed == 1
    with pytest.raises(LeaseLost):
        first.anchor_once()


def test_submit_after_losing_the_lease_stores_nothing(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    second = make_worker(store, chain.gateway(), chain.writer(), clock)

    class Sleeping:
        """A writer that sleeps while it signs, so that another worker takes over."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def sign(self, call: Any, nonce: int) -> Any:
            signed = self._inner.sign(call, nonce)
            clock.time += LEASE + timedelta(seconds=1)
            second.anchor_once()
            return signed

    first = make_worker(store, chain.gateway(), Sleeping(chain.writer()), clock)
    with pytest.raises(LeaseLost):
        first.anchor_once()
    assert batch_states(store) == [BatchState.CONFIRMED]
    assert len(chain.gateway().commits_of(dossier)) == 1


def test_submit_drops_what_it_signed_when_a_job_was_replaced_meanwhile(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)

    class Edited:
        """A writer during whose signing somebody edits the dossier once more."""

        def __init__(self, inner: Any) -> None:
            self._inner, self.edited = inner, False

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def sign(self, call: Any, nonce: int) -> Any:
            if not self.edited:
                self.edited = True
                cockpit.change(dossier)
            return self._inner.sign(call, nonce)

    worker = make_worker(store, chain.gateway(), Edited(chain.writer()), clock)
    assert worker.anchor_once().signed == 1
    assert len(batch_states(store)) == 1
    assert cockpit.states(dossier) == [JobState.REPLACED, JobState.CONFIRMED]


# --- filling ----------------------------------------------------------------------------------------------------------


def test_anchor_once_fills_an_empty_batch(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, fill=8)
    report = worker.anchor_once()
    assert (report.signed, report.fillers) == (0, 8)
    dossier = cockpit.add()
    before = chain.gateway().root_of(dossier)
    # A new client's dossier was on the chain before anybody became a client.
    assert before != NO_ROOT
    job = cockpit.change(dossier)
    report = worker.anchor_once()
    assert (report.signed, report.fillers) == (1, 7)
    assert chain.gateway().root_of(dossier) == job.new_root


def test_anchor_once_uses_spares_that_record_keeping_can_build_on(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, fill=4)
    dossiers = [cockpit.add(make_dossier(number)) for number in range(4)]
    for dossier in dossiers:
        cockpit.change(dossier)
    worker.anchor_once()
    cockpit.prepare_spares(dossiers, 20)
    for _ in range(12):
        worker.anchor_once()
    used = [dossier for dossier in dossiers if len(cockpit.states(dossier)) > 1]
    assert used
    for dossier in used:
        assert set(cockpit.states(dossier)) == {JobState.CONFIRMED}
        with store.read() as work:
            row = work.dossiers.get(dossier)
            revisions = work.revisions.of(dossier)
        assert row is not None
        assert row.root == chain.gateway().root_of(dossier) == revisions[-1].root
        assert [revision.revision for revision in revisions] == list(range(1, row.revision + 1))
        job = cockpit.change(dossier)
        worker.anchor_once()
        assert chain.gateway().root_of(dossier) == job.new_root


def test_anchor_once_never_uses_a_forged_spare(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, fill=2)
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    worker.anchor_once()
    Cockpit(store, clock, JobKey(b"\x08" * 32)).prepare_spares([dossier])
    for _ in range(6):
        worker.anchor_once()
    assert chain.gateway().root_of(dossier) == job.new_root
