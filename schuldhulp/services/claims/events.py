"""What happens to claims on the chain, and what follows from it: who held which contents when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.rows import EventKind, EventRow
from schuldhulp.services.ports import Head


@dataclass(frozen=True, kw_only=True)
class FiledClaim:
    """A claim as the ClaimRegister has it at one block.

    Attributes:
        holder: checksummed address of the account that holds it; the zero address when it was never filed.
        status: where it stands.
        filed_at: when it was filed (anew), UTC.
        changed_at: when it changed last, UTC.
        commitment: of its contents, 32 bytes.
    """

    holder: str
    status: ClaimStatus
    filed_at: datetime
    changed_at: datetime
    commitment: Commitment


class ClaimReader(Protocol):
    """Reads the ClaimRegister that was deployed to, and no other.

    Every method raises errors.Unreachable when the node does not answer and errors.ChainMismatch when another chain
    answers, or one that changed while it was read.
    """

    @property
    def first_block(self) -> int:
        """Number of the block below which there is nothing of the contract."""
        ...

    def block(self, number: int) -> Head | None:
        """Return a block of the chain as it is now; None when it is not that high."""
        ...

    def claims(self, claims: Sequence[ClaimId], block: int) -> dict[ClaimId, FiledClaim]:
        """Return these claims as they stood at a block."""
        ...

    def events(self, municipality: MunicipalityCode, first: int, last: int) -> list[EventRow]:
        """Return what happened to the claims of a municipality from one block to another, both included, in order."""
        ...

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the key to which messages to each account are sealed, 32 zero bytes where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Version:
    """Contents that stood on the chain.

    Attributes:
        commitment: of the contents.
        holders: accounts that held the claim while it stood there.
        is_open: whether the filing that it belongs to has not been closed.
    """

    commitment: Commitment
    holders: frozenset[str]
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Story:
    """What became of a claim, told from its events.

    Attributes:
        versions: everything that stood on the chain, oldest first.
        holder: who holds it.
        status: where it stands.
        commitment: of the contents that stand there.
        filed_at: when it was filed (anew).
        changed_at: when it changed last.
        since: when it was filed, amended or handed over last.
        block_number: block of the newest event.
    """

    versions: tuple[Version, ...]
    holder: str
    status: ClaimStatus
    commitment: Commitment
    filed_at: datetime
    changed_at: datetime
    since: datetime
    block_number: int


def story_of(events: Sequence[EventRow]) -> Story | None:
    """Tell what became of a claim.

    Args:
        events: all its events, in order.

    Returns:
        Its story; None when it was never filed. What cannot follow on what came before is passed over: the chain does
        not hold it, and a comparison with the chain shows it.
    """
    past: list[Version] = []
    present: list[tuple[Commitment, set[str]]] = []
    holder, status, filed_at, since = "", ClaimStatus.NONE, None, None
    for event in events:
        if event.kind is EventKind.FILED and event.account and event.commitment:
            past += _closed(present)
            present = [(event.commitment, {event.account})]
            holder, status, filed_at, since = event.account, ClaimStatus.FILED, event.block_time, event.block_time
        elif not present:
            continue
        elif event.kind is EventKind.AMENDED and event.commitment:
            present.append((event.commitment, {holder}))
            status, since = ClaimStatus.FILED, event.block_time
        elif event.kind is EventKind.HANDED_OVER and event.account:
            holder, since = event.account, event.block_time
            present[-1][1].add(holder)
        elif event.kind is EventKind.WITHDRAWN:
            status = ClaimStatus.WITHDRAWN
        elif event.kind is EventKind.DECIDED and event.status is not None:
            status = event.status
    if filed_at is None or since is None:
        return None
    return Story(
        versions=(*past, *(_version(one, is_open=status.is_open) for one in present)),
        holder=holder,
        status=status,
        commitment=present[-1][0],
        filed_at=filed_at,
        changed_at=events[-1].block_time,
        since=since,
        block_number=events[-1].block_number,
    )


def _closed(filing: Sequence[tuple[Commitment, set[str]]]) -> list[Version]:
    return [_version(one, is_open=False) for one in filing]


def _version(one: tuple[Commitment, set[str]], *, is_open: bool) -> Version:
    return Version(commitment=one[0], holders=frozenset(one[1]), is_open=is_open)
