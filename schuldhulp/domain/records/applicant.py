"""The person who is helped, or the partner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import Redacted, check_date, check_distinct, check_line, check_period, check_whole
from schuldhulp.domain.identifiers import Bsn, PartialDate, canonical_postcode, canonical_surname
from schuldhulp.domain.records.common import RecordKind
from schuldhulp.errors import InvalidInput


class Position(StrEnum):
    """Place of an applicant in the dossier."""

    FIRST = "first"
    PARTNER = "partner"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Address(Redacted):
    """A Dutch address and how long somebody has lived there.

    Attributes:
        street: name of the street.
        house_number: 1 to 99999.
        suffix: letter and addition, or empty.
        postcode: ``9711AB``.
        city: name of the place.
        from_date: first day.
        until: last day, or None while it lasts.
    """

    street: str
    house_number: int
    suffix: str = ""
    postcode: str
    city: str
    from_date: date
    until: date | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_line(self.street, "street", required=True)
        check_whole(self.house_number, "house_number", lowest=1, highest=99_999)
        check_line(self.suffix, "suffix", longest=20)
        if canonical_postcode(self.postcode) != self.postcode:
            raise InvalidInput("postcode_invalid", "postcode: write it as 9711AB", field="postcode")
        check_line(self.city, "city", required=True)
        check_date(self.from_date, "from_date")
        check_date(self.until, "until")
        check_period(self.from_date, self.until, "until")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Applicant(Redacted):
    """Somebody who asked for help. The person is a record too, so versioned, encrypted and committed like any other.

    Attributes:
        initials: for example ``A.B.``, or empty.
        first_names: all first names, or empty.
        prefix: what stands in front of the surname, such as ``van der``, or empty.
        surname: surname without the prefix.
        other_surnames: further surnames in use, with their prefixes: the partner's, or the one before a marriage.
        birth_date: unknown day or month as 0.
        bsn: citizen service number, or None when it is not known.
        addresses: now and before; empty for who has none.
        phone: telephone number, or empty.
        email: address for electronic mail, or empty.
        position: first applicant or partner.
    """

    kind: ClassVar[RecordKind] = RecordKind.APPLICANT
    schema: ClassVar[int] = 1

    initials: str = ""
    first_names: str = ""
    prefix: str = ""
    surname: str
    other_surnames: tuple[str, ...] = ()
    birth_date: PartialDate
    bsn: Bsn | None = None
    addresses: tuple[Address, ...] = ()
    phone: str = ""
    email: str = ""
    position: Position = Position.FIRST

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_line(self.initials, "initials", longest=40)
        check_line(self.first_names, "first_names")
        check_line(self.prefix, "prefix", longest=40)
        check_line(self.surname, "surname", required=True)
        canonical_surname(self.surname)
        check_distinct(self.other_surnames, "other_surnames", lowest=0, highest=20)
        for surname in self.other_surnames:
            check_line(surname, "other_surnames", required=True)
            canonical_surname(surname, "other_surnames")
        if not isinstance(self.birth_date, PartialDate):
            raise InvalidInput("type_wrong", "birth_date: date expected", field="birth_date")
        check_distinct(self.addresses, "addresses", lowest=0, highest=50)
        check_line(self.phone, "phone", longest=40)
        check_line(self.email, "email")

    @property
    def full_name(self) -> str:
        """Initials (or first names), prefix and surname, for a screen."""
        return " ".join(part for part in (self.initials or self.first_names, self.prefix, self.surname) if part)
