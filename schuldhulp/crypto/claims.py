"""Claims of creditors: their id, the commitment that stands on chain, the seal around the contents, and receipts.

The type strings below are the specification. Once released, a type string never changes: a new shape of the contents
gets a new schema number and a string of its own. tests/vectors/claims.json pins every one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.commitments import _snake, _struct_hash, _structs, _value
from schuldhulp.crypto.pseudonyms import claim_id
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.crypto.voprf import Blinding, Evaluation, blind, finalize
from schuldhulp.domain.claims import (
    Claim,
    ClaimReceipt,
    SignedReceipt,
    claim_from_plain,
    claim_id_input,
    claim_to_plain,
    receipt_from_plain,
    receipt_to_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import InvalidInput

CLAIM_TYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: (
            "Claim(bytes32 claimId,uint32 version,bytes32 replaces,bytes32 salt,uint16 schema,uint16 municipality,"
            "Debtor debtor,Organisation originalCreditor,string reference,Organisation holder,string stage,"
            "string holderReference,string type,int64 principal,int64 costs,int64 interest,string statementDate,"
            "string originDate,string preference,string preferenceGround,string legalGround,"
            "InstalmentProposal instalmentProposal,Contact contact,string iban,string whyOwed,string objection,"
            "string objectionUntil,string sentAt)"
            "Contact(string name,string email,string phone)"
            "Debtor(string initials,string prefix,string surname,string birthDate,string postcode,uint32 houseNumber,"
            "string suffix,string bsn)"
            "InstalmentProposal(int64 amount,string frequency)"
            "Organisation(string name,string kvk)"
        ),
    }
)
"""EIP-712 type string of each schema."""

RECEIPT_TYPE: Final = (
    "ClaimReceipt(bytes32 claimId,bytes32 commitment,uint16 municipality,address holder,bytes32 message,"
    "string outcome,string reason,uint64 receivedAt,uint64 blockNumber,bytes32 blockHash)"
)

CLAIM_INFO: Final = b"schuldhulp claim v1"
RECEIPT_INFO: Final = b"schuldhulp receipt v1"
"""What a sealed message is bound to, besides the id of the claim."""

PADDING: Final = 1024
"""A sealed document is a multiple of this many bytes, so that its length tells little of what is in it."""

_CLAIM_STRUCTS: Final = {schema: _structs(type_string) for schema, type_string in CLAIM_TYPES.items()}
_RECEIPT_STRUCTS: Final = _structs(RECEIPT_TYPE)


def blinded_claim(kvk: str, reference: str) -> Blinding:
    """Hide what a claim's id is made of, to have it evaluated under the municipality's claim-id key.

    Args:
        kvk: trade register number of the original creditor.
        reference: that creditor's reference, as it is written.

    Returns:
        The blinding; its element goes to the evaluator.

    Raises:
        InvalidInput: one of the two is wrong; ``field`` names it.
    """
    return blind(claim_id_input(kvk, reference))


def claim_ids_from(
    municipality: MunicipalityCode,
    blindings: Sequence[Blinding],
    evaluation: Evaluation,
    *,
    published_key: bytes,
) -> list[ClaimId]:
    """Check the evaluator's proof and compute the ids.

    Args:
        municipality: CBS code.
        blindings: from `blinded_claim`, in the order of the question.
        evaluation: the evaluator's answer.
        published_key: ``claimIdKey`` of the deployment file, 32 bytes.

    Returns:
        An id for each, in the same order.

    Raises:
        ProofInvalid: the answer was not made with the published key.
        InvalidInput: nothing was asked.
    """
    return [claim_id(municipality, output) for output in finalize(blindings, evaluation, published_key=published_key)]


def claim_commitment(claim: Claim) -> Commitment:
    """Return the commitment of one version of a claim: its EIP-712 struct hash, 32 bytes."""
    return Commitment(_struct_hash(_CLAIM_STRUCTS[claim.contents.schema], claim_message(claim)))


def claim_message(claim: Claim) -> dict[str, Any]:
    """Return the members of the EIP-712 struct of a claim.

    Args:
        claim: the version.

    Returns:
        One value for each member of the type string: absent dates and texts as ``""``, dates ISO 8601, an absent
        proposal as one with an empty frequency and `commitments.ABSENT_AMOUNT`.
    """
    structs = _CLAIM_STRUCTS[claim.contents.schema]
    head = {
        "claimId": claim.claim_id,
        "version": claim.version,
        "replaces": claim.replaces,
        "salt": claim.salt,
        "schema": claim.contents.schema,
    }
    members = next(iter(structs.values()))[len(head) :]
    return head | {
        member["name"]: _value(structs, member["type"], getattr(claim.contents, _snake(member["name"])))
        for member in members
    }


def seal_claim(claim_key: bytes, claim: Claim) -> bytes:
    """Seal a claim to a municipality.

    Args:
        claim_key: the municipality's claim key from the registry, X25519, 32 bytes.
        claim: what to seal.

    Returns:
        The sealed claim, bound to its id.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(claim_key, _document(claim_to_plain(claim)), CLAIM_INFO, claim.claim_id)


def open_claim(opening_key: OpeningKey, claim_id: ClaimId, sealed: bytes) -> Claim:
    """Open a sealed claim. Whether it is the one on chain is not checked here.

    Args:
        opening_key: the municipality's claim key.
        claim_id: the id it was delivered for.
        sealed: what `seal_claim` gave.

    Returns:
        The claim, every field checked.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no claim; ``field`` names what is wrong.
    """
    return claim_from_plain(claim_id, _read(open_sealed(opening_key, sealed, CLAIM_INFO, claim_id), "claim"))


def receipt_digest(receipt: ClaimReceipt, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that the receipt signer signs (EIP-712).

    Args:
        receipt: what is said.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    message = {
        "claimId": receipt.claim_id,
        "commitment": receipt.commitment,
        "municipality": receipt.municipality,
        "holder": receipt.holder,
        "message": receipt.message,
        "outcome": receipt.outcome.value,
        "reason": receipt.reason.value if receipt.reason else "",
        "receivedAt": int(receipt.received_at.timestamp()),
        "blockNumber": receipt.block_number,
        "blockHash": receipt.block_hash,
    }
    return claims_digest(_struct_hash(_RECEIPT_STRUCTS, message), chain_id=chain_id, claim_register=claim_register)


def receipt_signer(signed: SignedReceipt, *, chain_id: int, claim_register: str) -> str:
    """Return the address that signed a receipt; whether it is the right one is for the caller to judge.

    Args:
        signed: the receipt with its signature.
        chain_id: as for `receipt_digest`.
        claim_register: likewise.

    Returns:
        The address, with checksum.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    digest = receipt_digest(signed.receipt, chain_id=chain_id, claim_register=claim_register)
    return signer_of(digest, signed.signature)


def seal_receipt(encryption_key: bytes, signed: SignedReceipt) -> bytes:
    """Seal a receipt to a creditor.

    Args:
        encryption_key: the creditor's key in the ClaimRegister, X25519, 32 bytes.
        signed: the receipt with its signature.

    Raises:
        InvalidInput: the key is none.
    """
    return seal(encryption_key, _document(receipt_to_plain(signed)), RECEIPT_INFO, signed.receipt.claim_id)


def open_receipt(opening_key: OpeningKey, claim_id: ClaimId, sealed: bytes) -> SignedReceipt:
    """Open a sealed receipt; its signature is not checked here.

    Args:
        opening_key: the creditor's messages key.
        claim_id: the claim it was delivered for.
        sealed: what `seal_receipt` gave.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no receipt, or one of another claim.
    """
    signed = receipt_from_plain(_read(open_sealed(opening_key, sealed, RECEIPT_INFO, claim_id), "receipt"))
    if signed.receipt.claim_id != claim_id:
        raise InvalidInput("receipt_elsewhere", "claim_id: the receipt is of another claim", field="claim_id")
    return signed


def _document(plain: Mapping[str, Any]) -> bytes:
    """Write a document as JSON, always the same for the same values, with spaces behind it up to the next kilobyte."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return text + b" " * (-len(text) % PADDING)


def _read(document: bytes, field: str) -> Any:
    try:
        return json.loads(document.decode("utf-8"))
    # A few thousand brackets in each other end in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise InvalidInput("type_wrong", f"{field}: not a JSON document", field=field) from error
