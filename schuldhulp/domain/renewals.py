"""The question for a new statement of a claim whose statement has become too old (gedragscode, six months)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from schuldhulp.domain.acknowledgements import SIGNATURE_LENGTH, plain_bytes, plain_members, plain_moment
from schuldhulp.domain.checks import check_address, check_bytes, check_date, check_second, check_whole
from schuldhulp.domain.dates import add_months
from schuldhulp.domain.debts import EXPIRED_MONTHS
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewalRequest:
    """What is signed. It asks whoever holds a claim to amend it with a new statement, and decides nothing.

    Attributes:
        claim_id: the claim.
        commitment: the version on the chain whose statement is too old.
        municipality: CBS code.
        holder: account that holds the claim.
        statement_date: day for which the amounts of that version hold.
        asked_at: when this was signed, UTC, whole seconds.
    """

    claim_id: ClaimId
    commitment: Commitment
    municipality: MunicipalityCode
    holder: str
    statement_date: date
    asked_at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.claim_id, "claim_id")
        check_bytes(self.commitment, "commitment")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_address(self.holder, "holder")
        check_date(self.statement_date, "statement_date")
        check_second(self.asked_at, "asked_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedRenewal:
    """A question for a new statement with the signature of the municipality's receipt signer.

    Attributes:
        request: what is signed.
        signature: r, s and v, 65 bytes.
    """

    request: RenewalRequest
    signature: bytes

    def __post_init__(self) -> None:
        """Check the length of the signature.

        Raises:
            InvalidInput: it is another one.
        """
        check_bytes(self.signature, "signature", length=SIGNATURE_LENGTH)


def renew_from(statement_date: date) -> datetime:
    """Return from when a statement is too old: the first moment (UTC) of the day that `debts.staleness` calls expired.

    Args:
        statement_date: its date.
    """
    day = add_months(statement_date, EXPIRED_MONTHS)
    # From the end of a short month back six months comes out later than forth: go on until it is over.
    while add_months(day, -EXPIRED_MONTHS) <= statement_date:
        day += timedelta(days=1)
    return datetime.combine(day, datetime.min.time(), UTC)


def renewal_to_plain(signed: SignedRenewal) -> dict[str, object]:
    """Return a signed question as plain values: bytes hexadecimal, dates and times ISO 8601."""
    said = signed.request
    return {
        "renewal": {
            "claim_id": said.claim_id.hex(),
            "commitment": said.commitment.hex(),
            "municipality": said.municipality,
            "holder": said.holder,
            "statement_date": said.statement_date.isoformat(),
            "asked_at": said.asked_at.isoformat(),
        },
        "signature": signed.signature.hex(),
    }


def renewal_from_plain(plain: object) -> SignedRenewal:
    """Build a signed question from what `renewal_to_plain` gave; the signature is not checked here.

    Raises:
        InvalidInput: unknown or missing field, or a wrong value; ``field`` names it.
    """
    outer = plain_members(plain, {"renewal", "signature"}, "renewal")
    names = {"claim_id", "commitment", "municipality", "holder", "statement_date", "asked_at"}
    said = plain_members(outer["renewal"], names, "renewal")
    return SignedRenewal(
        request=RenewalRequest(
            claim_id=ClaimId(plain_bytes(said["claim_id"], "claim_id")),
            commitment=Commitment(plain_bytes(said["commitment"], "commitment")),
            municipality=said["municipality"],
            holder=said["holder"],
            statement_date=_day(said["statement_date"]),
            asked_at=plain_moment(said["asked_at"], "asked_at"),
        ),
        signature=plain_bytes(outer["signature"], "signature"),
    )


def _day(value: object) -> date:
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidInput("type_wrong", "statement_date: a date in ISO 8601 is expected", field="statement_date")
