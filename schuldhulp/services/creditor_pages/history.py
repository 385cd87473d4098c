"""What an organisation asked on the pages before: its reference, when, and the answer. No word about the person."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from schuldhulp.crypto.envelope import EncryptionKey
from schuldhulp.crypto.framing import frame
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.signal import Signal, SignalWarning, warnings_for
from schuldhulp.errors import NotAllowed, Undecryptable
from schuldhulp.services.creditor_pages.reference import row_of
from schuldhulp.services.creditor_pages.rows import CheckRow
from schuldhulp.services.ports import Clock, Store
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.record_envelope import open_text, seal_text

_ID: Final = 16


@dataclass(frozen=True, kw_only=True)
class Check:
    """One person that was asked about.

    Attributes:
        reference: the organisation's own number.
        signal: the answer.
        checked_at: when, UTC.
        check_number: by which both sides speak of this answer.
        block_number: block that the answer was read from.
        login: pseudonym of the login that asked, the same for one login, 8 hexadecimal digits.
        kind: whether it was asked by citizen service number or by name.
        contact: where to turn to after green; not kept.
    """

    reference: str = field(repr=False)
    signal: Signal
    checked_at: datetime
    check_number: str = field(repr=False)
    block_number: int
    login: str
    kind: IdentifierKind
    contact: str = ""

    @property
    def warnings(self) -> tuple[SignalWarning, ...]:
        """What must be said with the answer."""
        return warnings_for(self.signal, self.kind)


class CheckHistory:
    """Keeps what organisations asked, for as long as the settings say."""

    def __init__(self, *, store: Store, log: ProcessingLog, key: EncryptionKey, clock: Clock, keep: timedelta) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log, where a refusal is noted.
            key: encrypts what is kept.
            clock: the time.
            keep: how long a check stays.
        """
        self._store = store
        self._log = log
        self._key = key
        self._clock = clock
        self._keep = keep

    @property
    def days(self) -> int:
        """How many days a check stays."""
        return self._keep.days

    def add(self, organisation: str, checks: Sequence[Check]) -> None:
        """Store checks, and delete what is past its time."""
        rows = [self._row(organisation, check) for check in checks]
        with self._store.write() as work:
            work.checks.add(rows)
            work.checks.forget(self._oldest())
            work.commit()

    def of(self, *, actor: Actor) -> list[Check]:
        """Return what somebody's own organisation asked; a row that cannot be read is left out.

        Newest first by the minute, and of one minute the rows of one list together and in the order of the list.

        Raises:
            NotAllowed: the actor does not ask for an organisation.
            Unreachable: the database does not answer.
        """
        self._log.refuse(actor=actor, permission=Permission.ASK_SIGNAL, purpose=Purpose.SIGNAL, dossier=None)
        if actor.kind != "creditor" or not actor.organisation:
            raise NotAllowed("not_allowed", "asks for no organisation", permission=Permission.ASK_SIGNAL.value)
        with self._store.read() as work:
            rows = work.checks.of(actor.organisation, since=self._oldest())
        return _in_order([check for check in map(self._opened, rows) if check is not None])

    def count_today(self, organisation: str) -> int:
        """Return how many persons an organisation asked about since the day began, in UTC as the evaluator counts."""
        day = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        with self._store.read() as work:
            return work.checks.count(organisation, since=day)

    def forget(self) -> int:
        """Delete what is past its time; return how many checks."""
        with self._store.write() as work:
            gone = work.checks.forget(self._oldest())
            work.commit()
        return gone

    def _oldest(self) -> datetime:
        return self._clock.now() - self._keep

    def _row(self, organisation: str, check: Check) -> CheckRow:
        name = secrets.token_bytes(_ID)
        content = json.dumps(
            [check.reference, check.signal.value, check.check_number, check.block_number, check.login, int(check.kind)]
        )
        return CheckRow(
            id=name,
            organisation=organisation,
            checked_at=check.checked_at,
            sealed=seal_text(self._key, content, _place(name, organisation)),
        )

    def _opened(self, row: CheckRow) -> Check | None:
        try:
            content = json.loads(open_text(self._key, row.sealed, _place(row.id, row.organisation)))
            reference, signal, number, block, login, kind = content
            return Check(
                reference=reference,
                signal=Signal(signal),
                checked_at=row.checked_at,
                check_number=number,
                block_number=block,
                login=login,
                kind=IdentifierKind(kind),
            )
        except (Undecryptable, ValueError):
            return None


def _in_order(checks: Sequence[Check]) -> list[Check]:
    """Put checks in the order in which they are read; a list is answered in parts, some of which at one moment."""

    def part(check: Check) -> tuple[datetime, str]:
        return check.checked_at.replace(second=0, microsecond=0), row_of(check.reference)[0]

    newest: dict[tuple[datetime, str], datetime] = {}
    for check in checks:
        newest[part(check)] = max(check.checked_at, newest.get(part(check), check.checked_at))
    # Sorting keeps the order of equals: first within each list, then by list, then by time.
    rows = sorted(checks, key=lambda check: check.checked_at, reverse=True)
    rows.sort(key=lambda check: (row_of(check.reference)[0], row_of(check.reference)[1]))
    rows.sort(key=lambda check: (part(check)[0], newest[part(check)]), reverse=True)
    return rows


def _place(name: bytes, organisation: str) -> bytes:
    return frame("page check", organisation, name)
