"""What RFC 9497 hashes, and how, for the suite ristretto255-SHA512."""

from __future__ import annotations

import hashlib
from enum import IntEnum

# The first block of expand_message_xmd (RFC 9380, 5.3.1) is always zero; hashed once.
_ZERO_BLOCK = hashlib.sha512(bytes(128))


class Mode(IntEnum):
    """Mode of the protocol (RFC 9497, 3.1)."""

    BASE = 0
    VERIFIABLE = 1


def domain_tag(name: bytes, mode: Mode) -> bytes:
    """Give what separates one use of a hash from every other (RFC 9497, 3.1 and 4.1)."""
    return name + b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"


def prefixed(part: bytes) -> bytes:
    """Put the length of a part before it, two bytes."""
    return len(part).to_bytes(2, "big") + part


def expand(message: bytes, tag: bytes) -> bytes:
    """Expand to 64 uniform bytes: expand_message_xmd with SHA-512 (RFC 9380, 5.3.1), one block."""
    tag += bytes([len(tag)])
    first = _ZERO_BLOCK.copy()
    first.update(message + b"\x00\x40\x00" + tag)
    return hashlib.sha512(first.digest() + b"\x01" + tag).digest()
