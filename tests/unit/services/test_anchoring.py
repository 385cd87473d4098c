"""The worker's ledger part on a chain in memory; the real chain is in tests/integration/worker."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schuldhulp import errors
from schuldhulp.domain.types import NO_ROOT, DossierId
from schuldhulp.services.anchoring import MAX_CHANGES, TRIES, Anchoring, Reason
from schuldhulp.services.filling import GROUP_BYTES, GROUP_SIZE, adopt, group_of
from schuldhulp.services.ports import ContractCall, RootChange, SignedTransaction
from schuldhulp.services.rows import DecoyRow, JobState
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import FakeChain
from tests.support.worker import MUNICIPALITY, Cockpit, SetClock, make_dossier, make_root, make_store, make_worker


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return make_store(tmp_path)


@pytest.fixture
def chain(clock: SetClock) -> FakeChain:
    return FakeChain(clock)


@pytest.fixture
def cockpit(store: SqlStore, clock: SetClock) -> Cockpit:
    return Cockpit(store, clock)


def worker_of(store: SqlStore, chain: FakeChain, clock: SetClock, fill: int = 0, seed: int = 1) -> Anchoring:
    return make_worker(store, chain, chain, clock, fill=fill, draw=Random(seed), receipt_timeout=0.1)


def test_anchor_once_sorts_its_changes(store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit) -> None:
    worker = worker_of(store, chain, clock, fill=20)
    for _ in range(10):
        cockpit.change(cockpit.add())
    worker.anchor_once()
    dossiers = [change.dossier for change in chain.seen[0].changes]
    assert len(dossiers) == 20
    assert dossiers == sorted(dossiers)


def test_anchor_once_splits_by_whole_groups(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    groups = MAX_CHANGES // 32 + 2
    for number in range(groups):
        cockpit.change(cockpit.add(make_dossier(number)))
    report = worker_of(store, chain, clock, fill=32).anchor_once()
    assert [len(seen.changes) for seen in chain.seen] == [320, 64]
    assert (report.signed, report.fillers) == (groups, groups * 31)


def test_anchor_once_changes_a_group_as_a_whole(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = worker_of(store, chain, clock, fill=32)
    dossiers = [cockpit.add() for _ in range(40)]
    for dossier in dossiers:
        cockpit.change(dossier)
    worker.anchor_once()
    cockpit.prepare_spares(dossiers)
    for dossier in (dossiers[3], dossiers[37]):
        cockpit.change(dossier)
        worker.anchor_once()
        changed = {change.dossier for change in chain.seen[-1].changes}
        known = set(chain.roots)
        assert changed == {one for one in known if group_of(one) == group_of(dossier)}
        assert len(changed) == 32


def test_anchor_once_with_the_chain_down_loses_nothing(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    worker = worker_of(store, chain, clock)
    chain.down = True
    with pytest.raises(errors.Unreachable):
        worker.anchor_once()
    assert cockpit.states(dossier) == [JobState.QUEUED]
    chain.down = False
    assert worker.anchor_once().signed == 1


def test_anchor_once_sends_the_same_bytes_again(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    cockpit.change(cockpit.add(make_dossier(1)))
    chain.deaf = True
    worker = worker_of(store, chain, clock)
    for _ in range(3):
        worker.anchor_once()
    clock.time += LEASE * 2
    chain.deaf = False
    worker_of(store, chain, clock).anchor_once()
    assert len(set(chain.sent)) == 1
    assert len(chain.sent) == 4
    assert len(chain.seen) == 1


def test_anchor_once_keeps_the_order_of_a_dossiers_revisions(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    first = cockpit.change(dossier)
    chain.deaf = True
    worker = worker_of(store, chain, clock)
    worker.anchor_once()
    second = cockpit.change(dossier)
    chain.deaf = False
    worker.anchor_once()
    worker.anchor_once()
    assert [commit.change.new_root for commit in chain.commits_of(dossier)] == [first.new_root, second.new_root]


def test_anchor_once_names_a_chain_that_forgot(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    first = cockpit.change(dossier)
    worker = worker_of(store, chain, clock)
    worker.anchor_once()
    cockpit.change(dossier)
    worker.anchor_once()
    cockpit.change(dossier)
    for old in (first.new_root, NO_ROOT):
        chain.roots[dossier] = old
        report = worker.anchor_once()
        assert [(finding.reason, finding.dossier) for finding in report.findings] == [(Reason.CHAIN_BEHIND, dossier)]
    assert cockpit.states(dossier)[-1] is JobState.QUEUED


def test_anchor_once_names_a_confirmed_batch_whose_root_is_not_there(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    worker = make_worker(store, chain, chain, clock, confirmations=1)
    worker.anchor_once()
    chain.number += 1
    chain.roots[dossier] = make_root("foreign")
    assert worker.settle().confirmed == 1
    assert cockpit.states(dossier) == [JobState.SIGNED]
    report = worker.anchor_once()
    assert [(finding.reason, finding.dossier) for finding in report.findings] == [(Reason.DATABASE_BEHIND, dossier)]


def test_anchor_once_follows_the_chain_about_a_decoy(store: SqlStore, chain: FakeChain, clock: SetClock) -> None:
    worker = worker_of(store, chain, clock, fill=4)
    worker.anchor_once()
    decoy = chain.seen[0].changes[0].dossier
    chain.roots[decoy] = make_root("elsewhere")
    for _ in range(8):
        assert worker.anchor_once().findings == ()
    assert chain.root_of(decoy) != make_root("elsewhere")


def test_adopt_takes_every_decoy_once(store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit) -> None:
    worker_of(store, chain, clock, fill=6).anchor_once()
    adopted = [cockpit.add(draw=Random(3)) for _ in range(7)]
    assert len(set(adopted)) == 7
    assert [chain.root_of(dossier) != NO_ROOT for dossier in adopted] == [True] * 6 + [False]


def test_adopt_leaves_a_decoy_that_is_on_its_way(store: SqlStore, clock: SetClock, chain: FakeChain) -> None:
    chain.deaf = True
    worker_of(store, chain, clock, fill=3).anchor_once()
    with store.write() as work:
        _, root = adopt(work, MUNICIPALITY)
    assert root == NO_ROOT


def test_take_drops_the_batch_when_a_decoy_was_adopted_meanwhile(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    worker = worker_of(store, chain, clock, fill=3)
    worker.anchor_once()
    adopted: list[DossierId] = []
    sign = chain.sign

    def sign_slowly(*arguments: object) -> object:
        if not adopted:
            adopted.extend(cockpit.add() for _ in range(3))
        return sign(*arguments)  # type: ignore[arg-type]

    chain.sign = sign_slowly  # type: ignore[method-assign,assignment]
    assert worker.anchor_once().fillers == 0
    with store.read() as work:
        assert not {decoy.id for decoy in work.filling.decoys(MUNICIPALITY)} & set(adopted)


class Office:
    """Edits a dossier while a batch is being signed, as often as it is told."""

    def __init__(self, chain: FakeChain, cockpit: Cockpit, dossier: DossierId, edits: int) -> None:
        self._sign, self._cockpit, self._dossier, self.edits = chain.sign, cockpit, dossier, edits
        chain.sign = self.sign  # type: ignore[method-assign]

    def sign(self, call: ContractCall, nonce: int) -> SignedTransaction:
        """Sign, after an edit."""
        if self.edits:
            self.edits -= 1
            self._cockpit.change(self._dossier)
        return self._sign(call, nonce)


@pytest.mark.parametrize("fill", [0, 32])
def test_anchor_once_collects_again_when_a_dossier_was_edited_meanwhile(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit, fill: int
) -> None:
    dossiers = [cockpit.add() for _ in range(5)]
    for dossier in dossiers:
        cockpit.change(dossier)
    Office(chain, cockpit, dossiers[2], edits=3)
    report = worker_of(store, chain, clock, fill=fill).anchor_once()
    assert (report.signed, report.queued, report.findings) == (5, 0, ())
    assert len(chain.seen) == 1
    assert cockpit.states(dossiers[2]) == [JobState.REPLACED] * 3 + [JobState.CONFIRMED]


def test_anchor_once_names_a_dossier_that_never_stands_still(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add()
    cockpit.change(dossier)
    office = Office(chain, cockpit, dossier, edits=1_000)
    worker = worker_of(store, chain, clock)
    report = worker.anchor_once()
    assert (report.signed, [finding.reason for finding in report.findings]) == (0, [Reason.CHANGING])
    assert office.edits == 1_000 - TRIES
    office.edits = 0
    assert worker.anchor_once().findings == ()


@pytest.mark.parametrize("fill", [1, 31])
def test_anchor_once_fills_small_batches_no_more_than_they_may_hold(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit, fill: int
) -> None:
    """Groups hold 32 dossiers, even where they are filled up to fewer."""
    groups = [make_dossier(number)[:GROUP_BYTES] for number in range(MAX_CHANGES // GROUP_SIZE + 2)]
    dossiers = [
        cockpit.add(DossierId(group + bytes([number]) * (32 - GROUP_BYTES)))
        for group in groups
        for number in range(GROUP_SIZE)
    ]
    for dossier in dossiers:
        cockpit.change(dossier)
    worker = worker_of(store, chain, clock, fill=fill)
    worker.anchor_once()
    cockpit.prepare_spares(dossiers)
    chain.seen.clear()
    for dossier in dossiers[::GROUP_SIZE]:
        cockpit.change(dossier)
    report = worker.anchor_once()
    sizes = [len(seen.changes) for seen in chain.seen]
    assert sum(sizes) == report.signed + report.fillers == len(dossiers)
    assert all(size <= MAX_CHANGES and size % GROUP_SIZE == 0 for size in sizes)


def test_settle_does_not_wait_for_what_comes_after_a_batch_that_is_not_mined(
    store: SqlStore, chain: FakeChain, clock: SetClock, cockpit: Cockpit
) -> None:
    waits: list[float] = []
    worker = make_worker(store, chain, chain, clock, confirmations=5, pause=waits.append, receipt_timeout=1.0)
    for number in range(3):
        cockpit.change(cockpit.add(make_dossier(number)))
        worker.anchor_once()
    # The blocks of all three are thrown out, and nothing is mined for a while.
    chain.receipts.clear()
    chain.nonce, chain.deaf = 1, True
    waits.clear()
    chain.sent.clear()
    assert worker.settle().waiting == 3
    assert len(chain.sent) == 1
    assert sum(waits) == pytest.approx(1.0)


def test_realign_keeps_the_number_of_decoys(store: SqlStore, chain: FakeChain, clock: SetClock) -> None:
    with store.write() as work:
        for number in range(10):
            one = DossierId(make_dossier(0)[:-1] + bytes([number]))
            work.filling.put_decoy(DecoyRow(id=one, municipality=MUNICIPALITY, root=make_root(number)))
        work.commit()
    worker = worker_of(store, chain, clock, fill=4)
    for _ in range(10):
        worker.anchor_once()
    with store.read() as work:
        decoys = {decoy.id: decoy.root for decoy in work.filling.decoys(MUNICIPALITY)}
    assert all(chain.root_of(decoy) == root for decoy, root in decoys.items())


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anchor_once_under_any_order_of_events_anchors_each_change_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    clock = SetClock()
    store, chain = make_store(tmp_path_factory.mktemp("worker")), FakeChain(clock)
    cockpit = Cockpit(store, clock)
    dossiers = [cockpit.add(make_dossier(number)) for number in range(3)]
    worker = worker_of(store, chain, clock, fill=4)
    newest: dict[DossierId, RootChange] = {}
    events = st.sampled_from(["change", "anchor", "settle", "deaf", "hear", "restart", "down", "up", "spares"])
    for event in data.draw(st.lists(events, max_size=25)):
        clock.advance(seconds=1)
        if event == "change":
            job = cockpit.change(data.draw(st.sampled_from(dossiers)))
            newest[job.dossier] = RootChange(
                dossier=job.dossier, previous_root=job.previous_root, new_root=job.new_root
            )
        elif event in ("anchor", "settle"):
            try:
                worker.anchor_once() if event == "anchor" else worker.settle()
            except errors.Unreachable:
                assert chain.down
        elif event == "restart":
            clock.time += LEASE * 2
            worker = worker_of(store, chain, clock, fill=4, seed=data.draw(st.integers(0, 1000)))
        elif event == "spares":
            cockpit.prepare_spares(dossiers, 3)
        else:
            chain.deaf = {"deaf": True, "hear": False}.get(event, chain.deaf)
            chain.down = {"down": True, "up": False}.get(event, chain.down)
    chain.deaf = chain.down = False
    for _ in range(3):
        assert worker.anchor_once().findings == ()
    for dossier in dossiers:
        commits = [commit.change.new_root for commit in chain.commits_of(dossier)]
        assert len(set(commits)) == len(commits)
        if dossier in newest:
            assert newest[dossier].new_root in commits
        with store.read() as work:
            row = work.dossiers.get(dossier)
            revisions = [revision.root for revision in work.revisions.of(dossier)]
        assert row is not None
        assert chain.root_of(dossier) == row.root
        # Never out of order: what was committed stands in the order of revisions.
        positions = [revisions.index(root) for root in commits]
        assert positions == sorted(positions)
