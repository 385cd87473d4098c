"""What a party makes of the municipality's signed answer to a statement: a receipt, or a refusal of the message."""

from __future__ import annotations

import json
from typing import Any

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.crypto.acknowledgements import acknowledgement_signer, open_statement_receipt
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.statement_refusals import open_refusal, refusal_signer
from schuldhulp.domain.acknowledgements import (
    SignedAcknowledgement,
    acknowledgement_from_plain,
    acknowledgement_to_plain,
)
from schuldhulp.domain.statement_refusals import SignedRefusal, refusal_from_plain, refusal_to_plain
from schuldhulp.errors import Undecryptable

SIGNER_OTHER = "receipt_signer_other"
"""What is wrong with an answer that somebody else signed than the registry names."""

ELSEWHERE = "receipt_elsewhere"
"""What is wrong with an answer of another municipality, or for another account."""


def checked_statement_receipt(
    kept: KeptMessage, *, access: ClaimAccess, messages: OpeningKey
) -> tuple[str | None, str]:
    """Open the answer to a statement and find out who signed it.

    Args:
        kept: the message; its subject is the id of the statement.
        access: tells chain and registry.
        messages: opens what municipalities seal.

    Returns:
        What is wrong with it, None when nothing is; and the signed answer as JSON.

    Raises:
        Undecryptable, InvalidInput, ProofInvalid: it does not open, is none, or nobody signed it.
        Unreachable: the chain does not answer.
    """
    deployment = access.deployment
    place: dict[str, Any] = {
        "chain_id": deployment.chain_id,
        "claim_register": deployment.contract(CONTRACT).address,
    }
    said, signer, plain = _opened(kept, messages, place)
    document = json.dumps(plain)
    if (said.municipality, said.account.lower()) != (kept.municipality, access.account.lower()):
        return ELSEWHERE, document
    state, _ = access.municipality(kept.municipality)
    return (None if signer == state.receipt_signer else SIGNER_OTHER), document


def answer_from_plain(plain: dict[str, Any]) -> SignedAcknowledgement | SignedRefusal:
    """Build an answer from the JSON of `checked_statement_receipt`.

    Raises:
        InvalidInput: it is none.
    """
    return refusal_from_plain(plain) if "refusal" in plain else acknowledgement_from_plain(plain)


def message_of(answer: SignedAcknowledgement | SignedRefusal) -> bytes:
    """Return which message an answer is about: its hash, 32 bytes."""
    return answer.refusal.message if isinstance(answer, SignedRefusal) else answer.acknowledgement.message


def _opened(kept: KeptMessage, messages: OpeningKey, place: dict[str, Any]) -> tuple[Any, str, dict[str, object]]:
    """Return what is said, who signed it, and both as plain values."""
    try:
        signed = open_statement_receipt(messages, kept.claim_id, kept.content)
    except Undecryptable:
        # What it is bound to tells the two apart.
        refusal = open_refusal(messages, kept.claim_id, kept.content)
        return refusal.refusal, refusal_signer(refusal, **place), refusal_to_plain(refusal)
    return signed.acknowledgement, acknowledgement_signer(signed, **place), acknowledgement_to_plain(signed)
