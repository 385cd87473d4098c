"""What the use cases need from outside, as Protocols that the adapters implement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol, Self

from schuldhulp.domain.types import DossierId, Epoch, MunicipalityCode, RecordId, Root, Tag
from schuldhulp.services.creditor_pages.rows import CheckRepository
from schuldhulp.services.rows import (
    BatchKind,
    BatchRow,
    BatchState,
    ChainWatchRow,
    CreditorRow,
    DecoyRow,
    DossierRow,
    IndexRow,
    JobRow,
    JobState,
    KeyRow,
    LeaseRow,
    LogRow,
    PublicationAction,
    PublicationRow,
    PublicationState,
    RecordRow,
    RevisionRow,
    SpareRow,
    StaffRow,
    TagHolderRow,
    TagJobRow,
    TagState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from schuldhulp.crypto.voprf import Blinding
    from schuldhulp.domain.identifiers import Identifier, IdentifierKind
    from schuldhulp.services.claims.decision_rows import DecisionRepository
    from schuldhulp.services.claims.repository import ClaimRepository, MailRepository

# --- storage ---------------------------------------------------------------------------------------------------------


class DossierRepository(Protocol):
    """Table ``dossiers``."""

    def get(self, dossier: DossierId, *, lock: bool = False) -> DossierRow | None:
        """Return a dossier; with ``lock`` no other writer touches it until this unit of work ends."""

    def find(self, municipality: MunicipalityCode, file_number: str) -> DossierRow | None:
        """Return the dossier with a file number."""

    def list(self, municipality: MunicipalityCode) -> Sequence[DossierRow]:
        """Return all dossiers, by file number."""

    def orphans(self) -> Sequence[DossierId]:
        """Return the dossiers that other tables speak of and that have no row; only an intruder can make one."""

    def caseload(self, caseworker: int) -> Sequence[DossierId]:
        """Return the dossiers of a caseworker."""

    def add(self, row: DossierRow) -> None:
        """Store a new dossier. Raises Conflict when the file number is taken."""

    def advance(self, row: DossierRow, *, from_revision: int) -> bool:
        """Write revision, root and previous root when the stored revision is ``from_revision``; say whether it was."""

    def assign(self, dossier: DossierId, caseworker: int | None) -> None:
        """Give the dossier to another caseworker."""

    def end(self, dossier: DossierId, ended_at: datetime | None) -> None:
        """Write down that the help ended, or that it goes on."""

    def next_file_number(self, municipality: MunicipalityCode, year: int) -> int:
        """Return the next number of the sequence of a municipality and year, from 1."""


class KeyRepository(Protocol):
    """Table ``dossier_keys``, which is backed up apart."""

    def get(self, dossier: DossierId) -> KeyRow | None:
        """Return the wrapped data key; None when it was destroyed."""

    def of(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, KeyRow]:
        """Return the wrapped data keys of many dossiers."""

    def add(self, row: KeyRow) -> None:
        """Store a wrapped data key."""


class RecordRepository(Protocol):
    """Table ``record_versions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RecordRow]:
        """Return all versions of all records of a dossier, by record and version."""

    def history(self, dossier: DossierId, record: RecordId) -> Sequence[RecordRow]:
        """Return all versions of one record, oldest first."""

    def add(self, row: RecordRow) -> None:
        """Store a version. Raises Conflict when there is one with this number."""


class RevisionRepository(Protocol):
    """Table ``dossier_revisions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions, oldest first, all but the newest without their ciphertext."""

    def all(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions with their ciphertext, oldest first."""

    def newest(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, RevisionRow]:
        """Return for each dossier the revision that its row names."""

    def add(self, row: RevisionRow) -> None:
        """Store a revision."""


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


class StaffRepository(Protocol):
    """Tables ``staff`` and ``creditors``: who may log in, and as what."""

    def by_login(self, login: str) -> StaffRow | None:
        """Return a member of staff."""

    def get(self, staff: int) -> StaffRow | None:
        """Return a member of staff."""

    def list(self) -> Sequence[StaffRow]:
        """Return all members of staff, by login."""

    def add(self, row: StaffRow) -> int:
        """Store a member of staff and return the id. Raises Conflict when the login is taken."""

    def set(self, row: StaffRow) -> None:
        """Write name, function, roles and whether active."""

    def creditor(self, kvk: str) -> CreditorRow | None:
        """Return a creditor."""

    def creditors(self) -> Sequence[CreditorRow]:
        """Return all creditors, by number."""

    def put_creditor(self, row: CreditorRow) -> None:
        """Store a creditor, or write its name and whether active."""


class IndexRepository(Protocol):
    """Table ``applicant_index``: the blind index."""

    def find(self, index: bytes) -> Sequence[IndexRow]:
        """Return the applicants with this index, newest dossier first."""

    def of(self, dossier: DossierId) -> Sequence[IndexRow]:
        """Return the entries of a dossier."""

    def put(self, row: IndexRow) -> None:
        """Store the entry of an applicant record, in the place of an older one."""

    def remove(self, dossier: DossierId, record: RecordId) -> None:
        """Take the entry of an applicant record away."""


class SubjectRepository(Protocol):
    """Table ``login_subjects``, inside a unit of work."""

    def find(self, lookup: bytes) -> LoginSubject | None:
        """Return the entry with this lookup."""

    def get(self, subject: str) -> LoginSubject | None:
        """Return the entry with this ``sub``."""

    def add(self, entry: LoginSubject) -> LoginSubject:
        """Store an entry unless its lookup is there; return the one that is stored."""


class LogRepository(Protocol):
    """Table ``processing_log``; append only."""

    def last(self, municipality: MunicipalityCode, *, lock: bool = False) -> LogRow | None:
        """Return the newest line; with ``lock`` nobody else adds one until this unit of work ends."""

    def add(self, row: LogRow) -> None:
        """Store a line."""

    def has(self, dossier: DossierId | None, *, name: str, trace_id: bytes, purpose: str | None = None) -> bool:
        """Say whether there is a line of a session about a dossier, with this name and purpose (None: any)."""

    def of(self, dossier: DossierId) -> Sequence[LogRow]:
        """Return the lines about a dossier, newest first."""

    def all(self, municipality: MunicipalityCode, *, after: int = 0, limit: int = 1_000) -> Sequence[LogRow]:
        """Return lines by sequence, after a sequence number."""

    def sequence_of(self, municipality: MunicipalityCode, line_hash: bytes) -> int | None:
        """Return the sequence number of the line with this hash; None when there is none."""


class ChainWatchRepository(Protocol):
    """Table ``chain_watch``: one row."""

    def get(self) -> ChainWatchRow | None:
        """Return what was seen last."""

    def put(self, row: ChainWatchRow) -> None:
        """Write what is seen now."""


class UnitOfWork(Protocol):
    """One transaction. Leaving it without ``commit`` takes everything back.

    Raises Unreachable when the database does not answer.
    """

    dossiers: DossierRepository
    keys: KeyRepository
    records: RecordRepository
    revisions: RevisionRepository
    outbox: OutboxRepository
    batches: BatchRepository
    leases: LeaseRepository
    publications: PublicationRepository
    filling: FillingRepository
    staff: StaffRepository
    index: IndexRepository
    subjects: SubjectRepository
    log: LogRepository
    chain_watch: ChainWatchRepository
    mail: MailRepository
    claims: ClaimRepository
    decisions: DecisionRepository
    checks: CheckRepository

    def __enter__(self) -> Self:
        """Start the transaction."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what was not committed."""

    def commit(self) -> None:
        """Make everything of this unit of work last."""


class Store(Protocol):
    """The main database: starts units of work."""

    def read(self) -> UnitOfWork:
        """Start one that reads a single moment."""

    def write(self) -> UnitOfWork:
        """Start one that may write; on SQLite it is the only one that does."""


class RootReader(Protocol):
    """The part of `ChainReader` that verification needs.

    Raises Unreachable when no chain answers, ChainMismatch when it is not the one that was deployed to or it is stale.
    """

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return the newest block when it is at most `max_age` seconds old at `now`.

        Raises:
            ChainMismatch: key ``chain_stale``: the chain stands still, so what it says may have been true once.
        """
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return what the registry says about a municipality."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Answer the signal for many tags, in their order."""
        ...

    def roots_of(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, Root]:
        """Return the roots on the chain of all these dossiers, NO_ROOT where there is none."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""


# --- chain -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest block of a chain.

    Attributes:
        number: its height.
        hash: its hash, 32 bytes.
        timestamp: its time, UTC.
    """

    number: int
    hash: bytes
    timestamp: datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a transaction that was mined.

    Attributes:
        succeeded: whether it was carried out (status 1) and not reverted.
        block_number: height of its block.
        block_hash: hash of its block, 32 bytes.
        gas_used: gas that it cost.
    """

    succeeded: bool
    block_number: int
    block_hash: bytes
    gas_used: int


@dataclass(frozen=True, kw_only=True)
class MunicipalityState:
    """What the registry says about a municipality.

    Attributes:
        current_epoch: the epoch in which signals count; 0 before the first was opened.
        oldest_epoch: the oldest epoch that still answers.
        announced_epoch: the newest epoch with published keys; equal to the current one when none is announced.
        claim_key: X25519 key that claims are sealed to, 32 bytes.
        receipt_signer: checksummed address that signs receipts.
        contact: where a creditor turns to.
        evaluator_url: address of the evaluator.
    """

    current_epoch: Epoch
    oldest_epoch: Epoch
    announced_epoch: Epoch
    claim_key: bytes
    receipt_signer: str
    contact: str
    evaluator_url: str


@dataclass(frozen=True, kw_only=True)
class RootChange:
    """One dossier's step in a ledger batch.

    Attributes:
        dossier: the dossier.
        previous_root: root that the chain must have now.
        new_root: root that it gets.
    """

    dossier: DossierId
    previous_root: Root
    new_root: Root


@dataclass(frozen=True, kw_only=True)
class RootCommitted:
    """A root as an event of the ledger tells it.

    Attributes:
        change: what was committed.
        block_number: height of the block.
        tx_hash: hash of the transaction, 32 bytes.
    """

    change: RootChange
    block_number: int
    tx_hash: bytes


@dataclass(frozen=True, kw_only=True)
class SignedTransaction:
    """A transaction that can be sent again and again and is carried out once.

    Attributes:
        raw: its bytes.
        tx_hash: its hash, 32 bytes.
        nonce: place in the order of its account.
    """

    raw: bytes
    tx_hash: bytes
    nonce: int


@dataclass(frozen=True, kw_only=True)
class ContractCall:
    """A call that changes state, encoded but not signed.

    Attributes:
        contract: name of the contract.
        data: selector and arguments.
        gas: gas limit that is always enough when the call is accepted.
    """

    contract: str
    data: bytes
    gas: int


class ChainReader(Protocol):
    """Reads the chain that was deployed to, and no other.

    Every method raises errors.Unreachable when the node does not answer and errors.ChainMismatch when another chain,
    other code or a lower head answers.
    """

    def check_identity(self) -> None:
        """Compare chain id, genesis hash, code and instance id of every contract with the deployment file."""
        ...

    def head(self) -> Head:
        """Return the newest block."""
        ...

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return the newest block when it is at most `max_age` seconds old at `now`.

        Raises:
            ChainMismatch: key ``chain_stale``: the chain stands still, so what it says may have been true once.
        """
        ...

    def is_canonical(self, number: int, block_hash: bytes) -> bool:
        """Return whether the block at height `number` has this hash."""
        ...

    def root_of(self, dossier: DossierId) -> Root:
        """Return the root on the chain, 32 zero bytes when there is none."""
        ...

    def roots_of(self, dossiers: Sequence[DossierId]) -> dict[DossierId, Root]:
        """Return the roots of many dossiers in few requests."""
        ...

    def commits_of(self, dossier: DossierId) -> list[RootCommitted]:
        """Return every commit of a dossier, oldest first."""
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return what the registry says about a municipality."""
        ...

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Return the published key, 32 bytes; zero bytes when there is none."""
        ...

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Return whether an account holds the role of a verb, such as ``REGISTRAR``, in a municipality."""
        ...

    def is_known(self, tag: Tag) -> bool:
        """Answer the signal; errors.Conflict with key ``epoch_not_open`` for a tag of a closed epoch."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Answer the signal for many tags, in their order."""
        ...

    def published(self, municipality: MunicipalityCode, tags: Sequence[Tag], registrar: str) -> list[bool]:
        """Return which tags stand on the chain, those of an epoch not open yet included, in their order."""
        ...

    def tags_of(self, municipality: MunicipalityCode) -> Mapping[Epoch, frozenset[Tag]]:
        """Return all tags that stand on the chain by epoch, those included that no view answers about."""
        ...

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it is not mined."""
        ...

    def nonce_of(self, account: str, *, depth: int = 0) -> int:
        """Return how many transactions of an account were mined, as of `depth` blocks below the head."""
        ...

    def refusal_of(self, call: ContractCall, account: str) -> str | None:
        """Try a call without sending it; return the name of the error that would stop it, None when it would pass."""
        ...


class TransactionWriter(Protocol):
    """Signs and sends the transactions of one account."""

    @property
    def account(self) -> str:
        """Checksummed address of the signing account."""
        ...

    def sign(self, call: ContractCall, nonce: int) -> SignedTransaction:
        """Sign a call at the price of the moment; nothing is sent."""
        ...

    def send(self, raw: bytes) -> str:
        """Hand a signed transaction to the node; returns its refusal, if any, which alone means nothing.

        Harmless when the node has the transaction already or has carried it out.
        """
        ...


class ChainWriter(TransactionWriter, Protocol):
    """Encodes, signs and sends the registrar's transactions."""

    def commit(self, municipality: MunicipalityCode, changes: Sequence[RootChange]) -> ContractCall:
        """Encode a ledger batch; the dossiers stand in ascending order."""
        ...

    def enrol(self, municipality: MunicipalityCode, epoch: Epoch, tags: Sequence[Tag]) -> ContractCall:
        """Encode the publication of tags, which stand in ascending order."""
        ...

    def end_enrolment(self, municipality: MunicipalityCode, tags: Sequence[Tag]) -> ContractCall:
        """Encode the ending of tags, which stand in ascending order."""
        ...


class RequestSigner(Protocol):
    """Signs digests of typed data with an account's key."""

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; returns 65 bytes (r, s, v)."""
        ...


@dataclass(frozen=True, kw_only=True)
class EvaluatedBatch:
    """Answer of the evaluator to one batch.

    Attributes:
        evaluated: evaluated elements, 32 bytes each, in the order of the request.
        proof: proof that the published key was used, 64 bytes.
        key: the public key that the evaluator says it used, 32 bytes.
    """

    evaluated: tuple[bytes, ...]
    proof: bytes
    key: bytes


class Evaluator(Protocol):
    """Asks the municipality's evaluator in the name of the municipality, signed by its registrar."""

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        """Have blinded elements evaluated; errors.Unreachable when it does not answer, NotAllowed when it refuses."""
        ...


# --- evaluation and signal -------------------------------------------------------------------------------------------


class RegistryView(Protocol):
    """The registry of enrolments as it stood at one block that was checked first.

    Every answer belongs to that block and to the deployed contract; anything else raises errors.ChainMismatch,
    and a chain that does not answer errors.Unreachable.
    """

    @property
    def head(self) -> Head:
        """The block."""
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Epochs and contact of a municipality; errors.NotFound when the registry does not know it."""
        ...

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Published public key, 32 bytes; errors.NotFound when there is none."""
        ...

    def is_known(self, tag: Tag) -> bytes:
        """Undecoded answer of ``isKnown``; errors.Conflict with key ``epoch_not_open`` for a tag of a closed epoch."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Whether each tag is known, in their order; errors.Conflict as above when one is of a closed epoch.

        A tag of an open epoch that is not the current one and is not known says nothing.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Question:
    """A signed question to an evaluator, with what is needed to understand its answer.

    Attributes:
        municipality: CBS code.
        epoch: epoch of the key.
        kind: kind of the identifiers.
        identifiers: whom it is about.
        blindings: what hides them, in the same order; secret.
        body: what is sent, to the last byte.
    """

    municipality: MunicipalityCode
    epoch: Epoch
    kind: IdentifierKind
    identifiers: tuple[Identifier, ...] = field(repr=False)
    blindings: tuple[Blinding, ...] = field(repr=False)
    body: bytes = field(repr=False)


class AskedEvaluator(Protocol):
    """An evaluator that can be asked in two steps, so that a question can be kept before it is sent."""

    def prepare(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> bytes:
        """Sign a question and return what is to be sent."""
        ...

    def send(self, body: bytes) -> EvaluatedBatch:
        """Send what `prepare` gave; the same again within a day is answered again and not charged again.

        Raises errors.Unreachable when there is no answer, and other errors when the evaluator refuses.
        """
        ...


class KeptTags(Protocol):
    """A creditor's memory of tags, so that a person costs quota once an epoch; it outlives the process."""

    def get(
        self, municipality: MunicipalityCode, epoch: Epoch, identifiers: Sequence[Identifier]
    ) -> Mapping[Identifier, Tag]:
        """Return the tags of those identifiers that were kept."""
        ...

    def put(self, municipality: MunicipalityCode, epoch: Epoch, tags: Mapping[Identifier, Tag]) -> None:
        """Keep tags, durably."""
        ...

    def epochs(self, municipality: MunicipalityCode) -> Sequence[Epoch]:
        """Return the epochs of which there are tags, ascending."""
        ...

    def forget_before(self, municipality: MunicipalityCode, oldest_epoch: Epoch) -> None:
        """Destroy the tags of epochs before one."""
        ...

    def add_question(self, question: Question) -> int:
        """Keep a question before it is sent, durably, and return its number."""
        ...

    def questions(self, municipality: MunicipalityCode) -> Sequence[tuple[int, Question]]:
        """Return the questions of which the answer did not come in, oldest first."""
        ...

    def remove_question(self, number: int) -> None:
        """Forget a question that was answered or refused."""
        ...


class Registry(Protocol):
    """A chain on which the registry stands."""

    def at_head(self) -> RegistryView:
        """Check chain, contract and newest block, and return a view of that block."""
        ...


class SeenHeads(Protocol):
    """Memory of the highest block that was seen, which outlives the process."""

    def last(self, instance: bytes) -> int | None:
        """Number of the highest block seen with the contract `instance`; None when there is none."""
        ...

    def remember(self, instance: bytes, number: int) -> None:
        """Keep `number` when it is higher than what is kept."""
        ...


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many identifiers an organisation may have evaluated; part of the cryptography, not of the billing.

    Attributes:
        daily: elements a UTC day.
        per_epoch: elements an epoch.
    """

    daily: int
    per_epoch: int


@dataclass(frozen=True, kw_only=True)
class Burst:
    """How much one asker may ask within one minute, so that nobody keeps the others waiting.

    Attributes:
        elements: elements a minute.
        requests: requests a minute.
    """

    elements: int
    requests: int


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A creditor that was admitted.

    Attributes:
        kvk: number in the trade register, 8 digits.
        name: its name there.
        accounts: checksummed addresses that sign for it.
        quota: its limits.
        bsn_ground: legal ground on which it may ask by BSN; None when it may not.
        suspended: whether it has been shut out.
        account_quotas: elements a UTC day of single accounts, within the limits of the organisation.
    """

    kvk: str
    name: str
    accounts: tuple[str, ...]
    quota: Quota
    bsn_ground: str | None
    suspended: bool
    account_quotas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Admission:
    """One decision about an organisation, as it was kept.

    Attributes:
        action: ``admit``, ``suspend`` or ``remove`` (an account).
        accounts: the accounts that it was about.
        quota: limits from then on; None where the decision was not about them.
        account_quota: elements a day of the one account that was admitted; None where none was set.
        bsn_ground: legal ground from then on.
        reason: why; of an admission, why a larger quota.
        by: who decided.
        at: when, UTC.
    """

    action: str
    accounts: tuple[str, ...]
    quota: Quota | None
    account_quota: int | None
    bsn_ground: str | None
    reason: str | None
    by: str
    at: datetime


class Charge(Enum):
    """What became of an attempt to charge a request."""

    DONE = "done"
    REPEATED = "repeated"
    """This very request was charged before, so nothing is charged again."""
    REPLAYED = "replayed"
    DAY_SPENT = "day_spent"
    ACCOUNT_SPENT = "account_spent"
    EPOCH_SPENT = "epoch_spent"


class OrganisationStore(Protocol):
    """The evaluator's own database: who may ask, how much, and which requests were already answered."""

    def organisation(self, kvk: str) -> Organisation | None:
        """The organisation with that number, suspended ones included."""
        ...

    def organisations(self) -> list[Organisation]:
        """All organisations, by number."""
        ...

    def organisation_of(self, account: str) -> Organisation | None:
        """The organisation that an account belongs to, also a suspended one."""
        ...

    def history(self, kvk: str) -> list[Admission]:
        """Every decision about an organisation, oldest first."""
        ...

    def admit(
        self,
        organisation: Organisation,
        *,
        by: str,
        at: datetime,
        reason: str | None = None,
        account_quota: int | None = None,
    ) -> None:
        """Add or renew an organisation and its accounts; errors.Conflict when an account belongs to another.

        `reason` (of a larger quota) and `account_quota` (of the account that this is about) are kept with the decision.
        """
        ...

    def suspend(self, kvk: str, *, reason: str, by: str, at: datetime) -> None:
        """Shut an organisation out; errors.NotFound when it is not there."""
        ...

    def remove_account(self, kvk: str, account: str, *, reason: str, by: str, at: datetime) -> None:
        """Take an account away; one that was taken away before is left so. errors.NotFound when it never was theirs."""
        ...

    def charge(
        self,
        *,
        organisation: str,
        quota: Quota | None,
        epoch: Epoch,
        elements: int,
        nonce: bytes,
        at: datetime,
        request: bytes | None = None,
        account: str | None = None,
    ) -> Charge:
        """In one transaction: note the nonce and take `elements` from the quota (None: no quota), or change nothing.

        Where `account` has a quota of its own, it is taken from that too.

        A nonce that was noted with the same digest `request` gives REPEATED, with another or without one REPLAYED.
        """
        ...

    def was_charged(self, request: bytes) -> bool:
        """Whether the request with this digest was charged, and is not so old that it was forgotten."""
        ...

    def check(self) -> None:
        """Raise errors.Unreachable when the database does not answer."""
        ...


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """How much one asker asked on one day in one epoch; never about whom.

    Attributes:
        day: UTC day.
        asker: KvK number, or ``municipality``.
        epoch: epoch of the keys; 0 for what was counted before epochs were noted with days.
        requests: requests that were answered.
        elements: elements that were evaluated.
    """

    day: date
    asker: str
    epoch: int
    requests: int
    elements: int


@dataclass(frozen=True, kw_only=True)
class ChannelLine:
    """What one asker did on one day in the channel of sealed messages.

    Attributes:
        day: UTC day.
        asker: KvK number, or ``municipality``.
        claim_ids: claim ids that it had computed; those of the municipality are not counted.
        messages: messages that it delivered.
        size: bytes of their sealed contents.
    """

    day: date
    asker: str
    claim_ids: int
    messages: int
    size: int


@dataclass(frozen=True, kw_only=True)
class RefusalLine:
    """How often was refused on one day for one reason.

    Attributes:
        day: UTC day.
        asker: KvK number or ``municipality``; empty where nobody proved who they are.
        reason: key of the error.
        times: how often.
    """

    day: date
    asker: str
    reason: str
    times: int


class UsageStore(Protocol):
    """What the evaluator counted."""

    def usage(self, first: date, last: date) -> list[UsageLine]:
        """What was asked on these days, both included, by day, asker and epoch."""
        ...

    def refusals(self, first: date, last: date) -> list[RefusalLine]:
        """What was refused on these days, both included, by day, asker and reason."""
        ...


class RateStore(Protocol):
    """What may be used within a minute, held together by all processes on one database."""

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        """Take units from subjects, given as (subject, units, limit a minute): all of them, or say False."""
        ...

    def day_secret(self, day: date) -> bytes:
        """The random secret of a UTC day, 32 bytes, the same in every process; gone after the day."""
        ...


class EvaluatorStore(OrganisationStore, RateStore, Protocol):
    """All that the evaluator keeps about who asks."""

    def add_refusals(self, counts: Mapping[tuple[date, str, str], int]) -> None:
        """Add to how often was refused, by day, asker (empty where nobody proved who they are) and reason."""
        ...


class ChainAdministrator(Protocol):
    """Grants and takes back the roles of creditors, with the key of the municipality's administrator."""

    def admit_creditor(self, *, municipality: MunicipalityCode, account: str, bsn: bool, claims: bool) -> None:
        """Give CREDITOR (with `bsn` BSN_CREDITOR and with `claims` that of the ClaimRegister, else take them back)."""
        ...

    def fund_creditor(self, *, account: str) -> None:
        """Give an account what its transactions cost, where they cost something and it has too little."""
        ...

    def suspend_creditor(self, *, municipality: MunicipalityCode, account: str) -> None:
        """Take every role of a creditor back; what is already so is left."""
        ...


# --- identity --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LoginSubject:
    """Who a pseudonym that the cockpit sees belongs to, readable for the cockpit's identity key only.

    Attributes:
        lookup: HMAC of provider and identity, 32 bytes; unique.
        subject: the random ``sub`` that the cockpit is given; unique.
        provider: ``digid``, ``eherkenning`` or ``staff``.
        sealed: provider and identity, sealed to the cockpit's identity key.
        created_at: time of the first login, UTC.
    """

    lookup: bytes
    subject: str
    provider: str
    sealed: bytes
    created_at: datetime


class SubjectStore(Protocol):
    """Table ``login_subjects``: written by the login relay, read by the cockpit. Each call is its own transaction."""

    def find(self, lookup: bytes) -> LoginSubject | None:
        """Return the entry with this lookup, or None."""

    def get(self, subject: str) -> LoginSubject | None:
        """Return the entry with this ``sub``, or None."""

    def add(self, entry: LoginSubject) -> LoginSubject:
        """Store an entry unless its lookup is there already; return the one that is stored.

        Two first logins of one person at the same moment both get the entry that came first.
        """
