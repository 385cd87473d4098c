"""What a creditor's own journal of claims is encrypted with: a subkey of the key that opens its messages."""

from __future__ import annotations

import hashlib
import hmac
from typing import Self

from schuldhulp.crypto.envelope import EncryptionKey, decrypt, encrypt, subkey
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.sealed import OpeningKey


class JournalKey(EncryptionKey):
    """Encrypts the claims in a creditor's journal; whoever can open the creditor's messages can derive it."""

    __slots__ = ("_index_key",)

    purpose = "claim journal"

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._index_key = subkey(self, "index")

    @classmethod
    def of(cls, messages: OpeningKey) -> Self:
        """Derive the key from the one that opens the creditor's messages."""
        return cls(subkey(messages, "claim journal"))

    def index(self, value: bytes) -> bytes:
        """Return what a secret value is found by in the journal, 32 bytes (HMAC-SHA256)."""
        return hmac.digest(self._index_key, value, hashlib.sha256)

    def close(self, plaintext: bytes, row: bytes) -> bytes:
        """Encrypt what belongs to a row.

        Args:
            plaintext: what to hide.
            row: random name of the row, so that a ciphertext cannot be moved to another one.
        """
        return encrypt(self, plaintext, frame("claim journal", row))

    def open(self, ciphertext: bytes, row: bytes) -> bytes:
        """Decrypt what `close` gave.

        Raises:
            errors.Undecryptable: another key or row, or damaged.
        """
        return decrypt(self, ciphertext, frame("claim journal", row))
