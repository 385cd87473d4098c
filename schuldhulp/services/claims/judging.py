"""What follows for contents that were delivered, and for a claim, from what stands on the chain. Pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac
from schuldhulp.domain.claims import RefusalReason
from schuldhulp.domain.types import Commitment
from schuldhulp.services.claims.events import Story
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, DeliveryState

_FACTS = "claim delivery"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of a delivery.

    Attributes:
        state: where it stands from now on.
        reason: why it is refused; None when it is not.
    """

    state: DeliveryState
    reason: RefusalReason | None = None


WAIT = Verdict(state=DeliveryState.WAITING_FOR_FILING)
ACCEPT = Verdict(state=DeliveryState.ACCEPTED)


def judge(
    delivery: DeliveryRow, story: Story | None, *, newest: Commitment | None, now: datetime, wait: timedelta
) -> Verdict:
    """Say what becomes of a delivery that was opened.

    Contents are accepted for what stands on the chain, and for what stood there before an amendment: they may have been
    overtaken on their way. For a filing that was closed they are not: nobody will treat it, so nobody should keep them.

    Args:
        delivery: what was found in it.
        story: what became of the claim, up to the block that decisions are made at; None when it was never filed.
        newest: commitment of the claim in the newest block, which may still be thrown out; None when it is not open.
        now: the time.
        wait: how long a delivery waits for its filing.

    Returns:
        The verdict. A refusal for want of a filing is looked at anew when the chain changes.
    """
    if delivery.finding is not None:
        return _refuse(delivery.finding)
    versions = [one for one in story.versions if one.commitment == delivery.commitment] if story else []
    if delivery.state is DeliveryState.ACCEPTED and any(delivery.sender in one.holders for one in versions):
        # Accepted stays accepted, whatever becomes of the claim, while the chain holds what it was accepted for.
        return ACCEPT
    standing = [one for one in versions if one.is_open]
    if standing:
        held = any(delivery.sender in one.holders for one in standing)
        return ACCEPT if held else _refuse(RefusalReason.HOLDER_MISMATCH)
    if newest == delivery.commitment:
        return WAIT
    if story is not None and story.status.is_open and delivery.replaces != story.commitment:
        # Something else stands there, and what this would replace does not.
        return _refuse(RefusalReason.COMMITMENT_MISMATCH)
    if now - delivery.received_at < wait and not versions:
        return WAIT
    return _refuse(RefusalReason.NOT_FILED)


def contents_of(
    story: Story, deliveries: Iterable[DeliveryRow], *, before: ClaimRow | None
) -> tuple[ContentsState, bytes | None]:
    """Say what is here of the contents that stand on the chain now.

    Args:
        story: what became of the claim.
        deliveries: all deliveries for it.
        before: how it stood until now, None when it is new.

    Returns:
        The state, and the delivery that was accepted.
    """
    own = [one for one in deliveries if one.commitment == story.commitment]
    accepted = [one for one in own if one.state is DeliveryState.ACCEPTED]
    if accepted:
        kept = [one.message for one in accepted if before is not None and one.message == before.message]
        return ContentsState.COMPLETE, (kept or [accepted[0].message])[0]
    if any(one.state is DeliveryState.REFUSED and one.finding is not None for one in own):
        return ContentsState.REFUSED, None
    # Another holder, and whoever filed or amended since, is told anew.
    told = before and (before.holder, before.commitment, before.since)
    if before and before.contents is ContentsState.MISSING and told == (story.holder, story.commitment, story.since):
        return ContentsState.MISSING, None
    return ContentsState.WAITING, None


def delivery_mac(key: JobKey, row: DeliveryRow) -> bytes:
    """Compute the authentication code of what was found in a delivery; 32 bytes."""
    return job_mac(key, _FACTS, *_facts(row))


def is_delivery_valid(key: JobKey, row: DeliveryRow) -> bool:
    """Tell whether what stands in a delivery was found by this system."""
    return verify_job_mac(key, row.mac, _FACTS, *_facts(row))


def _facts(row: DeliveryRow) -> tuple[bytes | str | int, ...]:
    return (
        row.message,
        row.municipality,
        row.claim_id,
        row.sender,
        row.organisation,
        row.received_at.isoformat(timespec="microseconds"),
        row.commitment or b"",
        row.replaces or b"",
        row.version or 0,
        row.finding.value if row.finding else "",
    )


def _refuse(reason: RefusalReason) -> Verdict:
    return Verdict(state=DeliveryState.REFUSED, reason=reason)
