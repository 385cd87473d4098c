"""Which claim belongs to which dossier.

The ids of claims stand on the chain. Whoever copies the database must not be able to say that an id on the chain and a
dossier belong together, so the link is encrypted under a key that the cockpit alone has. It also says of the claim's
record what a list of claims shows, so that no dossier need be opened for a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import Final

from schuldhulp.crypto.envelope import EncryptionKey, decrypt, encrypt, subkey
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.domain.records import ReceivedClaim, RecordVersion
from schuldhulp.domain.records.received_claim import CLAIM_OVER
from schuldhulp.domain.types import ClaimId, DossierId, RecordId
from schuldhulp.services.claims.decision_rows import LinkRow
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.ports import UnitOfWork

_LENGTH: Final = 32


class LinkKey(EncryptionKey):
    """Encrypts the links."""

    __slots__ = ()

    purpose = "claim link"

    @classmethod
    def of(cls, key: SecretKey) -> LinkKey:
        """Derive it from a key of the cockpit's own keyring."""
        return cls(subkey(key, "claim links"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Where a claim stands.

    Attributes:
        dossier: the dossier.
        record: the claim's record in it.
        disputed: whether the resident disputes it and nobody answered yet.
        over: whether the record says that it was declined, settled or withdrawn.
    """

    dossier: DossierId
    record: RecordId
    disputed: bool = False
    over: bool = False

    @classmethod
    def to(cls, dossier: DossierId, record_id: RecordId, record: ReceivedClaim) -> Link:
        """Return the link to a claim's record as that is about to be."""
        return cls(
            dossier=dossier,
            record=record_id,
            disputed=record.waits_for_answer,
            over=record.decision in CLAIM_OVER,
        )


class _Mark(IntFlag):
    """What a link says of its record, in one byte; none where there is nothing to say."""

    DISPUTED = 1
    OVER = 2


def seal_link(key: LinkKey, claim: ClaimId, filed_at: datetime, link: Link, *, linked_at: datetime) -> LinkRow:
    """Encrypt a link for its row."""
    marks = (_Mark.DISPUTED if link.disputed else 0) | (_Mark.OVER if link.over else 0)
    plain = link.dossier + link.record + (bytes([marks]) if marks else b"")
    sealed = encrypt(key, plain, _place(claim, filed_at))
    return LinkRow(claim_id=claim, filed_at=filed_at, sealed=sealed, linked_at=linked_at)


def find_link(work: UnitOfWork, key: LinkKey, claim: ClaimId, filed_at: datetime) -> Link | None:
    """Return the link of one filing of a claim; None when it belongs to no dossier yet.

    Raises:
        Undecryptable: somebody changed the row, or moved it.
    """
    row = work.decisions.link(claim, filed_at)
    return None if row is None else open_link(key, row)


def open_link(key: LinkKey, row: LinkRow) -> Link:
    """Decrypt a link.

    Raises:
        Undecryptable: somebody changed the row, or moved it.
    """
    plain = decrypt(key, row.sealed, _place(row.claim_id, row.filed_at))
    marks = _Mark(plain[2 * _LENGTH]) if len(plain) > 2 * _LENGTH else _Mark(0)
    return Link(
        dossier=DossierId(plain[:_LENGTH]),
        record=RecordId(plain[_LENGTH : 2 * _LENGTH]),
        disputed=_Mark.DISPUTED in marks,
        over=_Mark.OVER in marks,
    )


def record_of(opened: Assessment, claim: ClaimId) -> RecordVersion | None:
    """Return the record of a claim in a dossier; None when there is none, or it was withdrawn."""
    for entry in opened.current.values():
        version = entry.version
        if version is None or version.withdrawn or not isinstance(version.record, ReceivedClaim):
            continue
        if version.record.claim_id == claim.hex():
            return version
    return None


def _place(claim: ClaimId, filed_at: datetime) -> bytes:
    return frame("claim link", claim, filed_at.isoformat(timespec="microseconds"))
