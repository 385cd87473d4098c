"""Signatures that say "this message came": a creditor's under a notice, the municipality's under a statement.

The type string is the specification and never changes once released; tests/vectors/acknowledgements.json pins it.
"""

from __future__ import annotations

from typing import Final

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.claims import _document, _read
from schuldhulp.crypto.commitments import _struct_hash, _structs
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.acknowledgements import (
    Acknowledgement,
    SignedAcknowledgement,
    acknowledgement_from_plain,
    acknowledgement_to_plain,
)

ACKNOWLEDGEMENT_TYPE: Final = (
    "MessageAcknowledgement(bytes32 message,uint16 municipality,address account,uint64 acknowledgedAt)"
)
"""``message`` is the keccak256 of the sealed bytes, ``acknowledgedAt`` seconds since 1970."""

NOTICE_INFO: Final = b"schuldhulp acknowledgement v1"
"""What a creditor's signature under a notice is bound to when it is sealed, besides the subject of the notice."""

STATEMENT_INFO: Final = b"schuldhulp statement receipt v1"
"""What the municipality's signature under a statement is bound to, besides the subject of the statement."""

_STRUCTS: Final = _structs(ACKNOWLEDGEMENT_TYPE)


def acknowledgement_digest(said: Acknowledgement, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that are signed (EIP-712).

    Args:
        said: what is said.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    message = {
        "message": said.message,
        "municipality": said.municipality,
        "account": said.account,
        "acknowledgedAt": int(said.acknowledged_at.timestamp()),
    }
    return claims_digest(_struct_hash(_STRUCTS, message), chain_id=chain_id, claim_register=claim_register)


def acknowledgement_signer(signed: SignedAcknowledgement, *, chain_id: int, claim_register: str) -> str:
    """Return the address that signed. Compare it: for a notice with `account`, for a statement with the receipt signer.

    Args:
        signed: the acknowledgement with its signature.
        chain_id: as for `acknowledgement_digest`.
        claim_register: likewise.

    Returns:
        The address, with checksum.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    digest = acknowledgement_digest(signed.acknowledgement, chain_id=chain_id, claim_register=claim_register)
    return signer_of(digest, signed.signature)


def seal_acknowledgement(claim_key: bytes, subject: bytes, signed: SignedAcknowledgement) -> bytes:
    """Seal a creditor's signature under a notice to the municipality.

    Args:
        claim_key: the municipality's claim key from the registry, X25519, 32 bytes.
        subject: what the notice was delivered about, 32 bytes.
        signed: the acknowledgement with its signature.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(claim_key, _document(acknowledgement_to_plain(signed)), NOTICE_INFO, subject)


def open_acknowledgement(opening_key: OpeningKey, subject: bytes, sealed: bytes) -> SignedAcknowledgement:
    """Open a creditor's signature under a notice; it is not checked here.

    Args:
        opening_key: the municipality's claim key.
        subject: what it was delivered about, 32 bytes.
        sealed: what `seal_acknowledgement` gave.

    Raises:
        Undecryptable: sealed to another key or about another subject, or damaged.
        InvalidInput: what is in it is no acknowledgement.
    """
    return acknowledgement_from_plain(_read(open_sealed(opening_key, sealed, NOTICE_INFO, subject), "acknowledgement"))


def seal_statement_receipt(encryption_key: bytes, subject: bytes, signed: SignedAcknowledgement) -> bytes:
    """Seal the municipality's signature under a statement to whom it came from.

    Args:
        encryption_key: the sender's key in the ClaimRegister, X25519, 32 bytes.
        subject: what the statement was delivered about, 32 bytes.
        signed: the acknowledgement with its signature.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(encryption_key, _document(acknowledgement_to_plain(signed)), STATEMENT_INFO, subject)


def open_statement_receipt(opening_key: OpeningKey, subject: bytes, sealed: bytes) -> SignedAcknowledgement:
    """Open the municipality's signature under a statement; it is not checked here.

    Args:
        opening_key: the sender's messages key.
        subject: what it was delivered about, 32 bytes.
        sealed: what `seal_statement_receipt` gave.

    Raises:
        Undecryptable: sealed to another key or about another subject, or damaged.
        InvalidInput: what is in it is no acknowledgement.
    """
    opened = open_sealed(opening_key, sealed, STATEMENT_INFO, subject)
    return acknowledgement_from_plain(_read(opened, "acknowledgement"))
