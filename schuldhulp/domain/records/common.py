"""What all kinds of records share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schuldhulp.domain.checks import Redacted, check_bytes, check_distinct, check_line
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput


class RecordKind(StrEnum):
    """The kinds of records that a dossier holds."""

    APPLICANT = "applicant"
    OBLIGATION = "obligation"
    INCOME = "income"
    EXPENSE = "expense"
    AGREEMENT = "agreement"
    ENROLMENT = "enrolment"
    CLAIM = "claim"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Party(Redacted):
    """A creditor, collector or bailiff, with the numbers under which it knows the debt.

    Attributes:
        name: name of the organisation or person.
        kvk: number in the trade register, or empty.
        creditor_number: number of the creditor with this party, or empty.
        customer_number: number of the client with this party, or empty.
        file_number: number of the case with this party, or empty.
    """

    name: str
    kvk: str = ""
    creditor_number: str = ""
    customer_number: str = ""
    file_number: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: the name is missing, a text is too long or the KvK number has another shape.
        """
        check_line(self.name, "name", required=True)
        check_line(self.kvk, "kvk")
        check_line(self.creditor_number, "creditor_number")
        check_line(self.customer_number, "customer_number")
        check_line(self.file_number, "file_number")
        if self.kvk and parse_kvk(self.kvk) != self.kvk:
            raise InvalidInput("kvk_invalid", "kvk: eight digits and nothing else", field="kvk")


def check_people(people: tuple[RecordId, ...], field: str) -> None:
    """Check the applicants that something belongs to: one or both.

    Raises:
        InvalidInput: none, more than two, one twice, or no identifier of a record.
    """
    check_distinct(people, field, lowest=1, highest=2)
    check_ids(people, field)


def check_ids(ids: Iterable[bytes], field: str) -> None:
    """Check that every identifier of a record is 32 bytes.

    Raises:
        InvalidInput: one is not.
    """
    for value in ids:
        check_bytes(value, field)
