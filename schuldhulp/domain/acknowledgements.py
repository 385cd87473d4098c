"""What is signed by whoever got a message: a creditor for a notice, the municipality for a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schuldhulp.domain.checks import as_utc, check_address, check_bytes, check_moment, check_second, check_whole
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

SIGNATURE_LENGTH: Final = 65

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledgement:
    """What is signed. It holds nothing about a person, and says nothing but that the message came.

    Attributes:
        message: keccak256 of the sealed bytes that came.
        municipality: CBS code of the municipality that sent them, or to which they were sent.
        account: the creditor's account that got the message, or from which it came.
        acknowledged_at: when this was signed, UTC, whole seconds.
    """

    message: bytes
    municipality: MunicipalityCode
    account: str
    acknowledged_at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.message, "message")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_address(self.account, "account")
        check_second(self.acknowledged_at, "acknowledged_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedAcknowledgement:
    """An acknowledgement with its signature.

    Attributes:
        acknowledgement: what is signed.
        signature: r, s and v, 65 bytes.
    """

    acknowledgement: Acknowledgement
    signature: bytes

    def __post_init__(self) -> None:
        """Check the length of the signature.

        Raises:
            InvalidInput: it is another one.
        """
        check_bytes(self.signature, "signature", length=SIGNATURE_LENGTH)


def acknowledgement_to_plain(signed: SignedAcknowledgement) -> dict[str, object]:
    """Return a signed acknowledgement as plain values: bytes hexadecimal, time ISO 8601."""
    said = signed.acknowledgement
    return {
        "acknowledgement": {
            "message": said.message.hex(),
            "municipality": said.municipality,
            "account": said.account,
            "acknowledged_at": said.acknowledged_at.isoformat(),
        },
        "signature": signed.signature.hex(),
    }


def acknowledgement_from_plain(plain: object) -> SignedAcknowledgement:
    """Build a signed acknowledgement from what `acknowledgement_to_plain` gave; the signature is not checked here.

    Raises:
        InvalidInput: unknown or missing field, or a wrong value; ``field`` names it.
    """
    outer = plain_members(plain, {"acknowledgement", "signature"}, "acknowledgement")
    names = {"message", "municipality", "account", "acknowledged_at"}
    said = plain_members(outer["acknowledgement"], names, "acknowledgement")
    return SignedAcknowledgement(
        acknowledgement=Acknowledgement(
            message=plain_bytes(said["message"], "message"),
            municipality=said["municipality"],
            account=said["account"],
            acknowledged_at=plain_moment(said["acknowledged_at"], "acknowledged_at"),
        ),
        signature=plain_bytes(outer["signature"], "signature"),
    )


def plain_members(plain: object, names: set[str], field: str) -> dict[str, Any]:
    """Return the members of a JSON object that must have these names and no others.

    Raises:
        InvalidInput: it is no object, or has other names.
    """
    if not isinstance(plain, dict):
        raise InvalidInput("type_wrong", f"{field}: an object is expected", field=field)
    if plain.keys() != names:
        # Not the unknown name itself: it may be anything.
        missing = sorted(names - plain.keys())
        raise InvalidInput(
            "type_wrong" if missing else "field_unknown",
            f"{field}: {', '.join(missing)} missing" if missing else f"{field}: a field too many",
            field=missing[0] if missing else field,
        )
    return plain


def plain_bytes(value: object, field: str) -> bytes:
    """Read bytes from lower-case hexadecimal digits.

    Raises:
        InvalidInput: these are none.
    """
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise InvalidInput("type_wrong", f"{field}: hexadecimal digits expected", field=field)
    return bytes.fromhex(value)


def plain_moment(value: object, field: str) -> datetime:
    """Read a time from ISO 8601 with its offset.

    Raises:
        InvalidInput: it is none.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            check_moment(moment, field)
            return as_utc(moment)
    except ValueError:
        pass
    raise InvalidInput("type_wrong", f"{field}: a time in ISO 8601 with its offset is expected", field=field)
