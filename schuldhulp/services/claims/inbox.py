"""What came in, for the staff who treat claims: by age, with what is missing, and the contents of one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import Claim, ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.claims.duplicates import Duplicate, duplicates
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.domain.working_days import ANSWER_DAYS, add_working_days
from schuldhulp.errors import Conflict, InvalidInput, NotFound, Undecryptable
from schuldhulp.services.claims.decision_rows import DecisionState
from schuldhulp.services.claims.opening import OpenedClaim, opened_claim
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, DeliveryState, ReceiptRow
from schuldhulp.services.clock import day_of
from schuldhulp.services.ports import Store
from schuldhulp.services.processing_log import ProcessingLog

CLOSED: Final = "closed"
"""State of a claim that was withdrawn, declined or settled."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A receipt that was signed.

    Attributes:
        outcome: accepted or refused.
        reason: why it was refused; None when it was not.
        signed_at: when it was signed, UTC.
        arrived_at: when the evaluator took it for the creditor, UTC; None while it waits.
        trouble: why it waits; empty when nothing is known to be in the way.
    """

    outcome: ReceiptOutcome
    reason: RefusalReason | None
    signed_at: datetime
    arrived_at: datetime | None
    trouble: str


@dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """A claim on the chain, or contents that no claim on the chain was found for.

    Attributes:
        claim_id: the claim.
        message: hash of the contents, None where there are none.
        status: where it stands on the chain; NONE when it is not there.
        state: ``complete``, ``waiting_for_contents``, ``contents_missing``, ``contents_refused`` or ``closed`` of a
            claim on the chain; ``received``, ``waiting_for_filing`` or ``refused`` of contents.
        reason: why contents are refused; None when they are not.
        holder: account that holds the claim, or that sent the contents.
        organisation: KvK number of who sent the contents; empty where nothing came.
        since: when it was filed, or came in, UTC; its age counts from here.
        version: number of the version of the contents; None where it is not known.
        answers: receipts about it, oldest first.
        answer_by: last of the ten working days in which the creditor should hear something, counted from the day on
            which both filing and contents were there; None where the creditor is not waiting.
        decision: how far the newest decision got; None where none was made.
        linked: whether it was put into a dossier.
    """

    claim_id: ClaimId
    message: bytes | None
    status: ClaimStatus
    state: str
    reason: RefusalReason | None
    holder: str
    organisation: str
    since: datetime
    version: int | None
    answers: tuple[Answer, ...]
    answer_by: date | None = None
    decision: DecisionState | None = None
    linked: bool = False


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Everything that came in.

    Attributes:
        entries: oldest first.
        checked_at: when the worker last looked, UTC; None when it never did.
        troubles: keys of what kept it back then.
    """

    entries: tuple[InboxEntry, ...]
    checked_at: datetime | None
    troubles: tuple[str, ...]


class ClaimInbox:
    """Shows claims to those who decide on them; every look leaves a line in the processing log."""

    def __init__(
        self, *, store: Store, log: ProcessingLog, opening_key: OpeningKey, municipality: MunicipalityCode
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log.
            opening_key: the municipality's claim key.
            municipality: whose claims.
        """
        self._store = store
        self._log = log
        self._opening_key = opening_key
        self._municipality = municipality

    def list(self, *, actor: Actor, closed: bool = False) -> Inbox:
        """Return what came in, oldest first; nothing of the contents.

        Args:
            actor: who looks.
            closed: whether claims that were closed are shown too.

        Raises:
            NotAllowed: the actor does not decide on claims.
        """
        self._admit(actor, LogAction.LIST)
        with self._store.read() as work:
            claims = work.claims.claims(self._municipality)
            deliveries = work.claims.all_deliveries(self._municipality)
            ids = sorted({row.claim_id for row in claims} | {row.claim_id for row in deliveries})
            receipts = work.claims.receipts_of(ids)
            follow = work.mail.follow(self._municipality)
            made = {row.claim_id: row for row in work.decisions.of_claims(ids)}
            linked = {(row.claim_id, row.filed_at) for row in work.decisions.links()}
        own = [
            replace(
                entry,
                decision=made[entry.claim_id].state
                if entry.claim_id in made and made[entry.claim_id].created_at >= entry.since
                else None,
                linked=(entry.claim_id, entry.since) in linked,
            )
            for entry in _of_claims(claims, deliveries, receipts)
        ]
        entries = [
            entry for entry in (*own, *_of_contents(claims, deliveries, receipts)) if closed or entry.state != CLOSED
        ]
        return Inbox(
            entries=tuple(sorted(entries, key=lambda entry: (entry.since, entry.claim_id, entry.message or b""))),
            checked_at=follow.checked_at,
            troubles=tuple(follow.trouble.split()),
        )

    def open(self, *, actor: Actor, claim_id: ClaimId) -> Claim:
        """Open the contents of a claim as they stand on the chain.

        Args:
            actor: who looks.
            claim_id: the claim.

        Returns:
            The claim, known to be what was filed.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound: there is no such claim, or its contents are not here.
            Conflict: what is stored is not what was filed.
            Undecryptable: what is stored does not open.
        """
        return self.opened(actor=actor, claim_id=claim_id).claim

    def opened(self, *, actor: Actor, claim_id: ClaimId) -> OpenedClaim:
        """As `open`, with where the claim stands and when the contents came in."""
        self._admit(actor, LogAction.OPEN, reason=f"claim {claim_id.hex()}")
        with self._store.read() as work:
            return opened_claim(work, self._opening_key, claim_id)

    def duplicates(self, *, actor: Actor, claim_id: ClaimId) -> tuple[Duplicate[ClaimId], ...]:
        """Return the open claims that may be about the same debt, the most alike first; claims are opened in memory.

        Claims whose contents are not here, or do not open, are passed over: the list names them.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound, Conflict, Undecryptable: as `open`, for the claim itself.
        """
        contents = {claim_id: self.open(actor=actor, claim_id=claim_id).contents}
        self._admit(actor, LogAction.SEARCH, reason=f"claim {claim_id.hex()}")
        with self._store.read() as work:
            for row in work.claims.claims(self._municipality):
                if row.status.is_open and row.claim_id != claim_id:
                    with suppress(NotFound, Conflict, Undecryptable, InvalidInput):
                        contents[row.claim_id] = opened_claim(work, self._opening_key, row.claim_id).claim.contents
        return tuple(pair for pair in duplicates(contents) if claim_id in (pair.one, pair.other))

    def _admit(self, actor: Actor, action: LogAction, *, reason: str = "") -> None:
        self._log.refuse(actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=None)
        with self._store.write() as work:
            self._log.write(work, actor=actor, action=action, purpose=Purpose.CLAIM_REVIEW, reason=reason)
            work.commit()


def _of_claims(
    claims: Iterable[ClaimRow], deliveries: Sequence[DeliveryRow], receipts: Sequence[ReceiptRow]
) -> list[InboxEntry]:
    by_message = {row.message: row for row in deliveries}
    refusals = {(row.claim_id, row.commitment): row.reason for row in deliveries if row.reason is not None}
    answers = _by_claim(receipts)
    entries = []
    for row in claims:
        delivery = by_message.get(row.message) if row.message else None
        state = row.contents.value if row.status.is_open else CLOSED
        entries.append(
            InboxEntry(
                claim_id=row.claim_id,
                message=row.message,
                status=row.status,
                state=state,
                reason=refusals.get((row.claim_id, row.commitment)) if row.contents is ContentsState.REFUSED else None,
                holder=row.holder,
                organisation=delivery.organisation if delivery else "",
                since=row.filed_at,
                version=delivery.version if delivery else None,
                answers=_answers(one for one in answers.get(row.claim_id, ()) if one.message in (None, row.message)),
                answer_by=_answer_by(row, delivery),
            )
        )
    return entries


def _of_contents(
    claims: Iterable[ClaimRow], deliveries: Iterable[DeliveryRow], receipts: Sequence[ReceiptRow]
) -> list[InboxEntry]:
    """Return the contents that are no claim's: not opened yet, waiting for a filing, or refused."""
    status = {row.claim_id: row.status for row in claims}
    answers = _by_claim(receipts)
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
            answers=_answers(one for one in answers.get(row.claim_id, ()) if one.message == row.message),
        )
        for row in deliveries
        if row.state is not DeliveryState.ACCEPTED
    ]


def _answer_by(row: ClaimRow, delivery: DeliveryRow | None) -> date | None:
    """Return the last day of the term; none runs while the question lies with the creditor, or after a decision."""
    if delivery is None or row.status not in (ClaimStatus.FILED, ClaimStatus.UNDER_REVIEW):
        return None
    start = day_of(max(row.filed_at, delivery.received_at))
    return add_working_days(start, ANSWER_DAYS)


def _by_claim(receipts: Iterable[ReceiptRow]) -> dict[ClaimId, list[ReceiptRow]]:
    found: dict[ClaimId, list[ReceiptRow]] = {}
    for row in receipts:
        found.setdefault(row.claim_id, []).append(row)
    return found


def _answers(receipts: Iterable[ReceiptRow]) -> tuple[Answer, ...]:
    return tuple(
        Answer(
            outcome=row.outcome,
            reason=row.reason,
            signed_at=row.created_at,
            arrived_at=row.delivered_at,
            trouble=row.trouble,
        )
        for row in receipts
    )
