"""What the resident and the credit bank, or a creditor, have agreed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import (
    Redacted,
    check_cents,
    check_date,
    check_distinct,
    check_line,
    check_moment,
    check_period,
    check_text,
)
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records.common import RecordKind
from schuldhulp.domain.types import Cents
from schuldhulp.errors import InvalidInput


class AgreementType(StrEnum):
    """What kind of agreement it is."""

    STABILISATION = "stabilisation"
    BUDGET_MANAGEMENT = "budget_management"
    DEBT_SETTLEMENT = "debt_settlement"
    PAYMENT_ARRANGEMENT = "payment_arrangement"
    OTHER = "other"


class AgreementStatus(StrEnum):
    """Where an agreement stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    REFUSED = "refused"


class ConfirmationRole(StrEnum):
    """In which role somebody confirmed."""

    RESIDENT = "resident"
    CASEWORKER = "caseworker"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Confirmation(Redacted):
    """Somebody said yes.

    Attributes:
        by: name or function of who confirmed.
        role: on which side.
        at: when, in UTC.
    """

    by: str
    role: ConfirmationRole
    at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_line(self.by, "by", required=True)
        check_moment(self.at, "at")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Agreement(Redacted):
    """An agreement, with who confirmed it and when.

    Attributes:
        type: what kind.
        parties: names of who agreed, at least one.
        text: what was agreed, in words.
        amount: cents each time, or None when it is not about money.
        frequency: how often; ``NONE`` when it is not about money.
        start: first day.
        end: last day, or None.
        confirmations: who confirmed it, in order of time.
        status: where it stands; ``CONFIRMED`` needs at least one confirmation.
    """

    kind: ClassVar[RecordKind] = RecordKind.AGREEMENT
    schema: ClassVar[int] = 1

    type: AgreementType
    parties: tuple[str, ...]
    text: str
    amount: Cents | None = None
    frequency: Frequency = Frequency.NONE
    start: date
    end: date | None = None
    confirmations: tuple[Confirmation, ...] = ()
    status: AgreementStatus = AgreementStatus.PROPOSED

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_distinct(self.parties, "parties", lowest=1, highest=20)
        for party in self.parties:
            check_line(party, "parties", required=True)
        check_text(self.text, "text", required=True)
        check_cents(self.amount, "amount")
        check_date(self.start, "start")
        check_date(self.end, "end")
        check_period(self.start, self.end, "end")
        check_distinct(self.confirmations, "confirmations", lowest=0, highest=100)
        if self.status is AgreementStatus.CONFIRMED and not self.confirmations:
            raise InvalidInput("confirmation_missing", "status: nobody has confirmed it", field="status")


_OVER = (AgreementStatus.ENDED, AgreementStatus.REFUSED)


def without_stale_yes(agreement: Agreement, before: Agreement) -> Agreement:
    """Return a changed agreement without the confirmations that were given to what it said before.

    A yes is a yes to what was agreed. It stays when only the status changes, and when the agreement ends on the day
    that it is ended; it goes when the agreement says something else, or begins anew after it was over. A confirmation
    that comes with the change counts for what the agreement says now.

    Args:
        agreement: what it is to say; proposed again where it was confirmed and nobody's yes is left.
        before: what it said.
    """
    if _agreed(agreement, before) and not (before.status in _OVER and agreement.status not in _OVER):
        return agreement
    left = tuple(given for given in agreement.confirmations if given not in before.confirmations)
    open_again = agreement.status is AgreementStatus.CONFIRMED and not left
    status = AgreementStatus.PROPOSED if open_again else agreement.status
    return replace(agreement, confirmations=left, status=status)


def _agreed(one: Agreement, other: Agreement) -> bool:
    names = ["type", "parties", "text", "amount", "frequency", "start"]
    if one.status is not AgreementStatus.ENDED:
        names.append("end")
    return all(getattr(one, name) == getattr(other, name) for name in names)
