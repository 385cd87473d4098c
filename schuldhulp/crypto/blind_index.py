"""The blind index that finds a dossier by a BSN without storing one."""

from __future__ import annotations

import hashlib
import hmac

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.domain.identifiers import Bsn


class IndexKey(SecretKey):
    """Secret of the blind index; whoever has it can try all 90 909 091 numbers."""

    __slots__ = ()

    purpose = "index"


def bsn_index(key: IndexKey, bsn: Bsn) -> bytes:
    """Compute the index entry of a citizen service number.

    Args:
        key: the index key.
        bsn: the number.

    Returns:
        32 bytes (HMAC-SHA256), the same for the same number.
    """
    return hmac.digest(key.reveal(), frame("bsn", bsn.digits), hashlib.sha256)
