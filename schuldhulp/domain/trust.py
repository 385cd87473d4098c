"""What the system can say about a dossier: does it still tell the story that was put on the chain?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schuldhulp.domain.types import DossierId, RecordId


class TrustState(StrEnum):
    """The four states that a cockpit can show."""

    VERIFIED = "verified"
    """The root equals the one on the chain, and every record equals its commitment."""
    BEING_RECORDED = "being_recorded"
    """A valid job to record the newest change is waiting and is not overdue."""
    DEVIATES = "deviates"
    """Something was changed outside the system; no decision may rest on what is named."""
    UNREACHABLE = "unreachable"
    """The chain does not answer, so the check is still to be made."""


class FindingKind(StrEnum):
    """What exactly was found."""

    RECORD_UNREADABLE = "record_unreadable"
    """The ciphertext does not open in its place: changed, or moved from elsewhere."""
    RECORD_CHANGED = "record_changed"
    """The record opens, but its commitment is another than the stored one."""
    RECORD_MISSING = "record_missing"
    """The last revision holds a record that is no longer there."""
    RECORD_ADDED = "record_added"
    """A record is there that the last revision does not hold."""
    RECORD_ROLLED_BACK = "record_rolled_back"
    """An earlier version stands where the last revision holds a later one."""
    MANIFEST_UNREADABLE = "manifest_unreadable"
    """The list of records of a revision does not open or does not match its root."""
    KEY_UNREADABLE = "key_unreadable"
    """The data key of the dossier is gone or does not open."""
    ROOT_DIFFERS = "root_differs"
    """The root of the database is not the root of the chain, and no valid job explains it."""
    JOB_INVALID = "job_invalid"
    """A job waits that this system did not write."""
    JOB_OVERDUE = "job_overdue"
    """A valid job has been waiting too long."""
    CHAIN_BEHIND = "chain_behind"
    """The chain knows less than the database: it was reset or rolled back."""
    DATABASE_BEHIND = "database_behind"
    """The database knows less than the chain: it was restored from an older copy."""
    CHAIN_OTHER = "chain_other"
    """Another chain answers than the one that was deployed to."""
    CHAIN_SILENT = "chain_silent"
    """The chain does not answer."""
    VISIBILITY_DIFFERS = "visibility_differs"
    """What creditors can see is not what the enrolments say."""
    LOG_BROKEN = "log_broken"
    """A line of the processing log is missing or was changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was found while checking.

    Attributes:
        kind: what it is.
        record_id: the record it is about, or None when it is about the dossier or the system as a whole.
        detail: name of a sentence for people that says more, or empty.
    """

    kind: FindingKind
    record_id: RecordId | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustReport:
    """The outcome of checking one dossier.

    Attributes:
        state: the state to show.
        findings: what was found; empty when verified.
        checked_at: when, in UTC.
        dossier: which dossier.
    """

    state: TrustState
    findings: tuple[Finding, ...] = ()
    checked_at: datetime
    dossier: DossierId | None = None

    @property
    def deviating_records(self) -> frozenset[RecordId]:
        """The records on which no decision may rest."""
        return frozenset(finding.record_id for finding in self.findings if finding.record_id is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationSummary:
    """The outcome of checking many dossiers.

    Attributes:
        reports: one for each dossier, in the order of checking.
        system: what was found that is not about one dossier.
    """

    reports: tuple[TrustReport, ...]
    system: tuple[Finding, ...] = ()

    def count(self, state: TrustState) -> int:
        """Return how many dossiers are in a state."""
        return sum(report.state is state for report in self.reports)

    @property
    def state(self) -> TrustState:
        """The worst of all states: a deviation, then silence of the chain, then what is still being recorded."""
        states = [report.state for report in self.reports]
        if self.system and not all(finding.kind is FindingKind.CHAIN_SILENT for finding in self.system):
            states.append(TrustState.DEVIATES)
        elif self.system:
            states.append(TrustState.UNREACHABLE)
        return worst(states)


_ORDER = (TrustState.DEVIATES, TrustState.UNREACHABLE, TrustState.BEING_RECORDED)


def worst(states: Iterable[TrustState]) -> TrustState:
    """Return the state that needs attention first; verified when there is nothing to say."""
    found = set(states)
    return next((state for state in _ORDER if state in found), TrustState.VERIFIED)
