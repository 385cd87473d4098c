"""Makes of stored rows what a list of claims shows. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId
from schuldhulp.domain.working_days import ANSWER_DAYS, add_working_days
from schuldhulp.services.claims.inbox_entries import CLOSED, Answer, InboxEntry
from schuldhulp.services.claims.links import Link
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, ReceiptRow
from schuldhulp.services.clock import day_of

Links = dict[tuple[ClaimId, datetime], Link]
"""Where claims belong, by id and time of filing."""


def of_claims(
    claims: Iterable[ClaimRow],
    deliveries: Sequence[DeliveryRow],
    links: Links,
    day: date,
) -> Iterable[InboxEntry]:
    """Return claims on the chain as a list shows them, without receipts and decisions."""
    by_message = {row.message: row for row in deliveries}
    refusals = {(row.claim_id, row.commitment): row.reason for row in deliveries if row.reason is not None}
    for row in claims:
        delivery = by_message.get(row.message) if row.message else None
        link = links.get((row.claim_id, row.filed_at))
        answer_by = _answer_by(row, delivery)
        yield InboxEntry(
            claim_id=row.claim_id,
            message=row.message,
            status=row.status,
            state=row.contents.value if row.status.is_open else CLOSED,
            reason=refusals.get((row.claim_id, row.commitment)) if row.contents is ContentsState.REFUSED else None,
            holder=row.holder,
            organisation=delivery.organisation if delivery else "",
            since=row.filed_at,
            version=delivery.version if delivery else None,
            answer_by=answer_by,
            late=answer_by is not None and answer_by < day,
            linked=link is not None,
            dossier=link.dossier if link else None,
            disputed=link is not None and link.disputed and row.status.is_open,
            to_note=link is not None and not link.over and row.status is ClaimStatus.WITHDRAWN,
            unread=row.status.is_open and row.contents in (ContentsState.MISSING, ContentsState.REFUSED),
            commitment=row.commitment,
        )


def of_contents(deliveries: Iterable[DeliveryRow], status: dict[ClaimId, ClaimStatus]) -> Sequence[InboxEntry]:
    """Return the contents that are no claim's: not opened yet, waiting for a filing, or refused."""
    return [
        InboxEntry(
            claim_id=row.claim_id,
            message=row.message,
            status=status.get(row.claim_id, ClaimStatus.NONE),
            state=row.state.value,
            reason=row.reason,
            holder=row.sender,
            organisation=row.organisation,
            since=row.received_at,
            version=row.version,
        )
        for row in deliveries
    ]


def _answer_by(row: ClaimRow, delivery: DeliveryRow | None) -> date | None:
    """Return the last day of the term; none runs while the question lies with the creditor, or after a decision."""
    if delivery is None or row.status not in (ClaimStatus.FILED, ClaimStatus.UNDER_REVIEW):
        return None
    start = day_of(max(row.filed_at, delivery.received_at))
    return add_working_days(start, ANSWER_DAYS)


def by_claim(receipts: Iterable[ReceiptRow]) -> dict[ClaimId, list[ReceiptRow]]:
    """Sort receipts by what they are about."""
    found: dict[ClaimId, list[ReceiptRow]] = {}
    for row in receipts:
        found.setdefault(row.claim_id, []).append(row)
    return found


def answers(entry: InboxEntry, receipts: dict[ClaimId, list[ReceiptRow]]) -> tuple[Answer, ...]:
    """Return the receipts about an entry: those on its contents, and of a claim also those on their absence."""
    about = (entry.message,) if entry.commitment is None else (None, entry.message)
    return tuple(
        Answer(
            outcome=row.outcome,
            reason=row.reason,
            signed_at=row.created_at,
            arrived_at=row.delivered_at,
            trouble=row.trouble,
        )
        for row in receipts.get(entry.claim_id, ())
        if row.message in about
    )
