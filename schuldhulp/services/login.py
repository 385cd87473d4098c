"""Pseudonyms of people who log in.

The relay gives the cockpit a random ``sub`` for each person; what stands behind it (a BSN, a KvK number, the login of a
member of staff) is sealed to a key that only the cockpit has. The two sides of that are here, so that they cannot grow
apart: ``SubjectRegister`` for the relay, ``SubjectReader`` for the cockpit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.keyring import SubjectKey
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.errors import NotAdmitted, Undecryptable
from schuldhulp.services.ports import LoginSubject, SubjectStore

SUBJECT_BYTES = 24
"""Length of a random ``sub`` before base64url; 192 bits cannot be guessed and do not collide."""

INFO = b"schuldhulp login identity v1"
"""HPKE info: keeps this use of the identity key apart from any other."""


@dataclass(frozen=True, kw_only=True)
class LoginIdentity:
    """Who logged in, as the upstream login told it.

    Attributes:
        provider: ``digid``, ``eherkenning`` or ``staff``.
        value: the BSN (9 digits), the KvK number (8 digits) or the login of the member of staff; never shown by repr.
    """

    provider: str
    value: str = field(repr=False)


class SubjectRegister:
    """Gives each person one stable random ``sub``; the relay's side."""

    def __init__(self, *, store: SubjectStore, lookup_key: SubjectKey, identity_key: bytes) -> None:
        """Keep the store and the keys.

        Args:
            store: table of the subjects.
            lookup_key: HMAC key of the relay; without it a lookup cannot be tried against all BSNs.
            identity_key: X25519 public key of the cockpit, 32 bytes.
        """
        self._store = store
        self._lookup_key = lookup_key
        self._identity_key = identity_key

    def subject(self, identity: LoginIdentity, *, now: datetime) -> str:
        """Return the ``sub`` of a person; the first login makes it.

        Args:
            identity: who logged in.
            now: time of the login, UTC.
        """
        lookup = self._lookup(identity)
        known = self._store.find(lookup)
        if known is None:
            subject = secrets.token_urlsafe(SUBJECT_BYTES)
            plain = json.dumps([identity.provider, identity.value]).encode()
            sealed = seal(self._identity_key, plain, info=INFO, aad=subject.encode())
            known = self._store.add(
                LoginSubject(lookup=lookup, subject=subject, provider=identity.provider, sealed=sealed, created_at=now)
            )
        return known.subject

    def _lookup(self, identity: LoginIdentity) -> bytes:
        return hmac.digest(self._lookup_key.reveal(), frame(identity.provider, identity.value), hashlib.sha256)


class SubjectReader:
    """Finds out who stands behind a ``sub``; the cockpit's side."""

    def __init__(self, *, store: SubjectStore, private_key: OpeningKey | bytes) -> None:
        """Keep the store and the key.

        Args:
            store: table of the subjects.
            private_key: X25519 private key of the cockpit, 32 bytes.
        """
        self._store = store
        self._private_key = private_key

    def identity(self, *, subject: str, provider: str) -> LoginIdentity:
        """Return who logged in.

        Args:
            subject: ``sub`` of the token.
            provider: ``provider`` of the token; must be the one that the subject was made for.

        Raises:
            NotAdmitted: the subject is unknown, or was made for another provider.
            Undecryptable: the row was changed, or was sealed to another key.
        """
        entry = self._store.get(subject)
        if entry is None or entry.provider != provider:
            raise NotAdmitted("login_unknown", "Nobody has logged in under this subject with this provider")
        opened = open_sealed(self._private_key, entry.sealed, info=INFO, aad=entry.subject.encode())
        sealed_provider, value = json.loads(opened)
        if sealed_provider != entry.provider:
            raise Undecryptable("login_changed", "The stored provider of a subject is not the sealed one")
        return LoginIdentity(provider=sealed_provider, value=value)
