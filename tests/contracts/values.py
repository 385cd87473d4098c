"""Values that stand for nobody: tags, dossiers, claim ids, keys."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256

MUNICIPALITY = 14
OTHER_MUNICIPALITY = 34
UNREGISTERED = 99
PAST_EPOCH, OLD_EPOCH, EPOCH, NEXT_EPOCH, FAR_EPOCH = 20262, 20263, 20264, 20271, 20272
NO_WORD = bytes(32)


class ClaimStatus(IntEnum):
    """As in IClaimRegister."""

    NONE = 0
    FILED = 1
    UNDER_REVIEW = 2
    ASKED = 3
    INCLUDED = 4
    DECLINED = 5
    SETTLED = 6
    WITHDRAWN = 7


def word(name: object) -> bytes:
    """32 bytes that differ for each name."""
    return sha256(str(name).encode()).digest()


def make_tag(name: object, municipality: int = MUNICIPALITY, epoch: int = EPOCH) -> bytes:
    return municipality.to_bytes(2, "big") + epoch.to_bytes(4, "big") + word(name)[:26]


def make_tags(count: int, municipality: int = MUNICIPALITY, epoch: int = EPOCH) -> list[bytes]:
    """Tags in ascending order."""
    return sorted(make_tag(number, municipality, epoch) for number in range(count))


def make_dossier(name: object, municipality: int = MUNICIPALITY) -> bytes:
    return municipality.to_bytes(2, "big") + word(name)[:30]


make_claim_id = make_dossier


def make_keys(epoch: int) -> list[bytes]:
    return [word(f"bsn {epoch}"), word(f"nadb {epoch}")]


def plain(answer: Iterable[object]) -> tuple[object, ...]:
    """Turn what Brownie returns into int, bytes and str: its own types refuse to be compared with some others."""

    def converted(value: object) -> object:
        if isinstance(value, bytes):
            return bytes(value)
        if isinstance(value, int):
            return int(value)
        return str(value)

    return tuple(converted(value) for value in answer)
