"""What the credit bank signs when a claim has come in: accepted for treatment, or refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import check_address, check_bytes, check_second, check_whole
from schuldhulp.domain.plain import Json, check_names, mapping, object_from_plain, object_to_plain
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import InvalidInput

SIGNATURE_LENGTH: Final = 65

_MAX_BLOCK: Final = 2**64 - 1


class ReceiptOutcome(StrEnum):
    """What the intake made of a claim. It is no decision on the claim itself."""

    ACCEPTED = "accepted"
    """Complete and equal to what stands on chain; it waits for the caseworker."""
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why the intake refuses a claim."""

    NOT_FILED = "not_filed"
    """The contents came, but no claim stands on chain under this id."""
    CONTENTS_MISSING = "contents_missing"
    """The claim stands on chain, but its contents never came."""
    UNDECRYPTABLE = "undecryptable"
    CONTENTS_INVALID = "contents_invalid"
    COMMITMENT_MISMATCH = "commitment_mismatch"
    CLAIM_ID_MISMATCH = "claim_id_mismatch"
    """The id does not follow from the original creditor and its reference: made up."""
    HOLDER_MISMATCH = "holder_mismatch"
    MUNICIPALITY_MISMATCH = "municipality_mismatch"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimReceipt:
    """What is signed. It holds nothing about a person.

    Attributes:
        claim_id: the claim.
        commitment: the commitment that stood on chain, 32 zero bytes when none did.
        municipality: CBS code.
        holder: account that held the claim on chain or, when nothing was filed, that sent the contents.
        message: keccak256 of the sealed contents, 32 zero bytes when none came.
        outcome: accepted or refused.
        reason: why it was refused; None when it was accepted.
        received_at: when the contents came in, or when their absence was established; UTC, whole seconds.
        block_number: the block at which the chain was read.
        block_hash: its hash.
    """

    claim_id: ClaimId
    commitment: Commitment
    municipality: MunicipalityCode
    holder: str
    message: bytes
    outcome: ReceiptOutcome
    reason: RefusalReason | None = None
    received_at: datetime
    block_number: int
    block_hash: bytes

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        for name in ("claim_id", "commitment", "message", "block_hash"):
            check_bytes(getattr(self, name), name)
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_address(self.holder, "holder")
        check_second(self.received_at, "received_at")
        check_whole(self.block_number, "block_number", lowest=0, highest=_MAX_BLOCK)
        if not isinstance(self.outcome, ReceiptOutcome):
            raise InvalidInput("choice_unknown", "outcome: accepted or refused", field="outcome")
        if (self.outcome is ReceiptOutcome.REFUSED) != isinstance(self.reason, RefusalReason):
            raise InvalidInput("reason_wrong", "reason: for a refusal, and only then", field="reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedReceipt:
    """A receipt with the signature of the municipality's receipt signer.

    Attributes:
        receipt: what is signed.
        signature: r, s and v, 65 bytes.
    """

    receipt: ClaimReceipt
    signature: bytes

    def __post_init__(self) -> None:
        """Check the length of the signature.

        Raises:
            InvalidInput: it is another one.
        """
        check_bytes(self.signature, "signature", length=SIGNATURE_LENGTH)


def receipt_to_plain(signed: SignedReceipt) -> dict[str, Json]:
    """Return a signed receipt as plain values: bytes hexadecimal, time ISO 8601, enums their code."""
    return {"receipt": object_to_plain(signed.receipt), "signature": signed.signature.hex()}


def receipt_from_plain(plain: object) -> SignedReceipt:
    """Build a signed receipt from what `receipt_to_plain` gave; the signature is not checked here.

    Raises:
        InvalidInput: unknown or missing field, or a wrong value; ``field`` names it.
    """
    fields = mapping(plain, "receipt")
    members = {"receipt", "signature"}
    check_names(fields, known=members, required=members, field="receipt")
    signed: SignedReceipt = object_from_plain(SignedReceipt, fields, "receipt")
    return signed
