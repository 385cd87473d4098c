"""Decides what becomes of what was delivered and filed, and signs that in the transaction that writes it down."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schuldhulp import errors
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.events import ClaimReader, FiledClaim, Story, story_of
from schuldhulp.services.claims.following import claim_row, kept
from schuldhulp.services.claims.judging import WAIT, is_delivery_valid, judge
from schuldhulp.services.claims.receipts import ReceiptDesk
from schuldhulp.services.claims.rows import (
    ContentsState,
    DeliveryRow,
    DeliveryState,
    EventRow,
    ReceiptRow,
)
from schuldhulp.services.ports import Clock, Head, Store, UnitOfWork

AT_ONCE: Final = 200
"""Claims that are read from the chain together."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What one run decided.

    Attributes:
        accepted: deliveries that were accepted.
        refused: deliveries that were refused.
        missing: claims whose contents did not come in time.
        differing: claims whose events in the database do not tell what the chain says; nothing was decided on them.
        tampered: deliveries of which the database says what this system did not find; they are opened anew.
    """

    accepted: int = 0
    refused: int = 0
    missing: int = 0
    differing: tuple[ClaimId, ...] = ()
    tampered: int = 0


class Decider:
    """Looks at every delivery that waits and at every claim without contents."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ClaimReader,
        desk: ReceiptDesk,
        job_key: JobKey,
        clock: Clock,
        municipality: MunicipalityCode,
        filing_wait: timedelta,
        contents_wait: timedelta,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            reader: reads the ClaimRegister.
            desk: signs receipts.
            job_key: authenticates what was found in deliveries.
            clock: the time.
            municipality: whose claims.
            filing_wait: how long contents wait for their filing before they are refused.
            contents_wait: how long a filing waits for its contents before that is named.
        """
        self._store = store
        self._reader = reader
        self._desk = desk
        self._job_key = job_key
        self._clock = clock
        self._municipality = municipality
        self._filing_wait = filing_wait
        self._contents_wait = contents_wait

    def decide(self, block: Head, head: Head) -> Decided:
        """Decide on deliveries.

        Args:
            block: the block up to which the events are known.
            head: the newest block.

        Raises:
            errors.Unreachable: chain or database do not answer; what was decided stays.
            errors.ChainMismatch: the chain changed meanwhile; nothing was decided.
            errors.Conflict: another worker is at work.
        """
        with self._store.read() as work:
            waiting = work.claims.deliveries(self._municipality, DeliveryState.WAITING_FOR_FILING)
            stories = _stories(work, {one.claim_id for one in waiting})
        valid = [one for one in waiting if is_delivery_valid(self._job_key, one)]
        self._open_anew([one for one in waiting if one not in valid])
        # The chain is asked only about those for which the time has come.
        now = self._clock.now()
        due: dict[ClaimId, list[DeliveryRow]] = {}
        for one in valid:
            if judge(one, stories[one.claim_id], newest=None, now=now, wait=self._filing_wait) != WAIT:
                due.setdefault(one.claim_id, []).append(one)
        accepted = refused = 0
        differing: list[ClaimId] = []
        ids = sorted(due)
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            there, newest = self._read(part, block, head)
            for claim in part:
                if not _agree(stories[claim], there[claim]):
                    differing.append(claim)
                    continue
                decided = self._decided(due[claim], stories[claim], there[claim], newest[claim], block)
                written = self._write(claim, stories[claim], decided, block)
                accepted += sum(row.state is DeliveryState.ACCEPTED for row in written)
                refused += sum(row.state is DeliveryState.REFUSED for row in written)
        return Decided(
            accepted=accepted, refused=refused, differing=tuple(differing), tampered=len(waiting) - len(valid)
        )

    def name_missing(self, block: Head) -> int:
        """Name the claims whose contents did not come in time; only when everything that came was looked at.

        Args:
            block: the block up to which the events are known.

        Returns:
            How many there were.

        Raises:
            errors.Unreachable: the database does not answer; what was named stays.
        """
        now, named = self._clock.now(), 0
        with self._store.read() as work:
            lacking = work.claims.lacking(self._municipality, ContentsState.WAITING)
            pending = {
                one.claim_id
                for state in (DeliveryState.RECEIVED, DeliveryState.WAITING_FOR_FILING)
                for one in work.claims.deliveries(self._municipality, state)
            }
        for claim in lacking:
            if now - claim.since < self._contents_wait or claim.claim_id in pending:
                continue
            receipt = self._desk.of_missing(claim, block)
            with self._store.write() as work:
                self._require_position(work, block)
                if work.claims.change_claim(dataclasses.replace(claim, contents=ContentsState.MISSING), was=claim):
                    work.claims.add_receipt(receipt)
                    named += 1
                work.commit()
        return named

    def _read(
        self, claims: Sequence[ClaimId], block: Head, head: Head
    ) -> tuple[dict[ClaimId, FiledClaim], dict[ClaimId, FiledClaim]]:
        there = self._reader.claims(claims, block.number)
        newest = self._reader.claims(claims, head.number) if head.number != block.number else there
        if self._reader.block(block.number) != block:
            raise errors.ChainMismatch("chain_changed", "the chain changed while its claims were read")
        return there, newest

    def _decided(
        self,
        deliveries: Sequence[DeliveryRow],
        story: Story | None,
        there: FiledClaim,
        newest: FiledClaim,
        block: Head,
    ) -> list[tuple[DeliveryRow, ReceiptRow]]:
        now = self._clock.now()
        decided = []
        for one in deliveries:
            verdict = judge(
                one,
                story,
                newest=newest.commitment if newest.status.is_open else None,
                now=now,
                wait=self._filing_wait,
            )
            if verdict == WAIT:
                continue
            row = dataclasses.replace(one, state=verdict.state, reason=verdict.reason, decided_at=now)
            filed = there if there.status is not ClaimStatus.NONE else None
            decided.append((row, self._desk.of_delivery(row, filed, block)))
        return decided

    def _write(
        self,
        claim: ClaimId,
        story: Story | None,
        decided: Sequence[tuple[DeliveryRow, ReceiptRow]],
        block: Head,
    ) -> list[DeliveryRow]:
        """Write decisions and receipts in one transaction, so that there is never the one without the other."""
        written = []
        with self._store.write() as work:
            self._require_position(work, block)
            for row, receipt in decided:
                if work.claims.change_delivery(row, was=DeliveryState.WAITING_FOR_FILING):
                    work.claims.add_receipt(receipt)
                    written.append(row)
            if story is not None:
                before = work.claims.claim(claim)
                deliveries = kept(work, work.claims.deliveries_of([claim]))
                work.claims.put_claim(claim_row(claim, self._municipality, story, deliveries, before=before))
            work.commit()
        return written

    def _open_anew(self, tampered: Sequence[DeliveryRow]) -> None:
        """Have deliveries opened anew of which the database says something that this system did not write."""
        if not tampered:
            return
        with self._store.write() as work:
            for row in tampered:
                again = dataclasses.replace(
                    row,
                    state=DeliveryState.RECEIVED,
                    commitment=None,
                    replaces=None,
                    version=None,
                    finding=None,
                    reason=None,
                )
                work.claims.change_delivery(again, was=DeliveryState.WAITING_FOR_FILING)
            work.commit()

    def _require_position(self, work: UnitOfWork, block: Head) -> None:
        follow = work.mail.follow(self._municipality)
        if (follow.block_number, follow.block_hash) != (block.number, block.hash):
            raise errors.Conflict("worker_elsewhere", "another worker reads the claims of this municipality")


def _stories(work: UnitOfWork, claims: Iterable[ClaimId]) -> dict[ClaimId, Story | None]:
    events: dict[ClaimId, list[EventRow]] = {claim: [] for claim in claims}
    for event in work.claims.events_of(list(events)):
        events[event.claim_id].append(event)
    return {claim: story_of(found) for claim, found in events.items()}


def _agree(story: Story | None, there: FiledClaim) -> bool:
    if story is None:
        return there.status is ClaimStatus.NONE
    return (story.holder, story.status, story.commitment) == (there.holder, there.status, there.commitment)
