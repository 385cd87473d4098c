from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.identifiers import (
    Bsn,
    IdentifierKind,
    PartialDate,
    bsn_identifier,
    canonical_house_number,
    canonical_postcode,
    canonical_surname,
    name_identifier,
    parse_bsn,
    parse_partial_date,
    parse_person,
)
from schuldhulp.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "identifiers.json").read_text(encoding="utf-8"))
ANY_TEXT = st.text(alphabet=st.characters(blacklist_categories=()), max_size=300)
PARSERS = {
    "surname": canonical_surname,
    "postcode": canonical_postcode,
    "house_number": canonical_house_number,
    "bsn": parse_bsn,
    "birth_date": parse_partial_date,
}


def refused_field(parse, text: str) -> str | None:
    """The field that an error names, or "accepted"; any other exception than InvalidInput passes through."""
    try:
        parse(text)
    except InvalidInput as error:
        return error.field
    return "accepted"


def test_vectors_pin_at_least_eighty_pairs():
    assert len(VECTORS["surnames"]) >= 80


@pytest.mark.parametrize(("spelling", "canonical"), VECTORS["surnames"])
def test_canonical_surname_follows_the_vectors(spelling, canonical):
    assert canonical_surname(spelling) == canonical


@pytest.mark.parametrize(("spelling", "canonical"), VECTORS["birth_dates"])
def test_parse_partial_date_follows_the_vectors(spelling, canonical):
    assert parse_partial_date(spelling).iso == canonical


@pytest.mark.parametrize(("spelling", "canonical"), VECTORS["postcodes"])
def test_canonical_postcode_follows_the_vectors(spelling, canonical):
    assert canonical_postcode(spelling) == canonical


@pytest.mark.parametrize(("spelling", "canonical"), VECTORS["house_numbers"])
def test_canonical_house_number_follows_the_vectors(spelling, canonical):
    assert canonical_house_number(spelling) == canonical


@pytest.mark.parametrize(("spelling", "canonical"), VECTORS["bsns"])
def test_parse_bsn_follows_the_vectors(spelling, canonical):
    assert bsn_identifier(parse_bsn(spelling)).text == f"NL.BSN:{canonical}"


@pytest.mark.parametrize(("line", "canonical"), VECTORS["persons"])
def test_parse_person_follows_the_vectors(line, canonical):
    identifier = parse_person(line)
    assert (identifier.kind, identifier.text) == (IdentifierKind.NADB, canonical)
    assert identifier.encoded == canonical.encode()


@pytest.mark.parametrize(("line", "field"), VECTORS["persons_refused"])
def test_parse_person_names_the_wrong_field(line, field):
    with pytest.raises(InvalidInput) as caught:
        parse_person(line)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "spelling"),
    [
        (field, spelling)
        for field in PARSERS
        for spelling in VECTORS[f"{field}s_refused"]
    ],
)  # fmt: skip
def test_parsers_refuse_and_never_repeat_the_value(field, spelling):
    with pytest.raises(InvalidInput) as caught:
        PARSERS[field](spelling)
    assert caught.value.field == field
    if len(spelling) > 3:
        assert spelling not in str(caught.value)
        assert spelling not in repr(caught.value)


@pytest.mark.parametrize("parse", [*PARSERS.values(), parse_person])
@given(text=ANY_TEXT)
def test_parsers_raise_nothing_but_invalid_input(parse, text):
    assert refused_field(parse, text) is not None


@given(st.lists(ANY_TEXT, min_size=4, max_size=4))
def test_parse_person_raises_nothing_but_invalid_input_on_four_parts(parts):
    assert refused_field(parse_person, ";".join(parts)) is not None


@given(ANY_TEXT)
def test_canonical_surname_is_letters_and_stable(text):
    try:
        canonical = canonical_surname(text)
    except InvalidInput:
        return
    assert canonical.isalpha()
    assert canonical_surname(canonical[:200]) == canonical[:200]


@given(
    st.text(alphabet="abcdefghij ëøß'-", min_size=1, max_size=40).filter(lambda name: any(c.isalpha() for c in name))
)
def test_canonical_surname_does_not_depend_on_capitals(name):
    # Capital ß is SS, and both become ss.
    assert canonical_surname(name.upper()) == canonical_surname(name)


@given(st.integers(0, 999_999_999))
def test_parse_bsn_accepts_what_passes_the_eleven_test_and_nothing_else(number):
    digits = f"{number:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    if total % 11 == 0 and number:
        assert parse_bsn(digits).digits == digits
    else:
        with pytest.raises(InvalidInput):
            parse_bsn(digits)


def test_bsn_shows_its_number_nowhere():
    bsn = parse_bsn("999990019")
    for text in (repr(bsn), str(bsn), f"{bsn}", f"{bsn!r}", "%s" % bsn, repr([bsn]), repr(bsn_identifier(bsn))):  # noqa: UP031
        assert "99999" not in text


def test_bsn_refuses_a_wrong_number_and_knows_the_test_range():
    with pytest.raises(InvalidInput, match="eleven"):
        Bsn("999990018")
    assert parse_bsn("999990019").is_test
    assert not parse_bsn("123456782").is_test


def test_name_identifier_repr_shows_no_name():
    identifier = name_identifier("Jansen", PartialDate(1980, 2), "9711 AB", "12")
    assert identifier.text == "NL.NADB:jansen|1980-02-00|9711AB|12"
    assert "jansen" not in repr(identifier)
