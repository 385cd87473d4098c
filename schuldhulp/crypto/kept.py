"""What a creditor keeps on its own machine between one list and the next, hidden under its own key.

Derived from the creditor's messages key, which is in its keyring anyway: who has the files and not the keyring sees how
many persons were asked about and nothing of who they are or what their tags are.
"""

from __future__ import annotations

import hashlib
import hmac

from schuldhulp.crypto.envelope import EncryptionKey, decrypt, encrypt, subkey
from schuldhulp.crypto.framing import Field, frame
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import SecretKey


class _RootKey(SecretKey):
    __slots__ = ()

    purpose = "creditor's own files"


class KeptKey(EncryptionKey):
    """Encrypts kept tags and questions under way, names their rows, and recognises a list that was begun."""

    __slots__ = ("_list_key", "_row_key")

    purpose = "kept tags"

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._row_key = subkey(self, "rows")
        self._list_key = subkey(self, "lists")

    @classmethod
    def of(cls, messages: OpeningKey) -> KeptKey:
        """Derive the key from the messages key of a creditor's keyring."""
        return cls(subkey(_RootKey(messages.reveal()), "kept tags"))

    def row(self, *fields: Field) -> bytes:
        """Name a row without showing what it is about: 32 bytes, the same for the same fields."""
        return hmac.digest(self._row_key, frame(*fields), hashlib.sha256)

    def fingerprint(self, *fields: Field) -> hmac.HMAC:
        """Begin the fingerprint of a list; it is updated with the rows and shows nothing of them."""
        return hmac.new(self._list_key, frame(*fields), hashlib.sha256)

    def seal(self, content: bytes, *place: Field) -> bytes:
        """Encrypt for a place; the length shows."""
        return encrypt(self, content, frame(*place))

    def open(self, sealed: bytes, *place: Field) -> bytes:
        """Decrypt; errors.Undecryptable for another key or place, or damage."""
        return decrypt(self, sealed, frame(*place))
