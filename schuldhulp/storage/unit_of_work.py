"""One transaction on the main database, with its repositories."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from schuldhulp.services import ports
from schuldhulp.services.claims.correspondents import CorrespondentRepository
from schuldhulp.services.claims.decision_rows import DecisionRepository
from schuldhulp.services.claims.renewal_rows import RenewalRepository
from schuldhulp.services.claims.repository import ClaimRepository, MailRepository
from schuldhulp.services.creditor_pages.rows import CheckRepository
from schuldhulp.services.notices.rows import NoticeRepository
from schuldhulp.services.statements.rows import StatementRepository
from schuldhulp.storage.checks import Checks
from schuldhulp.storage.claims import Claims
from schuldhulp.storage.correspondents import Correspondents
from schuldhulp.storage.database import WRITE, translated
from schuldhulp.storage.decisions import Decisions
from schuldhulp.storage.dossiers import ApplicantIndex, Dossiers, Keys, Records, Revisions
from schuldhulp.storage.filling import Fillings
from schuldhulp.storage.mail import Mail
from schuldhulp.storage.notices import Notices
from schuldhulp.storage.outbox import Batches, ChainWatch, Leases, Outbox
from schuldhulp.storage.people import Log, Staff, Subjects
from schuldhulp.storage.publications import Publications
from schuldhulp.storage.renewals import Renewals
from schuldhulp.storage.statements import Statements


class SqlUnitOfWork:
    """One transaction; what is not committed is taken back.

    On SQLite a writer takes the one write lock at once, so that it never has to give up half-way. On PostgreSQL a
    reader sees one moment (REPEATABLE READ) and a writer locks the dossier that it works on.
    """

    dossiers: ports.DossierRepository
    keys: ports.KeyRepository
    records: ports.RecordRepository
    revisions: ports.RevisionRepository
    outbox: ports.OutboxRepository
    batches: ports.BatchRepository
    leases: ports.LeaseRepository
    publications: ports.PublicationRepository
    filling: ports.FillingRepository
    staff: ports.StaffRepository
    index: ports.IndexRepository
    subjects: ports.SubjectRepository
    log: ports.LogRepository
    chain_watch: ports.ChainWatchRepository
    mail: MailRepository
    claims: ClaimRepository
    decisions: DecisionRepository
    checks: CheckRepository
    correspondents: CorrespondentRepository
    renewals: RenewalRepository
    notices: NoticeRepository
    statements: StatementRepository

    def __init__(self, engine: Engine, *, write: bool) -> None:
        """Prepare a unit of work; the transaction starts with ``with``.

        Args:
            engine: the database.
            write: whether rows will be written.
        """
        self._engine = engine
        self._write = write
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Start the transaction.

        Raises:
            Unreachable: the database does not answer, or another writer keeps it too long.
        """
        with translated():
            connection = self._engine.connect()
            try:
                if self._engine.dialect.name == "postgresql":
                    level = "READ COMMITTED" if self._write else "REPEATABLE READ"
                    connection = connection.execution_options(isolation_level=level)
                else:
                    connection = connection.execution_options(**{WRITE: self._write})
                connection.begin()
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        self.dossiers = Dossiers(connection)
        self.keys = Keys(connection)
        self.records = Records(connection)
        self.revisions = Revisions(connection)
        self.outbox = Outbox(connection)
        self.batches = Batches(connection)
        self.leases = Leases(connection)
        self.publications = Publications(connection)
        self.filling = Fillings(connection)
        self.staff = Staff(connection)
        self.index = ApplicantIndex(connection)
        self.subjects = Subjects(connection)
        self.log = Log(connection)
        self.chain_watch = ChainWatch(connection)
        self.mail = Mail(connection)
        self.claims = Claims(connection)
        self.decisions = Decisions(connection)
        self.checks = Checks(connection)
        self.correspondents = Correspondents(connection)
        self.renewals = Renewals(connection)
        self.notices = Notices(connection)
        self.statements = Statements(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with translated():
                connection.close()

    def commit(self) -> None:
        """Make everything of this unit of work last.

        Raises:
            Unreachable: the database does not answer; nothing was written.
        """
        if self._connection is None:
            raise RuntimeError("a unit of work is committed inside its with block")
        with translated():
            self._connection.commit()


class SqlStore:
    """The main database: starts units of work."""

    def __init__(self, engine: Engine) -> None:
        """Take over an engine.

        Args:
            engine: from ``storage.connect``, with the tables of ``storage.migrate``.
        """
        self._engine = engine

    def read(self) -> SqlUnitOfWork:
        """Start a unit of work that reads a single moment."""
        return SqlUnitOfWork(self._engine, write=False)

    def write(self) -> SqlUnitOfWork:
        """Start a unit of work that may write."""
        return SqlUnitOfWork(self._engine, write=True)


class SqlSubjectStore:
    """Table ``login_subjects`` for the login relay; each call is its own transaction."""

    def __init__(self, store: SqlStore) -> None:
        """Take over a store."""
        self._store = store

    def find(self, lookup: bytes) -> ports.LoginSubject | None:
        """Return the entry with this lookup, or None."""
        with self._store.read() as work:
            return work.subjects.find(lookup)

    def get(self, subject: str) -> ports.LoginSubject | None:
        """Return the entry with this ``sub``, or None."""
        with self._store.read() as work:
            return work.subjects.get(subject)

    def add(self, entry: ports.LoginSubject) -> ports.LoginSubject:
        """Store an entry unless its lookup is there already; return the one that is stored."""
        with self._store.write() as work:
            stored = work.subjects.add(entry)
            work.commit()
        return stored
