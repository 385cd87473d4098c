"""What goes over the wire, as the OpenAPI document describes it.

Points are base64url, so that 1 000 of them fit in a body of 64 KiB; everything else that is bytes is hexadecimal.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_ELEMENTS: Final = 1_000
"""Elements in one request."""

TOO_MANY: Final = "too_many_elements"
_POINT_LENGTH: Final = 43
_POINT: Final = re.compile(rf"[A-Za-z0-9_-]{{{_POINT_LENGTH}}}")
_POINT_SCHEMA: Final = {
    "type": "string",
    "pattern": f"^[A-Za-z0-9_-]{{{_POINT_LENGTH}}}$",
    "description": "ristretto255 point, 32 bytes, base64url without padding",
    "examples": ["4vLi3Zo5WkIw2x2iQbvNoyJ7ktpBH3iEYgmXyrbGsHY"],
}


def point_from_text(value: object) -> bytes:
    """Read a point.

    Args:
        value: 43 characters base64url.

    Returns:
        32 bytes; whether they are a point is not looked at here.

    Raises:
        ValueError: another shape, or excess bits that are not zero.
    """
    if isinstance(value, str) and _POINT.fullmatch(value):
        try:
            point = base64.urlsafe_b64decode(value + "=")
        except binascii.Error as error:
            raise ValueError("not base64url") from error
        if point_to_text(point) == value:
            return point
    raise ValueError("expected 43 characters base64url that stand for 32 bytes")


def point_to_text(point: bytes) -> str:
    """Write a point of 32 bytes as base64url without padding."""
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _elements(value: object) -> list[bytes]:
    if not isinstance(value, list):
        raise PydanticCustomError("list_type", "a list is expected")
    if not value:
        raise PydanticCustomError("empty", "at least one element is expected")
    if len(value) > MAX_ELEMENTS:
        raise PydanticCustomError(TOO_MANY, "too many elements")
    try:
        return [point_from_text(item) for item in value]
    except ValueError as error:
        raise PydanticCustomError("element", "each element is 43 characters base64url") from error


def _hexadecimal(length: int) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    pattern = re.compile(rf"(?:0x)?([0-9a-fA-F]{{{2 * length}}})")

    def parse(value: object) -> bytes:
        match = pattern.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise PydanticCustomError("hexadecimal", "hexadecimal digits are expected")
        return bytes.fromhex(match[1])

    schema = {"type": "string", "pattern": f"^(0x)?[0-9a-fA-F]{{{2 * length}}}$"}
    return BeforeValidator(parse), PlainSerializer(bytes.hex, return_type=str), WithJsonSchema(schema)


Bytes32 = Annotated[bytes, *_hexadecimal(32)]
Bytes64 = Annotated[bytes, *_hexadecimal(64)]
Bytes65 = Annotated[bytes, *_hexadecimal(65)]
Elements = Annotated[
    list[bytes],
    BeforeValidator(_elements),
    PlainSerializer(lambda points: [point_to_text(point) for point in points], return_type=list[str]),
    WithJsonSchema({"type": "array", "items": _POINT_SCHEMA, "minItems": 1, "maxItems": MAX_ELEMENTS}),
]


class EvaluationBody(BaseModel):
    """A signed request to evaluate blinded identifiers.

    The signature is EIP-712 over the domain {name "Schuldhulp evaluator", version "1", chainId, verifyingContract: the
    EnrolmentRegistry} and the struct EvaluationRequest(uint16 municipality, uint8 kind, uint32 epoch, string
    organisation, bytes32 elements, uint32 count, bytes32 nonce, uint64 expiry), where `elements` is the keccak256 of
    all points one after another and `count` their number.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    municipality: int = Field(ge=1, le=0xFFFF, description="CBS code of the municipality.", examples=[14])
    kind: int = Field(ge=1, le=2, description="1: citizen service number (BSN), 2: name, address and date of birth.")
    epoch: int = Field(ge=1, le=0xFFFFFFFF, description="Epoch of the key; must be open.", examples=[20264])
    organisation: str = Field(
        pattern=r"^([0-9]{8}|municipality)$",
        description="KvK number of the organisation that asks; `municipality` for the municipality itself.",
        examples=["12345678"],
    )
    elements: Elements = Field(description="Blinded identifiers: 1 to 1 000 points, each valid and not the identity.")
    nonce: Bytes32 = Field(
        description="32 random bytes; charged once, and answered again when the whole request is repeated."
    )
    expiry: int = Field(ge=0, le=2**53, description="Unix time in seconds, at most five minutes ahead.")
    signature: Bytes65 = Field(description="65 bytes r, s, v of an account of the organisation.")


class EvaluationAnswer(BaseModel):
    """Evaluated elements with one proof (RFC 9497, ristretto255-SHA512, verifiable mode)."""

    evaluated: Elements = Field(description="One point for each element, in the same order.")
    proof: Bytes64 = Field(description="DLEQ proof over the whole batch: scalars c and s.")
    key: Bytes32 = Field(description="Public key that was used. Believe the one in the registry, not this one.")


class PublicKey(BaseModel):
    """Public key of one epoch and kind."""

    epoch: int
    kind: int
    key: Bytes32


class PublicKeys(BaseModel):
    """Keys that this evaluator holds; those that count stand in the registry."""

    municipality: int
    keys: list[PublicKey]


class Health(BaseModel):
    """Whether requests can be answered now, and which part fails when they cannot."""

    status: Literal["ok", "unavailable"]
    chain: Literal["ok", "unavailable"]
    database: Literal["ok", "unavailable"]
    keys: Literal["ok", "missing"] = Field(description="Whether the keys of the current epoch are the published ones.")


class Problem(BaseModel):
    """Why a request was refused. Never repeats a value that was sent."""

    error: str = Field(description="Name of the problem, for programs.", examples=["epoch_not_open"])
    field: str | None = Field(description="The field that is wrong, where one is.", examples=["epoch"])
    message: str = Field(description="The problem and what to do, for people.")
