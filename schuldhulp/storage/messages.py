"""Sealed messages in the evaluator's database: delivered, collected, acknowledged and erased."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from schuldhulp.errors import Conflict
from schuldhulp.services.claims.ports import (
    Allowance,
    ClaimIdQuota,
    Correspondent,
    Delivered,
    Message,
    Posting,
)
from schuldhulp.storage.counting import Counts, sweep
from schuldhulp.storage.database import WRITE, connect, translated
from schuldhulp.storage.evaluation import REQUESTS, SCRIPTS
from schuldhulp.storage.evaluation_tables import nonces
from schuldhulp.storage.message_limits import ClaimIdsSpent, check_allowance, count_message, take_claim_ids
from schuldhulp.storage.message_organisations import correspondents
from schuldhulp.storage.message_rows import lock_mailbox, message_of, microseconds, present
from schuldhulp.storage.message_tables import mailboxes, messages
from schuldhulp.storage.migrate import migrate


class MessageDatabase:
    """Implements claims.ports.MessageStore; safe to share between threads and processes."""

    def __init__(self, url: str) -> None:
        """Take the address of the evaluator's database; nothing is opened before the first use.

        Args:
            url: SQLAlchemy address, SQLite or PostgreSQL.

        Raises:
            Misconfigured: the address cannot be read, or is of another kind of database.
        """
        self._engine = connect(url)
        # SQLite has one writer at a time, and who finds it busy sleeps and looks again: threads of this process take
        # turns instead, and wait no longer than it takes.
        sqlite_turns = self._engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[Any] = threading.Lock() if sqlite_turns else nullcontext()

    @classmethod
    def beside(cls, counts: Counts) -> MessageDatabase:
        """Use connections and turns of the same database together with what counts there, in the same process.

        Args:
            counts: keeps its own life; closing either closes the connections of both.
        """
        made = cls.__new__(cls)
        made._engine, made._turn = counts.shared()
        return made

    def prepare(self) -> None:
        """Make the tables, or bring them to the newest revision; safe to repeat and to run from several processes.

        Raises:
            Unreachable: the database does not answer.
        """
        migrate(self._engine, scripts=SCRIPTS)

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def charge_claim_ids(
        self,
        *,
        organisation: str,
        account: str,
        quota: ClaimIdQuota | None,
        elements: int,
        nonce: bytes,
        at: datetime,
        request: bytes | None = None,
    ) -> bool:
        """Take elements from the quotas of the day, and note the request as answered; all or nothing.

        Args:
            organisation: KvK number, or ``municipality``.
            account: which of its accounts asks.
            quota: the limits; None: no limits, and nothing is counted.
            elements: how many elements.
            nonce: 32 bytes that the requester chose once.
            at: now, UTC; the quota is that of the UTC day.
            request: digest of all that was signed, 32 bytes, when the request may be repeated.

        Returns:
            Whether the quotas sufficed, or the same request was charged before.

        Raises:
            Conflict: the nonce was used before, in another request.
            Unreachable: the database does not answer.
        """
        try:
            with self._request(organisation, nonce, at) as connection:
                if request is not None:
                    connection.execute(insert(nonces).values(organisation=REQUESTS, nonce=request, used_at=at))
                if quota is not None:
                    take_claim_ids(connection, organisation, account, at.astimezone(UTC).date(), elements, quota)
        except ClaimIdsSpent:
            return False
        except Conflict:
            if request is None or not self.was_charged(request):
                raise
        return True

    def was_charged(self, request: bytes) -> bool:
        """Tell whether a request for claim ids was charged; it is forgotten when its nonce is, after a day.

        Args:
            request: digest that was given to `charge_claim_ids`.

        Raises:
            Unreachable: the database does not answer.
        """
        query = select(nonces.c.nonce).where(nonces.c.organisation == REQUESTS, nonces.c.nonce == request)
        with translated(), self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def deliver(
        self, posting: Posting, *, allowance: Allowance | None, nonce: bytes, at: datetime, daily: int | None = None
    ) -> Delivered:
        """Store a message under the next number of its mailbox; one that is there is left as it is.

        Deliveries to one mailbox wait for one another, each until the one before has been committed or taken back.
        So numbers appear in their order, and whoever collects what comes after a number misses nothing. A number is
        at least the time in microseconds: a database that was made anew or restored from a backup goes on above what
        collectors have seen.

        Args:
            posting: the message.
            allowance: what the organisation may leave here; None: no limit.
            nonce: of the request.
            at: now, UTC.
            daily: how many new messages the sender may deliver in a UTC day; None: no bound.

        Returns:
            The name of the message and when it came first.

        Raises:
            Conflict: the nonce was used before, or the content is there as another kind, subject or organisation's.
            LimitReached: it would leave more than its allowance, or its bound is reached; nothing is stored or noted.
            Unreachable: the database does not answer.
        """
        with self._request(posting.organisation, nonce, at) as connection:
            number = max(lock_mailbox(connection, posting.recipient) + 1, microseconds(at))
            found = connection.execute(
                select(messages).where(messages.c.recipient == posting.recipient, messages.c.message == posting.message)
            ).first()
            if found is not None:
                return present(found, posting)
            if allowance is not None:
                check_allowance(connection, posting, allowance)
            if daily is not None:
                count_message(connection, posting.organisation, at.astimezone(UTC).date(), daily)
            connection.execute(update(mailboxes).where(mailboxes.c.recipient == posting.recipient).values(last=number))
            connection.execute(
                insert(messages).values(
                    recipient=posting.recipient,
                    number=number,
                    message=posting.message,
                    kind=posting.kind.value,
                    subject=posting.subject,
                    sender=posting.sender,
                    organisation=posting.organisation,
                    size=len(posting.content),
                    content=posting.content,
                    received_at=at,
                )
            )
        return Delivered(message=posting.message, received_at=at)

    def collect(
        self, *, organisation: str, recipient: str, after: int, limit: int, size: int, nonce: bytes, at: datetime
    ) -> list[Message]:
        """Return what lies in a mailbox and has not been erased, by number.

        Args:
            organisation: who asks.
            recipient: whose mailbox.
            after: number below which, and at which, nothing is given.
            limit: how many messages at most.
            size: bytes of content at most; the first message is given whatever its size.
            nonce: of the request.
            at: now, UTC.

        Returns:
            The messages; none when there are no more.

        Raises:
            Conflict: the nonce was used before.
            Unreachable: the database does not answer.
        """
        here = (messages.c.recipient == recipient, messages.c.number > after, messages.c.erased_at.is_(None))
        with self._request(organisation, nonce, at) as connection:
            sizes = connection.execute(
                select(messages.c.number, messages.c.size).where(*here).order_by(messages.c.number).limit(limit)
            ).all()
            total, last = 0, after
            for number, its_size in sizes:
                total += its_size
                if total > size and last != after:
                    break
                last = number
            rows = connection.execute(
                select(messages).where(*here, messages.c.number <= last).order_by(messages.c.number)
            ).all()
        return [message_of(row) for row in rows]

    def acknowledge(
        self, *, organisation: str, recipient: str, hashes: Sequence[bytes], nonce: bytes, at: datetime
    ) -> int:
        """Mark messages of a mailbox as stored by their addressee; those that are marked keep their time.

        Args:
            organisation: who asks.
            recipient: whose mailbox.
            hashes: names of messages, 32 bytes each, at most some hundreds; unknown ones are passed over.
            nonce: of the request.
            at: now, UTC.

        Returns:
            How many different ones of these messages are in the mailbox, all of them marked.

        Raises:
            Conflict: the nonce was used before.
            Unreachable: the database does not answer.
        """
        here = (messages.c.recipient == recipient, messages.c.message.in_(hashes))
        with self._request(organisation, nonce, at) as connection:
            connection.execute(update(messages).where(*here, messages.c.fetched_at.is_(None)).values(fetched_at=at))
            return int(connection.execute(select(func.count()).select_from(messages).where(*here)).scalar_one())

    def organisations(
        self, *, organisation: str, after: str, limit: int, nonce: bytes, at: datetime
    ) -> list[Correspondent]:
        """Return who is admitted, by number.

        Args:
            organisation: who asks.
            after: KvK number after which they are given; empty for all.
            limit: how many at most.
            nonce: of the request.
            at: now, UTC.

        Raises:
            Conflict: the nonce was used before.
            Unreachable: the database does not answer.
        """
        with self._request(organisation, nonce, at) as connection:
            return correspondents(connection, after, limit)

    def erase(self, *, fetched_before: datetime, at: datetime) -> int:
        """Empty the contents of messages that were acknowledged before a time. That they were sent stays known.

        Nonces of requests that expired long ago are forgotten too.

        Args:
            fetched_before: the time, UTC.
            at: now, UTC.

        Returns:
            How many were emptied.

        Raises:
            Unreachable: the database does not answer.
        """
        with self._writing() as connection:
            # Nonces pile up also where nobody but the municipality asks.
            sweep(connection, at)
            erased = connection.execute(
                update(messages)
                .where(messages.c.fetched_at < fetched_before, messages.c.erased_at.is_(None))
                .values(content=None, erased_at=at)
            )
            return erased.rowcount

    @contextmanager
    def _request(self, organisation: str, nonce: bytes, at: datetime) -> Iterator[Connection]:
        """Begin the transaction of a request, and note its nonce before anything else."""
        with self._writing() as connection:
            try:
                with translated():
                    connection.execute(insert(nonces).values(organisation=organisation, nonce=nonce, used_at=at))
            except Conflict:
                raise Conflict(
                    "nonce_used", "this request was answered before; sign a new one", field="Schuldhulp-Nonce"
                ) from None
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
