"""Messages that only the holder of one private key can open: HPKE (RFC 9180), base mode.

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A message says nothing about who sealed it; where that
matters, the database row that carries it has an authentication code (``jobs``). ``cryptography`` offers the one-shot
interface with ``info`` only, so associated data goes into ``info`` too, framed so that the two cannot run together:
``frame(info, aad)``. Both are bound to the message all the same, by the key schedule instead of by the cipher.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.errors import InvalidInput, Undecryptable

PUBLIC_KEY_LENGTH = 32
OVERHEAD = PUBLIC_KEY_LENGTH + 16
"""Bytes by which a sealed message is longer than its plaintext: ephemeral key and tag."""


class OpeningKey(SecretKey):
    """X25519 private key that opens what was sealed to its public key."""

    __slots__ = ()

    purpose = "opening"

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return X25519PrivateKey.from_private_bytes(self.reveal()).public_key().public_bytes_raw()


def seal(public_key: bytes, plaintext: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """Seal a message to the holder of a private key.

    Args:
        public_key: X25519 public key, 32 bytes.
        plaintext: what to hide; its length shows.
        info: what the message is for, the same for all messages of a kind; not empty.
        aad: where this one belongs, for example the id of its row.

    Returns:
        Ephemeral public key (32 bytes), ciphertext and tag (16 bytes).

    Raises:
        InvalidInput: not an X25519 public key, or no info.
    """
    _require_info(info)
    if len(public_key) != PUBLIC_KEY_LENGTH:
        raise InvalidInput("key_invalid", "an X25519 public key is 32 bytes", field="public_key")
    try:
        return _suite().encrypt(plaintext, X25519PublicKey.from_public_bytes(public_key), frame(info, aad))
    # A point of small order gives a shared secret of zero, which the library refuses with a plain error.
    except ValueError as error:
        raise InvalidInput("key_invalid", "not an X25519 public key", field="public_key") from error


def open_sealed(private_key: OpeningKey | bytes, sealed: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """Open a sealed message.

    Args:
        private_key: X25519 private key, 32 bytes where given as such.
        sealed: what ``seal`` gave.
        info: as it was sealed.
        aad: as it was sealed.

    Returns:
        The plaintext.

    Raises:
        InvalidInput: not a private key, or no info.
        Undecryptable: sealed to another key or for another place, or damaged.
    """
    _require_info(info)
    key = private_key if isinstance(private_key, OpeningKey) else OpeningKey(private_key)
    if len(sealed) < OVERHEAD:
        raise Undecryptable("undecryptable", "the sealed message is too short")
    try:
        return _suite().decrypt(sealed, X25519PrivateKey.from_private_bytes(key.reveal()), frame(info, aad))
    except (InvalidTag, ValueError) as error:
        raise Undecryptable("undecryptable", "the sealed message does not open under this key and place") from error


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _require_info(info: bytes) -> None:
    if not info:
        raise InvalidInput("info_missing", "a sealed message must be bound to a purpose", field="info")
