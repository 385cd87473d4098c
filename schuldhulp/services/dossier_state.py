"""What a dossier is and whether it can be believed: everything stored about it, against the chain.

A dossier has four witnesses that an intruder in the database cannot make: each record version (encrypted and bound to
its row), the manifest of each revision (likewise), the jobs (HMAC) and the root on the chain. `assess` lets them be
heard together, so that what was changed is named and what was not is not blamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from schuldhulp.crypto.envelope import DataKey, unwrap_data_key
from schuldhulp.domain.trust import FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import RecordId, Root
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.dossier_checks import (
    Findings,
    StoredVersion,
    check_records,
    explain_root,
    find_truth,
    valid_jobs,
)
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.record_envelope import Manifest, open_version
from schuldhulp.services.record_keys import RecordKeys
from schuldhulp.services.rows import DossierRow, JobRow, JobState, KeyRow, RecordRow, RevisionRow

RECORDING_LIMIT: Final = timedelta(minutes=15)
"""How long a change may wait for its signature, and a signed one for its block, before somebody must look."""

_SILENCE: Final = (FindingKind.CHAIN_SILENT, FindingKind.CHAIN_OTHER)
_HARMLESS: Final = (FindingKind.CHAIN_SILENT, FindingKind.JOB_OVERDUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Everything stored about one dossier at one moment.

    Attributes:
        dossier: its row.
        key: its wrapped data key, None when that was destroyed.
        records: all versions of all records.
        revisions: all revisions, oldest first; the newest with its ciphertext, the others perhaps without.
        jobs: all its jobs, oldest first.
        signed_at: when the batch of a signed job was signed, by batch.
    """

    dossier: DossierRow
    key: KeyRow | None
    records: Sequence[RecordRow]
    revisions: Sequence[RevisionRow]
    jobs: Sequence[JobRow]
    signed_at: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainAnswer:
    """What the chain says of a dossier: its root, or why there is none to compare with."""

    root: Root | None = None
    silence: FindingKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """A dossier, opened and checked.

    Attributes:
        snapshot: what was read.
        key: its data key, None when that does not open.
        manifest: the newest list of records that can be believed.
        versions: the versions that open, by record, oldest first.
        report: state and findings.
        jobs: the valid jobs, oldest first.
        anchored: whether the stored root is the one on the chain.
    """

    snapshot: Snapshot
    key: DataKey | None
    manifest: Manifest | None
    versions: Mapping[RecordId, Sequence[StoredVersion]]
    report: TrustReport
    jobs: Sequence[JobRow]
    anchored: bool

    @property
    def current(self) -> dict[RecordId, StoredVersion]:
        """The newest version of each record that opens."""
        return {record: versions[-1] for record, versions in self.versions.items()}

    @property
    def dossier(self) -> DossierRow:
        """The dossier's row, with caseworker and end as the manifest has them: the database alone may claim neither.

        Where the two differ, or no manifest opens, it is in nobody's caseload.
        """
        row = self.snapshot.dossier
        if self.manifest is None:
            return replace(row, caseworker=None)
        same = row.caseworker == self.manifest.caseworker
        return replace(row, caseworker=row.caseworker if same else None, ended_at=self.manifest.ended_at)

    @property
    def blocks_writing(self) -> bool:
        """Whether nothing may be written: something deviates, or another chain answers."""
        return any(finding.kind not in _HARMLESS for finding in self.report.findings)

    @property
    def other_chain(self) -> bool:
        """Whether another chain answers than the one that was deployed to."""
        return any(finding.kind is FindingKind.CHAIN_OTHER for finding in self.report.findings)

    def is_verified(self, row: RecordRow) -> bool:
        """Say whether a version is proven: it opens, nothing was found about its record, and its root is anchored."""
        return self.anchored and row.record not in self.report.deviating_records


def load(work: UnitOfWork, dossier: DossierRow, *, whole: bool = False) -> Snapshot:
    """Read everything about a dossier.

    Args:
        work: a unit of work.
        dossier: its row, read in the same unit of work.
        whole: whether to read the manifests of all revisions, not of the newest only.
    """
    jobs = work.outbox.of(dossier.id)
    signed_at = {}
    for job in jobs:
        if job.state is JobState.SIGNED and job.batch is not None:
            batch = work.batches.get(job.batch)
            if batch is not None:
                signed_at[job.batch] = batch.created_at
    return Snapshot(
        dossier=dossier,
        key=work.keys.get(dossier.id),
        records=work.records.of(dossier.id),
        revisions=work.revisions.all(dossier.id) if whole else work.revisions.of(dossier.id),
        jobs=jobs,
        signed_at=signed_at,
    )


def assess(
    snapshot: Snapshot,
    chain: ChainAnswer,
    *,
    keys: RecordKeys,
    now: datetime,
    limit: timedelta = RECORDING_LIMIT,
) -> Assessment:
    """Open a dossier and check it against itself and the chain.

    Args:
        snapshot: everything stored about it.
        chain: what the chain says.
        keys: keys of record keeping.
        now: the time, UTC.
        limit: how long a job may take before it is overdue.

    Returns:
        The dossier with its trust report.
    """
    findings = Findings()
    jobs = valid_jobs(keys.job, snapshot.jobs, findings)
    key = _data_key(snapshot, keys)
    manifest: Manifest | None = None
    root = snapshot.dossier.root
    versions: dict[RecordId, list[StoredVersion]] = {}
    if key is None:
        findings.add(FindingKind.KEY_UNREADABLE)
    else:
        stored = [_open(key, row) for row in snapshot.records]
        truth = find_truth(snapshot.dossier, snapshot.revisions, stored, jobs, chain.root, key=key, findings=findings)
        manifest, root = truth.manifest, truth.root
        check_records(stored, truth, findings)
        for entry in stored:
            if entry.version is not None:
                versions.setdefault(entry.row.record, []).append(entry)
    anchored = chain.root is not None and chain.root == root
    recording = False
    if chain.silence is not None:
        findings.add(chain.silence)
    elif chain.root is not None and not anchored:
        waiting = explain_root(root, chain.root, jobs=jobs, revisions=snapshot.revisions, findings=findings)
        if waiting is not None:
            recording = True
            if now - _since(waiting, snapshot) > limit:
                findings.add(FindingKind.JOB_OVERDUE)
    report = TrustReport(
        state=_state([finding.kind for finding in findings.all], recording=recording),
        findings=findings.all,
        checked_at=now,
        dossier=snapshot.dossier.id,
    )
    return Assessment(
        snapshot=snapshot,
        key=key,
        manifest=manifest,
        versions=versions,
        report=report,
        jobs=jobs,
        anchored=anchored,
    )


def _data_key(snapshot: Snapshot, keys: RecordKeys) -> DataKey | None:
    if snapshot.key is None:
        return None
    try:
        return unwrap_data_key(keys.data, snapshot.dossier.id, snapshot.key.wrapped)
    except (Undecryptable, InvalidInput):
        return None


def _open(key: DataKey, row: RecordRow) -> StoredVersion:
    try:
        return StoredVersion(row=row, version=open_version(key, row))
    except Undecryptable as error:
        differs = error.key == "commitment_differs"
        kind = FindingKind.RECORD_CHANGED if differs else FindingKind.RECORD_UNREADABLE
        return StoredVersion(row=row, version=None, fault=kind)


def _since(job: JobRow, snapshot: Snapshot) -> datetime:
    # A signed job has left the queue; from then on it is the chain that may take its time.
    if job.state is JobState.SIGNED and job.batch is not None:
        return max(job.created_at, snapshot.signed_at.get(job.batch, job.created_at))
    return job.created_at


def _state(kinds: Sequence[FindingKind], *, recording: bool) -> TrustState:
    if any(kind not in _SILENCE for kind in kinds):
        return TrustState.DEVIATES
    if kinds:
        return TrustState.UNREACHABLE
    return TrustState.BEING_RECORDED if recording else TrustState.VERIFIED
