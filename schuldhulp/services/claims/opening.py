"""A claim with its contents, known to be what stands on the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schuldhulp.crypto.claims import claim_commitment, open_claim
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import Claim
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.claims.rows import ClaimRow
from schuldhulp.services.ports import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedClaim:
    """A claim on the chain and what it says.

    Attributes:
        row: where it stands.
        claim: its contents.
        received_at: when these contents came in, UTC.
    """

    row: ClaimRow
    claim: Claim
    received_at: datetime


def opened_claim(work: UnitOfWork, opening_key: OpeningKey, claim_id: ClaimId) -> OpenedClaim:
    """Open the contents of a claim as they stand on the chain; nothing is logged here.

    Args:
        work: a unit of work.
        opening_key: the municipality's claim key.
        claim_id: the claim.

    Raises:
        NotFound: there is no such claim, or its contents are not here.
        Conflict: what is stored is not what was filed.
        Undecryptable: what is stored does not open.
    """
    row = work.claims.claim(claim_id)
    mail = work.mail.get(row.message) if row is not None and row.message is not None else None
    if row is None or mail is None or not mail.content:
        raise NotFound("claim_contents_absent", "the contents of this claim are not here", field="claim_id")
    claim = open_claim(opening_key, claim_id, mail.content)
    if claim_commitment(claim) != row.commitment:
        raise Conflict("claim_contents_differ", "what is stored is not what was filed", field="claim_id")
    return OpenedClaim(row=row, claim=claim, received_at=mail.received_at)
