"""A claim's record in its dossier as a decision is about to leave it, and the obligation beside it. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from schuldhulp.domain.claims import claim_document
from schuldhulp.domain.records import Obligation, ReceivedClaim, Record, RecordVersion, ResidentView
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import NotFound
from schuldhulp.services.claims.opening import OpenedClaim
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Draft


def received(held: RecordVersion | None, claim: OpenedClaim) -> ReceivedClaim:
    """Return the claim's record with what stands on the chain now.

    What was said of an older version counts for that version; a dispute that waits for its answer goes on waiting.
    """
    fresh = ReceivedClaim(
        claim_id=claim.row.claim_id.hex(),
        commitment=claim.row.commitment.hex(),
        claim_version=claim.claim.version,
        document=claim_document(claim.claim.contents),
        received_at=claim.received_at,
    )
    if held is None:
        return fresh
    record = held.record
    assert isinstance(record, ReceivedClaim)  # noqa: S101 - `record_of` looks for nothing else
    if record.commitment == fresh.commitment:
        return record
    if record.resident_view is not ResidentView.NONE and record.waits_for_answer:
        fresh = replace(
            fresh,
            resident_view=record.resident_view,
            resident_reason=record.resident_reason,
            resident_at=record.resident_at,
        )
    return replace(fresh, obligation=record.obligation)


def draft_of(held: RecordVersion | None, fresh: RecordId, record: ReceivedClaim) -> Draft:
    """Return the next version of a claim's record, or its first one under a fresh id."""
    if held is None:
        return Draft(record=record, record_id=fresh)
    return Draft(record=record, record_id=held.record_id, expected_version=held.version)


def current_records(opened: Assessment) -> dict[RecordId, Record]:
    """Return the records of a dossier, withdrawn ones left out."""
    return {
        record: entry.version.record
        for record, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn
    }


def obligation_of(opened: Assessment, record: RecordId | None) -> tuple[RecordVersion | None, Obligation | None]:
    """Return an obligation of the dossier and its version; None for both when none is meant.

    Raises:
        NotFound: there is no such obligation, or it was withdrawn.
    """
    if record is None:
        return None, None
    entry = opened.current.get(record)
    version = entry.version if entry is not None else None
    if version is None or version.withdrawn or not isinstance(version.record, Obligation):
        raise NotFound("record_unknown", "there is no such obligation in this dossier", field="known")
    return version, version.record
