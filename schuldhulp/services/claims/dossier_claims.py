"""A claim's record in its dossier as a step is about to leave it, and the obligation beside it. Pure functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from schuldhulp.domain.claims import claim_document, received_contents
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    ClaimDecisionState,
    Obligation,
    ObligationStatus,
    ReceivedClaim,
    Record,
    RecordVersion,
    Source,
)
from schuldhulp.domain.types import NO_AMOUNT, RecordId
from schuldhulp.errors import InvalidInput, NotFound
from schuldhulp.services.claims.opening import OpenedClaim
from schuldhulp.services.dossier_checks import StoredVersion
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Draft


def received(held: RecordVersion | None, claim: OpenedClaim, *, anew: bool = False) -> ReceivedClaim:
    """Return the claim's record with what stands on the chain now.

    What was said of an older version counts for that version; a dispute that waits for its answer goes on waiting.

    Args:
        held: the record as it stands, None when there is none.
        claim: the claim.
        anew: whether it was filed anew since: nothing was decided on that yet, be it the same to the letter.
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
    if record.commitment == fresh.commitment and not anew:
        return record
    if record.waits_for_answer:
        fresh = _disputed_as(record, fresh)
    return replace(fresh, obligation=record.obligation)


def still_disputed(opened: Assessment, record: ReceivedClaim) -> ReceivedClaim:
    """Return a claim's first record with the dispute that waited when the claim was taken out of this dossier before.

    Taking a claim out and putting it back answers nobody.

    Args:
        opened: the dossier.
        record: the record that is about to be its first one there.
    """
    earlier = [
        (entry.row.created_at, entry.version.record)
        for entry in opened.current.values()
        if entry.version is not None and isinstance(entry.version.record, ReceivedClaim)
        if entry.version.record.claim_id == record.claim_id
    ]
    newest = max(earlier, key=lambda each: each[0], default=None)
    return record if newest is None or not newest[1].waits_for_answer else _disputed_as(newest[1], record)


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


def own_obligation(opened: Assessment, record: ReceivedClaim) -> RecordId | None:
    """Return the obligation that a claim became; None when it became none, or somebody withdrew that since."""
    try:
        obligation_of(opened, record.obligation)
    except NotFound:
        return None
    return record.obligation


def settled(opened: Assessment, record: ReceivedClaim) -> list[Draft]:
    """Return the next version of the obligation that a claim became: settled, with nothing more to pay."""
    present, before = obligation_of(opened, own_obligation(opened, record))
    if present is None or before is None:
        return []
    after = replace(
        before, status=ObligationStatus.SETTLED, arrears=NO_AMOUNT, instalment=NO_AMOUNT, frequency=Frequency.NONE
    )
    return [Draft(record=after, record_id=present.record_id, expected_version=present.version, reason="claim_settled")]


def let_go(opened: Assessment, held: RecordVersion, *, reason: str) -> list[Draft]:
    """Return what becomes of an obligation that its claim no longer stands for.

    One that the claim made is withdrawn. One that was in the dossier before says again what it said before; what
    somebody changed in it since stays, without the creditor's amount. One that another claim stands for as well stays.

    Args:
        opened: the dossier.
        held: the claim's record.
        reason: code of why, for the history of the obligation.
    """
    record = held.record
    assert isinstance(record, ReceivedClaim)  # noqa: S101 - `record_of` looks for nothing else
    target = own_obligation(opened, record)
    if target is None or _is_shared(opened, held, target):
        return []
    since = next(entry.row.created_at for entry in opened.versions[held.record_id] if _points(entry, target))
    return _stepped_back(opened, target, record, since=since, reason=reason)


def undecided(
    opened: Assessment, held: RecordVersion, record: ReceivedClaim, *, decided_at: datetime, reason: str
) -> tuple[ReceivedClaim, list[Draft]]:
    """Return a claim's record as if a decision had not been made, and what that undoes of its obligation.

    Args:
        opened: the dossier.
        held: the claim's record.
        record: what it says now, or is about to say.
        decided_at: when the decision was made.
        reason: code of why, for the history of the obligation.
    """
    story = [
        (entry.row.created_at, entry.version.record)
        for entry in opened.versions[held.record_id]
        if entry.version is not None and isinstance(entry.version.record, ReceivedClaim)
    ]
    place = next((number for number, (_, past) in enumerate(story) if past.decided_at == decided_at), None)
    if not place:
        return record, []
    before, (made_at, made) = story[place - 1][1], story[place]
    if record.decided_at == decided_at:
        same = before.commitment == record.commitment
        record = replace(
            record,
            decision=before.decision if same else ClaimDecisionState.OPEN,
            decision_reason=before.decision_reason if same else "",
            decided_at=before.decided_at if same else None,
        )
    if made.decision is not ClaimDecisionState.INCLUDED or made.obligation is None:
        return record, []
    drafts = []
    if own_obligation(opened, record) == made.obligation and not _is_shared(opened, held, made.obligation):
        drafts = _stepped_back(opened, made.obligation, record, since=made_at, reason=reason)
    return replace(record, obligation=before.obligation), drafts


def _disputed_as(earlier: ReceivedClaim, record: ReceivedClaim) -> ReceivedClaim:
    return replace(
        record,
        resident_view=earlier.resident_view,
        resident_reason=earlier.resident_reason,
        resident_at=earlier.resident_at,
    )


def _is_shared(opened: Assessment, held: RecordVersion, obligation: RecordId) -> bool:
    return any(
        isinstance(record, ReceivedClaim) and record.obligation == obligation
        for record_id, record in current_records(opened).items()
        if record_id != held.record_id
    )


def _points(entry: StoredVersion, obligation: RecordId) -> bool:
    record = entry.version.record if entry.version is not None else None
    return isinstance(record, ReceivedClaim) and record.obligation == obligation


def _stepped_back(
    opened: Assessment, target: RecordId, claim: ReceivedClaim, *, since: datetime, reason: str
) -> list[Draft]:
    """Undo what a claim changed in an obligation from a time on."""
    story = [entry for entry in opened.versions[target] if entry.version is not None]
    made = next((number for number, entry in enumerate(story) if _is_from(entry, claim, since)), None)
    present = story[-1].version
    if made is None or present is None or not isinstance(present.record, Obligation):
        return []
    draft = Draft(record=present.record, record_id=target, expected_version=present.version, reason=reason)
    if made == 0:
        return [replace(draft, withdrawn=True)]
    before = story[made - 1].version
    if before is None or not isinstance(before.record, Obligation):
        return []
    is_last = made == len(story) - 1
    after = before.record if is_last else replace(present.record, amount_creditor=before.record.amount_creditor)
    return [replace(draft, record=after)]


def _is_from(entry: StoredVersion, claim: ReceivedClaim, since: datetime) -> bool:
    """Say whether a version of an obligation was written by taking a claim in."""
    record = entry.version.record if entry.version is not None else None
    if not isinstance(record, Obligation) or record.source is not Source.CREDITOR or entry.row.created_at < since:
        return False
    try:
        contents = received_contents(claim)
    except InvalidInput:
        return False
    return (record.creditor.kvk, record.creditor.file_number) == (contents.original_creditor.kvk, contents.reference)
