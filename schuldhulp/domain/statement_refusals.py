"""What the municipality signs when a statement came that it cannot use, whatever a caseworker would think of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH, plain_bytes, plain_members, plain_moment
from schuldhulp.domain.checks import check_address, check_bytes, check_second, check_whole
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

_REASON: Final = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRefusal:
    """What is signed. It tells what is wrong with the message, and nothing about whom it names.

    Attributes:
        message: keccak256 of the sealed bytes that came.
        municipality: CBS code of the municipality that they were sent to.
        account: account from which they came, by the evaluator's word.
        reason: what is wrong: a code, such as ``undecryptable``.
        refused_at: when this was signed, UTC, whole seconds.
    """

    message: bytes
    municipality: MunicipalityCode
    account: str
    reason: str
    refused_at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.message, "message")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_address(self.account, "account")
        if not isinstance(self.reason, str) or not _REASON.fullmatch(self.reason):
            raise InvalidInput("type_wrong", "reason: a code of small letters expected", field="reason")
        check_second(self.refused_at, "refused_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedRefusal:
    """A refusal with the signature of the municipality's receipt signer.

    Attributes:
        refusal: what is signed.
        signature: r, s and v, 65 bytes.
    """

    refusal: StatementRefusal
    signature: bytes

    def __post_init__(self) -> None:
        """Check the length of the signature.

        Raises:
            InvalidInput: it is another one.
        """
        check_bytes(self.signature, "signature", length=SIGNATURE_LENGTH)


def refusal_to_plain(signed: SignedRefusal) -> dict[str, object]:
    """Return a signed refusal as plain values: bytes hexadecimal, time ISO 8601."""
    said = signed.refusal
    return {
        "refusal": {
            "message": said.message.hex(),
            "municipality": said.municipality,
            "account": said.account,
            "reason": said.reason,
            "refused_at": said.refused_at.isoformat(),
        },
        "signature": signed.signature.hex(),
    }


def refusal_from_plain(plain: object) -> SignedRefusal:
    """Build a signed refusal from what `refusal_to_plain` gave; the signature is not checked here.

    Raises:
        InvalidInput: unknown or missing field, or a wrong value; ``field`` names it.
    """
    outer = plain_members(plain, {"refusal", "signature"}, "refusal")
    names = {"message", "municipality", "account", "reason", "refused_at"}
    said = plain_members(outer["refusal"], names, "refusal")
    return SignedRefusal(
        refusal=StatementRefusal(
            message=plain_bytes(said["message"], "message"),
            municipality=said["municipality"],
            account=said["account"],
            reason=said["reason"],
            refused_at=plain_moment(said["refused_at"], "refused_at"),
        ),
        signature=plain_bytes(outer["signature"], "signature"),
    )
