from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from schuldhulp.domain.claims import contents_from_plain, doubts, is_other_person
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "claims.json").read_text(encoding="utf-8"))
RENT = contents_from_plain(VECTORS["claims"][0]["claim"]["contents"])
ORIGIN = RENT.origin_date


def born(year: int, month: int, day: int) -> tuple[str, ...]:
    debtor = dataclasses.replace(RENT.debtor, birth_date=PartialDate(year, month, day))
    found = doubts(dataclasses.replace(RENT, debtor=debtor, objection_until=None))
    return tuple(field for field, _doubt in found)


def test_doubts_asks_about_a_term_that_is_over():
    sent = RENT.sent_at.date()
    past = dataclasses.replace(RENT, objection_until=sent.replace(year=sent.year - 1))
    assert [field for field, _doubt in doubts(past)] == ["objection_until"]
    for term in (sent, None):
        assert doubts(dataclasses.replace(RENT, objection_until=term)) == ()


def test_doubts_asks_about_somebody_who_was_a_minor_when_the_debt_arose():
    year = ORIGIN.year - 18
    assert born(year, ORIGIN.month, ORIGIN.day) == ()
    assert born(year, 0, 0) == ()
    assert born(year + 1, 0, 0) == ("debtor.birth_date",)
    assert born(year + 1, ORIGIN.month, ORIGIN.day) == ("debtor.birth_date",)


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({"postcode": "9712CD", "house_number": 77}, False),
        ({"surname": "Anders"}, False),
        ({"birth_date": PartialDate(1971, 2, 3)}, False),
        ({"surname": "Anders", "birth_date": PartialDate(1971, 2, 3)}, True),
        ({"bsn": None}, False),
        ({"bsn": Bsn("999990019")}, True),
    ],
)
def test_is_other_person_tells_a_correction_from_another_person(change, other):
    before = dataclasses.replace(RENT.debtor, bsn=Bsn("999990020"))
    assert is_other_person(before, dataclasses.replace(before, **change)) is other
