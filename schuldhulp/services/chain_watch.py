"""Compares database and chain, at the start and every minute, and names which of the two knows less.

What was found is stored, and `DossierWriter` writes to none of the dossiers that it concerns. Nothing is repaired and
nothing is overwritten here: whoever was rolled back, it is for people to decide what is true.
"""

from __future__ import annotations

import re
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

STALE: Final = "chain_stale"
"""Key of the error when the newest block is too old, and detail of the finding."""

UNREADABLE: Final = "finding_unreadable"
"""Detail of the finding that stands for a stored one that this system did not write."""

_STORED: Final = re.compile(
    rf"(?P<kind>{'|'.join(FindingKind)}) (?P<detail>-|[a-z_]+)"
    r"(?P<dossiers>( [0-9a-f]{64})*)( \+(?P<more>[0-9]{1,9}))?",
    re.ASCII,
)


def silence_of(error: errors.Unreachable) -> FindingKind:
    """Say what it means that the chain gave no answer that counts.

    Args:
        error: why it gave none.

    Returns:
        ``CHAIN_SILENT`` when no chain answers or the right one stands still: nothing is known, and work goes on.
        ``CHAIN_BEHIND`` or ``CHAIN_OTHER`` when the chain that answers must not be believed.
    """
    if not isinstance(error, errors.ChainMismatch) or error.key == STALE:
        return FindingKind.CHAIN_SILENT
    return FindingKind.CHAIN_BEHIND if error.key == "chain_went_back" else FindingKind.CHAIN_OTHER


@dataclass(frozen=True, kw_only=True)
class WatchFinding:
    """What a comparison found.

    Attributes:
        kind: what is wrong.
        detail: key of the exact reason, such as ``genesis_other``.
        dossiers: the dossiers that it concerns, in order; empty when it concerns all.
        more: how many it concerns besides, which are not named.
    """

    kind: FindingKind
    detail: str = ""
    dossiers: tuple[DossierId, ...] = ()
    more: int = 0

    @property
    def stops_everything(self) -> bool:
        """Whether no dossier may be written: it concerns all, or more than could be named."""
        return self.kind is not FindingKind.CHAIN_SILENT and (not self.dossiers or self.more > 0)

    def concerns(self, dossier: DossierId) -> bool:
        """Tell whether a dossier may not be written. A chain that is silent stops nothing: the check is still due."""
        return self.stops_everything or (self.kind is not FindingKind.CHAIN_SILENT and dossier in self.dossiers)

    def to_text(self) -> str:
        """Write the finding as it is stored: kind, detail, dossiers and perhaps ``+<more>``, separated by blanks."""
        more = self.more + len(self.dossiers[MAX_NAMED:])
        named = [one.hex() for one in self.dossiers[:MAX_NAMED]]
        return " ".join([self.kind.value, self.detail or "-", *named, *([f"+{more}"] if more else [])])


def read_finding(text: str) -> WatchFinding | None:
    """Read a stored finding; None when nothing was found.

    Args:
        text: column ``finding`` of table ``chain_watch``. What this system did not write there is a finding itself,
            with detail `UNREADABLE`, until the next comparison: somebody has changed the database.
    """
    if not text:
        return None
    found = _STORED.fullmatch(text)
    if found is None:
        return WatchFinding(kind=FindingKind.ROOT_DIFFERS, detail=UNREADABLE)
    return WatchFinding(
        kind=FindingKind(found["kind"]),
        detail="" if found["detail"] == "-" else found["detail"],
        dossiers=tuple(DossierId(bytes.fromhex(one)) for one in found["dossiers"].split()),
        more=int(found["more"] or 0),
    )


class ChainWatch:
    """Compares database and chain."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ChainReader,
        clock: Clock,
        account: str,
        municipality: MunicipalityCode,
        head_max_age: int,
    ) -> None:
        """Take what is needed.

        Args:
            store: the main database.
            reader: reads the chain.
            clock: the time.
            account: address of the registrar, whose transactions are counted.
            municipality: whose dossiers.
            head_max_age: seconds that the newest block may be old.
        """
        self._head_max_age = head_max_age
        self._store = store
        self._reader = reader
        self._clock = clock
        self._account = account
        self._municipality = municipality

    def check(self) -> WatchFinding | None:
        """Compare, and store what was found together with the newest block that was ever seen.

        A right chain that stands still is found too, but stops neither this system's writing nor its signing: on a
        chain that makes a block for each transaction, it is the next batch that lets it go on.

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
            if finding is None:
                self._reader.require_fresh_head(self._clock.now(), self._head_max_age)
        except errors.Unreachable as error:
            finding = WatchFinding(kind=silence_of(error), detail=error.key)
        self._remember(seen, head, finding)
        return finding

    def _remember(self, seen: ChainWatchRow | None, head: Head | None, finding: WatchFinding | None) -> None:
        number, block_hash = (seen.head_number, seen.head_hash) if seen else (0, b"")
        believed = finding is None or finding.kind in _TRUSTED or finding.detail == STALE
        if head is not None and head.number >= number and believed:
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
