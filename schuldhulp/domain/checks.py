"""Checks that every record shares; each names the field that is wrong and never repeats its value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from schuldhulp.errors import InvalidInput

MAX_LINE: Final = 200
"""Characters in a field of one line, such as a name or a reference."""

MAX_TEXT: Final = 10_000
"""Characters in a field of several lines, such as a note."""

MAX_CENTS: Final = 99_999_999_999
"""Just under one billion euro, in cents; above that somebody has typed an account number."""

MIN_YEAR: Final = 1880
MAX_YEAR: Final = 2199

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class Redacted:
    """Base of everything that holds personal data: its ``repr`` names the class and nothing else."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the name of the class without a single value."""
        return f"<{type(self).__name__}>"


def check_line(value: str, field: str, *, required: bool = False, longest: int = MAX_LINE) -> None:
    """Check a field of one line.

    Args:
        value: what was filled in.
        field: name of the field, for the error.
        required: whether it may not be empty.
        longest: largest number of characters.

    Raises:
        InvalidInput: empty while required, too long, or with a control character or lone surrogate in it.
    """
    _check_text(value, field, required=required, longest=longest, allowed="")


def check_text(value: str, field: str, *, required: bool = False, longest: int = MAX_TEXT) -> None:
    """Check a field of several lines; as `check_line`, but tabs and line ends are allowed."""
    _check_text(value, field, required=required, longest=longest, allowed="\t\r\n")


def _check_text(value: str, field: str, *, required: bool, longest: int, allowed: str) -> None:
    if not isinstance(value, str):
        raise InvalidInput("type_wrong", f"{field}: text expected", field=field)
    if required and not value.strip():
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    if len(value) > longest:
        raise InvalidInput("text_too_long", f"{field}: at most {longest} characters", field=field, limit=longest)
    # A lone surrogate (Cs) cannot be written as UTF-8, so it could be neither stored nor hashed.
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in value):
        raise InvalidInput("text_control", f"{field}: holds a character that is not text", field=field)


def check_cents(value: int | None, field: str) -> None:
    """Check an amount in whole cents, or None where it is not known.

    Raises:
        InvalidInput: no whole number, below zero or above `MAX_CENTS`.
    """
    if value is None:
        return
    check_whole(value, field, lowest=0, highest=MAX_CENTS)


def check_whole(value: int, field: str, *, lowest: int, highest: int) -> None:
    """Check a whole number between two bounds, both included.

    Raises:
        InvalidInput: no whole number or outside the bounds.
    """
    # bool is an int in Python, but True is not an amount.
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput("type_wrong", f"{field}: whole number expected", field=field)
    if not lowest <= value <= highest:
        raise InvalidInput(
            "number_range", f"{field}: between {lowest} and {highest}", field=field, lowest=lowest, highest=highest
        )


def check_date(value: date | None, field: str) -> None:
    """Check that a date lies in a year that can be meant.

    Raises:
        InvalidInput: before `MIN_YEAR` or after `MAX_YEAR`.
    """
    if value is None:
        return
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidInput("type_wrong", f"{field}: date expected", field=field)
    if not MIN_YEAR <= value.year <= MAX_YEAR:
        raise InvalidInput("date_range", f"{field}: year between {MIN_YEAR} and {MAX_YEAR}", field=field)


def check_period(start: date | None, until: date | None, field: str) -> None:
    """Check that an end does not lie before its start; either may be open.

    Raises:
        InvalidInput: the end lies before the start; `field` is the name of the end.
    """
    if start is not None and until is not None and until < start:
        raise InvalidInput("period_reversed", f"{field}: lies before the start", field=field)


def check_moment(value: datetime, field: str) -> None:
    """Check that a moment says it is UTC.

    Raises:
        InvalidInput: without a zone or in another zone.
    """
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        raise InvalidInput("time_not_utc", f"{field}: time in UTC expected", field=field)


def check_second(value: datetime, field: str) -> None:
    """Check that a moment is UTC in whole seconds, as what is signed counts them.

    Raises:
        InvalidInput: another zone, or parts of a second.
    """
    check_moment(value, field)
    if value.microsecond:
        raise InvalidInput("time_not_whole", f"{field}: whole seconds expected", field=field)


def check_address(value: str, field: str) -> None:
    """Check the form of an account's address; its checksum, which not everybody writes, is not looked at.

    Raises:
        InvalidInput: other than 0x and 40 hexadecimal digits.
    """
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise InvalidInput("address_invalid", f"{field}: an address is 0x and 40 digits", field=field)


def check_bytes(value: bytes, field: str, *, length: int = 32) -> None:
    """Check the length of an identifier or hash.

    Raises:
        InvalidInput: other than `length` bytes.
    """
    if not isinstance(value, bytes) or len(value) != length:
        raise InvalidInput("bytes_length", f"{field}: {length} bytes expected", field=field, length=length)


def check_distinct(values: Sequence[object], field: str, *, lowest: int, highest: int) -> None:
    """Check the number of items of a list and that none stands in it twice.

    Raises:
        InvalidInput: too few, too many, or one that is repeated.
    """
    if not isinstance(values, tuple):
        raise InvalidInput("type_wrong", f"{field}: list expected", field=field)
    if not lowest <= len(values) <= highest:
        raise InvalidInput(
            "count_range", f"{field}: {lowest} to {highest} items", field=field, lowest=lowest, highest=highest
        )
    if len(set(values)) != len(values):
        raise InvalidInput("repeated", f"{field}: the same item stands in it twice", field=field)


def as_utc(value: datetime) -> datetime:
    """Return an aware moment in UTC."""
    return value.astimezone(UTC)
