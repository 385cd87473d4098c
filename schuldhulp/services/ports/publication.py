"""What waits for the chain: the outbox, batches, publications, and what fills them up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.services.rows import (
    BatchKind,
    BatchRow,
    BatchState,
    DecoyRow,
    JobRow,
    JobState,
    LeaseRow,
    PublicationAction,
    PublicationRow,
    PublicationState,
    SpareRow,
    TagHolderRow,
    TagJobRow,
    TagState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OutboxRepository(Protocol):
    """Table ``outbox``: roots on their way to the chain."""

    def add(self, row: JobRow) -> int:
        """Store a job and return its id. At most one job of a dossier is queued: replace the older one first."""

    def of(self, dossier: DossierId) -> Sequence[JobRow]:
        """Return all jobs of a dossier, oldest first."""

    def live(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, Sequence[JobRow]]:
        """Return the queued and signed jobs of these dossiers, oldest first."""

    def last_anchored(self, dossier: DossierId) -> JobRow | None:
        """Return the newest job that is signed or confirmed."""

    def in_state(self, state: JobState, *, limit: int | None = None) -> Sequence[JobRow]:
        """Return the jobs in a state, oldest first."""

    def confirmed_roots(self, municipality: MunicipalityCode) -> Mapping[DossierId, Root]:
        """Return for each dossier the root of its newest confirmed job."""

    def of_batch(self, batch: int) -> Sequence[JobRow]:
        """Return the jobs of a batch, by dossier."""

    def set_state(self, jobs: Sequence[int], state: JobState, *, batch: int | None = None) -> None:
        """Write a state, and the batch when one is given."""

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""


class BatchRepository(Protocol):
    """Table ``batches``: signed transactions."""

    def add(self, row: BatchRow) -> int:
        """Store a batch and return its id."""

    def get(self, batch: int) -> BatchRow | None:
        """Return a batch."""

    def unfinished(self, *, account: str | None = None) -> Sequence[BatchRow]:
        """Return the batches that are signed, sent or mined, by account and nonce."""

    def of_kind(self, kind: BatchKind, *, limit: int) -> Sequence[BatchRow]:
        """Return the newest batches of a kind, newest first."""

    def highest_nonce(self, account: str) -> int | None:
        """Return the highest nonce that was ever signed with an account, failed batches included."""

    def set_state(
        self, batch: int, state: BatchState, *, block_number: int | None = None, block_hash: bytes | None = None
    ) -> None:
        """Write a state and the block; a batch that is sent again loses its block."""


class LeaseRepository(Protocol):
    """Table ``worker_leases``: one worker per signing account."""

    def acquire(self, account: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take or prolong the lease; False when another holder's is still valid at ``now``."""

    def release(self, account: str, holder: str) -> None:
        """Give the lease back; does nothing when it is another's."""

    def get(self, account: str) -> LeaseRow | None:
        """Return the lease of an account, also one that has run out."""

    def ask(self, account: str, request: str) -> None:
        """Ask whoever holds the lease to work at once, by a name; does nothing when there is none."""

    def answer(self, account: str, request: str) -> None:
        """Take a request away; does nothing when another has come since."""


class PublicationRepository(Protocol):
    """Tables ``publication_jobs``, ``spent_publications``, ``tag_holders`` and ``tag_jobs``."""

    def add(self, row: PublicationRow) -> None:
        """Store a publication job."""

    def get(self, publication: bytes) -> PublicationRow | None:
        """Return a publication job."""

    def of(self, publications: Sequence[bytes]) -> Sequence[PublicationRow]:
        """Return the publication jobs with these ids, oldest first."""

    def in_state(self, state: PublicationState) -> Sequence[PublicationRow]:
        """Return the jobs in a state, oldest first."""

    def set_state(
        self, publication: bytes, state: PublicationState, *, error: str | None = None, erase: bool = False
    ) -> None:
        """Write a state; with ``erase`` the sealed bytes are emptied for good."""

    def set_mac(self, publication: bytes, mac: bytes) -> None:
        """Write another authentication code: of what came of a publication job."""

    def spend(self, publication: bytes) -> None:
        """Store that a publication job was carried out or ended, and must never be carried out again."""

    def is_spent(self, publication: bytes) -> bool:
        """Tell whether a publication job was carried out or ended."""

    def add_holder(self, row: TagHolderRow) -> None:
        """Store that a publication holds a tag; does nothing when it does so already."""

    def remove_holders(self, publication: bytes, *, before: Epoch | None = None) -> Sequence[TagHolderRow]:
        """Take a publication's tags from it and return them; with ``before`` only those of older epochs."""

    def holding_before(self, municipality: MunicipalityCode, epoch: Epoch) -> Sequence[bytes]:
        """Return the publications that hold tags of epochs before this one, by id."""

    def remove_tag_jobs(self, municipality: MunicipalityCode, *, before: Epoch) -> int:
        """Take away the tag jobs of epochs before this one that are not on their way; return how many."""

    def holders_of(self, publication: bytes) -> Sequence[TagHolderRow]:
        """Return the tags that a publication holds."""

    def holders(self, tags: Sequence[Tag]) -> Sequence[TagHolderRow]:
        """Return which publications hold these tags."""

    def all_holders(self, municipality: MunicipalityCode) -> Sequence[TagHolderRow]:
        """Return which publications hold which tags of a municipality."""

    def add_tag_job(self, row: TagJobRow) -> int:
        """Store a tag job and return its id."""

    def set_tag_job_mac(self, job: int, mac: bytes) -> None:
        """Write the authentication code of a tag job, which covers its id."""

    def all_tag_jobs(self, municipality: MunicipalityCode) -> Sequence[TagJobRow]:
        """Return all tag jobs of a municipality, oldest first."""

    def tag_jobs(self, *, state: TagState, action: PublicationAction | None = None) -> Sequence[TagJobRow]:
        """Return the tag jobs in a state, by tag."""

    def tag_jobs_of(self, tags: Sequence[Tag]) -> Sequence[TagJobRow]:
        """Return all jobs of these tags, oldest first."""

    def tag_jobs_of_batch(self, batch: int) -> Sequence[TagJobRow]:
        """Return the tag jobs of a batch, by tag."""

    def set_tag_jobs(self, jobs: Sequence[int], state: TagState, *, batch: int | None = None) -> None:
        """Write a state, and the batch when one is given."""


class FillingRepository(Protocol):
    """Tables ``spare_revisions`` and ``decoys``: what fills ledger batches up."""

    def spare_counts(self, municipality: MunicipalityCode) -> Mapping[DossierId, int]:
        """Return for each dossier with a root how many spares follow on its present revision."""

    def usable(self, municipality: MunicipalityCode) -> Sequence[DossierId]:
        """Return the dossiers that have a spare for their next revision, and nothing on its way to the chain."""

    def next_spares(self, dossiers: Sequence[DossierId]) -> Sequence[SpareRow]:
        """Return of each of these dossiers the spare that follows on its present revision."""

    def replace_spares(self, dossier: DossierId, spares: Sequence[SpareRow]) -> None:
        """Throw the spares of a dossier away and store others."""

    def remove_spares(self, dossier: DossierId, *, through: int) -> None:
        """Throw the spares of a dossier away up to a revision, that one included."""

    def decoys(self, municipality: MunicipalityCode) -> Sequence[DecoyRow]:
        """Return the decoys that are in no batch, by id."""

    def all_decoys(self, municipality: MunicipalityCode) -> Sequence[DecoyRow]:
        """Return all decoys, those in a batch included, by id."""

    def sign_decoy(self, row: DecoyRow) -> bool:
        """Write the next root and batch of a decoy that has this root and is in no batch; say whether it was there."""

    def put_decoy(self, row: DecoyRow) -> None:
        """Store a decoy, or write its roots and batch."""

    def remove_decoy(self, dossier: DossierId) -> bool:
        """Take away a decoy that is in no batch, since it becomes a client's dossier; say whether it was there."""

    def settle_decoys(self, batch: int, *, landed: bool) -> None:
        """Take the decoys of a batch out of it: with their next root when it landed, else with the root they had."""
