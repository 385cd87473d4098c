from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from schuldhulp import errors
from schuldhulp.domain.trust import FindingKind
from schuldhulp.domain.types import NO_ROOT
from schuldhulp.services.anchoring import Reason
from schuldhulp.services.chain_watch import MAX_NAMED, STALE, UNREADABLE, ChainWatch, WatchFinding, read_finding
from schuldhulp.services.ports import ChainReader
from schuldhulp.services.rows import ChainWatchRow, JobState
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.unit_of_work import SqlStore
from tests.integration.worker.test_anchoring import commit_directly
from tests.support.chain import DeployedChain, account, deploy, running_ganache
from tests.support.worker import MUNICIPALITY, Cockpit, SetClock, make_dossier, make_root, make_store, make_worker

FOR_EVER = 10**9


def make_watch(store: SqlStore, reader: ChainReader, clock: SetClock, *, head_max_age: int = FOR_EVER) -> ChainWatch:
    """Make a watch; the clock of these tests does not follow that of the chain, so by default no block is too old."""
    return ChainWatch(
        store=store,
        reader=reader,
        clock=clock,
        account=account("registrar").address,
        municipality=MUNICIPALITY,
        head_max_age=head_max_age,
    )


def stored(store: SqlStore) -> ChainWatchRow:
    with store.read() as work:
        row = work.chain_watch.get()
    assert row is not None
    return row


def test_check_of_an_agreeing_pair_finds_nothing(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    watch = make_watch(store, chain.gateway(), clock)
    assert watch.check() is None
    dossiers = [cockpit.add(make_dossier(number)) for number in range(4)]
    worker = make_worker(store, chain.gateway(), chain.writer(), clock, fill=6, confirmations=1)
    for _ in range(3):
        for dossier in dossiers[:2]:
            cockpit.change(dossier)
        assert watch.check() is None
        worker.anchor_once()
        # Signed, and not yet deep enough.
        assert watch.check() is None
        chain.node.mine(2)
        worker.settle()
        assert watch.check() is None
    cockpit.change(cockpit.add())
    assert watch.check() is None
    row = stored(store)
    assert row.finding == ""
    assert row.head_number == chain.gateway().head().number
    assert row.checked_at == clock.now()


def test_check_names_a_chain_that_was_rolled_back(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    snapshot = chain.node.snapshot()
    make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    assert make_watch(store, chain.gateway(), clock).check() is None
    head = stored(store).head_number
    chain.node.revert(snapshot)
    found = make_watch(store, chain.gateway(), clock).check()
    assert found is not None
    assert (found.kind, found.detail) == (FindingKind.CHAIN_BEHIND, "head_lower")
    assert found.stops_everything
    assert stored(store).head_number == head
    # Nothing is written while the chain is shorter than it was.
    clock.time += LEASE * 2
    cockpit.change(dossier)
    with pytest.raises(errors.Deviation):
        make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    # It grows past its old height, without the transactions that are gone.
    chain.node.mine(3)
    found = make_watch(store, chain.gateway(), clock).check()
    assert found is not None
    assert (found.kind, found.detail) == (FindingKind.CHAIN_BEHIND, "transactions_gone")
    clock.time += LEASE * 2
    report = make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    assert [finding.reason for finding in report.findings] == [Reason.CHAIN_BEHIND]
    assert chain.gateway().root_of(dossier) == NO_ROOT


def test_check_names_a_database_that_was_restored_from_an_older_copy(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit, tmp_path: Path
) -> None:
    first, second = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    for dossier in (first, second):
        cockpit.change(dossier)
    worker = make_worker(store, chain.gateway(), chain.writer(), clock)
    worker.anchor_once()
    folder = tmp_path / "copy"
    folder.mkdir()
    copy = make_copy(tmp_path, folder)
    newest = cockpit.change(first)
    worker.anchor_once()
    found = make_watch(copy, chain.gateway(), clock).check()
    assert found is not None
    assert found.kind is FindingKind.DATABASE_BEHIND
    assert found.dossiers == (first,)
    assert found.concerns(first)
    assert not found.concerns(second)
    # The dossier stops, the other goes on, and nothing on the chain is overwritten.
    clock.time += LEASE * 2
    old = Cockpit(copy, clock)
    old.change(first)
    job = old.change(second)
    report = make_worker(copy, chain.gateway(), chain.writer(), clock).anchor_once()
    assert [finding.reason for finding in report.findings] == [Reason.DATABASE_BEHIND]
    assert chain.gateway().root_of(first) == newest.new_root
    assert chain.gateway().root_of(second) == job.new_root
    assert old.states(first)[-1] is JobState.QUEUED


def make_copy(source: Path, folder: Path) -> SqlStore:
    """Copy a database as a backup does."""
    target = folder / "test.sqlite"
    with sqlite3.connect(source / "test.sqlite") as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()
    return make_store(folder)


def test_check_names_a_root_that_nobody_here_wrote(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier, other = cockpit.add(make_dossier(1)), cockpit.add(make_dossier(2))
    cockpit.change(dossier)
    job = cockpit.change(other)
    make_worker(store, chain.gateway(), chain.writer(), clock).anchor_once()
    commit_directly(chain, other, job.new_root, make_root("foreign"))
    found = make_watch(store, chain.gateway(), clock).check()
    assert found is not None
    assert found.kind is FindingKind.DATABASE_BEHIND
    assert found.dossiers == (other,)


def test_check_names_another_chain(store: SqlStore, clock: SetClock) -> None:
    with running_ganache() as node:
        first = deploy(node)
        assert make_watch(store, first.gateway(), clock).check() is None
        before = stored(store).head_number
        node.stop()
        node.start()
        deploy(node)
        node.mine(50)
        found = make_watch(store, first.gateway(), clock).check()
        assert found is not None
        assert found.kind is FindingKind.CHAIN_OTHER
        assert found.stops_everything
        assert stored(store).head_number == before


def test_check_names_a_silent_chain_and_recovers(tmp_path: Path, store: SqlStore, clock: SetClock) -> None:
    with running_ganache(tmp_path / "chain") as node:
        deployed = deploy(node)
        watch = make_watch(store, deployed.gateway(), clock)
        assert watch.check() is None
        node.stop()
        found = watch.check()
        assert found is not None
        assert found.kind is FindingKind.CHAIN_SILENT
        node.start()
        assert watch.check() is None


@pytest.mark.parametrize(
    "finding",
    [
        WatchFinding(kind=FindingKind.CHAIN_OTHER, detail="genesis_other"),
        WatchFinding(kind=FindingKind.CHAIN_SILENT),
        WatchFinding(kind=FindingKind.DATABASE_BEHIND, detail="roots", dossiers=(make_dossier(1), make_dossier(2))),
        WatchFinding(kind=FindingKind.ROOT_DIFFERS, dossiers=(make_dossier(1),), more=7),
    ],
)
def test_read_finding_reads_what_to_text_wrote(finding: WatchFinding) -> None:
    assert read_finding(finding.to_text()) == finding


def test_read_finding_of_nothing_is_none() -> None:
    assert read_finding("") is None


def test_to_text_counts_what_it_does_not_name() -> None:
    dossiers = tuple(make_dossier(number) for number in range(MAX_NAMED + 3))
    found = read_finding(WatchFinding(kind=FindingKind.CHAIN_BEHIND, detail="roots", dossiers=dossiers).to_text())
    assert found is not None
    assert (found.dossiers, found.more) == (dossiers[:MAX_NAMED], 3)
    # Which ones are left is not stored, so it may be any.
    assert found.concerns(dossiers[-1])


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "nonsense -",
        "chain_behind",
        "chain_behind  ",
        "chain_behind roots 12",
        "chain_behind roots " + "g" * 64,
        "chain_silent - +x",
        " ",
        "chain_behind roots\n",
    ],
)
def test_read_finding_takes_what_nobody_here_wrote_for_a_finding(text: str) -> None:
    found = read_finding(text)
    assert found is not None
    assert found.detail == UNREADABLE
    assert found.stops_everything


def test_concerns_leaves_a_silent_chain_to_a_later_check() -> None:
    assert not WatchFinding(kind=FindingKind.CHAIN_SILENT, detail=STALE).concerns(make_dossier(1))


def test_check_names_a_chain_that_stands_still_and_the_worker_lets_it_go_on(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit
) -> None:
    chain.node.mine()
    gateway = chain.gateway()
    clock.time = gateway.head().timestamp + timedelta(seconds=901)
    watch = make_watch(store, gateway, clock, head_max_age=900)
    found = watch.check()
    assert found is not None
    assert (found.kind, found.detail) == (FindingKind.CHAIN_SILENT, STALE)
    assert stored(store).head_number == gateway.head().number
    job = cockpit.change(cockpit.add(make_dossier(1)))
    make_worker(store, gateway, chain.writer(), clock).anchor_once()
    assert gateway.root_of(job.dossier) == job.new_root
    clock.time = gateway.head().timestamp
    assert watch.check() is None
