"""A ledger in memory: it keeps roots, can be silent, and can be another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schuldhulp.domain.types import NO_ROOT, DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.services.ports import Head, MunicipalityState, Store
from schuldhulp.services.rows import BatchKind, BatchRow, BatchState, JobState

EPOCH = Epoch(20264)


@dataclass
class FakeLedger:
    """Keeps the roots that tests put on it."""

    roots: dict[DossierId, Root] = field(default_factory=dict)
    silent: bool = False
    other: bool = False
    stands_still: bool = False
    asked: int = 0
    tags: set[Tag] = field(default_factory=set)
    epoch: Epoch = EPOCH
    roles: set[tuple[str, str, str]] = field(default_factory=set)

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Return whether a test gave an account this role."""
        self._answer()
        return (contract, verb, account) in self.roles

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return a block of this moment, unless the chain is told to stand still."""
        self._answer()
        if self.stands_still:
            raise ChainMismatch("chain_stale", "the newest block of the chain is too old", limit=max_age)
        return Head(number=1, hash=bytes(32), timestamp=now)

    def roots_of(self, dossiers: Sequence[DossierId]) -> dict[DossierId, Root]:
        """Return the roots of dossiers."""
        self.asked += 1
        self._answer()
        return {dossier: self.roots.get(dossier, NO_ROOT) for dossier in dossiers}

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return a municipality with one open epoch."""
        self._answer()
        return MunicipalityState(
            current_epoch=self.epoch,
            oldest_epoch=self.epoch,
            announced_epoch=self.epoch,
            claim_key=bytes(32),
            receipt_signer="",
            contact="",
            evaluator_url="",
        )

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Return which tags a test has put on it."""
        self._answer()
        return [tag in self.tags for tag in tags]

    def _answer(self) -> None:
        if self.other:
            raise ChainMismatch("chain_other", "another chain")
        if self.silent:
            raise Unreachable("chain_unreachable", "no chain")

    def sign(self, store: Store) -> int:
        """Sign all queued jobs in one batch, as the worker does; return the batch."""
        with store.write() as work:
            jobs = work.outbox.in_state(JobState.QUEUED)
            created = max(job.created_at for job in jobs)
            batch = work.batches.add(
                BatchRow(
                    id=0,
                    municipality=jobs[0].municipality,
                    kind=BatchKind.LEDGER,
                    account="0xfake",
                    nonce=(work.batches.highest_nonce("0xfake") or 0) + 1,
                    raw=b"raw",
                    tx_hash=b"hash",
                    state=BatchState.SIGNED,
                    created_at=created,
                )
            )
            work.outbox.set_state([job.id for job in jobs], JobState.SIGNED, batch=batch)
            work.commit()
        return batch

    def mine(self, store: Store, batch: int) -> None:
        """Put the roots of a batch on the chain; the database does not know yet."""
        with store.read() as work:
            for job in work.outbox.of_batch(batch):
                assert self.roots.get(job.dossier, NO_ROOT) == job.previous_root
                self.roots[job.dossier] = job.new_root

    def confirm(self, store: Store, batch: int) -> None:
        """Let the database know that a batch is final."""
        with store.write() as work:
            work.outbox.set_state([job.id for job in work.outbox.of_batch(batch)], JobState.CONFIRMED)
            work.batches.set_state(batch, BatchState.CONFIRMED)
            work.commit()

    def anchor(self, store: Store) -> None:
        """Sign, mine and confirm all that is queued."""
        batch = self.sign(store)
        self.mine(store, batch)
        self.confirm(store, batch)
