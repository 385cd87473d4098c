"""Working days in the Netherlands, for terms that count them.

Which days do not count: Saturdays, Sundays and the days of article 3 of the Algemene termijnenwet: New Year's Day,
Easter Monday, Ascension Day, Whit Monday, both days of Christmas, the King's Birthday and 5 May (first member), and
Good Friday (second member). Days that a royal decree adds for one year (third member) are not known here; a term then
ends a day early, never late.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

from schuldhulp.errors import InvalidInput

ANSWER_DAYS: Final = 10
"""Working days within which parties in debt help answer each other (NVVK)."""

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_SUNDAY: Final = 6


def is_working_day(day: date) -> bool:
    """Say whether a day is no weekend and no public holiday."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


def add_working_days(start: date, days: int) -> date:
    """Return the last day of a term.

    Args:
        start: day on which the term is set off; it does not count itself.
        days: how many working days, 0 or more.

    Returns:
        The ``days``-th working day after ``start``; ``start`` for 0.

    Raises:
        InvalidInput: a negative number of days.
    """
    if days < 0:
        raise InvalidInput("days_invalid", "days: a term is 0 working days or more", field="days")
    day = start
    while days:
        day += _DAY
        days -= is_working_day(day)
    return day


def working_days_left(today: date, last: date) -> int:
    """Count what is left of a term.

    Args:
        today: the day to look from.
        last: last day of the term.

    Returns:
        Working days from tomorrow up to and including ``last``; 0 on that day, and below 0 the number by which the
        term is over.
    """
    first, end, sign = (today, last, 1) if today <= last else (last, today, -1)
    return sign * sum(is_working_day(first + number * _DAY) for number in range(1, (end - first).days + 1))


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Return the days of article 3 of the Algemene termijnenwet that fall in a year.

    Args:
        year: 2014 or later, when King's Day took the place of Queen's Day.

    Raises:
        InvalidInput: an earlier year.
    """
    if year < 2014:
        raise InvalidInput("year_invalid", "year: public holidays are known from 2014 on", field="year")
    easter = _easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == _SUNDAY:
        kings_day -= _DAY
    return frozenset(
        {
            date(year, 1, 1),
            easter - timedelta(days=2),
            easter + _DAY,
            kings_day,
            date(year, 5, 5),
            easter + timedelta(days=39),
            easter + timedelta(days=50),
            date(year, 12, 25),
            date(year, 12, 26),
        }
    )


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, skipped = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - correction + 15) % 30
    quarter, odd = divmod(rest, 4)
    weekday = (32 + 2 * skipped + 2 * quarter - epact - odd) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
