"""The municipality's signature under a notice that it sends, and how it travels behind the sealed bytes.

Without it whoever broke into the evaluator could put a notice of its own into a creditor's mailbox: sealing needs no
secret. The receipt signer signs; its key is with the worker alone.

The type string is the specification and never changes once released; tests/vectors/sendings.json pins it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from schuldhulp.crypto.claim_signatures import claims_digest, signer_of
from schuldhulp.crypto.commitments import _struct_hash, _structs
from schuldhulp.crypto.notices import HASH_LENGTH
from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH
from schuldhulp.domain.sendings import Sending, SignedSending
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

SENDING_TYPE: Final = "NoticeSent(bytes32 notice,uint16 municipality,address recipient,uint64 sentAt)"
"""``notice`` is the hash of the notice, ``sentAt`` seconds since 1970."""

_STRUCTS: Final = _structs(SENDING_TYPE)
_TIME_LENGTH: Final = 8
_TAIL_LENGTH: Final = _TIME_LENGTH + SIGNATURE_LENGTH


def sending_digest(sending: Sending, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that the receipt signer signs (EIP-712).

    Args:
        sending: what is said.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    message = {
        "notice": sending.notice,
        "municipality": sending.municipality,
        "recipient": sending.recipient,
        "sentAt": int(sending.sent_at.timestamp()),
    }
    return claims_digest(_struct_hash(_STRUCTS, message), chain_id=chain_id, claim_register=claim_register)


def sending_signer(signed: SignedSending, *, chain_id: int, claim_register: str) -> str:
    """Return the address that signed; whether it is the municipality's receipt signer is for the caller to judge.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    digest = sending_digest(signed.sending, chain_id=chain_id, claim_register=claim_register)
    return signer_of(digest, signed.signature)


def with_sending(content: bytes, signed: SignedSending) -> bytes:
    """Return what is delivered: the sealed notice, the time as 8 bytes (big-endian), and the signature.

    Args:
        content: what `notices.seal_notice` gave.
        signed: the sending of that notice, signed.
    """
    seconds = int(signed.sending.sent_at.timestamp())
    return content + seconds.to_bytes(_TIME_LENGTH, "big") + signed.signature


def without_sending(delivered: bytes, *, municipality: MunicipalityCode, recipient: str) -> tuple[bytes, SignedSending]:
    """Take apart what was delivered; the signature is not checked here.

    Args:
        delivered: what `with_sending` gave.
        municipality: in whose mailbox it lay.
        recipient: account that collected it.

    Returns:
        What `notices.open_notice` opens, and what was signed if it was signed for this account.

    Raises:
        InvalidInput: it is too short, or its time is none.
    """
    content, tail = delivered[:-_TAIL_LENGTH], delivered[-_TAIL_LENGTH:]
    if len(content) < HASH_LENGTH:
        raise InvalidInput("content_invalid", "notice: too short for a notice with its signature", field="content")
    try:
        sent_at = datetime.fromtimestamp(int.from_bytes(tail[:_TIME_LENGTH], "big"), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput("type_wrong", "sent_at: no time", field="sent_at") from error
    sending = Sending(notice=content[:HASH_LENGTH], municipality=municipality, recipient=recipient, sent_at=sent_at)
    return content, SignedSending(sending=sending, signature=tail[_TIME_LENGTH:])
