"""Keeps up with the chain: what happened to claims, block by block, and back again when the chain throws blocks out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schuldhulp import errors
from schuldhulp.domain.claims import RefusalReason
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.events import ClaimReader, FiledClaim, Story, story_of
from schuldhulp.services.claims.judging import contents_of, judge
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, DeliveryState, EventRow, FollowRow
from schuldhulp.services.ports import Clock, Head, Store, UnitOfWork

RANGE: Final = 2_000
"""Blocks whose events are asked at a time."""

RANGES: Final = 50
"""Ranges that one run reads at most; the next one goes on."""

WALKED: Final = 100
"""Blocks with events that are looked at together when the chain has changed."""

_DEPENDS_ON_CHAIN: Final = frozenset(
    {RefusalReason.NOT_FILED, RefusalReason.COMMITMENT_MISMATCH, RefusalReason.HOLDER_MISMATCH}
)
"""Refusals that another chain could have turned into something else."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How far a run came.

    Attributes:
        block: the block up to which everything is known, at the set depth; None when there is none that deep yet.
        complete: whether that is the deepest block that counts; otherwise the next run goes on.
        changed: number of claims to which something happened.
    """

    block: Head | None
    complete: bool
    changed: int


class Follower:
    """Writes the events of the ClaimRegister down, and where each claim stands."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ClaimReader,
        clock: Clock,
        municipality: MunicipalityCode,
        filing_wait: timedelta,
        span: int = RANGE,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            reader: reads the ClaimRegister.
            clock: the time.
            municipality: whose claims.
            filing_wait: how long a delivery waits for its filing.
            span: blocks whose events are asked at a time.
        """
        self._store = store
        self._reader = reader
        self._clock = clock
        self._municipality = municipality
        self._wait = filing_wait
        self._span = span

    def follow(self, head: Head, *, confirmations: int) -> Followed:
        """Read on from where the last run ended.

        Args:
            head: the newest block.
            confirmations: blocks on top before a block counts.

        Returns:
            How far it came.

        Raises:
            errors.Deviation: the chain is shorter than what was read of it.
            errors.Unreachable: the node or the database does not answer; what was read is kept.
            errors.ChainMismatch: another chain answers, or it changed meanwhile.
        """
        with self._store.read() as work:
            position = work.mail.follow(self._municipality)
        if position.block_hash and head.number < position.block_number:
            raise errors.Deviation("chain_behind", "the chain is shorter than it was when its claims were read")
        changed = 0
        if position.block_hash and not self._stands(position.block_number, position.block_hash):
            position, changed = self._go_back(position)
        target = head.number - confirmations
        for _ in range(RANGES):
            first = max(position.block_number + 1, self._reader.first_block)
            if first > target:
                break
            position, number = self._read(position, first, min(first + self._span - 1, target))
            changed += number
        block = self._reader.block(position.block_number) if position.block_hash else None
        if block is not None and block.hash != position.block_hash:
            raise errors.ChainMismatch("chain_changed", "the chain changed while its claims were read")
        return Followed(block=block, complete=position.block_number >= target, changed=changed)

    def _stands(self, number: int, block_hash: bytes) -> bool:
        block = self._reader.block(number)
        return block is not None and block.hash == block_hash

    def _go_back(self, position: FollowRow) -> tuple[FollowRow, int]:
        """Return to the newest block with events that the chain still has; what came after it is thrown out."""
        with self._store.read() as work:
            known = work.claims.event_blocks(self._municipality, limit=WALKED)
        kept = next(((number, block) for number, block in known if self._stands(number, block)), None)
        if kept is None and len(known) == WALKED:
            raise errors.Deviation("chain_other", "the chain is another one than the one whose claims were read")
        # Below its first block nothing of the contract can have been thrown out.
        number, block_hash = kept or (0, b"")
        back = dataclasses.replace(position, block_number=number, block_hash=block_hash)
        with self._store.write() as work:
            claims = work.claims.drop_events(self._municipality, after=number, at=self._clock.now())
            self._tell(work, claims)
            self._put(work, position, back)
            work.commit()
        return back, len(claims)

    def _read(self, position: FollowRow, first: int, last: int) -> tuple[FollowRow, int]:
        end = self._reader.block(last)
        events = self._reader.events(self._municipality, first, last)
        if end is None or self._reader.block(last) != end:
            raise errors.ChainMismatch("chain_changed", "the chain changed while its events were read")
        on = dataclasses.replace(position, block_number=end.number, block_hash=end.hash)
        claims = sorted({event.claim_id for event in events})
        with self._store.write() as work:
            work.claims.add_events(events)
            self._tell(work, claims)
            self._put(work, position, on)
            work.commit()
        return on, len(claims)

    def _put(self, work: UnitOfWork, was: FollowRow, position: FollowRow) -> None:
        present = work.mail.follow(self._municipality)
        if (present.block_number, present.block_hash) != (was.block_number, was.block_hash):
            raise errors.Conflict("worker_elsewhere", "another worker reads the claims of this municipality")
        work.mail.put_follow(
            dataclasses.replace(present, block_number=position.block_number, block_hash=position.block_hash)
        )

    def _tell(self, work: UnitOfWork, claims: Sequence[ClaimId]) -> None:
        """Write where these claims stand now, and have those deliveries looked at anew for which that matters."""
        stories: dict[ClaimId, list[EventRow]] = {claim: [] for claim in claims}
        for event in work.claims.events_of(claims):
            stories[event.claim_id].append(event)
        deliveries: dict[ClaimId, list[DeliveryRow]] = {claim: [] for claim in claims}
        for delivery in work.claims.deliveries_of(claims):
            deliveries[delivery.claim_id].append(delivery)
        now = self._clock.now()
        for claim, events in stories.items():
            story = story_of(events)
            own = [self._again(work, delivery, story, now) for delivery in deliveries[claim]]
            before = work.claims.claim(claim)
            if story is None:
                work.claims.remove_claim(claim)
            else:
                work.claims.put_claim(claim_row(claim, self._municipality, story, kept(work, own), before=before))

    def _again(self, work: UnitOfWork, delivery: DeliveryRow, story: Story | None, now: datetime) -> DeliveryRow:
        """Have a delivery looked at anew when something else follows for it now."""
        if delivery.state is DeliveryState.REFUSED:
            mail = work.mail.get(delivery.message)
            # Contents that were erased cannot be accepted any more; the creditor delivers them anew.
            if delivery.reason not in _DEPENDS_ON_CHAIN or delivery.finding or mail is None or not mail.content:
                return delivery
        elif delivery.state is not DeliveryState.ACCEPTED:
            return delivery
        verdict = judge(delivery, story, newest=None, now=now, wait=self._wait)
        if (verdict.state, verdict.reason) == (delivery.state, delivery.reason):
            return delivery
        if delivery.state is DeliveryState.REFUSED and verdict.state is not DeliveryState.ACCEPTED:
            # One refusal for another is no news to the creditor.
            return delivery
        again = dataclasses.replace(delivery, state=DeliveryState.WAITING_FOR_FILING, reason=None, decided_at=None)
        work.claims.change_delivery(again, was=delivery.state)
        return again


def unread_events(reader: ClaimReader, position: FollowRow, head: Head) -> list[EventRow] | None:
    """Return what the chain tells beyond what was read of it; None when that takes a `Follower`.

    Args:
        reader: reads the ClaimRegister.
        position: how far it was read.
        head: the newest block.

    Raises:
        errors.Unreachable, errors.ChainMismatch: the node does not answer, or another chain does.
    """
    block = reader.block(position.block_number) if position.block_hash else None
    is_other = bool(position.block_hash) and (block is None or block.hash != position.block_hash)
    first = max(position.block_number + 1, reader.first_block)
    if is_other or not 0 <= head.number - first < RANGE:
        return None
    return reader.events(position.municipality, first, head.number)


def is_as_filed(row: ClaimRow, filed: FiledClaim) -> bool:
    """Say whether a row tells of a claim what the chain says."""
    return (row.holder, row.status, row.commitment, row.changed_at) == (
        filed.holder,
        filed.status,
        filed.commitment,
        filed.changed_at,
    )


def kept(work: UnitOfWork, deliveries: Iterable[DeliveryRow]) -> list[DeliveryRow]:
    """Leave out what was accepted once and has been erased since: whoever files the same anew delivers it anew."""
    found = []
    for delivery in deliveries:
        mail = work.mail.get(delivery.message) if delivery.state is DeliveryState.ACCEPTED else None
        if delivery.state is not DeliveryState.ACCEPTED or (mail is not None and mail.content):
            found.append(delivery)
    return found


def claim_row(
    claim: ClaimId,
    municipality: MunicipalityCode,
    story: Story,
    deliveries: Iterable[DeliveryRow],
    *,
    before: ClaimRow | None,
) -> ClaimRow:
    """Write a claim's story as a row.

    Args:
        claim: its id.
        municipality: whose.
        story: what became of it.
        deliveries: all deliveries for it.
        before: its row until now.
    """
    state, message = contents_of(story, deliveries, before=before)
    return ClaimRow(
        claim_id=claim,
        municipality=municipality,
        holder=story.holder,
        status=story.status,
        commitment=story.commitment,
        filed_at=story.filed_at,
        changed_at=story.changed_at,
        since=story.since,
        block_number=story.block_number,
        contents=state,
        message=message if state is ContentsState.COMPLETE else None,
    )
