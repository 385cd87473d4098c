from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schuldhulp.domain.trust import Finding, FindingKind, TrustReport, TrustState, VerificationSummary, worst
from schuldhulp.domain.types import RecordId

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RECORD = RecordId(bytes(32))


def report(state: TrustState) -> TrustReport:
    return TrustReport(state=state, checked_at=NOW)


def summary(*states: TrustState, system: tuple[FindingKind, ...] = ()) -> VerificationSummary:
    return VerificationSummary(reports=tuple(map(report, states)), system=tuple(Finding(kind=kind) for kind in system))


def test_trust_report_names_the_records_that_deviate():
    findings = (
        Finding(kind=FindingKind.RECORD_CHANGED, record_id=RECORD),
        Finding(kind=FindingKind.ROOT_DIFFERS),
    )
    assert TrustReport(state=TrustState.DEVIATES, findings=findings, checked_at=NOW).deviating_records == {RECORD}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), TrustState.VERIFIED),
        ((TrustState.VERIFIED, TrustState.BEING_RECORDED), TrustState.BEING_RECORDED),
        ((TrustState.BEING_RECORDED, TrustState.UNREACHABLE), TrustState.UNREACHABLE),
        ((TrustState.UNREACHABLE, TrustState.DEVIATES, TrustState.VERIFIED), TrustState.DEVIATES),
    ],
)
def test_worst_is_what_needs_attention_first(states, expected):
    assert worst(states) is expected
    assert summary(*states).state is expected


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((FindingKind.CHAIN_SILENT,), TrustState.UNREACHABLE),
        ((FindingKind.JOB_INVALID,), TrustState.DEVIATES),
        ((FindingKind.CHAIN_SILENT, FindingKind.LOG_BROKEN), TrustState.DEVIATES),
    ],
)
def test_verification_summary_counts_what_is_about_the_system(kinds, expected):
    assert summary(TrustState.VERIFIED, system=kinds).state is expected


def test_verification_summary_counts_states():
    found = summary(TrustState.VERIFIED, TrustState.VERIFIED, TrustState.DEVIATES)
    assert [found.count(state) for state in TrustState] == [2, 0, 1, 0]
