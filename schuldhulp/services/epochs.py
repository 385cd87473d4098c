"""Filling an epoch to come: everybody who is visible gets tags of it before it opens (docs/decisions/0006).

The worker makes tags from sealed identifiers and keeps none of those, so the cockpit's side, which can open the
dossiers, seals them again. The whole filling is one job, written at once: cut short, it leaves nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import SystemRandom
from typing import Final, cast

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.enrolment import identifiers_of
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.records import Applicant, Enrolment
from schuldhulp.domain.trust import FindingKind
from schuldhulp.domain.types import DossierId, Epoch, RecordId, Tag
from schuldhulp.errors import Conflict
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.enrolment import PUBLICATION_ID_LENGTH
from schuldhulp.services.job_signing import (
    Fill,
    Publication,
    is_holder_valid,
    is_prepared_valid,
    is_publication_valid,
    publication_mac,
    seal_publication,
)
from schuldhulp.services.ports import ChainReader, MunicipalityState, UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState

PIECE: Final = 50
"""Dossiers that are read at a time."""

Progress = Callable[[int, int], None]
"""Told after some dossiers: how many are done, of how many."""

_HARMLESS: Final = (FindingKind.CHAIN_SILENT, FindingKind.JOB_OVERDUE)
_CARRIED_OUT: Final = (PublicationState.PREPARED, PublicationState.PUBLISHED)


class Obstacle(StrEnum):
    """Why a client cannot get tags of another epoch."""

    DEVIATES = "dossier_deviates"
    """What the dossier says of the client or the enrolment may not be relied on."""
    CHANGED = "publication_changed"
    """What the worker wrote about the client's tags was changed outside the system."""
    NO_IDENTIFIERS = "no_identifiers"
    """No BSN, and no address of the last two years: creditors can ask about nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A client by dossier.

    Attributes:
        dossier: its id.
        file_number: its number for people.
        obstacle: what keeps it from being filled; None where nothing does.
    """

    dossier: DossierId
    file_number: str
    obstacle: Obstacle | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FillReport:
    """What `EpochService.fill` did.

    Attributes:
        epoch: the epoch that is filled.
        sealed: clients whose identifiers were sealed to the worker now.
        waiting: whether the worker has not carried an earlier filling out yet; nothing was sealed then.
        unfillable: clients who cannot get tags, and why.
    """

    epoch: Epoch
    sealed: int
    waiting: bool
    unfillable: tuple[Client, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochProgress:
    """How far the filling of an epoch is.

    Attributes:
        current: the epoch that signals count in.
        oldest: the oldest that still answers.
        announced: the newest with published keys.
        target: the epoch that is looked at.
        tags_current: tags on the chain in the current epoch, those of nobody included.
        tags_target: likewise in the target.
        clients: clients who are visible, or who have been until now.
        filled: those whose tags in the target are all on the chain.
        underway: those whose tags are known, but not all on the chain yet.
        missing: those without a tag in the target.
        unfillable: those who cannot get one, and why.
        red: those without a tag in the current epoch, whom nobody finds now, where the target is another.
        strangers: publications without a tag in the target that no readable dossier speaks of.
        waiting: whether the worker has not carried a filling out yet.
    """

    current: Epoch
    oldest: Epoch
    announced: Epoch
    target: Epoch
    tags_current: int
    tags_target: int
    clients: int
    filled: int
    underway: tuple[Client, ...]
    missing: tuple[Client, ...]
    unfillable: tuple[Client, ...]
    red: tuple[Client, ...] = ()
    strangers: int
    waiting: bool

    @property
    def is_filled(self) -> bool:
        """Whether everybody who is visible is visible in the target too."""
        return not (self.underway or self.missing or self.unfillable or self.strangers or self.waiting)

    @property
    def may_open(self) -> bool:
        """Whether the target may be opened without making anybody red."""
        return self.target > self.current and self.is_filled and self.tags_target >= self.tags_current


@dataclass(frozen=True, kw_only=True, slots=True)
class _Enrolled:
    """An enrolment as the dossier has it; without a record where the dossier cannot be relied on."""

    client: Client
    opened: Assessment
    record: Enrolment | None

    @property
    def publications(self) -> list[bytes]:
        return [bytes.fromhex(one) for one in self.record.publications] if self.record else []


class EpochService:
    """Fills an epoch, and tells how far that is."""

    def __init__(
        self, *, reader: DossierReader, chain: ChainReader, log: ProcessingLog, publication_key: bytes
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            chain: reads which tags stand on the chain.
            log: the processing log.
            publication_key: the worker's public key (X25519), 32 bytes.
        """
        self._reader = reader
        self._chain = chain
        self._log = log
        self._publication_key = publication_key

    def fill(self, *, actor: Actor, progress: Progress | None = None) -> FillReport:
        """Seal to the worker what it needs to give everybody who is visible tags of the epoch to come.

        Who has tags of it already is left out, so it can be repeated. Who has no tags in the current epoch, because it
        was opened too early, gets those too.

        Args:
            actor: who asks.
            progress: is told how many dossiers are done.

        Returns:
            What was sealed, and who cannot be filled.

        Raises:
            NotAllowed: no right to this.
            Conflict: no epoch is open yet.
            Unreachable: database or chain do not answer.
        """
        self._require(actor, Permission.FILL_EPOCH, LogAction.FILL_EPOCH)
        state = self._epochs()
        target = _target(state)
        if self._is_waiting():
            return FillReport(epoch=target, sealed=0, waiting=True, unfillable=())
        fills: dict[Epoch, list[Fill]] = {epoch: [] for epoch in sorted({state.current_epoch, target})}
        sealed = 0
        unreadable: list[Client] = []
        unfillable: list[Client] = []
        spoken: set[bytes] = set()
        for one in self._enrolments(progress):
            spoken.update(one.publications)
            if one.client.obstacle is not None:
                unreadable.append(one.client)
                continue
            if one.record is None or one.record.end is not None:
                continue
            with self._reader.store.read() as work:
                wanted = {epoch: self._unfilled(work, one.publications, epoch, target) for epoch in fills}
            identifiers = self._identifiers(one) if any(wanted.values()) else ()
            for epoch, publications in wanted.items():
                if publications and identifiers:
                    fills[epoch].append(Fill(publications=tuple(publications), identifiers=identifiers))
            if any(wanted.values()) and not identifiers:
                unfillable.append(replace(one.client, obstacle=Obstacle.NO_IDENTIFIERS))
            sealed += bool(identifiers)
        # A dossier that cannot be relied on matters where somebody is, or is going to be, visible and it may be theirs.
        if any((self._unfilled_anywhere(state.current_epoch, epoch) | self._coming()) - spoken for epoch in fills):
            unfillable += unreadable
        self._write(fills)
        return FillReport(epoch=target, sealed=sealed, waiting=False, unfillable=tuple(unfillable))

    def progress(self, *, actor: Actor, epoch: Epoch | None = None, progress: Progress | None = None) -> EpochProgress:
        """Tell how far the filling is: every client against the tables of tags and the chain.

        Args:
            actor: who asks.
            epoch: the epoch that is looked at; by default the announced one where one waits, else the current one.
            progress: is told how many dossiers are done.

        Raises:
            NotAllowed: no right to this.
            Conflict: no epoch is open yet.
            Unreachable: database or chain do not answer.
        """
        self._require(actor, Permission.VERIFY_ALL, LogAction.VERIFY)
        state = self._epochs()
        target = epoch or _target(state)
        # The chain first: a tag that lands meanwhile counts as being on its way.
        here = self._chain.tags_of(self._reader.municipality)
        standing = here.get(target, frozenset())
        groups: dict[str, list[Client]] = {"filled": [], "underway": [], "missing": [], "unfillable": []}
        spoken: set[bytes] = set()
        unreadable: list[Client] = []
        red: list[Client] = []
        for one in self._enrolments(progress):
            spoken.update(one.publications)
            if one.client.obstacle is not None:
                unreadable.append(one.client)
            elif one.record is not None and one.record.end is None:
                with self._reader.store.read() as work:
                    found = self._standing(work, one, state.current_epoch, target, standing)
                    lost = self._unfilled(work, one.publications, state.current_epoch, target)
                if lost and state.current_epoch < target:
                    red.append(one.client)
                if found is not None:
                    groups[found[0]].append(found[1])
        strangers = len(self._unfilled_anywhere(state.current_epoch, target) - spoken)
        # A dossier that cannot be relied on matters where a publication is left that may be its.
        groups["unfillable"] += unreadable if strangers else []
        return EpochProgress(
            current=state.current_epoch,
            oldest=state.oldest_epoch,
            announced=state.announced_epoch,
            target=target,
            tags_current=len(here.get(state.current_epoch, ())),
            tags_target=len(standing),
            clients=sum(map(len, groups.values())),
            filled=len(groups["filled"]),
            underway=tuple(groups["underway"]),
            missing=tuple(groups["missing"]),
            unfillable=tuple(groups["unfillable"]),
            red=tuple(red),
            strangers=strangers,
            waiting=self._is_waiting(),
        )

    def _require(self, actor: Actor, permission: Permission, action: LogAction) -> None:
        self._log.refuse(actor=actor, permission=permission, purpose=Purpose.ENROLMENT, dossier=None)
        with self._reader.store.write() as work:
            self._log.write(work, actor=actor, action=action, purpose=Purpose.ENROLMENT)
            work.commit()

    def _epochs(self) -> MunicipalityState:
        state = self._reader.registry()
        if state.current_epoch == 0:
            raise Conflict("epoch_missing", "the municipality has opened no epoch yet")
        return state

    def _is_waiting(self) -> bool:
        with self._reader.store.read() as work:
            return any(
                row.action is PublicationAction.FILL and is_publication_valid(self._reader.keys.job, row)
                for row in work.publications.in_state(PublicationState.WAITING)
            )

    def _enrolments(self, progress: Progress | None) -> Iterator[_Enrolled]:
        """Open every dossier and give its enrolments, in order of file number."""
        with self._reader.store.read() as work:
            dossiers = [row.id for row in work.dossiers.list(self._reader.municipality)]
        for start in range(0, len(dossiers), PIECE):
            part = dossiers[start : start + PIECE]
            for opened in self._reader.read_all(part):
                yield from _enrolments_of(opened)
            if progress is not None:
                progress(start + len(part), len(dossiers))

    def _identifiers(self, one: _Enrolled) -> tuple[Identifier, ...]:
        day = today(self._reader.clock)
        found: set[Identifier] = set()
        for person in _people(one.opened, cast("Enrolment", one.record)):
            found.update(identifiers_of(person, today=day).identifiers)
        return tuple(sorted(found))

    def _unfilled(self, work: UnitOfWork, publications: Sequence[bytes], epoch: Epoch, target: Epoch) -> list[bytes]:
        """Return which publications last and hold no tag of an epoch.

        Of the target those that wait for the worker are among them: they get their own tags first, but a worker that
        had looked at the epochs before one was announced left it out. Of the current epoch they get tags by themselves.
        """
        states = (PublicationState.WAITING, *_CARRIED_OUT) if epoch == target else _CARRIED_OUT
        return [
            row.id
            for row in work.publications.of(publications)
            if row.action is PublicationAction.ENROL
            and row.state in states
            and all(holder.epoch != epoch for holder in work.publications.holders_of(row.id))
        ]

    def _coming(self) -> set[bytes]:
        """Return the enrolments that wait for the worker."""
        with self._reader.store.read() as work:
            return {
                row.id
                for row in work.publications.in_state(PublicationState.WAITING)
                if row.action is PublicationAction.ENROL and is_publication_valid(self._reader.keys.job, row)
            }

    def _standing(
        self, work: UnitOfWork, one: _Enrolled, current: Epoch, target: Epoch, standing: frozenset[Tag]
    ) -> tuple[str, Client] | None:
        """Say where a client stands; None for one whom nobody finds now either."""
        rows = [
            row
            for row in work.publications.of(one.publications)
            if row.action is PublicationAction.ENROL and row.state in _CARRIED_OUT
        ]
        wanted: list[Tag] = []
        visible = missing = False
        for row in rows:
            holders = work.publications.holders_of(row.id)
            tags = [holder.tag for holder in holders if is_holder_valid(self._reader.keys.job, holder)]
            if len(tags) < len(holders) or not is_prepared_valid(self._reader.keys.job, row, tags):
                return "unfillable", replace(one.client, obstacle=Obstacle.CHANGED)
            its = [tag for tag in tags if _epoch_of(tag) == target]
            wanted += its
            if any(_epoch_of(tag) <= current for tag in tags):
                visible, missing = True, missing or not its
        if missing and not self._identifiers(one):
            return "unfillable", replace(one.client, obstacle=Obstacle.NO_IDENTIFIERS)
        if missing:
            return "missing", one.client
        if not visible and not wanted:
            return None
        return "filled" if standing.issuperset(wanted) else "underway", one.client

    def _unfilled_anywhere(self, current: Epoch, target: Epoch) -> set[bytes]:
        """Return the publications that have tags of what is open and none of the target, as the tables say."""
        with self._reader.store.read() as work:
            holders = [
                row
                for row in work.publications.all_holders(self._reader.municipality)
                if is_holder_valid(self._reader.keys.job, row)
            ]
        there = {row.publication for row in holders if row.epoch == target}
        return {row.publication for row in holders if row.epoch <= current} - there

    def _write(self, fills: Mapping[Epoch, list[Fill]]) -> None:
        with self._reader.store.write() as work:
            for epoch, wanted in fills.items():
                if wanted:
                    work.publications.add(self._job(epoch, wanted))
            work.commit()

    def _job(self, epoch: Epoch, fills: list[Fill]) -> PublicationRow:
        # Not in the order of dossiers.
        SystemRandom().shuffle(fills)
        job = secrets.token_bytes(PUBLICATION_ID_LENGTH)
        message = Publication(municipality=self._reader.municipality, epoch=epoch, fills=tuple(fills))
        row = PublicationRow(
            id=job,
            action=PublicationAction.FILL,
            sealed=seal_publication(self._publication_key, job, PublicationAction.FILL, message),
            created_at=self._reader.clock.now(),
            mac=b"",
            state=PublicationState.WAITING,
        )
        return replace(row, mac=publication_mac(self._reader.keys.job, row))


def _target(state: MunicipalityState) -> Epoch:
    return max(state.current_epoch, state.announced_epoch)


def _epoch_of(tag: Tag) -> int:
    return int.from_bytes(tag[2:6], "big")


def _enrolments_of(opened: Assessment) -> Iterator[_Enrolled]:
    row = opened.snapshot.dossier
    client = Client(dossier=row.id, file_number=row.file_number)
    # Something wrong with the dossier as a whole may hide an enrolment; a record that is wrong matters by itself.
    broken = any(finding.record_id is None and finding.kind not in _HARMLESS for finding in opened.report.findings)
    if broken or opened.key is None:
        yield _Enrolled(client=replace(client, obstacle=Obstacle.DEVIATES), opened=opened, record=None)
        return
    deviating = opened.report.deviating_records
    for record_id, entry in opened.current.items():
        if entry.version is None or entry.version.withdrawn:
            continue
        record = entry.version.record
        if not isinstance(record, Enrolment):
            continue
        wrong = not deviating.isdisjoint({record_id, *record.applicants}) or (
            record.end is None and len(_people(opened, record)) < len(record.applicants)
        )
        obstacle = Obstacle.DEVIATES if wrong else None
        yield _Enrolled(client=replace(client, obstacle=obstacle), opened=opened, record=None if wrong else record)
    if any(record_id not in opened.current for record_id in deviating):
        # A record that does not open may be the enrolment.
        yield _Enrolled(client=replace(client, obstacle=Obstacle.DEVIATES), opened=opened, record=None)


def _people(opened: Assessment, record: Enrolment) -> list[Applicant]:
    current: dict[RecordId, object] = {
        record_id: entry.version.record
        for record_id, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn
    }
    return [person for one in record.applicants if isinstance(person := current.get(one), Applicant)]
