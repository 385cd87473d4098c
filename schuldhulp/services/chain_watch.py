"""Compares database and chain, at the start and every minute, and names which of the two knows less.

Nothing is repaired and nothing is overwritten here: whoever was rolled back, it is for people to decide what is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schuldhulp import errors
from schuldhulp.domain.trust import FindingKind
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Root
from schuldhulp.services.ports import ChainReader, Clock, Head, Store, UnitOfWork
from schuldhulp.services.rows import BatchKind, BatchState, ChainWatchRow, JobState

COMPARED_BATCHES: Final = 3
"""Newest confirmed batches of each kind whose block must still be there."""

MAX_NAMED: Final = 100
"""Dossiers that a stored finding names; more are counted only."""


@dataclass(frozen=True, kw_only=True)
class WatchFinding:
    """What a comparison found.

    Attributes:
        kind: what is wrong.
        detail: key of the exact reason, such as ``genesis_other``.
        dossiers: the dossiers that it concerns, in order; empty when it concerns all.
    """

    kind: FindingKind
    detail: str = ""
    dossiers: tuple[DossierId, ...] = ()

    @property
    def stops_everything(self) -> bool:
        """Whether no dossier may be written."""
        return not self.dossiers

    def concerns(self, dossier: DossierId) -> bool:
        """Tell whether a dossier may not be written."""
        return not self.dossiers or dossier in self.dossiers

    def to_text(self) -> str:
        """Write the finding as it is stored: kind, detail and dossiers, separated by blanks."""
        return " ".join([self.kind.value, self.detail or "-", *(one.hex() for one in self.dossiers[:MAX_NAMED])])


def read_finding(text: str) -> WatchFinding | None:
    """Read a stored finding; None when nothing was found.

    Args:
        text: column ``finding`` of table ``chain_watch``.
    """
    if not text:
        return None
    kind, detail, *dossiers = text.split(" ")
    return WatchFinding(
        kind=FindingKind(kind),
        detail="" if detail == "-" else detail,
        dossiers=tuple(DossierId(bytes.fromhex(one)) for one in dossiers),
    )


class ChainWatch:
    """Compares database and chain."""

    def __init__(
        self, *, store: Store, reader: ChainReader, clock: Clock, account: str, municipality: MunicipalityCode
    ) -> None:
        """Take what is needed.

        Args:
            store: the main database.
            reader: reads the chain.
            clock: the time.
            account: address of the registrar, whose transactions are counted.
            municipality: whose dossiers.
        """
        self._store = store
        self._reader = reader
        self._clock = clock
        self._account = account
        self._municipality = municipality

    def check(self) -> WatchFinding | None:
        """Compare, and store what was found together with the newest block that was ever seen.

        Returns:
            What was found; None when database and chain agree.

        Raises:
            errors.Unreachable: the database does not answer.
        """
        with self._store.read() as work:
            seen = work.chain_watch.get()
        head: Head | None = None
        try:
            self._reader.check_identity()
            head = self._reader.head()
            finding = self._compare(seen, head)
        except errors.ChainMismatch as error:
            kind = FindingKind.CHAIN_BEHIND if error.key == "chain_went_back" else FindingKind.CHAIN_OTHER
            finding = WatchFinding(kind=kind, detail=error.key)
        except errors.Unreachable as error:
            finding = WatchFinding(kind=FindingKind.CHAIN_SILENT, detail=error.key)
        self._remember(seen, head, finding)
        return finding

    def _remember(self, seen: ChainWatchRow | None, head: Head | None, finding: WatchFinding | None) -> None:
        number, block_hash = (seen.head_number, seen.head_hash) if seen else (0, b"")
        if head is not None and head.number >= number and (finding is None or finding.kind in _TRUSTED):
            # A chain that is not believed must not raise the mark that the right one is measured by.
            number, block_hash = head.number, head.hash
        row = ChainWatchRow(
            head_number=number,
            head_hash=block_hash,
            checked_at=self._clock.now(),
            finding=finding.to_text() if finding else "",
        )
        with self._store.write() as work:
            work.chain_watch.put(row)
            work.commit()

    def _compare(self, seen: ChainWatchRow | None, head: Head) -> WatchFinding | None:
        if seen is not None and head.number < seen.head_number:
            return WatchFinding(kind=FindingKind.CHAIN_BEHIND, detail="head_lower")
        with self._store.read() as work:
            mined = self._highest_mined(work)
            signed = work.batches.highest_nonce(self._account)
            blocks = self._confirmed_blocks(work)
        on_chain = self._reader.nonce_of(self._account)
        if mined is not None and on_chain <= mined:
            return WatchFinding(kind=FindingKind.CHAIN_BEHIND, detail="transactions_gone")
        if any(not self._reader.is_canonical(number, block_hash) for number, block_hash in blocks):
            return WatchFinding(kind=FindingKind.CHAIN_BEHIND, detail="blocks_gone")
        return self._compare_roots(more_on_chain=signed is not None and on_chain > signed + 1)

    def _highest_mined(self, work: UnitOfWork) -> int | None:
        """Return the highest nonce that was confirmed; what is merely mined may be thrown out and sent again."""
        nonces = [
            batch.nonce
            for kind in BatchKind
            for batch in work.batches.of_kind(kind, limit=COMPARED_BATCHES)
            if batch.state is BatchState.CONFIRMED and batch.account == self._account
        ]
        return max(nonces, default=None)

    @staticmethod
    def _confirmed_blocks(work: UnitOfWork) -> set[tuple[int, bytes]]:
        return {
            (batch.block_number, batch.block_hash)
            for kind in BatchKind
            for batch in work.batches.of_kind(kind, limit=COMPARED_BATCHES)
            if batch.state is BatchState.CONFIRMED and batch.block_number is not None and batch.block_hash is not None
        }

    def _compare_roots(self, *, more_on_chain: bool) -> WatchFinding | None:
        with self._store.read() as work:
            dossiers = [row.id for row in work.dossiers.list(self._municipality)]
            confirmed = work.outbox.confirmed_roots(self._municipality)
            signed = {job.dossier: job.new_root for job in work.outbox.in_state(JobState.SIGNED)}
        roots = self._reader.roots_of(dossiers)
        behind: dict[FindingKind, list[DossierId]] = {}
        for dossier in sorted(dossiers):
            kind = self._judge(dossier, roots[dossier], confirmed, signed, more_on_chain=more_on_chain)
            if kind is not None:
                behind.setdefault(kind, []).append(dossier)
        for kind in (FindingKind.CHAIN_BEHIND, FindingKind.DATABASE_BEHIND, FindingKind.ROOT_DIFFERS):
            if kind in behind:
                named = sorted(dossier for found in behind.values() for dossier in found)
                return WatchFinding(kind=kind, detail="roots", dossiers=tuple(named))
        return None

    def _judge(
        self,
        dossier: DossierId,
        root: Root,
        confirmed: Mapping[DossierId, Root],
        signed: Mapping[DossierId, Root],
        *,
        more_on_chain: bool,
    ) -> FindingKind | None:
        """Say which side knows less of a dossier; None when both know the same."""
        if root in (confirmed.get(dossier), signed.get(dossier)):
            return None
        with self._store.read() as work:
            # A root may have been confirmed between the two looks; and a decoy's root is what a dossier begins with.
            live = work.outbox.live([dossier]).get(dossier, ())
            newest = work.outbox.last_anchored(dossier)
            revisions = work.revisions.of(dossier)
            row = work.dossiers.get(dossier)
        if newest is not None and root == newest.new_root:
            return None
        if newest is None and (root == NO_ROOT or any(job.previous_root == root for job in live)):
            return None
        if newest is None and row is not None and row.revision == 0 and root == row.root:
            return None
        if root == NO_ROOT or any(root in (one.root, one.previous_root) for one in revisions):
            return FindingKind.CHAIN_BEHIND
        return FindingKind.DATABASE_BEHIND if more_on_chain else FindingKind.ROOT_DIFFERS


_TRUSTED: Final = (FindingKind.DATABASE_BEHIND, FindingKind.ROOT_DIFFERS)
