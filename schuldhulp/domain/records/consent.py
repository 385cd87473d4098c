"""The resident's consent that a party keeps the overview current with its statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import Redacted, check_bytes, check_date, check_line, check_period
from schuldhulp.domain.records.common import RecordKind, check_kvk
from schuldhulp.domain.types import RecordId


class ConsentSubject(StrEnum):
    """What a party may send statements of."""

    RENT = "rent"
    ENERGY = "energy"
    WATER = "water"
    HEALTH_INSURANCE = "health_insurance"
    BENEFIT = "benefit"
    SALARY = "salary"


class ConsentForm(StrEnum):
    """How a consent was given."""

    WRITTEN = "written"
    SPOKEN = "spoken"
    DIGITAL = "digital"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Consent(Redacted):
    """One applicant's consent for one party and one subject.

    Attributes:
        applicant: record of the applicant whose consent it is.
        party: name of the organisation that may send.
        kvk: its number in the trade register.
        subject: what it may send statements of.
        given_on: first day on which it holds.
        until: last day on which it holds, None where no day was named.
        how: how it was given.
        ended_on: the day on which the resident ended it, None while nobody has; from that day it holds no more.
    """

    kind: ClassVar[RecordKind] = RecordKind.CONSENT
    schema: ClassVar[int] = 1

    applicant: RecordId
    party: str
    kvk: str
    subject: ConsentSubject
    given_on: date
    until: date | None = None
    how: ConsentForm
    ended_on: date | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.applicant, "applicant")
        check_line(self.party, "party", required=True)
        check_kvk(self.kvk, required=True)
        check_date(self.given_on, "given_on")
        check_date(self.until, "until")
        check_period(self.given_on, self.until, "until")
        check_date(self.ended_on, "ended_on")
        check_period(self.given_on, self.ended_on, "ended_on")

    def holds_on(self, day: date) -> bool:
        """Say whether it holds on a day: given, not run out and not ended."""
        if day < self.given_on or (self.until is not None and day > self.until):
            return False
        return self.ended_on is None or day < self.ended_on
