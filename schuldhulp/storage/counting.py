"""Counting in the evaluator's database so that several processes on it hold one limit together."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from schuldhulp.services.ports import Charge, Quota, RefusalLine, UsageLine
from schuldhulp.storage.database import WRITE, translated
from schuldhulp.storage.evaluation_tables import account_usage, accounts, day_secrets, nonces, rates, refusals, usage

NONCES_KEPT: Final = timedelta(days=1)
"""A request expires within minutes, so a nonce of yesterday cannot come back; a day forgives a clock that was wrong."""

MINUTES_KEPT: Final = 5
"""Minutes after which what was used in one is forgotten; more than one, for clocks of processes that differ."""

SWEEP_EVERY: Final = timedelta(minutes=1)
"""How often one process looks for rows that are not needed any more."""

_SWEEP_LOCK: Final = 5_346_113
"""Number of the advisory lock that lets one process delete at a time on PostgreSQL; any number would do."""


class Spent(Exception):
    """A limit does not suffice; the transaction must be undone.

    Attributes:
        charge: which limit.
    """

    def __init__(self, charge: Charge) -> None:
        """Name the limit."""
        super().__init__(charge.value)
        self.charge = charge


def minute_of(at: datetime) -> int:
    """Return the number of the minute since 1970 that a moment falls in."""
    return int(at.timestamp()) // 60


def add_up(connection: Connection, table: Table, key: dict[str, Any], amounts: dict[str, int]) -> dict[str, int]:
    """Add amounts to a row, or make it; the row stays locked until the transaction ends.

    Args:
        connection: a transaction that writes.
        table: whose primary key is `key`.
        key: primary key.
        amounts: what is added, by column.

    Returns:
        The sums, by column.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**key, **amounts)
    sums = statement.on_conflict_do_update(
        index_elements=list(key), set_={name: table.c[name] + statement.excluded[name] for name in amounts}
    ).returning(*(table.c[name] for name in amounts))
    return dict(connection.execute(sums).one()._mapping)


def take_rate(connection: Connection, subject: str, units: int, limit: int, at: datetime) -> bool:
    """Take units from what a subject may use within this minute; False when they do not suffice, then undo it."""
    return add_up(connection, rates, {"subject": subject, "minute": minute_of(at)}, {"used": units})["used"] <= limit


def take_quota(
    connection: Connection,
    *,
    asker: str,
    account: str | None,
    day: date,
    epoch: int,
    elements: int,
    quota: Quota | None,
) -> None:
    """Count a request, and take its elements from the quotas of the asker and of its account.

    Whoever charges the same asker for the same day and epoch waits at its row until this transaction ends.

    Raises:
        Spent: one of them does not suffice.
    """
    add_up(connection, usage, {"asker": asker, "day": day, "epoch": epoch}, {"requests": 1, "elements": elements})
    if quota is not None:
        own = select(func.sum(usage.c.elements)).where(usage.c.asker == asker)
        if connection.execute(own.where(usage.c.day == day)).scalar_one() > quota.daily:
            raise Spent(Charge.DAY_SPENT)
        if connection.execute(own.where(usage.c.epoch == epoch)).scalar_one() > quota.per_epoch:
            raise Spent(Charge.EPOCH_SPENT)
    if account is None:
        return
    limit = connection.execute(
        select(accounts.c.daily_quota).where(accounts.c.account == account, accounts.c.kvk == asker)
    ).scalar_one_or_none()
    used = add_up(connection, account_usage, {"account": account, "day": day}, {"elements": elements})["elements"]
    if limit is not None and used > limit:
        raise Spent(Charge.ACCOUNT_SPENT)


def sweep(connection: Connection, at: datetime) -> None:
    """Delete what is not looked at any more; leaves it to another process that does so at this moment."""
    if (
        connection.dialect.name == "postgresql"
        and not connection.execute(
            text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _SWEEP_LOCK}
        ).scalar_one()
    ):
        return
    connection.execute(delete(nonces).where(nonces.c.used_at < at - NONCES_KEPT))
    connection.execute(delete(rates).where(rates.c.minute < minute_of(at) - MINUTES_KEPT))
    connection.execute(delete(day_secrets).where(day_secrets.c.day < at.date()))
    connection.execute(delete(account_usage).where(account_usage.c.day < at.date() - timedelta(days=1)))


class _Refused(Exception):
    """A rate does not suffice; undo what was taken before it."""


class Counts:
    """What the evaluator counts; implements ports.RateStore and ports.UsageStore."""

    def __init__(self, engine: Engine) -> None:
        """Take the database."""
        self._engine = engine
        self._swept: datetime | None = None
        # SQLite has one writer at a time, and who finds it busy sleeps and looks again: threads of this process take
        # turns instead, and wait no longer than it takes.
        sqlite_turns = engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[Any] = threading.Lock() if sqlite_turns else nullcontext()

    def shared(self) -> tuple[Engine, AbstractContextManager[Any]]:
        """Return the connections and the turns of writers, for what else works on this database in this process."""
        return self._engine, self._turn

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        """Take units from what subjects may use within a minute: all of them, or none.

        Args:
            takings: subject, units, and how many units the subject may use in a minute.
            at: now, UTC.

        Returns:
            Whether they sufficed.

        Raises:
            Unreachable: the database does not answer.
        """
        self._sweep(at)
        try:
            with self._writing() as connection:
                # In one order, so that two who take from the same subjects do not wait for each other.
                for subject, units, limit in sorted(takings):
                    if not take_rate(connection, subject, units, limit, at):
                        raise _Refused
        except _Refused:
            return False
        return True

    def day_secret(self, day: date) -> bytes:
        """Return the random secret of a UTC day, 32 bytes; whoever asks first draws it.

        Raises:
            Unreachable: the database does not answer.
        """
        query = select(day_secrets.c.secret).where(day_secrets.c.day == day)
        with self._reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is not None:
            return bytes(found)
        with self._writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            drawn = insert(day_secrets).values(day=day, secret=secrets.token_bytes(32))
            connection.execute(drawn.on_conflict_do_nothing())
            return bytes(connection.execute(query).scalar_one())

    def add_refusals(self, counts: Mapping[tuple[date, str, str], int]) -> None:
        """Add to how often was refused.

        Args:
            counts: how often, by day, asker (empty where nobody proved who they are) and reason.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._writing() as connection:
            for (day, asker, reason), times in sorted(counts.items()):
                add_up(connection, refusals, {"day": day, "asker": asker, "reason": reason}, {"times": times})

    def usage(self, first: date, last: date) -> list[UsageLine]:
        """Return what was asked on these days, both included, by day, asker and epoch.

        Raises:
            Unreachable: the database does not answer.
        """
        query = (
            select(usage)
            .where(usage.c.day >= first, usage.c.day <= last)
            .order_by(usage.c.day, usage.c.asker, usage.c.epoch)
        )
        with self._reading() as connection:
            return [UsageLine(**row._mapping) for row in connection.execute(query)]

    def refusals(self, first: date, last: date) -> list[RefusalLine]:
        """Return what was refused on these days, both included, by day, asker and reason.

        Raises:
            Unreachable: the database does not answer.
        """
        query = (
            select(refusals)
            .where(refusals.c.day >= first, refusals.c.day <= last)
            .order_by(refusals.c.day, refusals.c.asker, refusals.c.reason)
        )
        with self._reading() as connection:
            return [RefusalLine(**row._mapping) for row in connection.execute(query)]

    def _sweep(self, at: datetime) -> None:
        at = at.astimezone(UTC)
        if self._swept is None or abs(at - self._swept) >= SWEEP_EVERY:
            self._swept = at
            with self._writing() as connection:
                sweep(connection, at)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            translated(),
            self._turn,
            self._engine.connect().execution_options(**{WRITE: True}) as connection,
            connection.begin(),
        ):
            yield connection
