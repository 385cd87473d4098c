"""What record keeping returns to those who show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.cockpit import Overview
from schuldhulp.domain.records import Record, RecordKind, RecordVersion
from schuldhulp.domain.trust import TrustReport
from schuldhulp.domain.types import Commitment, DossierId, RecordId
from schuldhulp.services.rows import RecordRow


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RecordView(Redacted):
    """One version of a record.

    Attributes:
        record_id: the record.
        version: number of the version.
        record: what it says.
        withdrawn: whether this version takes the record back.
        reason: why it was changed or withdrawn.
        author: function of who made it: ``caseworker``, ``team_leader``, ``resident`` ...
        author_id: account of who made it; for supervisors, never for the resident's screen.
        created_at: when, UTC.
        commitment: its commitment, 32 bytes.
        verified: whether it is proven by the root on the chain.
    """

    record_id: RecordId
    version: int
    record: Record
    withdrawn: bool
    reason: str
    author: str
    author_id: str
    created_at: datetime
    commitment: Commitment
    verified: bool

    @classmethod
    def of(cls, row: RecordRow, version: RecordVersion, *, verified: bool) -> RecordView:
        """Make the view of a stored version."""
        function, _, account = row.author.partition("/")
        return cls(
            record_id=row.record,
            version=row.version,
            record=version.record,
            withdrawn=version.withdrawn,
            reason=version.reason,
            author=function,
            author_id=account,
            created_at=row.created_at,
            commitment=row.commitment,
            verified=verified,
        )


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class DossierSummary(Redacted):
    """A dossier as a line of a list.

    Attributes:
        id: the dossier.
        file_number: number that people use.
        names: of the applicants, the first applicant first.
        birth_dates: of the applicants in the same order, ``jjjj-mm-dd`` with 00 for what is unknown.
        caseworker: name of the caseworker, None when nobody has it.
        own: whether it is in the caseload of who asks (for a resident: always).
        counts: number of records of each kind, withdrawn ones left out.
        enrolled: whether an enrolment lasts.
        created_at: when the dossier was made, UTC.
        ended_at: when the help ended, UTC, or None.
        readable: whether its list of records opens; the rest is empty when it does not.
        creditors: names of creditors, collectors and bailiffs.
    """

    id: DossierId
    file_number: str
    names: tuple[str, ...]
    birth_dates: tuple[str, ...]
    caseworker: str | None
    own: bool
    counts: Mapping[RecordKind, int]
    enrolled: bool
    created_at: datetime
    ended_at: datetime | None
    readable: bool
    creditors: tuple[str, ...]

    @property
    def records(self) -> int:
        """Number of records, withdrawn ones left out."""
        return sum(self.counts.values())

    @property
    def ended(self) -> bool:
        """Whether the help ended."""
        return self.ended_at is not None


class EnrolmentStep(StrEnum):
    """Where a client's visibility to creditors stands."""

    NOT_VISIBLE = "not_visible"
    """Never enrolled."""
    WAITING = "waiting"
    """Enrolled; on the chain with the next publication."""
    VISIBLE = "visible"
    ENDING = "ending"
    """Ended; off the chain with the next publication."""
    ENDED = "ended"
    REFUSED = "refused"
    """The worker could not carry it out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrolmentState:
    """Whether creditors can see that the client is known.

    Attributes:
        step: where it stands.
        since: day of the enrolment or of its end; None when never enrolled.
        record_id: the enrolment record, None when never enrolled.
        version: its version.
        applicants: whom it is about.
        warnings: keys of sentences, such as ``no_address``.
        error: key of what went wrong, or empty.
    """

    step: EnrolmentStep
    since: date | None = None
    record_id: RecordId | None = None
    version: int = 0
    applicants: tuple[RecordId, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class DossierView(Redacted):
    """A dossier that was opened.

    Attributes:
        summary: as in the list.
        records: current version of each record that opens, withdrawn ones included, by kind and time.
        trust: what the comparison with the chain gave.
        enrolment: whether creditors can see the client.
        overview: what comes in, goes out, is left and is owed.
    """

    summary: DossierSummary
    records: Sequence[RecordView]
    trust: TrustReport
    enrolment: EnrolmentState
    overview: Overview

    def of_kind(self, kind: RecordKind, *, withdrawn: bool = False) -> list[RecordView]:
        """Return the records of one kind; withdrawn ones when asked for."""
        return [view for view in self.records if view.record.kind is kind and (withdrawn or not view.withdrawn)]
