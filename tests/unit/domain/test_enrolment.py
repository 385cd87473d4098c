from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.enrolment import identifiers_of, recent_addresses
from schuldhulp.domain.identifiers import Bsn, IdentifierKind
from schuldhulp.domain.records import Address, Applicant
from tests.support.record_strategies import applicants

TODAY = date(2026, 11, 23)


def make_address(postcode: str = "9711AB", start: date = date(2010, 1, 1), until: date | None = None, number: int = 12):
    return Address(street="Laan", house_number=number, postcode=postcode, city="Stad", from_date=start, until=until)


def make_applicant(**changes):
    fields = {"surname": "Jansen", "birth_date": PartialDate(1980, 2), "bsn": Bsn("999990019")}
    return Applicant(**fields | {"addresses": (make_address(),)} | changes)


def texts(applicant: Applicant) -> list[str]:
    return [identifier.text for identifier in identifiers_of(applicant, today=TODAY).identifiers]


def test_identifiers_of_an_applicant_are_the_bsn_and_the_name():
    published = identifiers_of(make_applicant(), today=TODAY)
    assert [one.text for one in published.identifiers] == [
        "NL.BSN:999990019",
        "NL.NADB:jansen|1980-02-00|9711AB|12",
    ]
    assert [one.kind for one in published.identifiers] == [IdentifierKind.BSN, IdentifierKind.NADB]
    assert published.warnings == ()


def test_identifiers_of_cross_every_surname_with_every_recent_address():
    applicant = make_applicant(
        other_surnames=("de Vries", "Jansen-de Vries"),
        addresses=(make_address(until=date(2026, 1, 1)), make_address("1012ZX", date(2026, 1, 1), number=7)),
    )
    assert len(texts(applicant)) == 1 + 3 * 2


def test_identifiers_of_name_spellings_that_are_the_same_once():
    applicant = make_applicant(surname="Berg", prefix="van der", other_surnames=("van den Berg", "BERG"))
    assert texts(applicant) == ["NL.BSN:999990019", "NL.NADB:berg|1980-02-00|9711AB|12"]


def test_identifiers_of_keep_a_prefix_that_is_not_in_the_table():
    assert texts(make_applicant(surname="Hassan", prefix="abu"))[1:] == [
        "NL.NADB:abuhassan|1980-02-00|9711AB|12",
        "NL.NADB:hassan|1980-02-00|9711AB|12",
    ]


def test_identifiers_of_warn_without_address_and_without_bsn():
    published = identifiers_of(make_applicant(addresses=(), bsn=None), today=TODAY)
    assert published.identifiers == ()
    assert published.warnings == ("no_address", "no_bsn")


def test_identifiers_of_warn_when_every_address_is_too_old():
    published = identifiers_of(make_applicant(addresses=(make_address(until=date(2020, 1, 1)),)), today=TODAY)
    assert published.warnings == ("no_address",)


def test_identifiers_of_show_nothing_in_their_repr():
    assert "jansen" not in repr(identifiers_of(make_applicant(), today=TODAY))


def test_recent_addresses_end_after_twenty_four_months_to_the_day():
    last_day = make_address(until=date(2024, 11, 23))
    day_before = make_address(until=date(2024, 11, 22))
    not_yet = make_address(start=date(2026, 11, 24))
    applicant = make_applicant(addresses=(last_day, day_before, not_yet))
    assert recent_addresses(applicant, today=TODAY) == (last_day,)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(applicants, st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_identifiers_of_any_applicant_are_sorted_and_different(applicant, today):
    found = identifiers_of(applicant, today=today).identifiers
    assert list(found) == sorted(set(found))
