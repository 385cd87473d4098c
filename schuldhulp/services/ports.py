"""What the use cases need from outside, as Protocols that the adapters implement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# --- storage ---------------------------------------------------------------------------------------------------------

# --- chain -----------------------------------------------------------------------------------------------------------

# --- evaluation and signal -------------------------------------------------------------------------------------------

# --- identity --------------------------------------------------------------------------------------------------------


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
