"""What the commands say about the proof of a record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schuldhulp.cli.records import proof_of
from schuldhulp.domain.trust import Finding, FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import Commitment, RecordId
from schuldhulp.services.views import RecordView
from tests.support.factories import make_agreement

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
RECORD, OTHER = RecordId(b"\x01" * 32), RecordId(b"\x02" * 32)


def view(*, verified: bool) -> RecordView:
    return RecordView(
        record_id=RECORD,
        version=1,
        record=make_agreement(),
        withdrawn=False,
        reason="",
        author="caseworker",
        author_id="1",
        created_at=NOON,
        commitment=Commitment(bytes(32)),
        verified=verified,
    )


@pytest.mark.parametrize(
    ("state", "findings", "verified", "said"),
    [
        (TrustState.VERIFIED, (), True, "good"),
        (TrustState.BEING_RECORDED, (), False, "being recorded"),
        (TrustState.UNREACHABLE, (Finding(kind=FindingKind.CHAIN_SILENT),), False, "unchecked"),
        (TrustState.UNREACHABLE, (Finding(kind=FindingKind.CHAIN_OTHER),), False, "unchecked"),
        (TrustState.DEVIATES, (Finding(kind=FindingKind.RECORD_CHANGED, record_id=RECORD),), False, "DEVIATES"),
        (TrustState.DEVIATES, (Finding(kind=FindingKind.RECORD_CHANGED, record_id=OTHER),), True, "good"),
        (TrustState.DEVIATES, (Finding(kind=FindingKind.ROOT_DIFFERS),), False, "DEVIATES"),
        (
            TrustState.DEVIATES,
            (Finding(kind=FindingKind.RECORD_CHANGED, record_id=OTHER), Finding(kind=FindingKind.CHAIN_SILENT)),
            False,
            "unchecked",
        ),
    ],
)
def test_proof_of_tells_waiting_and_silence_from_deviation(
    state: TrustState, findings: tuple[Finding, ...], verified: bool, said: str
) -> None:
    report = TrustReport(state=state, findings=findings, checked_at=NOON)
    assert proof_of(report, view(verified=verified)) == said
