"""The evaluator's own small database: organisations, their accounts and quotas, and the requests already answered.

It holds nothing about residents: blinded elements and their evaluations are never stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.ports import Charge, Organisation, Quota
from schuldhulp.storage.database import WRITE, connect, translated
from schuldhulp.storage.migrate import migrate

NONCES_KEPT = timedelta(days=1)
"""A request expires within minutes, so a nonce of yesterday cannot come back; a day forgives a clock that was wrong."""

SCRIPTS: Final = Path(__file__).parent / "evaluator_migrations"
"""Folder of the migrations."""

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
    Column(
        "action", String(10), CheckConstraint("action IN ('admit', 'suspend', 'remove')", name="action"), nullable=False
    ),
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


REQUESTS: Final = "request"
"""In the place of an organisation: the digests of whole requests stand beside the nonces, under no organisation's name,
so that nobody can have a digest noted by choosing it as a nonce."""


class EvaluatorDatabase:
    """Implements ports.OrganisationStore; safe to share between threads and processes."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is opened before the first use.

        Args:
            url: SQLAlchemy address, SQLite or PostgreSQL.

        Raises:
            Misconfigured: the address cannot be read, or is of another kind of database.
        """
        self._engine = connect(url)

    def prepare(self) -> None:
        """Make the tables, or bring them to the newest revision; safe to repeat and to run from several processes.

        Raises:
            Unreachable: the database does not answer.
        """
        migrate(self._engine, scripts=SCRIPTS)

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
        except Conflict as error:
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

    def remove_account(self, kvk: str, account: str, *, reason: str, by: str, at: datetime) -> None:
        """Take an account away from an organisation; can be repeated.

        Args:
            kvk: the organisation.
            account: its account, with the checksum of ERC-55.
            reason: why, as it stands in the admissions.
            by: who decided.
            at: when, UTC.

        Raises:
            NotFound: there is no such organisation, or it never had this account.
            Unreachable: the database does not answer.
        """
        with self._writing() as connection:
            removed = connection.execute(delete(accounts).where(accounts.c.account == account, accounts.c.kvk == kvk))
            if removed.rowcount == 0:
                _require_removed(connection, kvk, account)
                return
            connection.execute(
                insert(admissions).values(
                    kvk=kvk, action="remove", accounts=account, reason=reason, done_by=by, done_at=at
                )
            )

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
            request: digest of all that was signed, 32 bytes, when the request may be repeated.

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
                if request is not None:
                    connection.execute(insert(nonces).values(organisation=REQUESTS, nonce=request, used_at=at))
                if quota is not None:
                    # The row is the lock: the sums below cannot change before this transaction ends.
                    connection.execute(
                        select(organisations.c.kvk).where(organisations.c.kvk == organisation).with_for_update()
                    ).one()
                    _take(connection, daily_usage, {"kvk": organisation, "day": day}, elements, quota.daily)
                    _take(connection, epoch_usage, {"kvk": organisation, "epoch": epoch}, elements, quota.per_epoch)
        except Conflict:
            repeated = request is not None and self.was_charged(request)
            return Charge.REPEATED if repeated else Charge.REPLAYED
        except _Spent as spent:
            return Charge.DAY_SPENT if spent.table is daily_usage else Charge.EPOCH_SPENT
        return Charge.DONE

    def was_charged(self, request: bytes) -> bool:
        """Tell whether a request was charged; it is forgotten after `NONCES_KEPT`.

        Args:
            request: digest that was given to `charge`.

        Raises:
            Unreachable: the database does not answer.
        """
        query = select(nonces.c.nonce).where(nonces.c.organisation == REQUESTS, nonces.c.nonce == request)
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            translated(),
            self._engine.connect().execution_options(**{WRITE: True}) as connection,
            connection.begin(),
        ):
            yield connection


class _Spent(Exception):
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


def _require_removed(connection: Connection, kvk: str, account: str) -> None:
    """Refuse an account that was not taken away from this organisation before, or that belongs to another by now."""
    before = connection.execute(
        select(admissions.c.id)
        .where(admissions.c.kvk == kvk, admissions.c.action == "remove", admissions.c.accounts == account)
        .limit(1)
    ).first()
    taken = connection.execute(select(accounts.c.kvk).where(accounts.c.account == account)).first()
    if before is None or taken is not None:
        raise NotFound("account_unknown", "this organisation has no such account", field="account")


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
