"""What a party makes of the municipality's signature under a statement."""

from __future__ import annotations

import json

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.crypto.acknowledgements import acknowledgement_signer, open_statement_receipt
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.acknowledgements import acknowledgement_to_plain

SIGNER_OTHER = "receipt_signer_other"
"""What is wrong with a receipt that somebody else signed than the registry names."""

ELSEWHERE = "receipt_elsewhere"
"""What is wrong with a receipt of another municipality, or for another account."""


def checked_statement_receipt(
    kept: KeptMessage, *, access: ClaimAccess, messages: OpeningKey
) -> tuple[str | None, str]:
    """Open a receipt of a statement and find out who signed it.

    Args:
        kept: the message; its subject is the id of the statement.
        access: tells chain and registry.
        messages: opens what municipalities seal.

    Returns:
        What is wrong with it, None when nothing is; and the signed acknowledgement as JSON.

    Raises:
        Undecryptable, InvalidInput, ProofInvalid: it does not open, is none, or nobody signed it.
        Unreachable: the chain does not answer.
    """
    signed = open_statement_receipt(messages, kept.claim_id, kept.content)
    deployment = access.deployment
    signer = acknowledgement_signer(
        signed, chain_id=deployment.chain_id, claim_register=deployment.contract(CONTRACT).address
    )
    said = signed.acknowledgement
    document = json.dumps(acknowledgement_to_plain(signed))
    if (said.municipality, said.account) != (kept.municipality, access.account):
        return ELSEWHERE, document
    state, _ = access.municipality(kept.municipality)
    return (None if signer == state.receipt_signer else SIGNER_OTHER), document
