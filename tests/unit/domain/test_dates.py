from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.checks import MAX_YEAR, MIN_YEAR
from schuldhulp.domain.dates import PartialDate, add_months, format_date, parse_date, parse_partial_date
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.payments import due_dates
from schuldhulp.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "dates.json").read_text(encoding="utf-8"))
DATES = st.dates(date(MIN_YEAR, 1, 1), date(MAX_YEAR, 12, 31))


def optional_date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@pytest.mark.parametrize(("text", "iso"), VECTORS["dates"])
def test_parse_date_follows_the_vectors(text, iso):
    assert parse_date(text).isoformat() == iso


@pytest.mark.parametrize("text", VECTORS["dates_refused"])
def test_parse_date_refuses_and_never_repeats_the_value(text):
    with pytest.raises(InvalidInput) as caught:
        parse_date(text, "start")
    assert caught.value.field == "start"
    assert not text or text not in str(caught.value)


@given(
    st.text(alphabet=st.characters(blacklist_categories=()), max_size=40)
    | st.text(alphabet="0123456789-./", max_size=12)
    | st.from_regex(r"\A[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}\Z")
)
def test_parse_date_raises_nothing_but_invalid_input(text):
    for parse in (parse_date, parse_partial_date):
        with suppress(InvalidInput):
            parse(text)


@given(DATES)
def test_parse_date_reads_both_notations(value):
    assert parse_date(value.isoformat()) == parse_date(format_date(value)) == value
    assert parse_partial_date(format_date(value)) == PartialDate.of(value)
    assert PartialDate.of(value).iso == value.isoformat()
    assert PartialDate.of(value).dutch == format_date(value)


@pytest.mark.parametrize("parts", [(1980, 0, 5), (1980, 2, 30), (1980, 13, 0), (1066, 0, 0), (1980, -1, 0)])
def test_partial_date_refuses_what_does_not_exist(parts):
    with pytest.raises(InvalidInput):
        PartialDate(*parts)


@pytest.mark.parametrize("text", ["26826", "1-1-80", "########", "1 januari 1980"])
@pytest.mark.parametrize("parse", [parse_date, parse_partial_date])
def test_a_date_of_another_form_is_told_from_a_day_that_does_not_exist(parse, text):
    with pytest.raises(InvalidInput, match="write dd-mm-jjjj") as form:
        parse(text)
    assert form.value.key == "date_form"
    with pytest.raises(InvalidInput) as day:
        parse("31-02-1980")
    assert day.value.key == "date_invalid"


def test_partial_date_shows_nothing_in_its_repr():
    assert "1980" not in repr(PartialDate(1980, 2, 14))


@pytest.mark.parametrize(("start", "months", "day", "expected"), VECTORS["months_added"])
def test_add_months_follows_the_vectors(start, months, day, expected):
    assert add_months(date.fromisoformat(start), months, day=day).isoformat() == expected


@pytest.mark.parametrize(
    "case", VECTORS["due"], ids=lambda case: f"{case['frequency']}-{case['anchor']}-{case['due_day']}"
)
def test_due_dates_follow_the_vectors(case):
    found = due_dates(
        Frequency(case["frequency"]),
        anchor=optional_date(case["anchor"]),
        due_day=case["due_day"],
        start=date.fromisoformat(case["start"]),
        until=date.fromisoformat(case["until"]),
    )
    assert [due.isoformat() for due in found] == case["due"]


@given(
    st.sampled_from(Frequency),
    st.none() | st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.none() | st.integers(1, 31),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 400),
)
def test_due_dates_ascend_within_the_period(frequency, anchor, due_day, start, days):
    until = date.fromordinal(start.toordinal() + days)
    found = list(due_dates(frequency, anchor=anchor, due_day=due_day, start=start, until=until))
    assert found == sorted(set(found))
    assert all(start <= due <= until for due in found)
