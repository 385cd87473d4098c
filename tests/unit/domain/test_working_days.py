from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.working_days import (
    ANSWER_DAYS,
    add_working_days,
    is_working_day,
    public_holidays,
    working_days_left,
)
from schuldhulp.errors import InvalidInput

DAYS = st.dates(date(2014, 1, 1), date(2099, 11, 30))

# From the almanacs of these years.
HOLIDAYS = {
    2024: "01-01 03-29 04-01 04-27 05-05 05-09 05-20 12-25 12-26",
    2025: "01-01 04-18 04-21 04-26 05-05 05-29 06-09 12-25 12-26",
    2026: "01-01 04-03 04-06 04-27 05-05 05-14 05-25 12-25 12-26",
    2027: "01-01 03-26 03-29 04-27 05-05 05-06 05-17 12-25 12-26",
    2038: "01-01 04-23 04-26 04-27 05-05 06-03 06-14 12-25 12-26",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_public_holidays_are_those_of_the_law(year: int) -> None:
    assert public_holidays(year) == {date.fromisoformat(f"{year}-{day}") for day in HOLIDAYS[year].split()}


@pytest.mark.parametrize("year", [2014, 2025, 2031])
def test_kings_day_is_saturday_when_the_27th_is_a_sunday(year: int) -> None:
    assert date(year, 4, 26) in public_holidays(year)
    assert date(year, 4, 27) not in public_holidays(year)


def test_public_holidays_refuses_years_of_the_queen() -> None:
    with pytest.raises(InvalidInput) as caught:
        public_holidays(2013)
    assert caught.value.field == "year"


def test_add_working_days_passes_weekends_and_easter() -> None:
    # Thursday before Easter 2026: Good Friday, the weekend and Easter Monday do not count.
    assert add_working_days(date(2026, 4, 2), 1) == date(2026, 4, 7)


def test_add_working_days_passes_christmas_and_new_year() -> None:
    # Tuesday 22 December 2026: 23, 24, 28, 29, 30, 31 December, 4, 5, 6, 7 January.
    assert add_working_days(date(2026, 12, 22), ANSWER_DAYS) == date(2027, 1, 7)


def test_add_working_days_of_none_is_the_day_itself() -> None:
    assert add_working_days(date(2026, 4, 5), 0) == date(2026, 4, 5)


def test_add_working_days_refuses_a_negative_term() -> None:
    with pytest.raises(InvalidInput) as caught:
        add_working_days(date(2026, 4, 5), -1)
    assert caught.value.field == "days"


@given(DAYS, st.integers(1, 30))
def test_add_working_days_ends_on_a_working_day_with_so_many_in_between(start: date, days: int) -> None:
    last = add_working_days(start, days)
    assert is_working_day(last)
    assert sum(is_working_day(start + timedelta(days=number)) for number in range(1, (last - start).days + 1)) == days


@given(DAYS, st.integers(1, 30))
def test_working_days_left_counts_what_was_added(start: date, days: int) -> None:
    last = add_working_days(start, days)
    assert working_days_left(start, last) == days
    assert working_days_left(last, last) == 0


def test_working_days_left_is_negative_when_a_term_is_over() -> None:
    # Friday to Tuesday: Monday and Tuesday.
    assert working_days_left(date(2026, 6, 16), date(2026, 6, 12)) == -2
