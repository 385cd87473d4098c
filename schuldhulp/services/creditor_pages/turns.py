"""One piece of work at a time with the claims of an organisation, in this process and beside others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from schuldhulp.errors import Conflict, NotAdmitted
from schuldhulp.services.creditor_pages.claim_views import Filer, OpenFiler

IN_USE: Final = "journal_in_use"
"""Key of the error when somebody else works with the claims of the same organisation."""

PATIENCE: Final = 15.0
"""Seconds that somebody waits for a colleague of the same organisation, or for the work in the background."""

PAUSE: Final = 0.25
"""Seconds between two tries to open a journal that another process has open."""


class Turns:
    """Opens the claims of an organisation when nobody else has them open."""

    def __init__(
        self, opened: OpenFiler, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take what opens them.

        Args:
            opened: opens the claims of an organisation.
            patience: seconds to wait for others.
            sleep: waits so many seconds.
        """
        self._opened = opened
        self._patience = patience
        self._sleep = sleep
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def take(self, organisation: str, *, patience: float | None = None) -> Iterator[Filer]:
        """Open the claims of an organisation, and close them afterwards.

        Args:
            organisation: its KvK number.
            patience: seconds to wait for others; the usual ones when None.

        Raises:
            Conflict: somebody else is at work all that time (``journal_in_use``).
            NotAdmitted: the pages hand in nothing for this organisation.
            Misconfigured: keys, deployment file or journal are missing or wrong.
        """
        patience = self._patience if patience is None else patience
        lock = self._locks.setdefault(organisation, threading.Lock())
        if not lock.acquire(timeout=patience):
            raise Conflict(IN_USE, "somebody else works with the claims of this organisation; try again in a minute")
        try:
            opened = self._when_free(organisation, patience)
            if opened is None:
                raise NotAdmitted("claims_closed", "the pages hand in no claims for this organisation")
            with opened as filer:
                yield filer
        finally:
            lock.release()

    def _when_free(self, organisation: str, patience: float) -> AbstractContextManager[Filer] | None:
        waited = 0.0
        while True:
            try:
                return self._opened(organisation)
            except Conflict as error:
                if error.key != IN_USE or waited >= patience:
                    raise
            self._sleep(PAUSE)
            waited += PAUSE
