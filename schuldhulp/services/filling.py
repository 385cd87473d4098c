"""What a ledger batch is filled with, so that its real changes cannot be told from the others.

Dossiers live in groups of 32, whose ids begin alike, and a group is always committed as a whole: when one of its
dossiers changes, all change. So two dossiers of a group have the same history on the chain, whatever happens to their
owners and however long somebody watches. Two kinds of filler make that possible, and look exactly like a real change: a
**spare**, which is a revision of a real dossier in which nothing changed but the header, and a **decoy**, a dossier
that is nobody's and whose roots are random. Spares are made by a process that holds the data keys, in advance, because
the worker holds none; the worker can put them on the chain but cannot make one. A new client takes over a decoy's id
and root (`adopt`), so that no dossier appears on the chain because somebody became a client. See
docs/decisions/0004-ledger-filling.md.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Final

from schuldhulp import errors
from schuldhulp.crypto.envelope import unwrap_data_key
from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac
from schuldhulp.crypto.merkle import DossierTree
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Root
from schuldhulp.services.ports import Clock, Store, UnitOfWork
from schuldhulp.services.record_envelope import open_manifest, seal_manifest
from schuldhulp.services.record_keys import RecordKeys
from schuldhulp.services.rows import DecoyRow, DossierRow, JobState, RevisionRow, SpareRow

GROUP_BYTES: Final = 8
"""Bytes at the beginning of an id that the dossiers of a group share: the municipality's code and six random ones."""

GROUP_SIZE: Final = 32
"""Dossiers in a group; `LEDGER_FILL` may fill groups up further."""

SPARES: Final = 32
"""Spares that `SpareMaker` keeps ready for each dossier."""

LOW: Final = 8
"""It makes new ones once fewer are left."""


@dataclass(frozen=True, kw_only=True)
class Filler:
    """One filler of a batch, of either kind.

    Attributes:
        dossier: its id.
        previous_root: root that the chain has.
        new_root: root that it gets.
        spare: the revision behind it; None for a decoy.
        is_new: whether it is a decoy that is not known yet.
    """

    dossier: DossierId
    previous_root: Root
    new_root: Root
    spare: SpareRow | None = None
    is_new: bool = False


def spare_mac(key: JobKey, spare: SpareRow) -> bytes:
    """Compute the authentication code of a spare, over all of it; 32 bytes."""
    return job_mac(key, "spare", *_fields(spare))


def is_spare_valid(key: JobKey, spare: SpareRow) -> bool:
    """Tell whether a spare was made by this system."""
    return verify_job_mac(key, spare.mac, "spare", *_fields(spare))


def _fields(spare: SpareRow) -> tuple[bytes | str | int, ...]:
    return (
        spare.dossier,
        spare.revision,
        spare.previous_root,
        spare.root,
        spare.ciphertext,
        spare.created_at.isoformat(timespec="microseconds"),
    )


def group_of(dossier: DossierId) -> bytes:
    """Give the group that a dossier belongs to: the dossiers whose ids begin alike."""
    return bytes(dossier[:GROUP_BYTES])


def adopt(work: UnitOfWork, municipality: MunicipalityCode, draw: Random | None = None) -> tuple[DossierId, Root]:
    """Give an id and a root to a dossier that is being made, in the same unit of work.

    Args:
        work: a unit of work that writes.
        municipality: whose dossier it is.
        draw: source of chance; the system's by default.

    Returns:
        Id and present root of a decoy, which is one no longer; where there is none, a new id without a root.
    """
    draw = draw or SystemRandom()
    decoys = list(work.filling.decoys(municipality))
    draw.shuffle(decoys)
    for decoy in decoys:
        # A worker may have put it into a batch since it was read.
        if work.filling.remove_decoy(decoy.id):
            return decoy.id, decoy.root
    return _new_id(work, municipality, draw), NO_ROOT


def _new_id(work: UnitOfWork, municipality: MunicipalityCode, draw: Random) -> DossierId:
    """Draw an id in a group that is not full, or in a new one."""
    known = [
        *(row.id for row in work.dossiers.list(municipality)),
        *(row.id for row in work.filling.all_decoys(municipality)),
    ]
    sizes = Counter(group_of(dossier) for dossier in known)
    open_groups = sorted(group for group, size in sizes.items() if size < GROUP_SIZE)
    group = open_groups[0] if open_groups else municipality.to_bytes(2, "big") + draw.randbytes(GROUP_BYTES - 2)
    return DossierId(group + draw.randbytes(32 - GROUP_BYTES))


@dataclass
class SpareMaker:
    """Makes spares; runs in a process that holds the data keys, such as the cockpit.

    Attributes:
        store: the main database.
        keys: keys of record keeping.
        clock: the time.
        municipality: whose dossiers.
    """

    store: Store
    keys: RecordKeys
    clock: Clock
    municipality: MunicipalityCode

    def prepare(self, *, spares: int = SPARES, low: int = LOW) -> int:
        """Make spares for every dossier that has few left; safe to repeat and to run in several processes.

        Args:
            spares: how many a dossier then has.
            low: it is left alone while it has at least this many.

        Returns:
            Number of dossiers that got new ones.
        """
        with self.store.read() as work:
            counts = work.filling.spare_counts(self.municipality)
        made = 0
        for dossier, count in counts.items():
            if count >= low:
                continue
            # One dossier at a time, so that nobody who writes has to wait for all of them.
            with self.store.write() as work:
                made += self._renew(work, dossier, spares)
                work.commit()
        return made

    def _renew(self, work: UnitOfWork, dossier: DossierId, spares: int) -> bool:
        row = work.dossiers.get(dossier, lock=True)
        newest = work.revisions.newest([dossier]).get(dossier)
        # A job that is not signed yet may be replaced, and with it the root that the spares would build on.
        live = work.outbox.live([dossier]).get(dossier, ())
        if row is None or newest is None or any(job.state is JobState.QUEUED for job in live):
            return False
        made = self._chain_of_spares(work, row, newest, spares)
        if not made:
            return False
        work.filling.replace_spares(dossier, made)
        return True

    def _chain_of_spares(
        self, work: UnitOfWork, row: DossierRow, newest: RevisionRow, spares: int
    ) -> Sequence[SpareRow]:
        wrapped = work.keys.get(row.id)
        if wrapped is None or (newest.revision, newest.root) != (row.revision, row.root):
            return []
        try:
            key = unwrap_data_key(self.keys.data, row.id, wrapped.wrapped)
            manifest = open_manifest(key, newest)
        except errors.Undecryptable:
            # A damaged dossier is named where it is read; it must not be covered by fresh revisions.
            return []
        made: list[SpareRow] = []
        previous, now = row.root, self.clock.now()
        for revision in range(row.revision + 1, row.revision + 1 + spares):
            tree = DossierTree.under(
                key,
                dossier=row.id,
                revision=revision,
                previous_root=previous,
                commitments=manifest.commitments,
            )
            sealed = seal_manifest(
                key,
                manifest,
                RevisionRow(
                    dossier=row.id,
                    revision=revision,
                    root=tree.root,
                    previous_root=previous,
                    ciphertext=b"",
                    created_at=now,
                ),
            )
            spare = SpareRow(
                dossier=row.id,
                revision=revision,
                root=tree.root,
                previous_root=previous,
                ciphertext=sealed.ciphertext,
                created_at=now,
            )
            made.append(dataclasses.replace(spare, mac=spare_mac(self.keys.job, spare)))
            previous = tree.root
        return made


@dataclass
class FillerChoice:
    """Chooses the fillers of a batch: all other dossiers of the groups in which something changed.

    Attributes:
        municipality: whose batch.
        fill: groups are filled up to this many dossiers; 0 fills nothing.
        job_key: authenticates spares.
        draw: source of chance; a seeded one in tests.
    """

    municipality: MunicipalityCode
    fill: int
    job_key: JobKey
    draw: Random = field(default_factory=SystemRandom)

    def choose(self, work: UnitOfWork, changed: Sequence[DossierId]) -> list[Filler]:
        """Choose what goes with real changes.

        Args:
            work: a unit of work.
            changed: dossiers with a real change in the batch; where there is none, a group is drawn.

        Returns:
            A filler for every other dossier of each group, and new decoys where a group is not full.
        """
        if self.fill == 0:
            return []
        decoys = {decoy.id: decoy for decoy in work.filling.all_decoys(self.municipality)}
        members = self._members(work, decoys, changed)
        groups = {group_of(dossier) for dossier in changed} or {self._any_group(members)}
        others = {dossier for group in groups for dossier in members.get(group, ())} - set(changed)
        spares = work.filling.next_spares(
            sorted(others.intersection(work.filling.usable(self.municipality)) - decoys.keys())
        )
        fillers = [_spare(spare) for spare in spares if is_spare_valid(self.job_key, spare)]
        fillers += [
            self._decoy(decoys[dossier]) for dossier in sorted(others & decoys.keys()) if decoys[dossier].batch is None
        ]
        for group in sorted(groups):
            fillers += [self._birth(group) for _ in range(self.fill - len(members.get(group, ())))]
        return fillers

    def sizes(self, work: UnitOfWork, changed: Sequence[DossierId]) -> dict[bytes, int]:
        """Tell how many changes each group gives at most when it is committed as a whole.

        Args:
            work: a unit of work.
            changed: dossiers with a real change.

        Returns:
            For each group with a real change the number of its dossiers and decoys, new decoys included.
        """
        members = self._members(work, [decoy.id for decoy in work.filling.all_decoys(self.municipality)], changed)
        return {group: max(len(members[group]), self.fill) for group in {group_of(dossier) for dossier in changed}}

    def _members(
        self, work: UnitOfWork, decoys: Iterable[DossierId], changed: Sequence[DossierId]
    ) -> dict[bytes, set[DossierId]]:
        members: dict[bytes, set[DossierId]] = {}
        for dossier in (*decoys, *(row.id for row in work.dossiers.list(self.municipality)), *changed):
            members.setdefault(group_of(dossier), set()).add(dossier)
        return members

    def _any_group(self, members: Mapping[bytes, set[DossierId]]) -> bytes:
        """Draw a group, each as likely as any other; the first one where there is none yet."""
        if not members:
            return self.municipality.to_bytes(2, "big") + self.draw.randbytes(GROUP_BYTES - 2)
        return self.draw.choice(sorted(members))

    def _decoy(self, decoy: DecoyRow) -> Filler:
        return Filler(dossier=decoy.id, previous_root=decoy.root, new_root=self._random_root())

    def _birth(self, group: bytes) -> Filler:
        dossier = DossierId(group + self.draw.randbytes(32 - GROUP_BYTES))
        return Filler(dossier=dossier, previous_root=NO_ROOT, new_root=self._random_root(), is_new=True)

    def _random_root(self) -> Root:
        return Root(self.draw.randbytes(32))


def _spare(spare: SpareRow) -> Filler:
    return Filler(dossier=spare.dossier, previous_root=spare.previous_root, new_root=spare.root, spare=spare)
