"""The reference by which an organisation knows a check again: its own number, and nothing about the person."""

from __future__ import annotations

import re
from typing import Final

from schuldhulp.domain.identifiers import parse_bsn
from schuldhulp.errors import InvalidInput

LONGEST: Final = 40
_ROW: Final = " regel "
_SHAPE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./_-]*[A-Za-z0-9])?")
_BETWEEN: Final = re.compile(r"[ ./_-]")
_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "[01]?[0-9]", "[0-3]?[0-9]"
_DATE: Final = re.compile(
    rf"(?<![0-9])(?:{_DAY}[ ./_-]{_MONTH}[ ./_-]{_YEAR}|{_YEAR}[ ./_-]{_MONTH}[ ./_-]{_DAY})(?![0-9])"
)
_SHORTEST_NAME: Final = 3


def check_reference(text: str, *, surname: str = "", field: str = "reference") -> str:
    """Accept a customer or case number, and refuse what names a person.

    One in eleven numbers of nine digits passes the eleven test without being a citizen service number; whoever has such
    a customer number puts a letter before it.

    Args:
        text: what was typed.
        surname: the surname that was typed beside it, which must not stand in the reference.
        field: name of the field, for the error.

    Returns:
        The reference without spaces around it.

    Raises:
        InvalidInput: empty, too long, without a digit or with other signs (``reference_invalid``); nine digits that
            pass the eleven test (``reference_bsn``); a date, or the surname (``reference_identity``).
    """
    reference = text.strip()
    if not reference:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    if len(reference) > LONGEST:
        raise InvalidInput("text_too_long", f"{field}: at most {LONGEST} characters", field=field, limit=LONGEST)
    if not _SHAPE.fullmatch(reference) or not any(character.isdigit() for character in reference):
        raise InvalidInput("reference_invalid", f"{field}: a number of the organisation's own expected", field=field)
    if _DATE.search(reference) or _holds(reference, surname):
        raise InvalidInput("reference_identity", f"{field}: must say nothing about the person", field=field)
    if _may_be_bsn(_BETWEEN.sub("", reference)):
        raise InvalidInput("reference_bsn", f"{field}: may be a citizen service number", field=field)
    return reference


def row_reference(reference: str, line: int) -> str:
    """Return the reference of one row of a list: that of the list with the number of the line behind it."""
    return f"{reference}{_ROW}{line}"


def row_of(reference: str) -> tuple[str, int]:
    """Return the reference of the list and the number of the line; of what is no row of a list itself and 0."""
    whole, row, line = reference.rpartition(_ROW)
    return (whole, int(line)) if row and line.isascii() and line.isdigit() else (reference, 0)


def _may_be_bsn(digits: str) -> bool:
    if len(digits) != 9 or not digits.isdigit():
        return False
    try:
        parse_bsn(digits)
    except InvalidInput:
        return False
    return True


def _holds(reference: str, surname: str) -> bool:
    letters = re.sub(r"[^a-z]", "", reference.lower())
    words = [word for word in re.split(r"[^a-z]+", surname.lower()) if len(word) >= _SHORTEST_NAME]
    return any(word in letters for word in words)
