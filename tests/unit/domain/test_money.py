from __future__ import annotations

import json
from contextlib import suppress
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.checks import MAX_CENTS
from schuldhulp.domain.money import PER_YEAR, Frequency, format_amount, monthly, parse_amount
from schuldhulp.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "money.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "cents"), VECTORS["amounts"])
def test_parse_amount_follows_the_vectors(text, cents):
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", VECTORS["amounts_refused"])
def test_parse_amount_refuses_and_never_repeats_the_value(text):
    with pytest.raises(InvalidInput) as caught:
        parse_amount(text, "arrears")
    assert caught.value.field == "arrears"
    if len(text) > 3:
        assert text not in str(caught.value).replace("1.234,56", "")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("12.50", "amount_ambiguous"),
        ("1234,5", "amount_ambiguous"),
        ("abc", "amount_invalid"),
        ("-5", "amount_negative"),
        ("", "required"),
        ("1000000000", "amount_too_large"),
        ("9" * 5000, "amount_too_large"),
    ],
)
def test_parse_amount_says_what_is_wrong(text, key):
    with pytest.raises(InvalidInput) as caught:
        parse_amount(text)
    assert caught.value.key == key


@given(
    st.text(alphabet=st.characters(blacklist_categories=()), max_size=60)
    | st.text(alphabet="0123456789.,-€ ", max_size=20)
)
def test_parse_amount_raises_nothing_but_invalid_input(text):
    with suppress(InvalidInput):
        assert 0 <= parse_amount(text) <= MAX_CENTS


@given(st.integers(0, MAX_CENTS), st.booleans())
def test_parse_amount_reads_what_format_amount_writes(cents, symbol):
    assert parse_amount(format_amount(cents, symbol=symbol)) == cents


@pytest.mark.parametrize(("cents", "text"), VECTORS["shown"])
def test_format_amount_follows_the_vectors(cents, text):
    assert format_amount(cents) == text
    assert format_amount(cents, symbol=True) == f"€\u00a0{text}"


@pytest.mark.parametrize(("cents", "frequency", "expected"), VECTORS["monthly"])
def test_monthly_follows_the_vectors(cents, frequency, expected):
    assert monthly(cents, Frequency(frequency)) == expected


@given(st.integers(0, MAX_CENTS), st.sampled_from(Frequency))
def test_monthly_rounds_half_up(cents, frequency):
    exact = Fraction(cents * PER_YEAR[frequency], 12)
    assert monthly(cents, frequency) == floor(exact + Fraction(1, 2))
