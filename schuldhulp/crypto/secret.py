"""Secret keys as objects that do not show themselves."""

from __future__ import annotations

import hmac
import secrets
from typing import ClassVar, NoReturn, Self

from schuldhulp.errors import InvalidInput

KEY_LENGTH = 32
"""Length in bytes of every secret key in this system."""


class SecretKey:
    """32 secret bytes with one purpose.

    A subclass names the purpose, so that the type checker refuses a key used for another one. The value shows neither
    in ``repr`` nor in a traceback, and cannot be pickled. Python cannot promise that memory is wiped.
    """

    __slots__ = ("_value",)

    purpose: ClassVar[str] = "secret"

    def __init__(self, value: bytes) -> None:
        """Take over a key.

        Args:
            value: 32 bytes, not all zero.

        Raises:
            InvalidInput: the value has another length or is zero.
        """
        if len(value) != KEY_LENGTH or not any(value):
            raise InvalidInput("key_invalid", f"the {self.purpose} key must be 32 bytes and not zero", field="key")
        self._value = bytes(value)

    @classmethod
    def generate(cls) -> Self:
        """Make a random key."""
        return cls(secrets.token_bytes(KEY_LENGTH))

    def reveal(self) -> bytes:
        """Give the 32 bytes; for key files and cryptography only."""
        return self._value

    def __repr__(self) -> str:
        """Say what kind of key this is, and nothing of the key."""
        return f"<{type(self).__name__} redacted>"

    def __eq__(self, other: object) -> bool:
        """Compare in constant time; keys of different purposes are never equal."""
        if not isinstance(other, SecretKey):
            return NotImplemented
        return type(self) is type(other) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied, so that a key does not end up in a cache or a log."""
        raise TypeError("a secret key cannot be pickled or copied")


def require_distinct(*keys: SecretKey) -> None:
    """Refuse one secret that serves two purposes.

    Args:
        keys: keys that must all differ, of any purpose.

    Raises:
        InvalidInput: two of them hold the same bytes.
    """
    if len({key.reveal() for key in keys}) != len(keys):
        raise InvalidInput("keys_equal", "two keys with different purposes are equal", field="key")
