"""The key of the history of checks on the pages."""

from __future__ import annotations

from schuldhulp.crypto.envelope import EncryptionKey, subkey
from schuldhulp.crypto.secret import SecretKey


class HistoryKey(EncryptionKey):
    """Encrypts what organisations asked on the pages; derived, so that it opens nothing of the processing log."""

    __slots__ = ()

    purpose = "history of checks"

    @classmethod
    def of(cls, log: SecretKey) -> HistoryKey:
        """Derive the key from the log key of the cockpit's keyring."""
        return cls(subkey(log, "history of checks"))
