"""Envelope encryption: records under a data key per dossier, data keys under one key-encryption key.

AES-256-GCM with random 96-bit nonces. Under one key that is safe for 2**32 messages (NIST SP 800-38D, 8.3); a dossier
stays far below it. The 32 bytes of a key are never used for encryption themselves: HKDF-SHA256 (RFC 5869) derives
one subkey per purpose from them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.domain.types import DossierId, Salt
from schuldhulp.errors import InvalidInput, Undecryptable

NONCE_LENGTH = 12
TAG_LENGTH = 16
OVERHEAD = NONCE_LENGTH + TAG_LENGTH
"""Bytes by which a ciphertext is longer than its plaintext."""


def subkey(key: SecretKey, purpose: str) -> bytes:
    """Derive the subkey of a key for one purpose (HKDF-SHA256).

    Args:
        key: the key to derive from.
        purpose: name of the use; a name, once released, never changes.

    Returns:
        32 bytes.
    """
    info = frame("schuldhulp", key.purpose, purpose)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.reveal())


class EncryptionKey(SecretKey):
    """A key that encrypts; its cipher is made once."""

    __slots__ = ("_cipher",)

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._cipher = AESGCM(subkey(self, "encryption"))


class DataKey(EncryptionKey):
    """The key of one dossier: its records, its manifest, its header salts and its filler leaves.

    Destroying every copy of it, wrapped ones included, erases the dossier.
    """

    __slots__ = ("_filler_key", "_header_key")

    purpose = "data"

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._header_key = subkey(self, "header salt")
        self._filler_key = subkey(self, "filler leaves")

    def header_salt(self, revision: int) -> Salt:
        """Give the salt of the header leaf of one revision.

        Args:
            revision: number of the revision, 0 to 2**32 - 1.

        Returns:
            32 bytes that only the holder of this key can compute.
        """
        return Salt(hmac.digest(self._header_key, revision.to_bytes(4, "big"), hashlib.sha256))

    def filler(self, revision: int, index: int) -> bytes:
        """Give one leaf that fills up the tree of a revision.

        Args:
            revision: number of the revision, 0 to 2**32 - 1.
            index: number of the filler within the tree, from 0.

        Returns:
            32 bytes that look random to everybody without this key.
        """
        return hmac.digest(self._filler_key, revision.to_bytes(4, "big") + index.to_bytes(4, "big"), hashlib.sha256)


class KeyEncryptionKey(EncryptionKey):
    """The key that wraps data keys; it lives in the cockpit's keyring."""

    __slots__ = ("_key_id",)

    purpose = "key encryption"

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._key_id = subkey(self, "key id")[:8].hex()

    @property
    def key_id(self) -> str:
        """Public name of this key, 16 hexadecimal digits; stored beside what it wraps."""
        return self._key_id


def encrypt(key: EncryptionKey, plaintext: bytes, associated: bytes) -> bytes:
    """Encrypt and bind to a place.

    Args:
        key: the key to encrypt under.
        plaintext: what to hide; its length shows.
        associated: where the ciphertext belongs, from ``framing.frame``; not empty.

    Returns:
        Nonce (12 bytes), ciphertext and tag (16 bytes).

    Raises:
        InvalidInput: there is no associated data.
    """
    _require_associated(associated)
    nonce = secrets.token_bytes(NONCE_LENGTH)
    return nonce + key._cipher.encrypt(nonce, plaintext, associated)


def decrypt(key: EncryptionKey, ciphertext: bytes, associated: bytes) -> bytes:
    """Decrypt what ``encrypt`` made for the same place.

    Args:
        key: the key it was encrypted under.
        ciphertext: nonce, ciphertext and tag.
        associated: the associated data given to ``encrypt``.

    Returns:
        The plaintext.

    Raises:
        InvalidInput: there is no associated data.
        Undecryptable: another key, another place, or a damaged ciphertext.
    """
    _require_associated(associated)
    if len(ciphertext) < OVERHEAD:
        raise Undecryptable("undecryptable", "the ciphertext is too short")
    try:
        return key._cipher.decrypt(ciphertext[:NONCE_LENGTH], ciphertext[NONCE_LENGTH:], associated)
    except InvalidTag as error:
        raise Undecryptable("undecryptable", "the ciphertext does not open under this key and place") from error


def wrap_data_key(kek: KeyEncryptionKey, dossier: DossierId, key: DataKey) -> bytes:
    """Wrap the data key of a dossier for storage.

    Args:
        kek: the key-encryption key.
        dossier: the dossier, 32 bytes.
        key: its data key.

    Returns:
        60 bytes that open under the same key and for the same dossier only.
    """
    return encrypt(kek, key.reveal(), _wrapping(kek, dossier))


def unwrap_data_key(kek: KeyEncryptionKey, dossier: DossierId, wrapped: bytes) -> DataKey:
    """Open a wrapped data key.

    Args:
        kek: the key-encryption key.
        dossier: the dossier, 32 bytes.
        wrapped: what ``wrap_data_key`` gave.

    Returns:
        The data key.

    Raises:
        Undecryptable: it was wrapped under another key, for another dossier, or is damaged.
    """
    return DataKey(decrypt(kek, wrapped, _wrapping(kek, dossier)))


def _wrapping(kek: KeyEncryptionKey, dossier: DossierId) -> bytes:
    return frame("data key", dossier, kek.key_id)


def _require_associated(associated: bytes) -> None:
    if not associated:
        raise InvalidInput("associated_missing", "a ciphertext must be bound to a place", field="associated")
