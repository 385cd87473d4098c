"""Dossiers, their keys, records and revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, union, update

from schuldhulp.domain.types import Commitment, DossierId, MunicipalityCode, RecordId, Root
from schuldhulp.services.rows import DossierRow, IndexRow, KeyRow, RecordRow, RevisionRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks


class Dossiers(Repository):
    """Table ``dossiers``."""

    def get(self, dossier: DossierId, *, lock: bool = False) -> DossierRow | None:
        """Return a dossier; with ``lock`` no other writer touches it until this unit of work ends."""
        statement = select(tables.dossiers).where(tables.dossiers.c.id == dossier)
        row = self._first(statement.with_for_update() if lock else statement)
        return None if row is None else _dossier(row)

    def find(self, municipality: MunicipalityCode, file_number: str) -> DossierRow | None:
        """Return the dossier with a file number."""
        table = tables.dossiers.c
        row = self._first(
            select(tables.dossiers).where(table.municipality == municipality, table.file_number == file_number)
        )
        return None if row is None else _dossier(row)

    def list(self, municipality: MunicipalityCode) -> Sequence[DossierRow]:
        """Return all dossiers, by file number."""
        table = tables.dossiers.c
        rows = self._all(
            select(tables.dossiers).where(table.municipality == municipality).order_by(table.file_number, table.id)
        )
        return [_dossier(row) for row in rows]

    def orphans(self) -> Sequence[DossierId]:
        """Return the dossiers that other tables speak of and that have no row; only an intruder can make one."""
        speaking = (tables.record_versions, tables.dossier_revisions, tables.dossier_keys, tables.processing_log)
        named = union(*(select(table.c.dossier_id).where(table.c.dossier_id.is_not(None)) for table in speaking))
        subquery = named.subquery()
        statement = select(subquery.c.dossier_id).where(subquery.c.dossier_id.not_in(select(tables.dossiers.c.id)))
        return [DossierId(row.dossier_id) for row in self._all(statement.order_by(subquery.c.dossier_id))]

    def caseload(self, caseworker: int) -> Sequence[DossierId]:
        """Return the dossiers of a caseworker."""
        table = tables.dossiers.c
        return [DossierId(row.id) for row in self._all(select(table.id).where(table.caseworker == caseworker))]

    def add(self, row: DossierRow) -> None:
        """Store a new dossier. Raises Conflict when the file number is taken."""
        self._run(
            tables.dossiers.insert().values(
                id=row.id,
                municipality=row.municipality,
                file_number=row.file_number,
                created_at=row.created_at,
                caseworker=row.caseworker,
                ended_at=row.ended_at,
                revision=row.revision,
                root=row.root,
                previous_root=row.previous_root,
            )
        )

    def advance(self, row: DossierRow, *, from_revision: int) -> bool:
        """Write revision, root and previous root when the stored revision is ``from_revision``; say whether it was."""
        table = tables.dossiers.c
        result = self._run(
            update(tables.dossiers)
            .where(table.id == row.id, table.revision == from_revision)
            .values(revision=row.revision, root=row.root, previous_root=row.previous_root)
        )
        return result.rowcount == 1

    def assign(self, dossier: DossierId, caseworker: int | None) -> None:
        """Give the dossier to another caseworker."""
        self._run(update(tables.dossiers).where(tables.dossiers.c.id == dossier).values(caseworker=caseworker))

    def end(self, dossier: DossierId, ended_at: datetime | None) -> None:
        """Write down that the help ended, or that it goes on."""
        self._run(update(tables.dossiers).where(tables.dossiers.c.id == dossier).values(ended_at=ended_at))

    def next_file_number(self, municipality: MunicipalityCode, year: int) -> int:
        """Return the next number of the sequence of a municipality and year, from 1."""
        table = tables.file_numbers
        statement = (
            self._insert(table)
            .values(municipality=municipality, year=year, last=1)
            .on_conflict_do_update(index_elements=["municipality", "year"], set_={"last": table.c.last + 1})
            .returning(table.c.last)
        )
        row = self._first(statement)
        return int(row[0]) if row else 1


class Keys(Repository):
    """Table ``dossier_keys``."""

    def get(self, dossier: DossierId) -> KeyRow | None:
        """Return the wrapped data key; None when it was destroyed."""
        return self.of([dossier]).get(dossier)

    def of(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, KeyRow]:
        """Return the wrapped data keys of many dossiers."""
        found = {}
        for piece in chunks(dossiers):
            for row in self._all(select(tables.dossier_keys).where(tables.dossier_keys.c.dossier_id.in_(piece))):
                found[DossierId(row.dossier_id)] = KeyRow(
                    dossier=DossierId(row.dossier_id),
                    wrapped=row.wrapped,
                    key_id=row.key_id,
                    created_at=row.created_at,
                )
        return found

    def add(self, row: KeyRow) -> None:
        """Store a wrapped data key."""
        self._run(
            tables.dossier_keys.insert().values(
                dossier_id=row.dossier, wrapped=row.wrapped, key_id=row.key_id, created_at=row.created_at
            )
        )


class Records(Repository):
    """Table ``record_versions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RecordRow]:
        """Return all versions of all records of a dossier, by record and version."""
        table = tables.record_versions.c
        rows = self._all(
            select(tables.record_versions)
            .where(table.dossier_id == dossier)
            .order_by(table.record_id, table.version, table.commitment)
        )
        return [_record(row) for row in rows]

    def history(self, dossier: DossierId, record: RecordId) -> Sequence[RecordRow]:
        """Return all versions of one record, oldest first."""
        table = tables.record_versions.c
        rows = self._all(
            select(tables.record_versions)
            .where(table.dossier_id == dossier, table.record_id == record)
            .order_by(table.version)
        )
        return [_record(row) for row in rows]

    def add(self, row: RecordRow) -> None:
        """Store a version. Raises Conflict when there is one with this number."""
        self._run(
            tables.record_versions.insert().values(
                dossier_id=row.dossier,
                record_id=row.record,
                version=row.version,
                schema=row.schema,
                ciphertext=row.ciphertext,
                commitment=row.commitment,
                replaces=row.replaces,
                author=row.author,
                created_at=row.created_at,
            )
        )


class Revisions(Repository):
    """Table ``dossier_revisions``; append only."""

    def of(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions, oldest first, all but the newest without their ciphertext."""
        table = tables.dossier_revisions.c
        rows = self._all(
            select(table.dossier_id, table.revision, table.root, table.previous_root, table.created_at)
            .where(table.dossier_id == dossier)
            .order_by(table.revision)
        )
        if not rows:
            return []
        newest = self._first(
            select(table.ciphertext).where(table.dossier_id == dossier, table.revision == rows[-1].revision)
        )
        ciphertext = newest.ciphertext if newest else b""
        return [_revision(row, ciphertext if row is rows[-1] else b"") for row in rows]

    def all(self, dossier: DossierId) -> Sequence[RevisionRow]:
        """Return all revisions with their ciphertext, oldest first."""
        table = tables.dossier_revisions.c
        rows = self._all(select(tables.dossier_revisions).where(table.dossier_id == dossier).order_by(table.revision))
        return [_revision(row, row.ciphertext) for row in rows]

    def newest(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, RevisionRow]:
        """Return for each dossier the revision that its row names."""
        table, owner = tables.dossier_revisions.c, tables.dossiers.c
        joined = tables.dossier_revisions.join(
            tables.dossiers, and_(owner.id == table.dossier_id, owner.revision == table.revision)
        )
        found = {}
        for piece in chunks(dossiers):
            statement = select(*table).select_from(joined).where(table.dossier_id.in_(piece))
            for row in self._all(statement):
                found[DossierId(row.dossier_id)] = _revision(row, row.ciphertext)
        return found

    def add(self, row: RevisionRow) -> None:
        """Store a revision."""
        self._run(
            tables.dossier_revisions.insert().values(
                dossier_id=row.dossier,
                revision=row.revision,
                root=row.root,
                previous_root=row.previous_root,
                ciphertext=row.ciphertext,
                created_at=row.created_at,
            )
        )


class ApplicantIndex(Repository):
    """Table ``applicant_index``: the blind index."""

    def find(self, index: bytes) -> Sequence[IndexRow]:
        """Return the applicants with this index, newest dossier first."""
        table = tables.applicant_index.c
        rows = self._all(
            select(tables.applicant_index)
            .join(tables.dossiers, tables.dossiers.c.id == table.dossier_id)
            .where(table.blind_index == index)
            .order_by(tables.dossiers.c.created_at.desc(), table.dossier_id, table.record_id)
        )
        return [_index(row) for row in rows]

    def of(self, dossier: DossierId) -> Sequence[IndexRow]:
        """Return the entries of a dossier."""
        table = tables.applicant_index.c
        rows = self._all(select(tables.applicant_index).where(table.dossier_id == dossier).order_by(table.record_id))
        return [_index(row) for row in rows]

    def put(self, row: IndexRow) -> None:
        """Store the entry of an applicant record, in the place of an older one."""
        statement = (
            self._insert(tables.applicant_index)
            .values(dossier_id=row.dossier, record_id=row.record, blind_index=row.index)
            .on_conflict_do_update(index_elements=["dossier_id", "record_id"], set_={"blind_index": row.index})
        )
        self._run(statement)

    def remove(self, dossier: DossierId, record: RecordId) -> None:
        """Take the entry of an applicant record away."""
        table = tables.applicant_index.c
        self._run(tables.applicant_index.delete().where(table.dossier_id == dossier, table.record_id == record))


def _dossier(row: Row[*tuple[Any, ...]]) -> DossierRow:
    return DossierRow(
        id=DossierId(row.id),
        municipality=MunicipalityCode(row.municipality),
        file_number=row.file_number,
        created_at=row.created_at,
        caseworker=row.caseworker,
        ended_at=row.ended_at,
        revision=row.revision,
        root=Root(row.root),
        previous_root=Root(row.previous_root),
    )


def _record(row: Row[*tuple[Any, ...]]) -> RecordRow:
    return RecordRow(
        dossier=DossierId(row.dossier_id),
        record=RecordId(row.record_id),
        version=row.version,
        schema=row.schema,
        ciphertext=row.ciphertext,
        commitment=Commitment(row.commitment),
        replaces=Commitment(row.replaces),
        author=row.author,
        created_at=row.created_at,
    )


def _revision(row: Row[*tuple[Any, ...]], ciphertext: bytes) -> RevisionRow:
    return RevisionRow(
        dossier=DossierId(row.dossier_id),
        revision=row.revision,
        root=Root(row.root),
        previous_root=Root(row.previous_root),
        ciphertext=ciphertext,
        created_at=row.created_at,
    )


def _index(row: Row[*tuple[Any, ...]]) -> IndexRow:
    return IndexRow(index=row.blind_index, dossier=DossierId(row.dossier_id), record=RecordId(row.record_id))
