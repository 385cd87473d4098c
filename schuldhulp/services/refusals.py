"""How often was refused, counted without a write for each: whoever is refused must not make the database work."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from schuldhulp.errors import SchuldhulpError

LOG: Final = logging.getLogger(__name__)

KEEP_EVERY: Final = timedelta(seconds=5)
"""Counts are kept at most this often; a process that is killed forgets those of the last seconds."""

MAX_REASON: Final = 40
"""Characters of a reason in the database."""


class RefusalStore(Protocol):
    """Where counts are kept."""

    def add_refusals(self, counts: Mapping[tuple[date, str, str], int]) -> None:
        """Add to how often was refused, by day, asker and reason."""


class RefusalTally:
    """Counts refusals by day, asker and reason; safe to share between threads."""

    def __init__(self, store: RefusalStore) -> None:
        """Count for a store."""
        self._store = store
        self._counts: Counter[tuple[date, str, str]] = Counter()
        self._kept: datetime | None = None
        self._lock = threading.Lock()

    def note(self, asker: str, reason: str, at: datetime) -> None:
        """Count one refusal. Never raises.

        Args:
            asker: KvK number or ``municipality``; empty where nobody proved who they are.
            reason: key of the error.
            at: now, UTC.
        """
        with self._lock:
            self._counts[at.astimezone(UTC).date(), asker, reason[:MAX_REASON]] += 1
            if self._kept is not None and abs(at - self._kept) < KEEP_EVERY:
                return
            self._kept = at
        self.keep()

    def keep(self) -> None:
        """Write what was counted to the store. Never raises: what could not be written is tried again later."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._store.add_refusals(counts)
        except SchuldhulpError as error:
            LOG.warning("refusals are not counted now: %s", error.key)
            with self._lock:
                self._counts.update(counts)
