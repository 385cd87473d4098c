"""Staff, and who logs in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from schuldhulp.services.rows import (
    CreditorRow,
    StaffRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class StaffRepository(Protocol):
    """Tables ``staff`` and ``creditors``: who may log in, and as what."""

    def by_login(self, login: str) -> StaffRow | None:
        """Return a member of staff."""

    def get(self, staff: int) -> StaffRow | None:
        """Return a member of staff."""

    def list(self) -> Sequence[StaffRow]:
        """Return all members of staff, by login."""

    def add(self, row: StaffRow) -> int:
        """Store a member of staff and return the id. Raises Conflict when the login is taken."""

    def set(self, row: StaffRow) -> None:
        """Write name, function, roles and whether active."""

    def creditor(self, kvk: str) -> CreditorRow | None:
        """Return a creditor."""

    def creditors(self) -> Sequence[CreditorRow]:
        """Return all creditors, by number."""

    def put_creditor(self, row: CreditorRow) -> None:
        """Store a creditor, or write its name and whether active."""


class SubjectRepository(Protocol):
    """Table ``login_subjects``, inside a unit of work."""

    def find(self, lookup: bytes) -> LoginSubject | None:
        """Return the entry with this lookup."""

    def get(self, subject: str) -> LoginSubject | None:
        """Return the entry with this ``sub``."""

    def add(self, entry: LoginSubject) -> LoginSubject:
        """Store an entry unless its lookup is there; return the one that is stored."""


@dataclass(frozen=True, kw_only=True)
class LoginSubject:
    """Who a pseudonym that the cockpit sees belongs to, readable for the cockpit's identity key only.

    Attributes:
        lookup: HMAC of provider and identity, 32 bytes; unique.
        subject: the random ``sub`` that the cockpit is given; unique.
        provider: ``digid``, ``eherkenning`` or ``staff``.
        sealed: provider and identity, sealed to the cockpit's identity key.
        created_at: time of the first login, UTC.
    """

    lookup: bytes
    subject: str
    provider: str
    sealed: bytes
    created_at: datetime


class SubjectStore(Protocol):
    """Table ``login_subjects``: written by the login relay, read by the cockpit. Each call is its own transaction."""

    def find(self, lookup: bytes) -> LoginSubject | None:
        """Return the entry with this lookup, or None."""

    def get(self, subject: str) -> LoginSubject | None:
        """Return the entry with this ``sub``, or None."""

    def add(self, entry: LoginSubject) -> LoginSubject:
        """Store an entry unless its lookup is there already; return the one that is stored.

        Two first logins of one person at the same moment both get the entry that came first.
        """
