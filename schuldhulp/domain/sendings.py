"""What the municipality signs when it sends a notice: that this one goes to that account, from now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH
from schuldhulp.domain.checks import check_address, check_bytes, check_second, check_whole
from schuldhulp.domain.types import MunicipalityCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What is signed. It holds nothing about a person but the hash of the notice, which has a salt in it.

    Attributes:
        notice: hash of the notice, 32 bytes.
        municipality: CBS code of who sends it.
        recipient: account that it is sealed to.
        sent_at: when this was signed, UTC, whole seconds.
    """

    notice: bytes
    municipality: MunicipalityCode
    recipient: str
    sent_at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.notice, "notice")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_address(self.recipient, "recipient")
        check_second(self.sent_at, "sent_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedSending:
    """A sending with the signature of the municipality's receipt signer.

    Attributes:
        sending: what is signed.
        signature: r, s and v, 65 bytes.
    """

    sending: Sending
    signature: bytes

    def __post_init__(self) -> None:
        """Check the length of the signature.

        Raises:
            InvalidInput: it is another one.
        """
        check_bytes(self.signature, "signature", length=SIGNATURE_LENGTH)
