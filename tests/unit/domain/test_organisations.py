from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.organisations import parse_iban, parse_kvk, parse_oin
from schuldhulp.errors import InvalidInput

PARSERS = [parse_iban, parse_kvk, parse_oin]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NL91ABNA0417164300", "NL91ABNA0417164300"),
        ("nl91 abna 0417 1643 00", "NL91ABNA0417164300"),
        (" NL91\u00a0ABNA 0417164300 ", "NL91ABNA0417164300"),
        ("BE68539007547034", "BE68539007547034"),
        ("GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
    ],
)
def test_parse_iban_accepts(text, number):
    assert parse_iban(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NL91ABNA0417164301",
        "NL19ABNA0417164300",
        "NL91ABNA041716430",
        "NL91ABNA04171643000",
        "NL910417164300ABNA",
        "91ABNA0417164300",
        "NL91-ABNA-0417164300",
        "NL91ABNA041716430O",
        "ＮＬ91ABNA0417164300",
        "BE6853900754703ß",
    ],
)
def test_parse_iban_refuses(text):
    with pytest.raises(InvalidInput) as caught:
        parse_iban(text, "account")
    assert caught.value.field == "account"


@given(st.integers(0, 9), st.integers(4, 17))
def test_parse_iban_finds_every_wrong_digit(digit, position):
    number = "NL91ABNA0417164300"
    changed = f"{number[:position]}{digit}{number[position + 1 :]}"
    if changed == number:
        assert parse_iban(changed) == number
    else:
        with pytest.raises(InvalidInput):
            parse_iban(changed)


def test_parse_kvk_accepts_eight_digits():
    assert parse_kvk(" 12345678 ") == parse_kvk("1234 5678") == "12345678"


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_parse_kvk_refuses(text):
    with pytest.raises(InvalidInput) as caught:
        parse_kvk(text)
    assert caught.value.field == "kvk"


def test_parse_oin_accepts_twenty_digits():
    assert parse_oin("00000001003214345000") == "00000001003214345000"


@pytest.mark.parametrize("text", ["", "0" * 19, "0" * 21, "0" * 19 + "x"])
def test_parse_oin_refuses(text):
    with pytest.raises(InvalidInput) as caught:
        parse_oin(text)
    assert caught.value.field == "oin"


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(st.characters(blacklist_categories=()), max_size=40))
def test_parsers_of_numbers_raise_nothing_but_invalid_input(parse, text):
    with suppress(InvalidInput):
        assert parse(text).isascii()
