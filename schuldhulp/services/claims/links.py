"""Which claim belongs to which dossier.

The ids of claims stand on the chain. Whoever copies the database must not be able to say that an id on the chain and a
dossier belong together, so the link is encrypted under a key that the cockpit alone has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schuldhulp.crypto.envelope import EncryptionKey, decrypt, encrypt, subkey
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.domain.records import ReceivedClaim, RecordVersion
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
    """

    dossier: DossierId
    record: RecordId


def seal_link(key: LinkKey, claim: ClaimId, filed_at: datetime, link: Link, *, linked_at: datetime) -> LinkRow:
    """Encrypt a link for its row."""
    sealed = encrypt(key, link.dossier + link.record, _place(claim, filed_at))
    return LinkRow(claim_id=claim, filed_at=filed_at, sealed=sealed, linked_at=linked_at)


def find_link(work: UnitOfWork, key: LinkKey, claim: ClaimId, filed_at: datetime) -> Link | None:
    """Return the link of one filing of a claim; None when it belongs to no dossier yet.

    Raises:
        Undecryptable: somebody changed the row, or moved it.
    """
    row = work.decisions.link(claim, filed_at)
    if row is None:
        return None
    plain = decrypt(key, row.sealed, _place(claim, filed_at))
    return Link(dossier=DossierId(plain[:_LENGTH]), record=RecordId(plain[_LENGTH:]))


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
