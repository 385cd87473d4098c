"""Decisions on claims: the hash that stands on the chain, and the seal around what the holder is told.

The type string is the specification and never changes once released; tests/vectors/claims.json pins it.
"""

from __future__ import annotations

from typing import Any, Final

from schuldhulp.crypto.claims import _document, _read
from schuldhulp.crypto.commitments import _struct_hash, _structs
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.claims.decision import ClaimDecision, decision_from_plain, decision_to_plain
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput

DECISION_TYPE: Final = (
    "ClaimDecision(bytes32 claimId,bytes32 commitment,uint16 municipality,uint8 status,string reason,string text,"
    "uint64 decidedAt,bytes32 salt)"
)
"""``status`` is the number of the contract's ClaimStatus, ``decidedAt`` seconds since 1970."""

DECISION_INFO: Final = b"schuldhulp decision v1"
"""What a sealed decision is bound to, besides the id of the claim."""

_STRUCTS: Final = _structs(DECISION_TYPE)


def decision_message(decision: ClaimDecision) -> dict[str, Any]:
    """Return the members of the EIP-712 struct of a decision."""
    return {
        "claimId": decision.claim_id,
        "commitment": decision.commitment,
        "municipality": decision.municipality,
        "status": int(decision.status),
        "reason": decision.reason.value,
        "text": decision.text,
        "decidedAt": int(decision.decided_at.timestamp()),
        "salt": decision.salt,
    }


def decision_hash(decision: ClaimDecision) -> bytes:
    """Return what ``decideClaim`` is told: the EIP-712 struct hash, 32 bytes."""
    return _struct_hash(_STRUCTS, decision_message(decision))


def seal_decision(encryption_key: bytes, decision: ClaimDecision) -> bytes:
    """Seal a decision.

    Args:
        encryption_key: X25519, 32 bytes: the holder's key in the ClaimRegister, or the municipality's claim key for
            what is kept here.
        decision: what to seal.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(encryption_key, _document(decision_to_plain(decision)), DECISION_INFO, decision.claim_id)


def open_decision(opening_key: OpeningKey, claim_id: ClaimId, sealed: bytes) -> ClaimDecision:
    """Open a sealed decision; that it is the one on the chain is for the caller to compare by `decision_hash`.

    Args:
        opening_key: the holder's messages key, or the municipality's claim key.
        claim_id: the claim it was delivered for.
        sealed: what `seal_decision` gave.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no decision, or one on another claim.
    """
    decision = decision_from_plain(_read(open_sealed(opening_key, sealed, DECISION_INFO, claim_id), "decision"))
    if decision.claim_id != claim_id:
        raise InvalidInput("decision_elsewhere", "claim_id: the decision is on another claim", field="claim_id")
    return decision
