"""The single checks of a dossier: which list of records is the true one, and what does not agree with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schuldhulp.crypto.envelope import DataKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.merkle import DossierTree
from schuldhulp.domain.records import NO_COMMITMENT, RecordVersion
from schuldhulp.domain.trust import Finding, FindingKind
from schuldhulp.domain.types import NO_ROOT, Commitment, DossierId, RecordId, Root
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.job_signing import is_ledger_job_valid
from schuldhulp.services.record_envelope import Entry, Manifest, open_manifest
from schuldhulp.services.rows import DossierRow, JobRow, JobState, RecordRow, RevisionRow

MAX_REVISION: Final = 2**32 - 1
"""Revisions are counted in a uint32 of the header leaf."""

_LIVE: Final = (JobState.QUEUED, JobState.SIGNED)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredVersion:
    """A stored version and what came out of it.

    Attributes:
        row: as it is stored.
        version: what it says; None where it does not open.
        fault: why it does not open.
    """

    row: RecordRow
    version: RecordVersion | None
    fault: FindingKind = FindingKind.RECORD_UNREADABLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """The list of records to compare with.

    Attributes:
        manifest: the newest manifest that opens, for what it tells besides; None when there is none.
        expected: newest version of each record; None when the stored rows themselves have been proven.
        complete: whether ``expected`` is of the newest revision, so that anything beyond it was added.
        root: the root that the database stands for.
    """

    manifest: Manifest | None
    expected: Mapping[RecordId, Entry] | None
    complete: bool
    root: Root


class Findings:
    """Collects what is found, each thing once."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._found: dict[Finding, None] = {}

    def add(self, kind: FindingKind, record: RecordId | None = None, detail: str = "") -> None:
        """Note something."""
        self._found.setdefault(Finding(kind=kind, record_id=record, detail=detail))

    @property
    def all(self) -> tuple[Finding, ...]:
        """Everything found, in the order of finding."""
        return tuple(self._found)


def valid_jobs(key: JobKey, jobs: Sequence[JobRow], findings: Findings) -> list[JobRow]:
    """Sort out the jobs that this system wrote and that nobody brought back to life.

    Args:
        key: the job key.
        jobs: all jobs of a dossier.
        findings: takes note of every other one.
    """
    valid = [job for job in jobs if is_ledger_job_valid(key, job)]
    if len(valid) < len(jobs):
        findings.add(FindingKind.JOB_INVALID, detail="job_forged")
    confirmed = max((job.revision for job in valid if job.state is JobState.CONFIRMED), default=0)
    revived = [job for job in valid if job.state in _LIVE and job.revision <= confirmed]
    if revived:
        findings.add(FindingKind.JOB_INVALID, detail="job_repeated")
    return [job for job in valid if job not in revived]


def find_truth(
    dossier: DossierRow,
    revisions: Sequence[RevisionRow],
    stored: Sequence[StoredVersion],
    jobs: Sequence[JobRow],
    chain_root: Root | None,
    *,
    key: DataKey,
    findings: Findings,
) -> Truth:
    """Find out which list of records is the newest true one.

    Ordinarily that is the manifest of the newest revision: it opens, and the chain or a valid job knows its root.
    Where it does not, the stored records themselves may still give a root that chain or job knows; then they are all
    there and only the bookkeeping was touched. Where they do not either, an older manifest at least tells which
    records there were.

    Args:
        dossier: its row.
        revisions: all revisions, oldest first.
        stored: all record versions.
        jobs: the valid jobs.
        chain_root: root on the chain, None when it is silent.
        key: data key of the dossier.
        findings: takes note of what is wrong with manifests and dossier row.
    """
    newest = revisions[-1] if revisions else None
    manifest = None if newest is None else _read(key, newest)
    latest = max(jobs, key=lambda job: (job.revision, job.id), default=None)
    targets = {root for root in (chain_root, latest.new_root if latest else NO_ROOT) if root and root != NO_ROOT}
    _check_links(revisions, key, findings)

    if newest is None or manifest is None or (targets and newest.root not in targets):
        proven = _prove(dossier, revisions, stored, latest, targets, key=key, above=newest if manifest else None)
        if proven is not None:
            findings.add(FindingKind.MANIFEST_UNREADABLE)
            if (dossier.revision, dossier.root) != proven:
                findings.add(FindingKind.ROOT_DIFFERS, detail="dossier_row")
            return Truth(manifest=manifest, expected=None, complete=False, root=proven[1])

    if newest is not None and manifest is not None:
        if dossier.revision > newest.revision and dossier.root != newest.root and dossier.root in targets:
            # The dossier is right, so a manifest is gone; and a record with it, or the records would have proven it.
            findings.add(FindingKind.MANIFEST_UNREADABLE)
            return Truth(manifest=manifest, expected=manifest.entries, complete=False, root=dossier.root)
        _check_row(dossier, newest, manifest, findings)
        return Truth(manifest=manifest, expected=manifest.entries, complete=True, root=newest.root)

    findings.add(FindingKind.MANIFEST_UNREADABLE)
    older = (_read(key, revision) for revision in reversed(revisions[:-1]) if revision.ciphertext)
    manifest = next((one for one in older if one is not None), None)
    expected = manifest.entries if manifest else {}
    return Truth(manifest=manifest, expected=expected, complete=False, root=dossier.root)


def check_records(stored: Sequence[StoredVersion], truth: Truth, findings: Findings) -> None:
    """Compare the stored record versions with the list of what should be there.

    Args:
        stored: all record versions of a dossier.
        truth: the list.
        findings: takes note of records that are unreadable, changed, missing, rolled back or added.
    """
    intact = {(entry.row.record, entry.row.version): entry.row for entry in stored if entry.version is not None}
    expected = truth.expected
    named: set[RecordId] = set()

    def name(kind: FindingKind, record: RecordId) -> None:
        if record not in named:
            named.add(record)
            findings.add(kind, record)

    owners = _owners(intact, expected or {})
    for entry in stored:
        if entry.version is None:
            # A row of which the record's own columns were changed is known by its commitment, unless the version with
            # that commitment is there and whole: then the row only borrows it.
            place = owners.get(entry.row.commitment)
            record = place[0] if place and place not in intact else entry.row.record
            added = truth.complete and record not in (expected or {})
            name(FindingKind.RECORD_ADDED if added else entry.fault, record)
    for record, version in intact:
        if expected is not None and truth.complete:
            newest = expected.get(record)
            if newest is None or version > newest.version:
                name(FindingKind.RECORD_ADDED, record)
            elif version == newest.version and intact[record, version].commitment != newest.commitment:
                name(FindingKind.RECORD_CHANGED, record)
        before = intact.get((record, version - 1))
        if intact[record, version].replaces != (before.commitment if before else NO_COMMITMENT) and before:
            name(FindingKind.RECORD_CHANGED, record)
    heights = {record: entry.version for record, entry in (expected or {}).items()}
    for record, version in intact:
        heights[record] = max(heights.get(record, 0), version)
    for record, height in heights.items():
        present = [version for version in range(1, height + 1) if (record, version) in intact]
        if len(present) < height:
            rolled_back = present and height not in present
            name(FindingKind.RECORD_ROLLED_BACK if rolled_back else FindingKind.RECORD_MISSING, record)


def explain_root(
    root: Root, chain_root: Root, *, jobs: Sequence[JobRow], revisions: Sequence[RevisionRow], findings: Findings
) -> JobRow | None:
    """Explain why the chain has another root than the database.

    Args:
        root: what the database stands for.
        chain_root: what the chain has.
        jobs: the valid jobs.
        revisions: all revisions, oldest first.
        findings: takes note when nothing explains it.

    Returns:
        The job that is on its way to bring the chain up to date, or None.
    """
    live = [job for job in jobs if job.state in _LIVE]
    waiting = next((job for job in reversed(live) if job.new_root == root), None)
    reachable = {job.previous_root for job in live}
    reachable |= {job.new_root for job in live if job.state is JobState.SIGNED}
    if waiting is not None and chain_root in reachable:
        return waiting
    confirmed = [job for job in jobs if job.state is JobState.CONFIRMED]
    start = revisions[0].previous_root if revisions else NO_ROOT
    left = max(confirmed, key=lambda job: job.revision).new_root if confirmed else start
    if chain_root == left:
        findings.add(FindingKind.ROOT_DIFFERS, detail="job_missing")
    elif chain_root in {NO_ROOT, start, *(revision.root for revision in revisions)}:
        findings.add(FindingKind.CHAIN_BEHIND)
    else:
        findings.add(FindingKind.DATABASE_BEHIND)
    return None


def _read(key: DataKey, row: RevisionRow) -> Manifest | None:
    """Open a manifest; None when it does not, or does not give the root of its row."""
    try:
        manifest = open_manifest(key, row)
    except Undecryptable:
        return None
    root = _root(key, row.dossier, row.revision, row.previous_root, manifest.commitments)
    return manifest if root == row.root else None


def _root(
    key: DataKey, dossier: DossierId, revision: int, previous_root: Root, commitments: Sequence[Commitment]
) -> Root | None:
    if not 1 <= revision <= MAX_REVISION:
        return None
    try:
        return DossierTree.under(
            key, dossier=dossier, revision=revision, previous_root=previous_root, commitments=commitments
        ).root
    except InvalidInput:
        # A stored commitment of another length, or one that stands there twice.
        return None


def _prove(
    dossier: DossierRow,
    revisions: Sequence[RevisionRow],
    stored: Sequence[StoredVersion],
    latest: JobRow | None,
    targets: Collection[Root],
    *,
    key: DataKey,
    above: RevisionRow | None,
) -> tuple[int, Root] | None:
    """Find the revision for which the stored records give a root that chain or job knows.

    Args:
        dossier: its row.
        revisions: all revisions, oldest first.
        stored: all record versions.
        latest: the newest valid job.
        targets: the roots that are known.
        key: data key of the dossier.
        above: only a later revision than this one counts.

    Returns:
        Its number and root, or None.
    """
    newest: dict[RecordId, RecordRow] = {}
    for entry in stored:
        present = newest.get(entry.row.record)
        if present is None or entry.row.version > present.version:
            newest[entry.row.record] = entry.row
    commitments = [row.commitment for row in newest.values()]
    numbers = {dossier.revision, *(row.revision for row in revisions[-1:]), *([latest.revision] if latest else [])}
    previous = {NO_ROOT, dossier.previous_root, *(row.previous_root for row in revisions[-1:])}
    previous |= {row.root for row in revisions[-2:]} | ({latest.previous_root} if latest else set())
    for number in sorted(numbers, reverse=True):
        if above is not None and number <= above.revision:
            continue
        for root_before in sorted(previous):
            root = _root(key, dossier.id, number, root_before, commitments)
            if root is not None and root in targets:
                return number, root
    return None


def _owners(
    intact: Mapping[tuple[RecordId, int], RecordRow], expected: Mapping[RecordId, Entry]
) -> dict[Commitment, tuple[RecordId, int]]:
    """Return to which record and version each known commitment belongs."""
    owners = {entry.commitment: (record, entry.version) for record, entry in expected.items()}
    for (record, version), row in intact.items():
        owners[row.commitment] = (record, version)
        if version > 1:
            owners.setdefault(row.replaces, (record, version - 1))
    return owners


def _check_links(revisions: Sequence[RevisionRow], key: DataKey, findings: Findings) -> None:
    """Check that the revisions count from 1 and each names the root before it; open those that came with a manifest."""
    # The first revision follows on the root that the dossier's id had before it was somebody's.
    root = revisions[0].previous_root if revisions else NO_ROOT
    for number, revision in enumerate(revisions, start=1):
        linked = revision.revision == number and revision.previous_root == root
        opened = revision is revisions[-1] or not revision.ciphertext or _read(key, revision) is not None
        if not linked or not opened:
            findings.add(FindingKind.MANIFEST_UNREADABLE)
        root = revision.root


def _check_row(dossier: DossierRow, newest: RevisionRow, manifest: Manifest, findings: Findings) -> None:
    same = (
        (dossier.revision, dossier.root, dossier.previous_root) == (newest.revision, newest.root, newest.previous_root)
        and (dossier.file_number, dossier.created_at) == (manifest.file_number, manifest.opened_at)
        and (dossier.caseworker, dossier.ended_at) == (manifest.caseworker, manifest.ended_at)
        and dossier.municipality == int.from_bytes(dossier.id[:2], "big")
    )
    if not same:
        findings.add(FindingKind.ROOT_DIFFERS, detail="dossier_row")
