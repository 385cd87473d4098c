"""The evaluator's own small database: organisations, their accounts and quotas, and the requests already answered.

It holds nothing about residents: blinded elements and their evaluations are never stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, NotFound, Unreachable
from schuldhulp.services.ports import Charge, Organisation, Quota

NONCES_KEPT = timedelta(days=1)
"""A request expires within minutes, so a nonce of yesterday cannot come back; a day forgives a clock that was wrong."""

BUSY_TIMEOUT = 30.0
"""Seconds that SQLite waits for another writer."""

WRITES = {"writes": True}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

organisations = Table(
    "organisations",
    metadata,
    Column("kvk", String(8), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("daily_quota", Integer, CheckConstraint("daily_quota >= 0", name="daily"), nullable=False),
    Column("epoch_quota", Integer, CheckConstraint("epoch_quota >= 0", name="epoch"), nullable=False),
    Column("bsn_ground", Text),
    Column("suspended", Boolean, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account", String(42), primary_key=True),
    Column("kvk", String(8), ForeignKey("organisations.kvk"), nullable=False, index=True),
)

# Who was let in, on which ground and by whom: lines are only ever added.
admissions = Table(
    "admissions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kvk", String(8), ForeignKey("organisations.kvk"), nullable=False),
    Column("action", String(10), CheckConstraint("action IN ('admit', 'suspend')", name="action"), nullable=False),
    Column("accounts", Text, nullable=False),
    Column("daily_quota", Integer),
    Column("epoch_quota", Integer),
    Column("bsn_ground", Text),
    Column("reason", Text),
    Column("done_by", String(200), nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False),
    Index("ix_admissions_kvk", "kvk"),
)

daily_usage = Table(
    "daily_usage",
    metadata,
    Column("kvk", String(8), ForeignKey("organisations.kvk"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("used", BigInteger, nullable=False),
)

epoch_usage = Table(
    "epoch_usage",
    metadata,
    Column("kvk", String(8), ForeignKey("organisations.kvk"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
)

# `organisation` may also be "municipality", which stands in no table: no foreign key.
nonces = Table(
    "nonces",
    metadata,
    Column("organisation", String(12), primary_key=True),
    Column("nonce", LargeBinary(32), primary_key=True),
    Column("used_at", DateTime(timezone=True), nullable=False, index=True),
)


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision, making it when it is not there.

    Args:
        url: SQLAlchemy address, SQLite or PostgreSQL.

    Raises:
        Unreachable: the database does not answer.
    """
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "evaluator_migrations"))
    engine = _engine(url)
    try:
        with engine.connect() as connection, connection.execution_options(**WRITES).begin():
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
    except SQLAlchemyError as error:
        raise _unreachable() from error
    finally:
        engine.dispose()


class EvaluatorDatabase:
    """Implements ports.OrganisationStore; safe to share between threads and processes."""

    def __init__(self, url: str) -> None:
        """Connect to a database that `migrate` has prepared.

        Args:
            url: SQLAlchemy address, SQLite or PostgreSQL.
        """
        self._engine = _engine(url)

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def check(self) -> None:
        """See whether the database answers and has been migrated.

        Raises:
            Unreachable: it does not, or it has not.
        """
        with self._reading() as connection:
            connection.execute(select(organisations.c.kvk).limit(1)).first()

    def organisation(self, kvk: str) -> Organisation | None:
        """Look an organisation up.

        Args:
            kvk: number in the trade register, 8 digits.

        Returns:
            The organisation, also when it is suspended; None when it was never admitted.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            row = connection.execute(select(organisations).where(organisations.c.kvk == kvk)).one_or_none()
            return None if row is None else _organisation(row, _accounts_of(connection, kvk))

    def organisations(self) -> list[Organisation]:
        """Return all organisations by number.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            rows = connection.execute(select(organisations).order_by(organisations.c.kvk)).all()
            return [_organisation(row, _accounts_of(connection, row.kvk)) for row in rows]

    def admit(self, organisation: Organisation, *, by: str, at: datetime) -> None:
        """Add an organisation, or renew its name, quota, ground and state; accounts are added, never taken away.

        Args:
            organisation: what holds from now on.
            by: who decided, as it stands in the admissions.
            at: when, UTC.

        Raises:
            Conflict: an account belongs to another organisation.
            Unreachable: the database does not answer.
        """
        values = {
            "name": organisation.name,
            "daily_quota": organisation.quota.daily,
            "epoch_quota": organisation.quota.per_epoch,
            "bsn_ground": organisation.bsn_ground,
            "suspended": organisation.suspended,
        }
        try:
            with self._writing() as connection:
                changed = connection.execute(
                    update(organisations).where(organisations.c.kvk == organisation.kvk).values(values)
                )
                if changed.rowcount == 0:
                    connection.execute(insert(organisations).values(kvk=organisation.kvk, **values))
                present = _accounts_of(connection, organisation.kvk)
                for account in organisation.accounts:
                    if account not in present:
                        connection.execute(insert(accounts).values(account=account, kvk=organisation.kvk))
                connection.execute(
                    insert(admissions).values(
                        kvk=organisation.kvk,
                        action="admit",
                        accounts=" ".join(organisation.accounts),
                        daily_quota=organisation.quota.daily,
                        epoch_quota=organisation.quota.per_epoch,
                        bsn_ground=organisation.bsn_ground,
                        done_by=by,
                        done_at=at,
                    )
                )
        except IntegrityError as error:
            raise Conflict(
                "account_taken", "the account already belongs to another organisation", field="account"
            ) from error

    def suspend(self, kvk: str, *, reason: str, by: str, at: datetime) -> None:
        """Shut an organisation out from this moment on.

        Args:
            kvk: number in the trade register.
            reason: why, as it stands in the admissions.
            by: who decided.
            at: when, UTC.

        Raises:
            NotFound: it was never admitted.
            Unreachable: the database does not answer.
        """
        with self._writing() as connection:
            changed = connection.execute(update(organisations).where(organisations.c.kvk == kvk).values(suspended=True))
            if changed.rowcount == 0:
                raise NotFound("organisation_unknown", "no organisation with this number was admitted", field="kvk")
            connection.execute(
                insert(admissions).values(
                    kvk=kvk,
                    action="suspend",
                    accounts=" ".join(_accounts_of(connection, kvk)),
                    reason=reason,
                    done_by=by,
                    done_at=at,
                )
            )

    def charge(
        self, *, organisation: str, quota: Quota | None, epoch: Epoch, elements: int, nonce: bytes, at: datetime
    ) -> Charge:
        """Note a request as answered and take its elements from the quota, both or neither.

        Concurrent requests of one organisation wait for one another on its row (on SQLite for the whole database),
        so together they cannot spend more than there is.

        Args:
            organisation: KvK number, or ``municipality``.
            quota: the limits; None for the municipality itself, which has none.
            epoch: epoch of the key that is asked for.
            elements: how many elements.
            nonce: 32 bytes that the requester chose once.
            at: now, UTC; the daily quota is that of the UTC day.

        Returns:
            DONE, or why nothing was charged.

        Raises:
            Unreachable: the database does not answer.
        """
        at = at.astimezone(UTC)
        day = at.date()
        try:
            with self._writing() as connection:
                connection.execute(delete(nonces).where(nonces.c.used_at < at - NONCES_KEPT))
                connection.execute(insert(nonces).values(organisation=organisation, nonce=nonce, used_at=at))
                if quota is not None:
                    # The row is the lock: the sums below cannot change before this transaction ends.
                    connection.execute(
                        select(organisations.c.kvk).where(organisations.c.kvk == organisation).with_for_update()
                    ).one()
                    _take(connection, daily_usage, {"kvk": organisation, "day": day}, elements, quota.daily)
                    _take(connection, epoch_usage, {"kvk": organisation, "epoch": epoch}, elements, quota.per_epoch)
        except IntegrityError:
            return Charge.REPLAYED
        except _Spent as spent:
            return Charge.DAY_SPENT if spent.table is daily_usage else Charge.EPOCH_SPENT
        return Charge.DONE

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _unreachable() from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection, connection.execution_options(**WRITES).begin():
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise _unreachable() from error


class _Spent(Exception):  # noqa: N818 - not an error: it only undoes the transaction
    def __init__(self, table: Table) -> None:
        super().__init__(table.name)
        self.table = table


def _take(connection: Connection, table: Table, key: dict[str, Any], elements: int, limit: int) -> None:
    used = connection.execute(select(table.c.used).filter_by(**key)).scalar_one_or_none()
    if (used or 0) + elements > limit:
        raise _Spent(table)
    if used is None:
        connection.execute(insert(table).values(**key, used=elements))
    else:
        connection.execute(update(table).filter_by(**key).values(used=used + elements))


def _accounts_of(connection: Connection, kvk: str) -> tuple[str, ...]:
    rows = connection.execute(select(accounts.c.account).where(accounts.c.kvk == kvk).order_by(accounts.c.account))
    return tuple(rows.scalars())


def _organisation(row: Any, its_accounts: tuple[str, ...]) -> Organisation:
    return Organisation(
        kvk=row.kvk,
        name=row.name,
        accounts=its_accounts,
        quota=Quota(daily=row.daily_quota, per_epoch=row.epoch_quota),
        bsn_ground=row.bsn_ground,
        suspended=row.suspended,
    )


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # or sqlite3 begins transactions of its own, later than we ask for them
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that will write takes the lock at once: one that reads first and writes later may be refused.
        writes = connection.get_execution_options().get("writes")
        connection.execute(text("BEGIN IMMEDIATE" if writes else "BEGIN"))

    return engine


def _unreachable() -> Unreachable:
    return Unreachable("evaluator_database_unreachable", "the evaluator's database does not answer or is not prepared")
