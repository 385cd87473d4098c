"""Reads dossiers together with the chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from schuldhulp.domain.trust import FindingKind
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Tag
from schuldhulp.errors import NotFound, Unreachable
from schuldhulp.services.chain_watch import silence_of
from schuldhulp.services.dossier_state import RECORDING_LIMIT, Assessment, ChainAnswer, Snapshot, assess, load
from schuldhulp.services.ports import Clock, MunicipalityState, RootReader, Store, UnitOfWork
from schuldhulp.services.record_keys import RecordKeys
from schuldhulp.services.rows import DossierRow


class DossierReader:
    """Opens dossiers and checks them against the chain."""

    def __init__(
        self,
        *,
        store: Store,
        chain: RootReader,
        keys: RecordKeys,
        clock: Clock,
        municipality: MunicipalityCode,
        head_max_age: int,
        recording_limit: timedelta = RECORDING_LIMIT,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            chain: tells the roots, and how new they are.
            keys: keys of record keeping.
            clock: the time.
            municipality: whose dossiers.
            head_max_age: seconds that the newest block may be old; an older chain counts as silent.
            recording_limit: how long a change may wait before somebody must look.
        """
        self.store = store
        self.keys = keys
        self.clock = clock
        self.municipality = municipality
        self._chain = chain
        self._head_max_age = head_max_age
        self._limit = recording_limit

    def read(self, dossier: DossierId, *, whole: bool = False) -> Assessment:
        """Open and check one dossier.

        Args:
            dossier: which one.
            whole: whether to open the manifests of all its revisions too.

        Raises:
            NotFound: there is no such dossier in this municipality.
            Unreachable: the database does not answer. A chain that does not is part of the report.
        """
        return self.read_all([dossier], whole=whole)[0]

    def read_all(self, dossiers: Sequence[DossierId], *, whole: bool = False) -> list[Assessment]:
        """Open and check some dossiers, in their order; as `read`."""
        opened = self._read_once(dossiers, whole=whole)
        # Between reading the database and the chain a batch may have landed, and a damaged manifest calls for the older
        # ones. Both are looked at once more before anything is said.
        again = [entry.snapshot.dossier.id for entry in opened if entry.blocks_writing and not entry.other_chain]
        if not again:
            return opened
        second = {entry.snapshot.dossier.id: entry for entry in self._read_once(again, whole=True)}
        return [second.get(entry.snapshot.dossier.id, entry) for entry in opened]

    def answers(self, dossiers: Sequence[DossierId]) -> dict[DossierId, ChainAnswer]:
        """Ask the chain for roots; its silence is an answer too.

        A chain that stands still is silent: its roots may have been right once, and nobody can tell until it goes on.
        """
        try:
            self._require_fresh_head()
            roots = self._chain.roots_of(dossiers)
        except Unreachable as error:
            return dict.fromkeys(dossiers, ChainAnswer(silence=silence_of(error)))
        return {dossier: ChainAnswer(root=roots.get(dossier, NO_ROOT)) for dossier in dossiers}

    def silence(self) -> FindingKind | None:
        """Say why the chain gives no answer that counts; None when it does."""
        try:
            self._require_fresh_head()
        except Unreachable as error:
            return silence_of(error)
        return None

    def _require_fresh_head(self) -> None:
        self._chain.require_fresh_head(self.clock.now(), self._head_max_age)

    def registry(self) -> MunicipalityState:
        """Ask the chain what the registry says about this municipality.

        Raises:
            Unreachable: no chain answers, it is another one, or it stands still.
        """
        self._chain.require_fresh_head(self.clock.now(), self._head_max_age)
        return self._chain.municipality(self.municipality)

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Ask the chain which tags creditors can see, in their order.

        Raises:
            Unreachable: no chain answers, or it is another one.
            Conflict: key ``epoch_not_open``, for a tag that nobody can ask about.
        """
        return self._chain.known(tags)

    def snapshot(self, work: UnitOfWork, dossier: DossierId, *, lock: bool = False, whole: bool = False) -> Snapshot:
        """Read everything about a dossier in a unit of work.

        Raises:
            NotFound: there is no such dossier in this municipality.
        """
        return load(work, self.dossier(work, dossier, lock=lock), whole=whole)

    def dossier(self, work: UnitOfWork, dossier: DossierId, *, lock: bool = False) -> DossierRow:
        """Read the row of a dossier; with ``lock`` nobody else writes to it until the unit of work ends.

        Raises:
            NotFound: there is no such dossier in this municipality.
        """
        row = work.dossiers.get(dossier, lock=lock)
        if row is None or row.municipality != self.municipality:
            raise NotFound("dossier_unknown", "there is no such dossier", field="dossier")
        return row

    def assess(self, snapshot: Snapshot, chain: ChainAnswer) -> Assessment:
        """Open and check what was read."""
        return assess(snapshot, chain, keys=self.keys, now=self.clock.now(), limit=self._limit)

    def _read_once(self, dossiers: Sequence[DossierId], *, whole: bool) -> list[Assessment]:
        with self.store.read() as work:
            snapshots = [self.snapshot(work, dossier, whole=whole) for dossier in dossiers]
        answers = self.answers(dossiers)
        return [self.assess(snapshot, answers[snapshot.dossier.id]) for snapshot in snapshots]
