"""Keys that serve one purpose of one process."""

from __future__ import annotations

from schuldhulp.crypto.envelope import EncryptionKey
from schuldhulp.crypto.secret import SecretKey


class LogKey(EncryptionKey):
    """Encrypts what the processing log holds of no single dossier."""

    __slots__ = ()

    purpose = "log"


class SubjectKey(SecretKey):
    """Secret of the relay's lookup of a person by BSN, KvK number or login (HMAC)."""

    __slots__ = ()

    purpose = "subject"


class CookieKey(SecretKey):
    """Signs cookies."""

    __slots__ = ()

    purpose = "cookie"


class ClientSecret(SecretKey):
    """Secret by which the cockpit shows the relay that it is the cockpit; sent in hexadecimal."""

    __slots__ = ()

    purpose = "client"

    @property
    def text(self) -> str:
        """The secret as it is sent, 64 hexadecimal digits."""
        return self.reveal().hex()
