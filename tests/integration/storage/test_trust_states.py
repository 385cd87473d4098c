"""The four states of trust, and what each of them lets through."""

from __future__ import annotations

import pytest

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.trust import FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import NO_ROOT, DossierId, Root
from schuldhulp.errors import ChainMismatch, Deviation
from schuldhulp.services.rows import ChainWatchRow
from tests.support.factories import RecordKeeping, make_income


@pytest.fixture
def dossier(keeping: RecordKeeping, caseworker: Actor) -> DossierId:
    return keeping.add_dossier(caseworker)


def _report(keeping: RecordKeeping, actor: Actor, dossier: DossierId) -> TrustReport:
    return keeping.dossiers.open(actor=actor, dossier=dossier, purpose=Purpose.DEBT_HELP).trust


def _kinds(report: TrustReport) -> set[FindingKind]:
    return {finding.kind for finding in report.findings}


def _add(keeping: RecordKeeping, actor: Actor, dossier: DossierId) -> None:
    keeping.records.add(actor=actor, dossier=dossier, record=make_income(keeping.first_applicant(dossier)))


def test_a_change_is_being_recorded_until_it_is_on_the_chain(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    assert _report(keeping, caseworker, dossier).state is TrustState.BEING_RECORDED
    batch = keeping.chain.sign(keeping.store)
    assert _report(keeping, caseworker, dossier).state is TrustState.BEING_RECORDED
    keeping.chain.mine(keeping.store, batch)
    assert _report(keeping, caseworker, dossier).state is TrustState.VERIFIED
    keeping.chain.confirm(keeping.store, batch)
    assert _report(keeping, caseworker, dossier).state is TrustState.VERIFIED


def test_a_job_older_than_fifteen_minutes_is_named_and_does_not_stop_the_work(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.clock.advance(minutes=14)
    assert _report(keeping, caseworker, dossier).state is TrustState.BEING_RECORDED
    keeping.clock.advance(minutes=2)
    report = _report(keeping, caseworker, dossier)
    assert report.state is TrustState.DEVIATES
    assert _kinds(report) == {FindingKind.JOB_OVERDUE}
    assert report.deviating_records == frozenset()
    _add(keeping, caseworker, dossier)


def test_a_silent_chain_is_no_deviation_and_does_not_stop_the_work(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.anchor()
    keeping.chain.silent = True
    report = _report(keeping, caseworker, dossier)
    assert report.state is TrustState.UNREACHABLE
    assert _kinds(report) == {FindingKind.CHAIN_SILENT}
    _add(keeping, caseworker, dossier)
    keeping.add_dossier(caseworker)
    keeping.chain.silent = False
    keeping.anchor()
    assert _report(keeping, caseworker, dossier).state is TrustState.VERIFIED


def test_another_chain_is_named_and_nothing_is_written(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.anchor()
    keeping.chain.other = True
    report = _report(keeping, caseworker, dossier)
    assert report.state is TrustState.UNREACHABLE
    assert _kinds(report) == {FindingKind.CHAIN_OTHER}
    keeping.chain.other = False
    owner = keeping.first_applicant(dossier)
    keeping.chain.other = True
    with pytest.raises(ChainMismatch):
        keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    with pytest.raises(ChainMismatch):
        keeping.add_dossier(caseworker)


def test_a_chain_that_was_set_back_is_named_and_nothing_is_written(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.anchor()
    older = keeping.chain.roots[dossier]
    _add(keeping, caseworker, dossier)
    keeping.anchor()
    for root in (older, NO_ROOT):
        keeping.chain.roots[dossier] = root
        report = _report(keeping, caseworker, dossier)
        assert report.state is TrustState.DEVIATES
        assert _kinds(report) == {FindingKind.CHAIN_BEHIND}
        with pytest.raises(Deviation):
            _add(keeping, caseworker, dossier)


def test_a_root_that_the_database_never_had_is_named(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.anchor()
    keeping.chain.roots[dossier] = Root(b"\x01" * 32)
    report = _report(keeping, caseworker, dossier)
    assert report.state is TrustState.DEVIATES
    assert _kinds(report) == {FindingKind.DATABASE_BEHIND}


def test_a_batch_that_lands_while_reading_is_no_deviation(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is read, then a change is made and anchored, then the chain is asked."""
    keeping.anchor()
    ask = keeping.chain.roots_of
    calls: list[int] = []

    def late(dossiers: list[DossierId]) -> dict[DossierId, Root]:
        calls.append(1)
        if len(calls) == 1:
            monkeypatch.setattr(keeping.chain, "roots_of", ask)
            _add(keeping, caseworker, dossier)
            keeping.anchor()
        return ask(dossiers)

    monkeypatch.setattr(keeping.chain, "roots_of", late)
    assert _report(keeping, caseworker, dossier).state is TrustState.VERIFIED


def test_verify_all_takes_the_worst_state(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    keeping.anchor()
    second = keeping.add_dossier(caseworker)
    summary = keeping.verification.all(actor=caseworker)
    assert summary.state is TrustState.BEING_RECORDED
    assert summary.count(TrustState.BEING_RECORDED) == 1
    keeping.chain.silent = True
    assert keeping.verification.all(actor=caseworker).state is TrustState.UNREACHABLE
    keeping.chain.silent = False
    keeping.anchor()
    keeping.chain.roots[second] = Root(b"\x01" * 32)
    summary = keeping.verification.all(actor=caseworker)
    assert summary.state is TrustState.DEVIATES
    assert summary.count(TrustState.VERIFIED) == 1


def test_a_chain_that_stands_still_counts_as_silent(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.anchor()
    keeping.chain.stands_still = True
    report = _report(keeping, caseworker, dossier)
    assert report.state is TrustState.UNREACHABLE
    assert _kinds(report) == {FindingKind.CHAIN_SILENT}
    _add(keeping, caseworker, dossier)


def _found(keeping: RecordKeeping, text: str) -> None:
    """Store what the comparison of every minute found."""
    with keeping.store.write() as work:
        row = ChainWatchRow(head_number=1, head_hash=bytes(32), checked_at=keeping.clock.now(), finding=text)
        work.chain_watch.put(row)
        work.commit()


@pytest.mark.parametrize("text", ["chain_other genesis_other", "chain_behind head_lower", "what is this"])
def test_a_finding_about_everything_stops_all_writing(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, text: str
) -> None:
    keeping.anchor()
    _found(keeping, text)
    with pytest.raises(Deviation, match="last comparison"):
        _add(keeping, caseworker, dossier)
    with pytest.raises(Deviation, match="last comparison"):
        keeping.add_dossier(caseworker)
    assert _report(keeping, caseworker, dossier).state is TrustState.VERIFIED
    _found(keeping, "")
    _add(keeping, caseworker, dossier)
    keeping.add_dossier(caseworker)


def test_a_finding_about_one_dossier_stops_writing_to_that_one(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    other = keeping.add_dossier(caseworker)
    _found(keeping, f"database_behind roots {dossier.hex()}")
    with pytest.raises(Deviation, match="database_behind"):
        _add(keeping, caseworker, dossier)
    _add(keeping, caseworker, other)
    keeping.add_dossier(caseworker)


def test_a_finding_of_silence_stops_nothing(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    _found(keeping, "chain_silent chain_unreachable")
    _add(keeping, caseworker, dossier)
    keeping.add_dossier(caseworker)
