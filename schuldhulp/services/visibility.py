"""Checks who is visible to creditors: what the dossiers say, what the tables of tags say, and what the chain says.

An enrolment record is proven by the root of its dossier and names its publication jobs. A job that was prepared carries
a code over the tags that it came to. So nobody can make the screen say that a client is visible when no creditor can
see that, or keep one visible whose enrolment has ended, without its being named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.records import Enrolment
from schuldhulp.domain.trust import Finding, FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import RecordId, Tag
from schuldhulp.errors import Conflict, Unreachable
from schuldhulp.services.chain_watch import silence_of
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.job_signing import is_holder_valid, is_prepared_valid, is_publication_valid, is_tag_job_valid
from schuldhulp.services.ports import MunicipalityState, UnitOfWork
from schuldhulp.services.publication import may_go_out
from schuldhulp.services.rows import (
    PublicationAction,
    PublicationRow,
    PublicationState,
    TagHolderRow,
    TagJobRow,
    TagState,
)

_LIVE: Final = (TagState.QUEUED, TagState.SIGNED)
_Reading = Callable[[UnitOfWork], "_Book"]
_CARRIED_OUT: Final = (PublicationState.PREPARED, PublicationState.PUBLISHED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visibility:
    """What a comparison of tags with the chain found.

    Attributes:
        publications: the publication jobs that hold a tag which is not on the chain.
        findings: what was found that belongs to no publication job.
    """

    publications: frozenset[bytes] = frozenset()
    findings: tuple[Finding, ...] = ()

    def both(self, other: Visibility) -> Visibility:
        """Return what two comparisons found."""
        return Visibility(
            publications=self.publications & other.publications,
            findings=tuple(finding for finding in self.findings if finding in other.findings),
        )


@dataclass(kw_only=True)
class _Book:
    """What the tables say of some tags: who holds them, and the newest job of each that this system wrote."""

    holders: dict[Tag, set[bytes]] = field(default_factory=dict)
    newest: dict[Tag, TagJobRow] = field(default_factory=dict)
    underway: frozenset[int] = frozenset()
    findings: dict[Finding, None] = field(default_factory=dict)

    @property
    def tags(self) -> list[Tag]:
        return sorted({*self.holders, *self.newest})

    def left_behind(self, current: int) -> set[bytes]:
        """Return the publications that have tags, but none of the current epoch: whoever asks now does not find them.

        Tags of an epoch that is announced help nobody yet.
        """
        if current == 0:
            return set()
        holding = {publication for publications in self.holders.values() for publication in publications}
        here = (publications for tag, publications in self.holders.items() if _epoch_of(tag) == current)
        return holding.difference(*here)

    def is_pending(self, tag: Tag) -> bool:
        job = self.newest.get(tag)
        if job is None or not may_go_out(job, held=tag in self.holders):
            return False
        return job.state is TagState.QUEUED or (job.state is TagState.SIGNED and job.batch in self.underway)

    def is_expected(self, tag: Tag) -> bool:
        """Tell whether the tag should be on the chain: somebody holds it, or it is nobody's and did not end."""
        job = self.newest.get(tag)
        nobodys = job is not None and not job.publication and job.action is PublicationAction.ENROL
        return tag in self.holders or nobodys


def _read_book(key: JobKey, holders: Iterable[TagHolderRow], jobs: Iterable[TagJobRow]) -> _Book:
    book = _Book()
    for holder in holders:
        if is_holder_valid(key, holder):
            book.holders.setdefault(holder.tag, set()).add(holder.publication)
        else:
            book.findings.setdefault(Finding(kind=FindingKind.JOB_INVALID, detail="holder_forged"))
    counting = [job for job in sorted(jobs, key=lambda job: job.id) if job.state is not TagState.CANCELLED]
    valid = [job for job in counting if is_tag_job_valid(key, job)]
    book.newest = {job.tag: job for job in valid}
    if len(valid) < len(counting):
        book.findings.setdefault(Finding(kind=FindingKind.JOB_INVALID, detail="job_forged"))
    # A signed job may have been overtaken by what was asked for since; one that is queued may not.
    queued = [job for job in valid if job.state is TagState.QUEUED]
    if any(book.newest[job.tag] != job or not may_go_out(job, held=job.tag in book.holders) for job in queued):
        book.findings.setdefault(Finding(kind=FindingKind.JOB_INVALID, detail="job_repeated"))
    return book


class VisibilityCheck:
    """Compares enrolments, tags and chain."""

    def __init__(self, reader: DossierReader) -> None:
        """Take what it works with.

        Args:
            reader: gives store, keys and chain.
        """
        self._reader = reader
        self._key = reader.keys.job

    def all(self) -> Visibility:
        """Compare all tags of the municipality with the chain.

        Raises:
            Unreachable: the database does not answer. A chain that does not is a finding.
        """

        def read(work: UnitOfWork) -> _Book:
            code = self._reader.municipality
            return _read_book(self._key, work.publications.all_holders(code), work.publications.all_tag_jobs(code))

        return self._twice(read)

    def of(self, opened: Assessment) -> Visibility:
        """Compare the tags that the enrolments of one dossier hold with the chain; as `all`."""

        def read(work: UnitOfWork) -> _Book:
            tags = sorted(
                {
                    holder.tag
                    for _, record in _enrolments(opened)
                    for publication in record.publications
                    for holder in work.publications.holders_of(bytes.fromhex(publication))
                }
            )
            return _read_book(self._key, work.publications.holders(tags), work.publications.tag_jobs_of(tags))

        return self._twice(read)

    def report(self, opened: Assessment, visibility: Visibility) -> TrustReport:
        """Add to the report of a dossier what is wrong with its enrolments.

        Args:
            opened: the dossier.
            visibility: what the comparison with the chain found.
        """
        found = self._findings(opened, visibility)
        if found:
            # The worker may have gone on between reading the dossier and reading its jobs.
            again = self._findings(self._reader.read(opened.snapshot.dossier.id), visibility)
            found = [finding for finding in found if finding in again]
        if not found:
            return opened.report
        return replace(opened.report, state=TrustState.DEVIATES, findings=(*opened.report.findings, *found))

    def _twice(self, read: _Reading) -> Visibility:
        found = self._compare(read)
        # Between reading the database and the chain a batch may have landed.
        return found.both(self._compare(read)) if found != Visibility() else found

    def _compare(self, read: _Reading) -> Visibility:
        with self._reader.store.read() as work:
            book = read(work)
            book.underway = frozenset(batch.id for batch in work.batches.unfinished())
        findings = dict(book.findings)
        publications: set[bytes] = set()
        try:
            state = self._reader.registry() if book.tags else None
            known = self._known(state, [tag for tag in book.tags if not book.is_pending(tag)])
            publications |= book.left_behind(state.current_epoch) if state is not None else set()
        except Unreachable as error:
            if silence_of(error) is FindingKind.CHAIN_SILENT:
                findings.setdefault(Finding(kind=FindingKind.CHAIN_SILENT))
            known = {}
        for tag, there in known.items():
            if there and not book.is_expected(tag):
                findings.setdefault(Finding(kind=FindingKind.VISIBILITY_DIFFERS, detail="tag_left"))
            elif not there and tag in book.holders:
                publications |= book.holders[tag]
            elif not there and book.is_expected(tag):
                findings.setdefault(Finding(kind=FindingKind.VISIBILITY_DIFFERS, detail="tag_missing"))
        return Visibility(publications=frozenset(publications), findings=tuple(findings))

    def _known(self, state: MunicipalityState | None, tags: Sequence[Tag]) -> Mapping[Tag, bool]:
        """Ask the chain about the tags of epochs that creditors can ask about."""
        if state is None or not tags:
            return {}
        asked = [tag for tag in tags if state.oldest_epoch <= _epoch_of(tag) <= state.current_epoch]
        try:
            return dict(zip(asked, self._reader.known(asked), strict=True))
        except Conflict:
            # An epoch was retired at this moment.
            raise Unreachable("chain_unreachable", "the registry changed its epochs meanwhile") from None

    def _findings(self, opened: Assessment, visibility: Visibility) -> list[Finding]:
        found: list[Finding] = []
        with self._reader.store.read() as work:
            for record_id, record in _enrolments(opened):
                ids = [bytes.fromhex(publication) for publication in record.publications]
                details = set(self._details(work, record, ids))
                if visibility.publications.intersection(ids):
                    details.add("tag_missing")
                found += [
                    Finding(kind=FindingKind.VISIBILITY_DIFFERS, record_id=record_id, detail=detail)
                    for detail in sorted(details)
                ]
        return found

    def _details(self, work: UnitOfWork, record: Enrolment, ids: Sequence[bytes]) -> Iterable[str]:
        """Compare an enrolment with its publication jobs."""
        rows = work.publications.of(ids)
        if len(rows) < len(set(ids)):
            yield "publication_missing"
        begun = [row for row in rows if row.action is PublicationAction.ENROL]
        endings = [row for row in rows if row.action is PublicationAction.END]
        for row in rows:
            if not self._is_whole(work, row):
                yield "publication_changed"
        gone = (PublicationState.ENDED, PublicationState.REFUSED)
        if record.end is None:
            if not endings and any(row.state is PublicationState.ENDED for row in begun):
                yield "publication_changed"
        elif not endings:
            yield "publication_missing"
        elif endings[-1].state in _CARRIED_OUT and any(row.state not in gone for row in begun):
            yield "publication_repeated"

    def _is_whole(self, work: UnitOfWork, row: PublicationRow) -> bool:
        """Tell whether a publication job is as this system left it, with the tags that it came to."""
        holders = work.publications.holders_of(row.id)
        if row.state is PublicationState.WAITING:
            return not holders and is_publication_valid(self._key, row)
        if row.state not in _CARRIED_OUT:
            return not holders
        tags = [holder.tag for holder in holders]
        if not is_prepared_valid(self._key, row, tags) or not all(is_holder_valid(self._key, one) for one in holders):
            return False
        if row.state is PublicationState.PREPARED or not tags:
            return True
        book = _read_book(self._key, holders, work.publications.tag_jobs_of(tags))
        live = {job.publication for job in book.newest.values() if job.state in _LIVE}
        # Whoever is visible stays so while another epoch is filled.
        return live == {one.id for one in work.publications.of(sorted(live)) if self._is_filling(one)}

    def _is_filling(self, row: PublicationRow) -> bool:
        """Tell whether a job fills an epoch: a job of this system, whose action its code covers."""
        if row.action is not PublicationAction.FILL:
            return False
        return is_publication_valid(self._key, row) or is_prepared_valid(self._key, row, ())


def _epoch_of(tag: Tag) -> int:
    return int.from_bytes(tag[2:6], "big")


def _enrolments(opened: Assessment) -> list[tuple[RecordId, Enrolment]]:
    return [
        (record, entry.version.record)
        for record, entry in opened.current.items()
        if entry.version is not None
        and not entry.version.withdrawn
        and isinstance(entry.version.record, Enrolment)
        and record not in opened.report.deviating_records
    ]
