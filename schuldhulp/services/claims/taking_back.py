"""Taking back a decision that the worker has not signed yet."""

from __future__ import annotations

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.records import ReceivedClaim, RecordVersion
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import Conflict
from schuldhulp.services.claims.decision_rows import (
    PENDING,
    DecisionRow,
    DecisionState,
    is_decision_valid,
    taken_back_mac,
)
from schuldhulp.services.claims.dossier_claims import draft_of, undecided
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Draft
from schuldhulp.services.ports import UnitOfWork


def waiting_decision(work: UnitOfWork, claim_id: ClaimId) -> DecisionRow:
    """Return the decision on a claim that waits for the worker.

    Raises:
        Conflict: none waits (``no_decision_waits``), or it is signed already (``decision_signed``).
    """
    pending = [row for row in work.decisions.of_claims([claim_id]) if row.state in PENDING]
    if not pending:
        raise Conflict("no_decision_waits", "no decision on this claim waits", field="claim_id")
    if any(row.state is DecisionState.SIGNED for row in pending):
        raise _signed()
    return pending[-1]


def take_back(work: UnitOfWork, job_key: JobKey, job: DecisionRow) -> None:
    """Have a decision wait no longer; the worker, who signs it under the same condition, comes before or after.

    Raises:
        Conflict: it was signed meanwhile (``decision_signed``).
    """
    mac = taken_back_mac(job_key, job) if is_decision_valid(job_key, job) else b""
    if not work.decisions.take_back(job.id, mac=mac):
        raise _signed()


def undone(opened: Assessment, held: RecordVersion, job: DecisionRow) -> tuple[ReceivedClaim, list[Draft]]:
    """Return a claim's record as if a decision had not been made, and everything that this changes in the dossier.

    Args:
        opened: the dossier.
        held: the claim's record.
        job: the decision.
    """
    assert isinstance(held.record, ReceivedClaim)  # noqa: S101 - `record_of` looks for nothing else
    record, drafts = undecided(opened, held, held.record, decided_at=job.created_at, reason="claim_taken_back")
    if record != held.record:
        drafts = [*drafts, draft_of(held, held.record_id, record)]
    return record, drafts


def _signed() -> Conflict:
    return Conflict(
        "decision_signed", "the decision is signed already; it can no longer be taken back", field="claim_id"
    )
