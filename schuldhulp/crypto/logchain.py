"""Hash chain of the processing log: no line can be changed, removed, added or moved without a trace.

The hash of a line covers its content and the hash of the line before. Whoever can write to the database could compute
a whole new chain, or cut off its end; the head that is committed to the ledger every day shows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from schuldhulp.crypto.framing import frame
from schuldhulp.errors import InvalidInput

Value: TypeAlias = str | int | bool | None

GENESIS = bytes(32)
"""What stands before the first line."""

HASH_LENGTH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainedLine:
    """A stored line of the log.

    Attributes:
        content: names and values of all fields; bytes in hexadecimal, times as ISO 8601.
        previous: hash of the line before, 32 bytes.
        hash: hash of this line, 32 bytes.
    """

    content: Mapping[str, Value]
    previous: bytes
    hash: bytes


def line_hash(previous: bytes, content: Mapping[str, Value]) -> bytes:
    """Compute the hash of a line.

    Args:
        previous: hash of the line before, ``GENESIS`` for the first; 32 bytes.
        content: names and values of all fields. Fractions are not allowed: two programs may write them differently.

    Returns:
        32 bytes: SHA-256 over the previous hash and the content as JSON with sorted names and without spaces.

    Raises:
        InvalidInput: the previous hash has another length, or a value is of another kind.
    """
    if len(previous) != HASH_LENGTH:
        raise InvalidInput("word_invalid", "the previous hash must be 32 bytes", field="previous")
    for name, value in content.items():
        if not isinstance(value, str | int | None):
            raise InvalidInput("log_value_invalid", "a log line holds text, whole numbers and truth values", field=name)
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(frame("processing log", previous, canonical)).digest()


def first_break(lines: Iterable[ChainedLine], *, start: bytes = GENESIS, committed: bytes | None = None) -> int | None:
    """Find the first line that does not fit.

    Args:
        lines: consecutive lines, oldest first.
        start: hash before the first of them, 32 bytes.
        committed: hash that one of them must have, or that must be ``start``, because it was the last line when it was
            committed; 32 bytes. Lines after that one are not committed yet.

    Returns:
        Index of the first line whose link or content is wrong; the number of lines when all fit but the committed one
        is not there (lines are missing at the end, or the chain was made anew); None when everything fits.
    """
    previous, count = start, 0
    found = committed in (None, start)
    for count, line in enumerate(lines, start=1):
        if line.previous != previous or line_hash(previous, line.content) != line.hash:
            return count - 1
        previous = line.hash
        found = found or previous == committed
    return None if found else count
