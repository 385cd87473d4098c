"""What goes over the wire of the channel of sealed messages, as the OpenAPI document describes it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from schuldhulp.crypto.accounts import checksummed
from schuldhulp.evaluator.model import Bytes32, Bytes64, point_from_text, point_to_text
from schuldhulp.services.claims.ports import (
    MAX_CLAIM_IDS,
    MAX_CONTENT,
    MAX_MESSAGES,
    MAX_ORGANISATIONS,
    MUNICIPALITY,
    TO_CREDITOR,
    TO_MUNICIPALITY,
    MessageKind,
)

_CONTENT_TEXT: Final = -(-MAX_CONTENT // 3) * 4
"""Characters of the longest content in base64."""

_ADDRESS: Final = "0x[0-9a-fA-F]{40}"
_POINT: Final = "^[A-Za-z0-9_-]{43}$"


def _points(value: object) -> list[bytes]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CLAIM_IDS:
        raise PydanticCustomError("elements", "a list of points is expected")
    try:
        return [point_from_text(item) for item in value]
    except ValueError as error:
        raise PydanticCustomError("element", "each element is 43 characters base64url") from error


def _content(value: object) -> bytes:
    if isinstance(value, str) and 0 < len(value) <= _CONTENT_TEXT and value.isascii():
        try:
            content = base64.b64decode(value, validate=True)
        except binascii.Error:
            content = b""
        # One way to write it: without line ends, with padding, and without excess bits.
        if 0 < len(content) <= MAX_CONTENT and base64.b64encode(content).decode() == value:
            return content
    raise PydanticCustomError("content", "base64 is expected")


def _recipient(value: object) -> str:
    if value == MUNICIPALITY:
        return MUNICIPALITY
    if isinstance(value, str) and len(value) == 42 and value.startswith("0x"):
        try:
            address = checksummed(bytes.fromhex(value[2:]))
        except ValueError:
            address = ""
        # Digits of one case carry no checksum; anything else must carry the right one.
        if address and value[2:] in (address[2:].lower(), address[2:].upper(), address[2:]) and int(address, 16):
            return address
    raise PydanticCustomError("recipient", "an address is expected")


def _kind(value: object) -> MessageKind:
    try:
        return MessageKind(str(value))
    except ValueError as error:
        raise PydanticCustomError("kind", "the name of a kind is expected") from error


def _names(kinds: Collection[MessageKind]) -> str:
    *others, last = (f"`{kind}`" for kind in MessageKind if kind in kinds)
    return f"{', '.join(others)} or {last}"


Points = Annotated[
    list[bytes],
    BeforeValidator(_points),
    PlainSerializer(lambda points: [point_to_text(point) for point in points], return_type=list[str]),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "pattern": _POINT, "description": "ristretto255 point, 32 bytes, base64url"},
            "minItems": 1,
            "maxItems": MAX_CLAIM_IDS,
        }
    ),
]
Content = Annotated[
    bytes,
    BeforeValidator(_content),
    PlainSerializer(lambda content: base64.b64encode(content).decode(), return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            "minLength": 4,
            "maxLength": _CONTENT_TEXT,
        }
    ),
]
Recipient = Annotated[
    str,
    BeforeValidator(_recipient),
    WithJsonSchema({"type": "string", "pattern": f"^({MUNICIPALITY}|{_ADDRESS})$"}),
]
Kind = Annotated[
    MessageKind,
    BeforeValidator(_kind),
    WithJsonSchema({"type": "string", "enum": [kind.value for kind in MessageKind]}),
]

_STRICT: Final = ConfigDict(extra="forbid", strict=True)


class ClaimIdsBody(BaseModel):
    """Blinded inputs of claim ids: `KvK number of the original creditor|its reference`, normalised."""

    model_config = _STRICT

    elements: Points = Field(description="1 to 100 points, each valid and not the identity.")


class ClaimIdsAnswer(BaseModel):
    """Evaluated elements with one proof (RFC 9497, ristretto255-SHA512, verifiable mode)."""

    evaluated: Points = Field(description="One point for each element, in the same order.")
    proof: Bytes64 = Field(description="DLEQ proof over the whole batch: scalars c and s.")
    key: Bytes32 = Field(description="Public key that was used. Believe the one in the deployment file, not this one.")


class DeliveryBody(BaseModel):
    """A sealed message."""

    model_config = _STRICT

    kind: Kind = Field(
        description=f"A creditor sends {_names(TO_MUNICIPALITY)}, the municipality {_names(TO_CREDITOR)}."
    )
    subject: Bytes32 = Field(description="What it is about: of all that concerns a claim its id.")
    recipient: Recipient = Field(description="`municipality`, or the address of a creditor's account.")
    content: Content = Field(description=f"The sealed bytes, at most {MAX_CONTENT}, in base64 (RFC 4648, section 4).")


class DeliveryAnswer(BaseModel):
    """Acknowledgement that a message came in; the same for the same content, however often it is sent."""

    message: Bytes32 = Field(description="keccak256 of the content.")
    receivedAt: int = Field(description="When it came in first, Unix time in seconds.")  # noqa: N815


class CollectBody(BaseModel):
    """A question for messages to the account that signs."""

    model_config = _STRICT

    after: int = Field(ge=0, lt=2**63, description="Number of the last message that was seen; 0 for none.")
    limit: int = Field(ge=1, le=MAX_MESSAGES, description="How many messages at most.")


class SealedMessage(BaseModel):
    """A message as it was handed in."""

    number: int = Field(description="Its place in this mailbox, ascending with gaps.")
    message: Bytes32 = Field(description="keccak256 of the content.")
    kind: str = Field(description="What it is; kinds will be added.")
    subject: Bytes32 = Field(description="What it is about, as its sender said.")
    sender: str = Field(description="Address of the account that sent it, or `municipality`.")
    organisation: str = Field(description="KvK number of its organisation, or `municipality`.")
    receivedAt: int = Field(description="When it came in first, Unix time in seconds.")  # noqa: N815
    content: Content = Field(description="The sealed bytes, in base64.")


class CollectAnswer(BaseModel):
    """Messages by number. Fewer than asked for is not the end; an empty list is."""

    messages: list[SealedMessage]
    last: int = Field(description="Number to ask after next.")


def _hashes(value: object) -> Any:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MESSAGES:
        raise PydanticCustomError("messages", "a list of hashes is expected")
    return value


class AcknowledgeBody(BaseModel):
    """Says that messages to the account that signs were stored safely."""

    model_config = _STRICT

    messages: Annotated[list[Bytes32], BeforeValidator(_hashes)] = Field(
        min_length=1,
        max_length=MAX_MESSAGES,
        description="Their hashes; those that are not in the mailbox are ignored.",
    )


class AcknowledgeAnswer(BaseModel):
    """What became of an acknowledgement."""

    acknowledged: int = Field(description="How many of these messages are acknowledged now.")


class OrganisationsBody(BaseModel):
    """A question for the organisations that were admitted."""

    model_config = _STRICT

    after: str = Field(
        pattern=r"^([0-9]{8})?$", description="KvK number of the last one that was seen; empty for none."
    )
    limit: int = Field(ge=1, le=MAX_ORGANISATIONS, description="How many at most.")


class AdmittedOrganisation(BaseModel):
    """An organisation as the municipality can write to it."""

    kvk: str = Field(description="Number in the trade register, 8 digits.")
    name: str = Field(description="Its name there.")
    accounts: list[str] = Field(description="Addresses that belong to it, the one that was admitted last in front.")
    suspended: bool = Field(description="Whether it was shut out; what is sent to it waits.")


class OrganisationsAnswer(BaseModel):
    """Organisations by number. An empty list is the end."""

    organisations: list[AdmittedOrganisation]


EXPECTED: Final[dict[str, str]] = {
    "elements": f"1 to {MAX_CLAIM_IDS} points of 43 characters base64url are expected",
    "kind": "the name of a kind of message is expected",
    "subject": "64 hexadecimal digits are expected",
    "recipient": "municipality or an address is expected, 0x and 40 hexadecimal digits with the right checksum",
    "content": f"1 to {MAX_CONTENT} bytes in base64 with padding are expected",
    "after": "the number of a message is expected, or 0; of an organisation 8 digits, or nothing",
    "limit": f"a number from 1 to {MAX_MESSAGES} is expected",
    "messages": f"1 to {MAX_MESSAGES} hashes of 64 hexadecimal digits are expected",
    "Schuldhulp-Organisation": "a KvK number of 8 digits is expected, or municipality",
    "Schuldhulp-Nonce": "64 hexadecimal digits are expected",
    "Schuldhulp-Expiry": "a Unix time in seconds is expected",
    "Schuldhulp-Signature": "130 hexadecimal digits are expected",
}
"""What each field and header must be, in words of our own: those of the validator may repeat what was sent."""
