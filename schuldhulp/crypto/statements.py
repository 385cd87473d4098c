"""The signature under a statement, and the seal around both, bound to its id.

The party's account signs the text of the statement: who sent it is nobody else's word. The type string is the
specification and never changes once released; tests/vectors/statements.json pins it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH, plain_bytes, plain_members
from schuldhulp.domain.checks import check_bytes
from schuldhulp.domain.statements import Statement, statement_from_plain, statement_to_plain
from schuldhulp.errors import InvalidInput

STATEMENT_TYPE: Final = "Statement(string document)"
"""EIP-712; the document is the JSON text of the statement, byte for byte as it stands in the seal."""

PADDING: Final = 2048
"""What is sealed is a multiple of this many bytes: its length tells little."""

STATEMENT_INFO: Final = b"schuldhulp statement v1"
"""What a sealed statement is bound to, besides its id."""


def statement_document(statement: Statement) -> str:
    """Write a statement as JSON text, always the same for the same statement."""
    return json.dumps(statement_to_plain(statement), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_statement(document: str) -> Statement:
    """Read the JSON text of a statement.

    Raises:
        InvalidInput: it is none; ``field`` names what is wrong.
    """
    try:
        plain = json.loads(document)
    # A few thousand brackets in each other end in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise InvalidInput("type_wrong", "statement: not a JSON document", field="statement") from error
    return statement_from_plain(plain)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedStatement:
    """A statement as it came out of its seal.

    Attributes:
        statement: what it says.
        signer: checksummed address of the account that signed it.
    """

    statement: Statement
    signer: str


def statement_digest(document: str, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that the party's account signs (EIP-712).

    Args:
        document: the JSON text of the statement.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    struct = keccak(keccak(text=STATEMENT_TYPE) + keccak(text=document))
    return claims_digest(struct, chain_id=chain_id, claim_register=claim_register)


def seal_statement(claim_key: bytes, statement: Statement, signature: bytes) -> bytes:
    """Seal a statement to a municipality.

    Args:
        claim_key: the municipality's claim key from the registry, X25519, 32 bytes.
        statement: what to seal, with its signature; with spaces behind it, so that its length tells little.
        signature: by the account that sends it, over the digest of `statement_document`: r, s and v, 65 bytes.

    Raises:
        InvalidInput: the key is none, or the signature has another length.
    """
    check_bytes(signature, "signature", length=SIGNATURE_LENGTH)
    members = {"document": statement_document(statement), "signature": signature.hex()}
    plain = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return seal(claim_key, plain + b" " * (-len(plain) % PADDING), STATEMENT_INFO, statement.statement_id)


def open_statement(
    opening_key: OpeningKey, statement_id: bytes, sealed: bytes, *, chain_id: int, claim_register: str
) -> SignedStatement:
    """Open a sealed statement; that its signer is who delivered it is for the caller to compare.

    Args:
        opening_key: the municipality's claim key.
        statement_id: the id it was delivered under, 32 bytes.
        sealed: what `seal_statement` gave.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.

    Returns:
        The statement, every field checked, and who signed it.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no statement (``field`` names what is wrong), or one with another id
            (``statement_elsewhere``).
        ProofInvalid: nobody signed it.
    """
    opened = open_sealed(opening_key, sealed, STATEMENT_INFO, statement_id)
    try:
        plain = json.loads(opened.decode("utf-8"))
    # A few thousand brackets in each other end in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise InvalidInput("type_wrong", "statement: not a JSON document", field="statement") from error
    members = plain_members(plain, {"document", "signature"}, "statement")
    document, signature = members["document"], plain_bytes(members["signature"], "signature")
    if not isinstance(document, str):
        raise InvalidInput("type_wrong", "statement: not a JSON document", field="statement")
    check_bytes(signature, "signature", length=SIGNATURE_LENGTH)
    statement = read_statement(document)
    if statement.statement_id != statement_id:
        raise InvalidInput("statement_elsewhere", "statement_id: the statement has another id", field="statement_id")
    digest = statement_digest(document, chain_id=chain_id, claim_register=claim_register)
    return SignedStatement(statement=statement, signer=signer_of(digest, signature))
