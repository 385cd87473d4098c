"""The processing log: who looked into, searched, changed or was refused what, and why.

A line is written before anything is shown, in the transaction of the change where there is one. Each line covers the
hash of the line before. What a line says of a person is encrypted under the data key of the dossier, so that it goes
when the dossier is erased.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from schuldhulp.crypto.envelope import DataKey, EncryptionKey, unwrap_data_key
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.logchain import GENESIS, ChainedLine, Value, first_break, line_hash
from schuldhulp.domain.access import Actor, Permission, Role, may
from schuldhulp.domain.audit import SUBJECT_TYPE, LogAction, LogLine, LogStatus, Purpose
from schuldhulp.domain.trust import Finding, FindingKind
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Root
from schuldhulp.errors import NotAllowed, Undecryptable
from schuldhulp.services.ports import Clock, Store, UnitOfWork
from schuldhulp.services.record_envelope import open_text, seal_text
from schuldhulp.services.record_keys import RecordKeys
from schuldhulp.services.rows import LogRow

ACTIVITY: Final = "urn:schuldhulp:processing:"
"""``dpl.core.processing_activity_id`` is this and the purpose; docs/privacy.md is the register it refers to."""

YOUNG: Final = timedelta(days=2)
"""A log that is older has been committed: that is done every day, and whenever a worker starts."""

_Kind = TypeVar("_Kind", bound=StrEnum)
_Other = TypeVar("_Other", bound=StrEnum | None)

_PAGE: Final = 1_000
_ROLES: Final = (Role.TEAM_LEADER, Role.CASEWORKER, Role.ADMINISTRATOR, Role.RESIDENT, Role.CREDITOR)


def role_of(actor: Actor) -> Role | None:
    """Return the function in which somebody acts; None for the system."""
    return next((role for role in _ROLES if role in actor.roles), None)


def author_of(actor: Actor) -> str:
    """Return how somebody stands as the author of a record: ``<function>/<id>``."""
    role = role_of(actor)
    return f"{role.value if role else 'system'}/{actor.id}"


class ProcessingLog:
    """Writes and reads the log of one municipality."""

    def __init__(self, *, store: Store, keys: RecordKeys, clock: Clock, municipality: MunicipalityCode) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            keys: keys of record keeping.
            clock: the time.
            municipality: whose log.
        """
        self._store = store
        self._keys = keys
        self._clock = clock
        self._municipality = municipality

    def write(
        self,
        work: UnitOfWork,
        *,
        actor: Actor,
        action: LogAction,
        purpose: Purpose,
        dossier: DossierId | None = None,
        key: DataKey | None = None,
        reason: str = "",
        status: LogStatus = LogStatus.OK,
        started: datetime | None = None,
    ) -> None:
        """Add a line, in a unit of work that the caller commits.

        Args:
            work: a unit of work that writes. Where it locks a dossier, it has done so already.
            actor: who.
            action: what.
            purpose: why.
            dossier: which dossier, None for what is about no single one.
            key: its data key, where it opens.
            reason: the reason that was given, if any.
            status: how it ended.
            started: when it began; now by default.
        """
        last = work.log.last(self._municipality, lock=True)
        now = self._clock.now()
        sequence = last.sequence + 1 if last else 1
        role = role_of(actor)
        cipher: EncryptionKey = key if key is not None else self._keys.log
        line = LogRow(
            municipality=self._municipality,
            sequence=sequence,
            trace_id=trace_id(actor),
            span_id=secrets.token_bytes(8),
            parent_span_id=b"",
            status=status.value,
            name=action.value,
            start_time=min(started or now, now),
            end_time=now,
            activity=f"{ACTIVITY}{purpose.value}",
            subject=seal_text(cipher, dossier.hex(), self._place(sequence, "subject")) if dossier else b"",
            subject_type=SUBJECT_TYPE,
            dossier=dossier,
            actor=actor.id,
            function=role.value if role else "",
            purpose=purpose.value,
            reason=seal_text(cipher, reason, self._place(sequence, "reason")),
            previous=last.hash if last else GENESIS,
            hash=b"",
        )
        work.log.add(replace(line, hash=line_hash(line.previous, _content(line))))

    def refuse(self, *, actor: Actor, permission: Permission, purpose: Purpose, dossier: DossierId | None) -> None:
        """Refuse what an actor may not do, and write that down first.

        Raises:
            NotAllowed: the actor has no such right there.
        """
        if may(actor, permission, dossier):
            return
        with self._store.write() as work:
            known = dossier if dossier is not None and work.dossiers.get(dossier) is not None else None
            self.write(
                work, actor=actor, action=LogAction.REFUSED, purpose=purpose, dossier=known, status=LogStatus.ERROR
            )
            work.commit()
        raise NotAllowed("not_allowed", f"no right to {permission.value}", permission=permission.value)

    def of_dossier(self, dossier: DossierId) -> list[LogLine]:
        """Return the lines about a dossier, newest first; a reason that cannot be read is left out.

        A word that somebody else wrote shows as ``unknown``; `check` finds the line.
        """
        with self._store.read() as work:
            rows = work.log.of(dossier)
            wrapped = work.keys.get(dossier)
        try:
            key = unwrap_data_key(self._keys.data, dossier, wrapped.wrapped) if wrapped else None
        except Undecryptable:
            key = None
        return [self._line(row, key) for row in rows]

    def check(self, *, committed: Root | None = None) -> tuple[Finding, ...]:
        """Check the chain of hashes from the first line to the last.

        Args:
            committed: root of the log's own dossier, read from the chain before this is called; None when the chain
                does not answer. One of the lines must have this hash. `NO_ROOT` (nothing was committed yet) is right
                only for a young log.
        """
        with self._store.read() as work:
            lines = chained(work, self._municipality)
            broken = first_break(lines, committed=None if committed == NO_ROOT else committed) is not None
            first = next(iter(work.log.all(self._municipality, limit=1)), None)
        if committed == NO_ROOT and first is not None and first.end_time < self._clock.now() - YOUNG:
            broken = True
        return (Finding(kind=FindingKind.LOG_BROKEN),) if broken else ()

    def _line(self, row: LogRow, key: DataKey | None) -> LogLine:
        return LogLine(
            trace_id=row.trace_id.hex(),
            span_id=row.span_id.hex(),
            parent_span_id=row.parent_span_id.hex(),
            status_code=_word(LogStatus, row.status, LogStatus.UNSET),
            name=_word(LogAction, row.name, LogAction.UNKNOWN),
            start_time=row.start_time,
            end_time=row.end_time,
            processing_activity_id=row.activity,
            data_subject_id=row.subject.hex(),
            data_subject_id_type=row.subject_type,
            dossier=row.dossier,
            actor_id=row.actor,
            role=_word(Role, row.function, None),
            purpose=_word(Purpose, row.purpose, Purpose.UNKNOWN),
            reason=self._reason(row, key),
        )

    def _reason(self, row: LogRow, key: DataKey | None) -> str:
        for cipher in (key, self._keys.log):
            if cipher is not None:
                try:
                    return open_text(cipher, row.reason, self._place(row.sequence, "reason"))
                except Undecryptable:
                    continue
        return ""

    def _place(self, sequence: int, column: str) -> bytes:
        return frame("processing log", self._municipality, sequence, column)


def _word(kind: type[_Kind], stored: str, otherwise: _Other) -> _Kind | _Other:
    try:
        return kind(stored)
    except ValueError:
        return otherwise


def trace_id(actor: Actor) -> bytes:
    """Return the 16 bytes that name a session in the log; they do not give the session away."""
    if not actor.session:
        return secrets.token_bytes(16)
    return hashlib.sha256(frame("session", actor.session)).digest()[:16]


def chained(work: UnitOfWork, municipality: MunicipalityCode, *, after: int = 0) -> Iterator[ChainedLine]:
    """Read the log as a chain of hashes.

    Args:
        work: a unit of work.
        municipality: whose log.
        after: sequence number of the line before the first.
    """
    while rows := work.log.all(municipality, after=after, limit=_PAGE):
        for row in rows:
            yield ChainedLine(content=_content(row), previous=row.previous, hash=row.hash)
        after = rows[-1].sequence


def _content(row: LogRow) -> dict[str, Value]:
    return {
        "municipality": row.municipality,
        "sequence": row.sequence,
        "trace_id": row.trace_id.hex(),
        "span_id": row.span_id.hex(),
        "parent_span_id": row.parent_span_id.hex(),
        "status": row.status,
        "name": row.name,
        "start_time": row.start_time.isoformat(timespec="microseconds"),
        "end_time": row.end_time.isoformat(timespec="microseconds"),
        "activity": row.activity,
        "subject": row.subject.hex(),
        "subject_type": row.subject_type,
        "dossier": row.dossier.hex() if row.dossier else None,
        "actor": row.actor,
        "function": row.function,
        "purpose": row.purpose,
        "reason": row.reason.hex(),
    }
