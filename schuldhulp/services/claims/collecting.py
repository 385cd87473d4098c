"""Fetches what creditors sealed to the municipality, and tells the evaluator only afterwards that it is safe here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.ports import MAX_MESSAGES, Channel, Message, MessageKind
from schuldhulp.services.claims.rows import DeliveryRow, DeliveryState, MailRow
from schuldhulp.services.ports import Clock, Store, UnitOfWork

PAGES: Final = 50
"""Answers of the evaluator that one run takes at most; the next one goes on."""


class MessageHandler(Protocol):
    """Takes in the messages of one kind, each in the transaction that stores it.

    It opens nothing, asks nobody and raises nothing for what a message says: one message must not keep the others
    back. It writes down what a later step of the worker takes up; the sealed bytes are those of ``work.mail``.
    """

    def keep(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Write down that a message came in which was not here before; its `MailRow` is stored already."""

    def keep_again(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Write down that a message came again: the evaluator's database was restored, and may have lost the answer."""


class ClaimDeliveries:
    """Takes in the contents of claims."""

    def __init__(self, municipality: MunicipalityCode) -> None:
        """Take whose claims these are."""
        self._municipality = municipality

    def keep(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Have the contents opened by the next step."""
        work.claims.add_delivery(
            DeliveryRow(
                message=message.message,
                municipality=self._municipality,
                claim_id=ClaimId(message.subject),
                sender=message.sender,
                organisation=message.organisation,
                received_at=message.received_at,
                state=DeliveryState.RECEIVED,
            )
        )

    def keep_again(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Have the receipts sent again: an evaluator that forgot these contents has forgotten those too."""
        work.claims.send_receipts_again(message.message)


class Collector:
    """Empties the municipality's mailbox, and hands each message to whom its kind concerns."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        clock: Clock,
        municipality: MunicipalityCode,
        handlers: Mapping[MessageKind, MessageHandler] = MappingProxyType({}),
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            clock: the time.
            municipality: whose mailbox.
            handlers: takes in each kind besides claims; what no one takes in is stored and waits for a newer version.
        """
        self._store = store
        self._channel = channel
        self._clock = clock
        self._municipality = municipality
        self._handlers = {MessageKind.CLAIM: ClaimDeliveries(municipality), **handlers}

    def collect(self) -> tuple[int, bool]:
        """Store what waits, and acknowledge what is stored.

        Returns:
            How many messages were new, and whether the mailbox was emptied.

        Raises:
            errors.Unreachable: evaluator or database do not answer; what was stored stays.
            errors.NotAllowed: the evaluator refuses the municipality's account.
        """
        # First what was stored in a run that ended before it could say so.
        self._acknowledge()
        self._hand_over()
        new = 0
        for _ in range(PAGES):
            with self._store.read() as work:
                after = work.mail.follow(self._municipality).collected
            messages = self._channel.collect(after)
            if not messages:
                return new, True
            new += self._keep(messages)
            self._acknowledge()
        return new, False

    def _keep(self, messages: Sequence[Message]) -> int:
        now, new = self._clock.now(), 0
        with self._store.write() as work:
            for message in messages:
                handler = self._handler(message.kind)
                is_new = work.mail.add(
                    MailRow(
                        message=message.message,
                        municipality=self._municipality,
                        number=message.number,
                        kind=str(message.kind),
                        subject=message.subject,
                        sender=message.sender,
                        organisation=message.organisation,
                        received_at=message.received_at,
                        stored_at=now,
                        content=message.content,
                        handled_at=now if handler else None,
                    )
                )
                new += is_new
                if handler is not None:
                    (handler.keep if is_new else handler.keep_again)(work, message, now)
            follow = work.mail.follow(self._municipality)
            newest = max(message.number for message in messages)
            work.mail.put_follow(dataclasses.replace(follow, collected=max(follow.collected, newest)))
            work.commit()
        return new

    def _handler(self, kind: str) -> MessageHandler | None:
        return self._handlers.get(MessageKind(kind)) if kind in set(MessageKind) else None

    def _hand_over(self) -> None:
        """Hand over what an older version stored and had nobody for."""
        kinds = [str(kind) for kind in self._handlers]
        while True:
            with self._store.write() as work:
                waiting = work.mail.unhandled(self._municipality, kinds, limit=MAX_MESSAGES)
                now = self._clock.now()
                for row in waiting:
                    if (handler := self._handler(row.kind)) is not None:
                        handler.keep(work, _message(row), now)
                    work.mail.handled(row.message, now)
                work.commit()
            if not waiting:
                return

    def _acknowledge(self) -> None:
        with self._store.read() as work:
            waiting = list(work.mail.unacknowledged(self._municipality))
        for start in range(0, len(waiting), MAX_MESSAGES):
            part = waiting[start : start + MAX_MESSAGES]
            self._channel.acknowledge(part)
            with self._store.write() as work:
                work.mail.acknowledge(part)
                work.commit()


def _message(row: MailRow) -> Message:
    return Message(
        number=row.number,
        message=row.message,
        kind=row.kind,
        subject=row.subject,
        sender=row.sender,
        organisation=row.organisation,
        received_at=row.received_at,
        content=row.content,
    )
