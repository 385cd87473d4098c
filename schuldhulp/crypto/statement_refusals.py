"""The municipality's signature under a statement that it cannot use: by its receipt signer, sealed to the sender.

The type string is the specification and never changes once released; tests/vectors/statements.json pins it.
"""

from __future__ import annotations

from typing import Final

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.claims import _document, _read
from schuldhulp.crypto.commitments import _struct_hash, _structs
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.statement_refusals import SignedRefusal, StatementRefusal, refusal_from_plain, refusal_to_plain

REFUSAL_TYPE: Final = (
    "StatementRefusal(bytes32 message,uint16 municipality,address account,string reason,uint64 refusedAt)"
)
"""``message`` is the keccak256 of the sealed bytes, ``refusedAt`` seconds since 1970."""

REFUSAL_INFO: Final = b"schuldhulp statement refusal v1"
"""What a sealed refusal is bound to, besides the subject of the statement."""

_STRUCTS: Final = _structs(REFUSAL_TYPE)


def refusal_digest(refusal: StatementRefusal, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that the receipt signer signs (EIP-712).

    Args:
        refusal: what is said.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    message = {
        "message": refusal.message,
        "municipality": refusal.municipality,
        "account": refusal.account,
        "reason": refusal.reason,
        "refusedAt": int(refusal.refused_at.timestamp()),
    }
    return claims_digest(_struct_hash(_STRUCTS, message), chain_id=chain_id, claim_register=claim_register)


def refusal_signer(signed: SignedRefusal, *, chain_id: int, claim_register: str) -> str:
    """Return the address that signed; whether it is the municipality's receipt signer is for the caller to judge.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    digest = refusal_digest(signed.refusal, chain_id=chain_id, claim_register=claim_register)
    return signer_of(digest, signed.signature)


def seal_refusal(encryption_key: bytes, subject: bytes, signed: SignedRefusal) -> bytes:
    """Seal a refusal to whom the statement came from.

    Args:
        encryption_key: the sender's key in the ClaimRegister, X25519, 32 bytes.
        subject: what the statement was delivered about, 32 bytes.
        signed: the refusal with its signature.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(encryption_key, _document(refusal_to_plain(signed)), REFUSAL_INFO, subject)


def open_refusal(opening_key: OpeningKey, subject: bytes, sealed: bytes) -> SignedRefusal:
    """Open a refusal; its signature is not checked here.

    Args:
        opening_key: the sender's messages key.
        subject: what it was delivered about, 32 bytes.
        sealed: what `seal_refusal` gave.

    Raises:
        Undecryptable: sealed to another key or about another subject, or damaged; a receipt is neither.
        InvalidInput: what is in it is no refusal.
    """
    return refusal_from_plain(_read(open_sealed(opening_key, sealed, REFUSAL_INFO, subject), "refusal"))
