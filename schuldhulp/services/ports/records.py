"""Dossiers, their records and revisions, and what is noted of who looked at them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import DossierId, MunicipalityCode, RecordId
from schuldhulp.services.rows import (
    ChainWatchRow,
    DossierRow,
    IndexRow,
    KeyRow,
    LogRow,
    RecordRow,
    RevisionRow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class DossierRepository(Protocol):
    """Table ``dossiers``."""

    def get(self, dossier: DossierId, *, lock: bool = False) -> DossierRow | None:
        """Return a dossier; with ``lock`` no other writer touches it until this unit of work ends."""

    def find(self, municipality: MunicipalityCode, file_number: str) -> DossierRow | None:
        """Return the dossier with a file number."""

    def list(self, municipality: MunicipalityCode) -> Sequence[DossierRow]:
        """Return all dossiers, by file number."""

    def orphans(self) -> Sequence[DossierId]:
        """Return the dossiers that other tables speak of and that have no row; only an intruder can make one."""

    def caseload(self, caseworker: int) -> Sequence[DossierId]:
        """Return the dossiers of a caseworker."""

    def add(self, row: DossierRow) -> None:
        """Store a new dossier. Raises Conflict when the file number is taken."""

    def advance(self, row: DossierRow, *, from_revision: int) -> bool:
        """Write revision, root and previous root when the stored revision is ``from_revision``; say whether it was."""

    def assign(self, dossier: DossierId, caseworker: int | None) -> None:
        """Give the dossier to another caseworker."""

    def end(self, dossier: DossierId, ended_at: datetime | None) -> None:
        """Write down that the help ended, or that it goes on."""

    def next_file_number(self, municipality: MunicipalityCode, year: int) -> int:
        """Return the next number of the sequence of a municipality and year, from 1."""


class KeyRepository(Protocol):
    """Table ``dossier_keys``, which is backed up apart."""

    def get(self, dossier: DossierId) -> KeyRow | None:
        """Return the wrapped data key; None when it was destroyed."""

    def of(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, KeyRow]:
        """Return the wrapped data keys of many dossiers."""

    def add(self, row: KeyRow) -> None:
        """Store a wrapped data key."""


class RecordRepository(Protocol):
    """Table ``record_versions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RecordRow]:
        """Return all versions of all records of a dossier, by record and version."""

    def history(self, dossier: DossierId, record: RecordId) -> Sequence[RecordRow]:
        """Return all versions of one record, oldest first."""

    def add(self, row: RecordRow) -> None:
        """Store a version. Raises Conflict when there is one with this number."""


class RevisionRepository(Protocol):
    """Table ``dossier_revisions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions, oldest first, all but the newest without their ciphertext."""

    def all(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions with their ciphertext, oldest first."""

    def newest(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, RevisionRow]:
        """Return for each dossier the revision that its row names."""

    def add(self, row: RevisionRow) -> None:
        """Store a revision."""


class IndexRepository(Protocol):
    """Table ``applicant_index``: the blind index."""

    def find(self, index: bytes) -> Sequence[IndexRow]:
        """Return the applicants with this index, newest dossier first."""

    def of(self, dossier: DossierId) -> Sequence[IndexRow]:
        """Return the entries of a dossier."""

    def put(self, row: IndexRow) -> None:
        """Store the entry of an applicant record, in the place of an older one."""

    def remove(self, dossier: DossierId, record: RecordId) -> None:
        """Take the entry of an applicant record away."""


class LogRepository(Protocol):
    """Table ``processing_log``; append only."""

    def last(self, municipality: MunicipalityCode, *, lock: bool = False) -> LogRow | None:
        """Return the newest line; with ``lock`` nobody else adds one until this unit of work ends."""

    def add(self, row: LogRow) -> None:
        """Store a line."""

    def has(self, dossier: DossierId | None, *, name: str, trace_id: bytes, purpose: str | None = None) -> bool:
        """Say whether there is a line of a session about a dossier, with this name and purpose (None: any)."""

    def of(self, dossier: DossierId) -> Sequence[LogRow]:
        """Return the lines about a dossier, newest first."""

    def all(self, municipality: MunicipalityCode, *, after: int = 0, limit: int = 1_000) -> Sequence[LogRow]:
        """Return lines by sequence, after a sequence number."""

    def sequence_of(self, municipality: MunicipalityCode, line_hash: bytes) -> int | None:
        """Return the sequence number of the line with this hash; None when there is none."""


class ChainWatchRepository(Protocol):
    """Table ``chain_watch``: one row."""

    def get(self) -> ChainWatchRow | None:
        """Return what was seen last."""

    def put(self, row: ChainWatchRow) -> None:
        """Write what is seen now."""
