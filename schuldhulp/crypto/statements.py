"""The seal around a statement, bound to its id."""

from __future__ import annotations

import json
from typing import Final

from schuldhulp.crypto.claims import PADDING
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.statements import Statement, statement_from_plain, statement_to_plain
from schuldhulp.errors import InvalidInput

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


def seal_statement(claim_key: bytes, statement: Statement) -> bytes:
    """Seal a statement to a municipality.

    Args:
        claim_key: the municipality's claim key from the registry, X25519, 32 bytes.
        statement: what to seal; with spaces behind it, so that its length tells little.

    Raises:
        InvalidInput: the key is none.
    """
    plain = statement_document(statement).encode("utf-8")
    return seal(claim_key, plain + b" " * (-len(plain) % PADDING), STATEMENT_INFO, statement.statement_id)


def open_statement(opening_key: OpeningKey, statement_id: bytes, sealed: bytes) -> Statement:
    """Open a sealed statement; whose it is by the evaluator's word is for the caller to compare.

    Args:
        opening_key: the municipality's claim key.
        statement_id: the id it was delivered under, 32 bytes.
        sealed: what `seal_statement` gave.

    Returns:
        The statement, every field checked.

    Raises:
        Undecryptable: sealed to another key or for another id, or damaged.
        InvalidInput: what is in it is no statement (``field`` names what is wrong), or one with another id
            (``statement_elsewhere``).
    """
    opened = open_sealed(opening_key, sealed, STATEMENT_INFO, statement_id)
    try:
        document = opened.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput("type_wrong", "statement: not a JSON document", field="statement") from error
    statement = read_statement(document)
    if statement.statement_id != statement_id:
        raise InvalidInput("statement_elsewhere", "statement_id: the statement has another id", field="statement_id")
    return statement
