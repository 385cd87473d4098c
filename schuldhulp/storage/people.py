"""Who may log in, and what they did: staff, creditors, login subjects and the processing log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, func, select, update

from schuldhulp.domain.types import DossierId, MunicipalityCode
from schuldhulp.services.ports import LoginSubject
from schuldhulp.services.rows import CreditorRow, LogRow, StaffRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository

_LOG_LOCK: Final = 5_346_113
"""Name space of the advisory locks that let one process at a time add to a municipality's log on PostgreSQL."""


class Staff(Repository):
    """Tables ``staff`` and ``creditors``."""

    def by_login(self, login: str) -> StaffRow | None:
        """Return a member of staff."""
        row = self._first(select(tables.staff).where(tables.staff.c.login == login))
        return None if row is None else _staff(row)

    def get(self, staff: int) -> StaffRow | None:
        """Return a member of staff."""
        row = self._first(select(tables.staff).where(tables.staff.c.id == staff))
        return None if row is None else _staff(row)

    def list(self) -> Sequence[StaffRow]:
        """Return all members of staff, by login."""
        return [_staff(row) for row in self._all(select(tables.staff).order_by(tables.staff.c.login))]

    def add(self, row: StaffRow) -> int:
        """Store a member of staff and return the id. Raises Conflict when the login is taken."""
        result = self._run(tables.staff.insert().values(login=row.login, **_staff_values(row)))
        return self._new_id(result)

    def set(self, row: StaffRow) -> None:
        """Write name, function, roles and whether active."""
        self._run(update(tables.staff).where(tables.staff.c.id == row.id).values(**_staff_values(row)))

    def creditor(self, kvk: str) -> CreditorRow | None:
        """Return a creditor."""
        row = self._first(select(tables.creditors).where(tables.creditors.c.kvk == kvk))
        return None if row is None else CreditorRow(kvk=row.kvk, name=row.name, active=row.active)

    def creditors(self) -> Sequence[CreditorRow]:
        """Return all creditors, by number."""
        rows = self._all(select(tables.creditors).order_by(tables.creditors.c.kvk))
        return [CreditorRow(kvk=row.kvk, name=row.name, active=row.active) for row in rows]

    def put_creditor(self, row: CreditorRow) -> None:
        """Store a creditor, or write its name and whether active."""
        values = {"name": row.name, "active": row.active}
        statement = self._insert(tables.creditors).values(kvk=row.kvk, **values)
        self._run(statement.on_conflict_do_update(index_elements=["kvk"], set_=values))


class Subjects(Repository):
    """Table ``login_subjects``."""

    def find(self, lookup: bytes) -> LoginSubject | None:
        """Return the entry with this lookup."""
        row = self._first(select(tables.login_subjects).where(tables.login_subjects.c.lookup == lookup))
        return None if row is None else _subject(row)

    def get(self, subject: str) -> LoginSubject | None:
        """Return the entry with this ``sub``."""
        row = self._first(select(tables.login_subjects).where(tables.login_subjects.c.subject == subject))
        return None if row is None else _subject(row)

    def add(self, entry: LoginSubject) -> LoginSubject:
        """Store an entry unless its lookup is there; return the one that is stored."""
        statement = self._insert(tables.login_subjects).values(
            lookup=entry.lookup,
            subject=entry.subject,
            provider=entry.provider,
            sealed=entry.sealed,
            created_at=entry.created_at,
        )
        self._run(statement.on_conflict_do_nothing(index_elements=["lookup"]))
        return self.find(entry.lookup) or entry


class Log(Repository):
    """Table ``processing_log``; append only."""

    def last(self, municipality: MunicipalityCode, *, lock: bool = False) -> LogRow | None:
        """Return the newest line; with ``lock`` nobody else adds one until this unit of work ends."""
        if lock and self._is_postgresql:
            self._run(select(func.pg_advisory_xact_lock(_LOG_LOCK, municipality)))
        table = tables.processing_log
        row = self._first(
            select(table).where(table.c.municipality == municipality).order_by(table.c.sequence.desc()).limit(1)
        )
        return None if row is None else _line(row)

    def add(self, row: LogRow) -> None:
        """Store a line."""
        self._run(
            tables.processing_log.insert().values(
                municipality=row.municipality,
                sequence=row.sequence,
                trace_id=row.trace_id,
                span_id=row.span_id,
                parent_span_id=row.parent_span_id,
                status=row.status,
                name=row.name,
                start_time=row.start_time,
                end_time=row.end_time,
                activity=row.activity,
                subject=row.subject,
                subject_type=row.subject_type,
                dossier_id=row.dossier,
                actor=row.actor,
                function=row.function,
                purpose=row.purpose,
                reason=row.reason,
                previous=row.previous,
                hash=row.hash,
            )
        )

    def has(self, dossier: DossierId | None, *, name: str, trace_id: bytes, purpose: str | None = None) -> bool:
        """Say whether there is a line of a session about a dossier, with this name and purpose (None: any)."""
        table = tables.processing_log
        statement = select(table.c.sequence).where(
            table.c.dossier_id == dossier, table.c.name == name, table.c.trace_id == trace_id
        )
        if purpose is not None:
            statement = statement.where(table.c.purpose == purpose)
        return self._first(statement.limit(1)) is not None

    def of(self, dossier: DossierId) -> Sequence[LogRow]:
        """Return the lines about a dossier, newest first."""
        table = tables.processing_log
        rows = self._all(select(table).where(table.c.dossier_id == dossier).order_by(table.c.sequence.desc()))
        return [_line(row) for row in rows]

    def all(self, municipality: MunicipalityCode, *, after: int = 0, limit: int = 1_000) -> Sequence[LogRow]:
        """Return lines by sequence, after a sequence number."""
        table = tables.processing_log
        rows = self._all(
            select(table)
            .where(table.c.municipality == municipality, table.c.sequence > after)
            .order_by(table.c.sequence)
            .limit(limit)
        )
        return [_line(row) for row in rows]

    def sequence_of(self, municipality: MunicipalityCode, line_hash: bytes) -> int | None:
        """Return the sequence number of the line with this hash; None when there is none."""
        table = tables.processing_log.c
        # Nearly always it is one of the newest.
        row = self._first(
            select(table.sequence)
            .where(table.municipality == municipality, table.hash == line_hash)
            .order_by(table.sequence.desc())
            .limit(1)
        )
        return None if row is None else int(row[0])


def _staff(row: Row[*tuple[Any, ...]]) -> StaffRow:
    return StaffRow(
        id=row.id,
        login=row.login,
        name=row.name,
        function=row.function,
        roles=tuple(role for role in row.roles.split(" ") if role),
        active=row.active,
    )


def _staff_values(row: StaffRow) -> dict[str, Any]:
    return {"name": row.name, "function": row.function, "roles": " ".join(row.roles), "active": row.active}


def _subject(row: Row[*tuple[Any, ...]]) -> LoginSubject:
    return LoginSubject(
        lookup=row.lookup,
        subject=row.subject,
        provider=row.provider,
        sealed=row.sealed,
        created_at=row.created_at,
    )


def _line(row: Row[*tuple[Any, ...]]) -> LogRow:
    return LogRow(
        municipality=MunicipalityCode(row.municipality),
        sequence=row.sequence,
        trace_id=row.trace_id,
        span_id=row.span_id,
        parent_span_id=row.parent_span_id,
        status=row.status,
        name=row.name,
        start_time=row.start_time,
        end_time=row.end_time,
        activity=row.activity,
        subject=row.subject,
        subject_type=row.subject_type,
        dossier=None if row.dossier_id is None else DossierId(row.dossier_id),
        actor=row.actor,
        function=row.function,
        purpose=row.purpose,
        reason=row.reason,
        previous=row.previous,
        hash=row.hash,
    )
