"""Fillers under real record keeping: header-only revisions verify like any other, and decoys become dossiers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import NO_ROOT
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.filling import SpareMaker
from schuldhulp.services.rows import JobState
from schuldhulp.storage import SqlStore
from tests.support.database import kinds, migrated_engine
from tests.support.factories import MUNICIPALITY, RecordKeeping, make_applicant, make_income
from tests.support.fake_chain import FakeChain
from tests.support.worker import SetClock, make_worker


@pytest.fixture(params=kinds())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    with migrated_engine(request.param, tmp_path) as engine:
        yield SqlStore(engine)


@pytest.fixture
def chain() -> FakeChain:
    return FakeChain(SetClock())


@pytest.fixture
def keeping(store: SqlStore, chain: FakeChain) -> RecordKeeping:
    return RecordKeeping(store, chain=chain)  # type: ignore[arg-type]


@pytest.fixture
def caseworker(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def worker(store: SqlStore, chain: FakeChain, keeping: RecordKeeping) -> Anchoring:
    return make_worker(
        store,
        chain,
        chain,
        keeping.clock,  # type: ignore[arg-type]
        fill=6,
        draw=Random(5),
        job_key=keeping.keys.job,
        municipality=MUNICIPALITY,
    )


@pytest.fixture
def maker(store: SqlStore, keeping: RecordKeeping) -> SpareMaker:
    return SpareMaker(store=store, keys=keeping.keys, clock=keeping.clock, municipality=MUNICIPALITY)


def test_prepare_makes_revisions_that_verify_and_can_be_built_on(
    store: SqlStore,
    chain: FakeChain,
    keeping: RecordKeeping,
    caseworker: Actor,
    worker: Anchoring,
    maker: SpareMaker,
) -> None:
    dossiers = [keeping.add_dossier(caseworker, make_applicant(surname=name)) for name in ("Jansen", "Bakker")]
    # What is not signed yet may be replaced, so nothing is built on it.
    assert maker.prepare(spares=5) == 0
    worker.anchor_once()
    assert maker.prepare(spares=5) == 2
    assert maker.prepare(spares=5, low=5) == 0
    used = set()
    for turn in range(12):
        worker.anchor_once()
        maker.prepare(spares=5, low=3)
        for dossier in dossiers:
            report = keeping.verification.dossier(actor=caseworker, dossier=dossier)
            assert report.state is TrustState.VERIFIED
            with store.read() as work:
                row = work.dossiers.get(dossier)
            assert row is not None
            if row.revision > 1 + turn // 4:
                used.add(dossier)
        if turn % 4 == 3:
            for dossier in dossiers:
                owner = keeping.first_applicant(dossier)
                keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
                report = keeping.verification.dossier(actor=caseworker, dossier=dossier)
                assert report.state is TrustState.BEING_RECORDED
    assert used == set(dossiers)
    worker.anchor_once()
    for dossier in dossiers:
        assert len(keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP).records) == 4
        with store.read() as work:
            states = {job.state for job in work.outbox.of(dossier)}
        assert states <= {JobState.CONFIRMED, JobState.REPLACED}
        roots = [commit.change.previous_root for commit in chain.commits_of(dossier)]
        assert len(set(roots)) == len(roots)


def test_add_takes_over_a_dossier_that_is_on_the_chain_already(
    chain: FakeChain, keeping: RecordKeeping, caseworker: Actor, worker: Anchoring
) -> None:
    worker.anchor_once()
    dossier = keeping.add_dossier(caseworker)
    assert chain.root_of(dossier) != NO_ROOT
    report = keeping.verification.dossier(actor=caseworker, dossier=dossier)
    assert report.state is TrustState.BEING_RECORDED
    worker.anchor_once()
    report = keeping.verification.dossier(actor=caseworker, dossier=dossier)
    assert report.state is TrustState.VERIFIED
    assert sum(not any(change.previous_root) for change in chain.seen[-1].changes) < 6


def test_prepare_leaves_a_dossier_without_its_key_alone(
    store: SqlStore, keeping: RecordKeeping, caseworker: Actor, worker: Anchoring
) -> None:
    keeping.add_dossier(caseworker)
    worker.anchor_once()
    strange = SpareMaker(store=store, keys=type(keeping.keys)(), clock=keeping.clock, municipality=MUNICIPALITY)
    assert strange.prepare() == 0
