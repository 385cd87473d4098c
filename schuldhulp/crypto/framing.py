"""One way to turn a list of values into bytes, such that no two lists give the same bytes."""

from __future__ import annotations

from typing import TypeAlias

Field: TypeAlias = bytes | str | int | None


def frame(*fields: Field) -> bytes:
    """Encode values unambiguously, for associated data and authentication codes.

    Each value becomes one byte for its type, its length in four bytes (big endian) and its bytes; a whole number is
    written in decimal, None has no bytes.

    Args:
        fields: values in an order that the caller fixes.

    Returns:
        The encoding; different lists never share one.
    """
    framed = bytearray()
    for field in fields:
        if field is None:
            kind, content = b"n", b""
        elif isinstance(field, bool):
            raise TypeError("a truth value has no encoding; write it as text or number")
        elif isinstance(field, int):
            kind, content = b"i", str(field).encode("ascii")
        elif isinstance(field, str):
            kind, content = b"s", field.encode("utf-8")
        else:
            kind, content = b"b", bytes(field)
        framed += kind + len(content).to_bytes(4, "big") + content
    return bytes(framed)
