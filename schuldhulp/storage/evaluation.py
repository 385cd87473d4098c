"""The evaluator's own small database: organisations, their accounts and quotas, and the requests already answered.

It holds nothing about residents: blinded elements and their evaluations are never stored.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, text, update

from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.ports import Admission, ChannelLine, Charge, Organisation, Quota
from schuldhulp.storage.channel_usage import channel_usage
from schuldhulp.storage.counting import NONCES_KEPT, Counts, Spent, take_quota
from schuldhulp.storage.database import connect
from schuldhulp.storage.evaluation_tables import (
    accounts,
    admissions,
    metadata,
    nonces,
    organisations,
)
from schuldhulp.storage.migrate import migrate

__all__ = ["NONCES_KEPT", "SCRIPTS", "EvaluatorDatabase", "metadata", "nonces", "organisations"]

SCRIPTS: Final = Path(__file__).parent / "evaluator_migrations"
"""Folder of the migrations."""

REQUESTS: Final = "request"
"""In the place of an organisation: the digests of whole requests stand beside the nonces, under no organisation's name,
so that nobody can have a digest noted by choosing it as a nonce."""


MUNICIPALITY_LOCK: Final = 5_346_114
"""Number of the advisory lock under which the municipality itself is charged on PostgreSQL; any number would do."""


class EvaluatorDatabase(Counts):
    """Implements ports.EvaluatorStore and ports.UsageStore; safe to share between threads and processes."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is opened before the first use.

        Args:
            url: SQLAlchemy address, SQLite or PostgreSQL.

        Raises:
            Misconfigured: the address cannot be read, or is of another kind of database.
        """
        super().__init__(connect(url))

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

    def organisation_of(self, account: str) -> Organisation | None:
        """Look up the organisation that an account belongs to.

        Args:
            account: with the checksum of ERC-55.

        Returns:
            The organisation, also when it is suspended; None when the account is nobody's.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            kvk = connection.execute(select(accounts.c.kvk).where(accounts.c.account == account)).scalar_one_or_none()
        return None if kvk is None else self.organisation(kvk)

    def organisations(self) -> list[Organisation]:
        """Return all organisations by number.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            rows = connection.execute(select(organisations).order_by(organisations.c.kvk)).all()
            return [_organisation(row, _accounts_of(connection, row.kvk)) for row in rows]

    def history(self, kvk: str) -> list[Admission]:
        """Return every decision about an organisation, oldest first.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            rows = connection.execute(select(admissions).where(admissions.c.kvk == kvk).order_by(admissions.c.id)).all()
        return [_admission(row) for row in rows]

    def admit(
        self,
        organisation: Organisation,
        *,
        by: str,
        at: datetime,
        reason: str | None = None,
        account_quota: int | None = None,
    ) -> None:
        """Add an organisation, or renew its name, quota, ground and state; accounts are added, never taken away.

        Args:
            organisation: what holds from now on.
            by: who decided, as it stands in the admissions.
            at: when, UTC.
            reason: why a larger quota, likewise.
            account_quota: what was decided about one account, likewise.

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
                for account in {*present, *organisation.accounts}:
                    limit = organisation.account_quotas.get(account)
                    if present.get(account) != limit:
                        connection.execute(
                            update(accounts).where(accounts.c.account == account).values(daily_quota=limit)
                        )
                connection.execute(
                    insert(admissions).values(
                        kvk=organisation.kvk,
                        action="admit",
                        accounts=" ".join(organisation.accounts),
                        daily_quota=organisation.quota.daily,
                        epoch_quota=organisation.quota.per_epoch,
                        account_quota=account_quota,
                        bsn_ground=organisation.bsn_ground,
                        reason=reason,
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
        account: str | None = None,
    ) -> Charge:
        """Note a request as answered and take its elements from the quota, both or neither.

        Concurrent requests of one organisation, and those of the municipality, wait for one another: together they
        cannot spend more than there is.

        Args:
            organisation: KvK number, or ``municipality``.
            quota: the limits; None: it is counted and not limited.
            epoch: epoch of the key that is asked for.
            elements: how many elements.
            nonce: 32 bytes that the requester chose once.
            at: now, UTC; the daily quota is that of the UTC day.
            request: digest of all that was signed, 32 bytes, when the request may be repeated.
            account: who signed; charged too where it has a quota of its own.

        Returns:
            DONE, or why nothing was charged.

        Raises:
            Unreachable: the database does not answer.
        """
        at = at.astimezone(UTC)
        try:
            self._sweep(at)
            with self._writing() as connection:
                connection.execute(insert(nonces).values(organisation=organisation, nonce=nonce, used_at=at))
                if request is not None:
                    connection.execute(insert(nonces).values(organisation=REQUESTS, nonce=request, used_at=at))
                _hold(connection, organisation)
                take_quota(
                    connection,
                    asker=organisation,
                    account=account,
                    day=at.date(),
                    epoch=epoch,
                    elements=elements,
                    quota=quota,
                )
        except Conflict:
            repeated = request is not None and self.was_charged(request)
            return Charge.REPEATED if repeated else Charge.REPLAYED
        except Spent as spent:
            return spent.charge
        return Charge.DONE

    def channel_usage(self, first: date, last: date) -> list[ChannelLine]:
        """Return what was asked and delivered in the channel on these days, both included, by day and asker.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._reading() as connection:
            return channel_usage(connection, first, last)

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


def _hold(connection: Connection, asker: str) -> None:
    """Let nobody else charge this asker until the transaction ends: the sums of what it asked cannot change before."""
    row = select(organisations.c.kvk).where(organisations.c.kvk == asker).with_for_update()
    if connection.execute(row).first() is None and connection.dialect.name == "postgresql":
        # The municipality itself has no row. On SQLite the whole database is held.
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MUNICIPALITY_LOCK})


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


def _accounts_of(connection: Connection, kvk: str) -> dict[str, int | None]:
    """Return the accounts of an organisation, each with the quota of its own, if it has one."""
    rows = connection.execute(
        select(accounts.c.account, accounts.c.daily_quota).where(accounts.c.kvk == kvk).order_by(accounts.c.account)
    )
    return {row.account: row.daily_quota for row in rows}


def _organisation(row: Any, its_accounts: dict[str, int | None]) -> Organisation:
    return Organisation(
        kvk=row.kvk,
        name=row.name,
        accounts=tuple(its_accounts),
        quota=Quota(daily=row.daily_quota, per_epoch=row.epoch_quota),
        bsn_ground=row.bsn_ground,
        suspended=row.suspended,
        account_quotas={account: limit for account, limit in its_accounts.items() if limit is not None},
    )


def _admission(row: Any) -> Admission:
    whole = row.daily_quota is not None and row.epoch_quota is not None
    return Admission(
        action=row.action,
        accounts=tuple(row.accounts.split()),
        quota=Quota(daily=row.daily_quota, per_epoch=row.epoch_quota) if whole else None,
        account_quota=row.account_quota,
        bsn_ground=row.bsn_ground,
        reason=row.reason,
        by=row.done_by,
        # SQLite gives the time back without its zone.
        at=row.done_at.replace(tzinfo=UTC) if row.done_at.tzinfo is None else row.done_at.astimezone(UTC),
    )
