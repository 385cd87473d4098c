"""Dates as people and files write them: dd-mm-jjjj or ISO 8601, and birth dates of which a part is unknown."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from schuldhulp.domain.checks import MAX_YEAR, MIN_YEAR, Redacted
from schuldhulp.errors import InvalidInput

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DUTCH = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")


@dataclass(frozen=True, order=True, slots=True, repr=False)
class PartialDate(Redacted):
    """A birth date of which the day, or the day and the month, may be unknown.

    Attributes:
        year: full year.
        month: 1 to 12, or 0 when unknown.
        day: 1 to 31, or 0 when unknown; 0 whenever the month is.
    """

    year: int
    month: int = 0
    day: int = 0

    def __post_init__(self) -> None:
        """Refuse a date that does not exist.

        Raises:
            InvalidInput: as `parse_partial_date`.
        """
        _check_parts(self.year, self.month, self.day, "birth_date", partial=True)

    @property
    def iso(self) -> str:
        """The date as ``jjjj-mm-dd``, with 00 for what is unknown."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    @property
    def dutch(self) -> str:
        """The date as ``dd-mm-jjjj``, with 00 for what is unknown."""
        return f"{self.day:02d}-{self.month:02d}-{self.year:04d}"

    @classmethod
    def of(cls, value: date) -> PartialDate:
        """Return a date of which everything is known."""
        return cls(value.year, value.month, value.day)


def parse_date(text: str, field: str = "date") -> date:
    """Read a date that is known completely.

    Args:
        text: ``dd-mm-jjjj`` (also with ``/`` or ``.``, and one digit for day or month) or ISO ``jjjj-mm-dd``.
        field: name of the field, for the error.

    Returns:
        The date.

    Raises:
        InvalidInput: another shape, a day that does not exist, or a year that cannot be meant.
    """
    year, month, day = _split(text, field)
    _check_parts(year, month, day, field, partial=False)
    return date(year, month, day)


def parse_partial_date(text: str, field: str = "birth_date") -> PartialDate:
    """Read a birth date in which 00 stands for an unknown day or month.

    Args:
        text: as for `parse_date`, and ``00-02-1980``, ``00-00-1980``, ``1980-00-00``.
        field: name of the field, for the error.

    Returns:
        The date.

    Raises:
        InvalidInput: as `parse_date`; also a known day in an unknown month.
    """
    year, month, day = _split(text, field)
    _check_parts(year, month, day, field, partial=True)
    return PartialDate(year, month, day)


def format_date(value: date) -> str:
    """Write a date as ``dd-mm-jjjj``."""
    return f"{value.day:02d}-{value.month:02d}-{value.year:04d}"


def add_months(value: date, months: int, *, day: int | None = None) -> date:
    """Return the date a number of months later, on `day` or on the last day of a shorter month.

    Args:
        value: where to start.
        months: how many months later; negative for earlier.
        day: day of the month to aim at, by default that of `value`.
    """
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day or value.day, monthrange(year, month + 1)[1]))


def _split(text: str, field: str) -> tuple[int, int, int]:
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    if found := _ISO.fullmatch(stripped):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DUTCH.fullmatch(stripped):
        return int(found[4]), int(found[3]), int(found[1])
    raise InvalidInput("date_form", f"{field}: write dd-mm-jjjj or jjjj-mm-dd", field=field)


def _check_parts(year: int, month: int, day: int, field: str, *, partial: bool) -> None:
    if not MIN_YEAR <= year <= MAX_YEAR:
        raise InvalidInput(
            "date_range",
            f"{field}: year between {MIN_YEAR} and {MAX_YEAR}",
            field=field,
            lowest=MIN_YEAR,
            highest=MAX_YEAR,
        )
    lowest = 0 if partial else 1
    if not lowest <= month <= 12 or day < lowest or (month == 0 and day != 0):
        raise InvalidInput("date_invalid", f"{field}: this day does not exist", field=field)
    if month and day > monthrange(year, month)[1]:
        raise InvalidInput("date_invalid", f"{field}: this day does not exist", field=field)
