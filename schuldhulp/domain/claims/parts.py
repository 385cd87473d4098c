"""The parts of a claim's contents: who owes, who claims, in which instalments, and whom to turn to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import MAX_CENTS, Redacted, check_line, check_whole
from schuldhulp.domain.identifiers import Bsn, PartialDate, canonical_postcode, canonical_surname
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import Cents
from schuldhulp.errors import InvalidInput

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]{6,24}")


class ClaimStage(StrEnum):
    """In whose hands the claim is."""

    CREDITOR = "creditor"
    COLLECTOR = "collector"
    """A collection agency, or somebody who bought the claim."""
    BAILIFF = "bailiff"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Debtor(Redacted):
    """Whom the creditor claims from, as the creditor knows this person.

    Attributes:
        initials: for example ``A.B.``, or empty.
        prefix: what stands in front of the surname, such as ``van der``, or empty.
        surname: surname without the prefix.
        birth_date: unknown day or month as 0.
        postcode: ``9711AB``.
        house_number: 1 to 99999.
        suffix: letter and addition of the house number, or empty.
        bsn: citizen service number, or None; only from a creditor whom the law entitles to it.
    """

    initials: str = ""
    prefix: str = ""
    surname: str
    birth_date: PartialDate
    postcode: str
    house_number: int
    suffix: str = ""
    bsn: Bsn | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_line(self.initials, "initials", longest=40)
        check_line(self.prefix, "prefix", longest=40)
        check_line(self.surname, "surname", required=True)
        canonical_surname(self.surname)
        if not isinstance(self.birth_date, PartialDate):
            raise InvalidInput("type_wrong", "birth_date: date expected", field="birth_date")
        check_line(self.postcode, "postcode", required=True)
        if canonical_postcode(self.postcode) != self.postcode:
            raise InvalidInput("postcode_invalid", "postcode: write it as 9711AB", field="postcode")
        check_whole(self.house_number, "house_number", lowest=1, highest=99_999)
        check_line(self.suffix, "suffix", longest=20)
        if self.bsn is not None and not isinstance(self.bsn, Bsn):
            raise InvalidInput("type_wrong", "bsn: citizen service number expected", field="bsn")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Organisation(Redacted):
    """An organisation in the trade register.

    Attributes:
        name: its name.
        kvk: its number, eight digits.
    """

    name: str
    kvk: str

    def __post_init__(self) -> None:
        """Check both.

        Raises:
            InvalidInput: the name is missing or the number is not eight digits.
        """
        check_line(self.name, "name", required=True)
        check_line(self.kvk, "kvk", required=True)
        if parse_kvk(self.kvk) != self.kvk:
            raise InvalidInput("kvk_invalid", "kvk: eight digits and nothing else", field="kvk")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InstalmentProposal(Redacted):
    """In which instalments the creditor would take the money.

    Attributes:
        amount: cents each time, more than zero.
        frequency: how often; not ``NONE``.
    """

    amount: Cents
    frequency: Frequency

    def __post_init__(self) -> None:
        """Check both.

        Raises:
            InvalidInput: no amount, or no frequency.
        """
        check_whole(self.amount, "amount", lowest=1, highest=MAX_CENTS)
        check_choice(self.frequency, Frequency, "frequency")
        if self.frequency is Frequency.NONE:
            raise InvalidInput("choice_unknown", "frequency: say how often", field="frequency")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Contact(Redacted):
    """Whom the credit bank can turn to; at least one of address and telephone.

    Attributes:
        name: person or department.
        email: address for electronic mail, or empty.
        phone: telephone number, or empty.
    """

    name: str
    email: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: the name or both ways are missing, or one has another shape.
        """
        check_line(self.name, "name", required=True)
        check_line(self.email, "email")
        check_line(self.phone, "phone", longest=40)
        if not self.email and not self.phone:
            raise InvalidInput("required", "email: fill in an address or a telephone number", field="email")
        if self.email and not _EMAIL.fullmatch(self.email):
            raise InvalidInput("email_invalid", "email: an address such as name@example.nl expected", field="email")
        if self.phone and not _PHONE.fullmatch(self.phone):
            raise InvalidInput("phone_invalid", "phone: a telephone number expected", field="phone")


def check_choice(value: object, kind: type[StrEnum], field: str) -> None:
    """Check that a value is one of the choices.

    Raises:
        InvalidInput: it is something else.
    """
    if not isinstance(value, kind):
        choices = ", ".join(kind)
        raise InvalidInput("choice_unknown", f"{field}: choose one of {choices}", field=field, choices=choices)
