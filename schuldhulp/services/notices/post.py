"""Delivers notices to creditors until they arrive; the same bytes however often the worker is killed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.notices.rows import NoticeRow, is_notice_valid
from schuldhulp.services.ports import Clock, Store

AT_ONCE: Final = 200
"""Notices that one run sends at most."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a notice that could not be sent is tried again."""

FORGED: Final = "forged"
"""Trouble of a notice that was not written by this system, or was changed since; it is not sent."""

OTHER: Final = "message_other"
"""Trouble of a notice for which the evaluator acknowledged something else."""


class NoticePost:
    """Sends what the cockpit wrote."""

    def __init__(
        self, *, store: Store, channel: Channel, clock: Clock, job_key: JobKey, municipality: MunicipalityCode
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            clock: the time.
            job_key: tells which notices the cockpit wrote.
            municipality: whose notices.
        """
        self._store = store
        self._channel = channel
        self._clock = clock
        self._job_key = job_key
        self._municipality = municipality

    def send(self) -> tuple[int, int]:
        """Send what waits.

        Returns:
            How many arrived, and how many something is in the way of.

        Raises:
            errors.Unreachable: evaluator or database do not answer; what did not arrive is sent again.
        """
        now = self._clock.now()
        with self._store.read() as work:
            rows = work.notices.undelivered(self._municipality, limit=AT_ONCE)
        ready = [row for row in rows if row.tried_at is None or now - row.tried_at >= PATIENCE]
        arrived = sum(self._send(row) for row in ready)
        return arrived, len(rows) - arrived

    def _send(self, row: NoticeRow) -> bool:
        if not is_notice_valid(self._job_key, row) or message_hash(row.content) != row.message:
            with self._store.write() as work:
                work.notices.refuse(row.message, trouble=FORGED)
                work.commit()
            return False
        try:
            delivered = self._channel.deliver(MessageKind.NOTICE, row.notice_id, row.recipient, row.content)
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._note(row, error.key)
            return False
        if delivered.message != row.message:
            self._note(row, OTHER)
            return False
        with self._store.write() as work:
            work.notices.arrived(row.message, at=delivered.received_at, tried_at=self._clock.now())
            work.commit()
        return True

    def _note(self, row: NoticeRow, trouble: str) -> None:
        with self._store.write() as work:
            work.notices.note(row.message, trouble=trouble, tried_at=self._clock.now())
            work.commit()
