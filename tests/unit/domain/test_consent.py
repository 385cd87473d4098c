from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.records import Consent, ConsentForm, ConsentSubject, RecordKind, from_plain, to_plain
from schuldhulp.errors import InvalidInput
from tests.support.record_strategies import consents

DAY = date(2026, 11, 4)
CONSENT = Consent(
    applicant=b"\x05" * 32,
    party="Woonstichting De Haven",
    kvk="12345678",
    subject=ConsentSubject.RENT,
    given_on=DAY,
    how=ConsentForm.WRITTEN,
)


def changed(**changes) -> Consent:
    return dataclasses.replace(CONSENT, **changes)


def test_consent_survives_storage():
    whole = changed(until=DAY + timedelta(days=365), ended_on=DAY + timedelta(days=3))
    assert from_plain(RecordKind.CONSENT, 1, to_plain(whole)) == whole


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"applicant": b""}, "applicant"),
        ({"party": ""}, "party"),
        ({"kvk": ""}, "kvk"),
        ({"kvk": "123"}, "kvk"),
        ({"given_on": date(1, 1, 1)}, "given_on"),
        ({"until": DAY - timedelta(days=1)}, "until"),
        ({"ended_on": DAY - timedelta(days=1)}, "ended_on"),
    ],
)
def test_consent_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(InvalidInput) as caught:
        changed(**changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changes", "days", "holds"),
    [
        ({}, -1, False),
        ({}, 0, True),
        ({}, 10_000, True),
        ({"until": DAY + timedelta(days=2)}, 2, True),
        ({"until": DAY + timedelta(days=2)}, 3, False),
        ({"ended_on": DAY + timedelta(days=2)}, 1, True),
        ({"ended_on": DAY + timedelta(days=2)}, 2, False),
        ({"ended_on": DAY}, 0, False),
    ],
)
def test_holds_on_counts_the_last_day_and_not_the_day_of_ending(changes, days, holds):
    assert changed(**changes).holds_on(DAY + timedelta(days=days)) is holds


@given(consents(), st.dates(date(1900, 1, 1), date(2190, 12, 31)))
def test_holds_on_is_never_so_before_it_was_given_or_after_it_was_ended(consent, day):
    if consent.holds_on(day):
        assert consent.given_on <= day
        assert consent.until is None or day <= consent.until
        assert consent.ended_on is None or day < consent.ended_on
