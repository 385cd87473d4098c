"""The main database: all repositories in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from schuldhulp.services.creditor_pages.rows import CheckRepository
from schuldhulp.services.ports.people import StaffRepository, SubjectRepository
from schuldhulp.services.ports.publication import (
    BatchRepository,
    FillingRepository,
    LeaseRepository,
    OutboxRepository,
    PublicationRepository,
)
from schuldhulp.services.ports.records import (
    ChainWatchRepository,
    DossierRepository,
    IndexRepository,
    KeyRepository,
    LogRepository,
    RecordRepository,
    RevisionRepository,
)

if TYPE_CHECKING:
    from types import TracebackType

    from schuldhulp.services.claims.correspondents import CorrespondentRepository
    from schuldhulp.services.claims.decision_rows import DecisionRepository
    from schuldhulp.services.claims.renewal_rows import RenewalRepository
    from schuldhulp.services.claims.repository import ClaimRepository, MailRepository
    from schuldhulp.services.notices.rows import NoticeRepository
    from schuldhulp.services.statements.rows import StatementRepository


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
    correspondents: CorrespondentRepository
    renewals: RenewalRepository
    notices: NoticeRepository
    statements: StatementRepository

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
