"""The one way in which a dossier changes.

A write is one transaction: the new record versions, the new revision with its root and manifest, the job that is to
put that root on the chain, and the line in the processing log. A dossier that deviates is not written to.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schuldhulp.crypto.blind_index import bsn_index
from schuldhulp.crypto.envelope import DataKey, wrap_data_key
from schuldhulp.crypto.merkle import DossierTree
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.records import NO_COMMITMENT, Applicant, Record, RecordVersion
from schuldhulp.domain.trust import FindingKind
from schuldhulp.domain.types import DossierId, RecordId, Root, Salt
from schuldhulp.errors import ChainMismatch, Conflict, Deviation, NotFound
from schuldhulp.services.chain_watch import read_finding
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.job_signing import ledger_job_mac
from schuldhulp.services.known_clients import require_new_client
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog, author_of
from schuldhulp.services.record_envelope import Digest, Entry, Manifest, seal_manifest, seal_version
from schuldhulp.services.rows import DossierRow, IndexRow, JobRow, JobState, KeyRow, RecordRow, RevisionRow

_ATTEMPTS: Final = 2
"""A batch may land between reading the chain and the database; the second look settles it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What is to become the next version of a record.

    Attributes:
        record: what it is to say.
        record_id: which record; a new one gets an id here, so that others can refer to it before it is stored.
        expected_version: the version that the writer has seen; 0 for a new record.
        withdrawn: whether it takes the record back.
        reason: why it is changed or withdrawn.
    """

    record: Record
    record_id: RecordId
    expected_version: int = 0
    withdrawn: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to be written in one go.

    Attributes:
        drafts: new versions; none for a revision in which only the header is new.
        also: what else belongs to the same transaction.
        row: the dossier's row with another caseworker or end; None leaves both.
    """

    drafts: Sequence[Draft]
    also: Callable[[UnitOfWork], None] | None = None
    row: DossierRow | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What came of a write.

    Attributes:
        dossier: the dossier's row as it is now.
        versions: the new versions with their rows, in the order of the drafts.
    """

    dossier: DossierRow
    versions: Sequence[tuple[RecordRow, RecordVersion]]


def new_record_id() -> RecordId:
    """Draw an id for a record, 32 random bytes."""
    return RecordId(secrets.token_bytes(32))


class DossierWriter:
    """Writes to dossiers."""

    def __init__(self, *, reader: DossierReader, log: ProcessingLog) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            log: takes a line of each write.
        """
        self._reader = reader
        self._log = log
        self._store = reader.store
        self._keys = reader.keys
        self._clock = reader.clock

    def require_chain(self) -> None:
        """Refuse to begin a dossier on another chain; call it before the unit of work: a node may take its time.

        A chain that is silent or stands still is no reason to refuse: the dossier's first root waits for it.

        Raises:
            ChainMismatch: another chain answers, or the right one after it was set back.
        """
        if self._reader.silence() not in (None, FindingKind.CHAIN_SILENT):
            raise _other_chain()

    def create(self, work: UnitOfWork, row: DossierRow, drafts: Sequence[Draft], *, actor: Actor) -> Written:
        """Make a dossier, in a unit of work that the caller commits.

        Args:
            work: a unit of work that writes.
            row: the new dossier at revision 0; ``root`` is the one that its id has on the chain already.
            drafts: its first records.
            actor: who makes it.

        Raises:
            Deviation: database and chain do not agree as a whole; nothing may be written.
        """
        _require_agreement(work, row.id)
        now = self._clock.now()
        key = DataKey.generate()
        work.dossiers.add(row)
        work.keys.add(
            KeyRow(
                dossier=row.id,
                wrapped=wrap_data_key(self._keys.data, row.id, key),
                key_id=self._keys.data.key_id,
                created_at=now,
            )
        )
        written = self._append(work, row, key, {}, {}, drafts, actor=actor, now=now, anchored=row.root)
        self._log.write(
            work, actor=actor, action=LogAction.ADD, purpose=Purpose.INTAKE, dossier=row.id, key=key, started=now
        )
        return written

    def change(
        self,
        dossier: DossierId,
        prepare: Callable[[Assessment], Change],
        *,
        actor: Actor,
        action: LogAction | None,
        purpose: Purpose,
    ) -> Written:
        """Write to a dossier.

        Args:
            dossier: which one.
            prepare: says what to write, given the dossier as it is when nobody else can write to it. It may raise; it
                may be called twice.
            actor: who writes.
            action: what the processing log calls it; None writes no line.
            purpose: why.

        Returns:
            What was written.

        Raises:
            NotFound: there is no such dossier, or no such record in it.
            Conflict: the record has another version by now, or an applicant gets the number of another client.
            Deviation: database and chain do not agree about this dossier; nothing was written.
            ChainMismatch: another chain answers; nothing was written.
            Unreachable: the database does not answer; nothing was written.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            started = self._clock.now()
            # Asked before the transaction starts: nobody should wait for a database that waits for a chain.
            answer = self._reader.answers([dossier])[dossier]
            with self._store.write() as work:
                snapshot = self._reader.snapshot(work, dossier, lock=True, whole=attempt > 1)
                opened = self._reader.assess(snapshot, answer)
                if opened.blocks_writing and attempt < _ATTEMPTS:
                    continue
                _require_trust(opened)
                _require_agreement(work, dossier)
                change = prepare(opened)
                written = self._write(work, opened, change, actor=actor)
                if action is not None:
                    self._log.write(
                        work,
                        actor=actor,
                        action=action,
                        purpose=purpose,
                        dossier=dossier,
                        key=opened.key,
                        started=started,
                    )
                work.commit()
                return written
        raise AssertionError("the last attempt either writes or raises")

    def _write(self, work: UnitOfWork, opened: Assessment, change: Change, *, actor: Actor) -> Written:
        if opened.key is None or opened.manifest is None:
            raise Deviation("dossier_deviates", "the dossier does not open", records=0)
        current = {record: entry.version for record, entry in opened.current.items() if entry.version is not None}
        for draft in change.drafts:
            _require_expected(draft, opened)
        start = opened.snapshot.revisions[0].previous_root
        anchored = [job for job in opened.jobs if job.state in (JobState.SIGNED, JobState.CONFIRMED)]
        written = self._append(
            work,
            change.row or opened.snapshot.dossier,
            opened.key,
            opened.manifest.entries,
            current,
            change.drafts,
            actor=actor,
            now=self._clock.now(),
            anchored=max(anchored, key=lambda job: job.revision).new_root if anchored else start,
            replaced=[job.id for job in opened.jobs if job.state is JobState.QUEUED],
        )
        if change.row is not None:
            work.dossiers.assign(change.row.id, change.row.caseworker)
            work.dossiers.end(change.row.id, change.row.ended_at)
        if change.also is not None:
            change.also(work)
        return written

    def _append(
        self,
        work: UnitOfWork,
        row: DossierRow,
        key: DataKey,
        entries: Mapping[RecordId, Entry],
        current: dict[RecordId, RecordVersion],
        drafts: Sequence[Draft],
        *,
        actor: Actor,
        now: datetime,
        anchored: Root,
        replaced: Sequence[int] = (),
    ) -> Written:
        """Store versions, revision, root and job; ``anchored`` is the root that the chain has or is about to have."""
        entries = dict(entries)
        versions: list[tuple[RecordRow, RecordVersion]] = []
        for draft in drafts:
            version = _next_version(row.id, draft, entries.get(draft.record_id))
            stored = seal_version(key, version, author=author_of(actor), created_at=now)
            work.records.add(stored)
            current[draft.record_id] = version
            entries[draft.record_id] = Entry(version=version.version, commitment=stored.commitment)
            versions.append((stored, version))
            self._index(work, row, version)
        tree = DossierTree.under(
            key,
            dossier=row.id,
            revision=row.revision + 1,
            previous_root=row.root,
            commitments=[entry.commitment for entry in entries.values()],
        )
        manifest = Manifest(
            entries=entries,
            file_number=row.file_number,
            opened_at=row.created_at,
            caseworker=row.caseworker,
            ended_at=row.ended_at,
            digest=Digest.of(list(current.values()), today=today(self._clock)),
        )
        revision = RevisionRow(
            dossier=row.id,
            revision=row.revision + 1,
            root=tree.root,
            previous_root=row.root,
            ciphertext=b"",
            created_at=now,
        )
        work.revisions.add(seal_manifest(key, manifest, revision))
        after = replace(row, revision=revision.revision, root=tree.root, previous_root=row.root)
        if not work.dossiers.advance(after, from_revision=row.revision):
            raise Conflict("dossier_changed", "somebody else wrote to this dossier at the same moment; try again")
        work.outbox.set_state(replaced, JobState.REPLACED)
        job = JobRow(
            id=0,
            dossier=row.id,
            municipality=row.municipality,
            previous_root=anchored,
            new_root=tree.root,
            revision=revision.revision,
            created_at=now,
            mac=b"",
            state=JobState.QUEUED,
        )
        work.outbox.add(replace(job, mac=ledger_job_mac(self._keys.job, job)))
        return Written(dossier=after, versions=versions)

    def _index(self, work: UnitOfWork, row: DossierRow, version: RecordVersion) -> None:
        if not isinstance(version.record, Applicant):
            return
        if version.record.bsn is None or version.withdrawn:
            work.index.remove(version.dossier, version.record_id)
        else:
            index = bsn_index(self._keys.index, version.record.bsn)
            entry = IndexRow(index=index, dossier=version.dossier, record=version.record_id)
            if entry not in work.index.of(version.dossier):
                # Not for a number that stays: somebody whose help ended here may have a new dossier by now. The lock
                # that the line in the log needs anyway comes first: one of two who write one number waits and sees it.
                work.log.last(row.municipality, lock=True)
                require_new_client(
                    work,
                    version.record.bsn,
                    keys=self._keys,
                    municipality=row.municipality,
                    besides=version.dossier,
                )
                work.index.put(entry)


def _next_version(dossier: DossierId, draft: Draft, before: Entry | None) -> RecordVersion:
    return RecordVersion(
        dossier=dossier,
        record_id=draft.record_id,
        version=before.version + 1 if before else 1,
        replaces=before.commitment if before else NO_COMMITMENT,
        salt=Salt(secrets.token_bytes(32)),
        schema=type(draft.record).schema,
        withdrawn=draft.withdrawn,
        reason=draft.reason,
        record=draft.record,
    )


def _require_agreement(work: UnitOfWork, dossier: DossierId) -> None:
    """Refuse to write where the last comparison of database and chain found something (DESIGN 4)."""
    seen = work.chain_watch.get()
    finding = read_finding(seen.finding) if seen else None
    if finding is not None and finding.concerns(dossier):
        named = f"{finding.kind.value} ({finding.detail})" if finding.detail else finding.kind.value
        raise Deviation(
            "dossier_deviates",
            f"the last comparison of database and chain found {named}; nothing was written",
            records=0,
            finding=finding.kind.value,
        )


def _other_chain() -> ChainMismatch:
    return ChainMismatch("chain_other", "another chain answers than the one that was deployed to; nothing written")


def _require_trust(opened: Assessment) -> None:
    if not opened.blocks_writing:
        return
    if opened.other_chain:
        raise _other_chain()
    records = len(opened.report.deviating_records)
    raise Deviation("dossier_deviates", "the dossier deviates from the chain; nothing was written", records=records)


def _require_expected(draft: Draft, opened: Assessment) -> None:
    present = opened.current.get(draft.record_id)
    if present is None:
        if draft.expected_version:
            raise NotFound("record_unknown", "there is no such record in this dossier", field="record")
        return
    if present.row.version != draft.expected_version:
        raise Conflict(
            "record_changed",
            f"the record has version {present.row.version} by now; look at it and try again",
            field="expected_version",
            record=draft.record_id.hex(),
            version=present.row.version,
            at=present.row.created_at.isoformat(timespec="seconds"),
            function=present.row.author.partition("/")[0],
        )
