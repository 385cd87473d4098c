"""The blind index that finds a dossier by a BSN without storing one."""

from __future__ import annotations

import hashlib
import hmac
import re

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.errors import InvalidInput


class IndexKey(SecretKey):
    """Secret of the blind index; whoever has it can try all 90 909 091 numbers."""

    __slots__ = ()

    purpose = "index"


def bsn_index(key: IndexKey, bsn: str) -> bytes:
    """Compute the index entry of a citizen service number.

    Args:
        key: the index key.
        bsn: nine digits.

    Returns:
        32 bytes (HMAC-SHA256), the same for the same number.

    Raises:
        InvalidInput: not nine digits.
    """
    if not re.fullmatch(r"[0-9]{9}", bsn):
        raise InvalidInput("bsn_invalid", "a BSN is nine digits", field="bsn")
    return hmac.digest(key.reveal(), frame("bsn", bsn), hashlib.sha256)
