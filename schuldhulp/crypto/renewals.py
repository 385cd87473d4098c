"""The municipality's question for a new statement of a claim: signed by its receipt signer, sealed to the holder.

The type string is the specification and never changes once released; tests/vectors/renewals.json pins it.
"""

from __future__ import annotations

from typing import Final

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.claims import _document, _read
from schuldhulp.crypto.commitments import _struct_hash, _structs
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.renewals import RenewalRequest, SignedRenewal, renewal_from_plain, renewal_to_plain
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput

RENEWAL_TYPE: Final = (
    "RenewalRequest(bytes32 claimId,bytes32 commitment,uint16 municipality,address holder,string statementDate,"
    "uint64 askedAt)"
)
"""``statementDate`` is ISO 8601, ``askedAt`` seconds since 1970."""

RENEWAL_INFO: Final = b"schuldhulp renewal v1"
"""What a sealed question is bound to, besides the id of the claim."""

_STRUCTS: Final = _structs(RENEWAL_TYPE)


def renewal_digest(request: RenewalRequest, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that the receipt signer signs (EIP-712).

    Args:
        request: what is asked.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    message = {
        "claimId": request.claim_id,
        "commitment": request.commitment,
        "municipality": request.municipality,
        "holder": request.holder,
        "statementDate": request.statement_date.isoformat(),
        "askedAt": int(request.asked_at.timestamp()),
    }
    return claims_digest(_struct_hash(_STRUCTS, message), chain_id=chain_id, claim_register=claim_register)


def renewal_signer(signed: SignedRenewal, *, chain_id: int, claim_register: str) -> str:
    """Return the address that signed; whether it is the municipality's receipt signer is for the caller to judge.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    digest = renewal_digest(signed.request, chain_id=chain_id, claim_register=claim_register)
    return signer_of(digest, signed.signature)


def seal_renewal(encryption_key: bytes, signed: SignedRenewal) -> bytes:
    """Seal a question to the holder of the claim.

    Args:
        encryption_key: the holder's key in the ClaimRegister, X25519, 32 bytes.
        signed: the question with its signature.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(encryption_key, _document(renewal_to_plain(signed)), RENEWAL_INFO, signed.request.claim_id)


def open_renewal(opening_key: OpeningKey, claim_id: ClaimId, sealed: bytes) -> SignedRenewal:
    """Open a question; its signature is not checked here.

    Args:
        opening_key: the holder's messages key.
        claim_id: the claim it was delivered for.
        sealed: what `seal_renewal` gave.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no question, or one about another claim.
    """
    signed = renewal_from_plain(_read(open_sealed(opening_key, sealed, RENEWAL_INFO, claim_id), "renewal"))
    if signed.request.claim_id != claim_id:
        raise InvalidInput("renewal_elsewhere", "claim_id: the question is about another claim", field="claim_id")
    return signed
