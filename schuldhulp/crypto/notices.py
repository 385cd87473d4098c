"""Notices: what a notice hashes to, and the seal around what the creditor is sent.

What is delivered begins with the hash of the notice, in the clear, and the rest is sealed. So the hash of what was
delivered, which the creditor signs for, stands for one notice and no other, and whoever is given the notice can check
that without any key. The salt inside the notice keeps others from guessing it by its hash.

The type string is the specification and never changes once released; tests/vectors/notices.json pins it.
"""

from __future__ import annotations

import json
from typing import Final

from eth_utils.crypto import keccak

from schuldhulp.crypto.claims import PADDING
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.notices import Notice, notice_from_plain, notice_to_plain
from schuldhulp.errors import InvalidInput

NOTICE_TYPE: Final = "Notice(string document)"
"""EIP-712; the document is the JSON text of the notice, byte for byte as it stands in the record."""

NOTICE_INFO: Final = b"schuldhulp notice v1"
"""What a sealed notice is bound to, besides its hash."""

HASH_LENGTH: Final = 32


def notice_document(notice: Notice) -> str:
    """Write a notice as JSON text, always the same for the same notice."""
    return json.dumps(notice_to_plain(notice), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_notice(document: str) -> Notice:
    """Read the JSON text of a notice.

    Raises:
        InvalidInput: it is none; ``field`` names what is wrong.
    """
    try:
        plain = json.loads(document)
    # A few thousand brackets in each other end in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise InvalidInput("type_wrong", "notice: not a JSON document", field="notice") from error
    return notice_from_plain(plain)


def notice_hash(document: str) -> bytes:
    """Return the EIP-712 struct hash of a notice, 32 bytes.

    Args:
        document: its JSON text.
    """
    return keccak(keccak(text=NOTICE_TYPE) + keccak(text=document))


def seal_notice(encryption_key: bytes, document: str) -> bytes:
    """Seal a notice to a creditor.

    Args:
        encryption_key: the creditor's key in the ClaimRegister, X25519, 32 bytes.
        document: the JSON text of the notice.

    Returns:
        What is delivered: the hash of the notice, and the sealed notice behind it.

    Raises:
        InvalidInput: the key is none.
    """
    said = notice_hash(document)
    plain = document.encode("utf-8")
    return said + seal(encryption_key, plain + b" " * (-len(plain) % PADDING), NOTICE_INFO, said)


def open_notice(opening_key: OpeningKey, notice_id: bytes, content: bytes) -> Notice:
    """Open a notice and make sure that what was delivered stands for it.

    Args:
        opening_key: the creditor's messages key.
        notice_id: the id it was delivered under.
        content: what `seal_notice` gave.

    Raises:
        Undecryptable: sealed to another key, under another hash, or damaged.
        InvalidInput: what is in it is no notice, another one than the hash says (``notice_differs``), or one with
            another id (``notice_elsewhere``).
    """
    said = content[:HASH_LENGTH]
    opened = open_sealed(opening_key, content[HASH_LENGTH:], NOTICE_INFO, said)
    try:
        document = opened.decode("utf-8").rstrip(" ")
    except UnicodeDecodeError as error:
        raise InvalidInput("type_wrong", "notice: not a JSON document", field="notice") from error
    if notice_hash(document) != said:
        # Whoever signed for this would have signed for something else than was written.
        raise InvalidInput("notice_differs", "the sealed notice is another one than its hash says", field="notice")
    notice = read_notice(document)
    if notice.notice_id != notice_id:
        raise InvalidInput("notice_elsewhere", "notice_id: the notice has another id", field="notice_id")
    return notice


def stands_for(content: bytes, document: str) -> bool:
    """Tell, without any key, whether what was delivered stands for a notice.

    That the sealed part holds it too only its recipient can see, who signs for nothing else (`open_notice`).
    """
    return content[:HASH_LENGTH] == notice_hash(document)
