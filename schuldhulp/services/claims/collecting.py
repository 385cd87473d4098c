"""Fetches what creditors sealed to the municipality, and tells the evaluator only afterwards that it is safe here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.ports import MAX_MESSAGES, Channel, Message, MessageKind
from schuldhulp.services.claims.rows import DeliveryRow, DeliveryState, MailRow
from schuldhulp.services.ports import Clock, Store

PAGES: Final = 50
"""Answers of the evaluator that one run takes at most; the next one goes on."""


class Collector:
    """Empties the municipality's mailbox."""

    def __init__(self, *, store: Store, channel: Channel, clock: Clock, municipality: MunicipalityCode) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            clock: the time.
            municipality: whose mailbox.
        """
        self._store = store
        self._channel = channel
        self._clock = clock
        self._municipality = municipality

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
                    )
                )
                new += is_new
                if not is_new:
                    # An evaluator that forgot these contents has forgotten what came after them too: the receipt.
                    work.claims.send_receipts_again(message.message)
                elif message.kind is MessageKind.CLAIM:
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
            follow = work.mail.follow(self._municipality)
            newest = max(message.number for message in messages)
            work.mail.put_follow(dataclasses.replace(follow, collected=max(follow.collected, newest)))
            work.commit()
        return new

    def _acknowledge(self) -> None:
        with self._store.read() as work:
            waiting = list(work.mail.unacknowledged(self._municipality))
        for start in range(0, len(waiting), MAX_MESSAGES):
            part = waiting[start : start + MAX_MESSAGES]
            self._channel.acknowledge(part)
            with self._store.write() as work:
                work.mail.acknowledge(part)
                work.commit()
