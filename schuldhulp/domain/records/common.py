"""What all kinds of records share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import Redacted, check_bytes, check_distinct, check_line, check_text
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

MAX_DOCUMENT: Final = 44 * 1024
"""Characters of a document: no message of the channel holds more."""

_WORD: Final = re.compile(r"[0-9a-f]{64}")


class RecordKind(StrEnum):
    """The kinds of records that a dossier holds."""

    APPLICANT = "applicant"
    OBLIGATION = "obligation"
    INCOME = "income"
    EXPENSE = "expense"
    AGREEMENT = "agreement"
    ENROLMENT = "enrolment"
    CLAIM = "claim"
    NOTICE = "notice"
    CONSENT = "consent"


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
        check_line(self.creditor_number, "creditor_number")
        check_line(self.customer_number, "customer_number")
        check_line(self.file_number, "file_number")
        check_kvk(self.kvk)


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


def check_kvk(value: str, *, required: bool = False) -> None:
    """Check a number of the trade register that is kept: eight digits and nothing else, or empty.

    Raises:
        InvalidInput: another shape, or empty while required.
    """
    check_line(value, "kvk", required=required)
    if value and parse_kvk(value) != value:
        raise InvalidInput("kvk_invalid", "kvk: eight digits and nothing else", field="kvk")


def check_word(value: str, field: str) -> None:
    """Check 32 bytes that are kept as text: 64 hexadecimal digits, small letters.

    Raises:
        InvalidInput: anything else.
    """
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise InvalidInput("bytes_length", f"{field}: 32 bytes expected", field=field, length=32)


def check_document(value: str, field: str) -> None:
    """Check a document as it was received or sent: a JSON object of at most `MAX_DOCUMENT` characters.

    Raises:
        InvalidInput: too long, no JSON, or something else than an object.
    """
    check_text(value, field, required=True, longest=MAX_DOCUMENT)
    try:
        plain = json.loads(value)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise InvalidInput("type_wrong", f"{field}: a JSON object expected", field=field)
