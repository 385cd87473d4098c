"""Puts the head of the processing log on the chain, so that nobody can make the log anew or cut off its end.

The log is a dossier of its own, named in the deployment file; its root is the hash of a line. Nothing is stored about
it but the batch: what the chain has is compared with what the log has, each time anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from schuldhulp import errors
from schuldhulp.crypto.logchain import first_break
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Root
from schuldhulp.services.ports import ChainReader, Clock, RootChange, Store
from schuldhulp.services.processing_log import chained
from schuldhulp.services.schedule import Schedule

LEAST: Final = timedelta(minutes=1)
"""Time between two commitments, whatever the schedule says: a busy log changes every second."""


class LogBroken(errors.Deviation):
    """The log is not the one that was committed before."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("log_broken", "the processing log does not go on from the line that is on the chain")


class LogCommitment:
    """Says which change of the log's own dossier goes with the next batch."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ChainReader,
        clock: Clock,
        municipality: MunicipalityCode,
        dossier: DossierId,
        schedule: Schedule,
    ) -> None:
        """Take what is needed.

        Args:
            store: the main database.
            reader: reads the chain.
            clock: the time.
            municipality: whose log.
            dossier: the log's own dossier, from the deployment file.
            schedule: how often the head is committed; the first time when a worker starts.
        """
        self._store = store
        self._reader = reader
        self._clock = clock
        self._municipality = municipality
        self._dossier = dossier
        self._schedule = schedule
        self._due: datetime | None = None

    def change(self) -> RootChange | None:
        """Return the change to commit now; None when it is not time, or when nothing was written since.

        Raises:
            LogBroken: the line that is on the chain is not in the log, or what follows it does not fit. Committing the
                present head would cover that up.
            errors.Unreachable: chain or database do not answer.
        """
        now = self._clock.now()
        if self._due is not None and now < self._due:
            return None
        # The chain first: a head that it has was in the log before it got there.
        root = self._reader.root_of(self._dossier)
        try:
            head = self._head(root)
        except LogBroken:
            self._due = now + LEAST
            raise
        if head == root:
            self._due = self._schedule.next_after(now)
            return None
        return RootChange(dossier=self._dossier, previous_root=root, new_root=head)

    def signed(self) -> None:
        """Take note that the change is in a batch now."""
        now = self._clock.now()
        self._due = max(self._schedule.next_after(now), now + LEAST)

    def _head(self, root: Root) -> Root:
        """Return the hash of the newest line; `NO_ROOT` for an empty log."""
        with self._store.read() as work:
            last = work.log.last(self._municipality)
            after = 0 if root == NO_ROOT else work.log.sequence_of(self._municipality, root)
            if after is None:
                raise LogBroken
            head = last.hash if last is not None else NO_ROOT
            if first_break(chained(work, self._municipality, after=after), start=root, committed=head) is not None:
                raise LogBroken
        return Root(head)
