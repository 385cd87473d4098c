from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.notices import (
    NoticeClient,
    NoticeState,
    answer_day,
    known_client,
    notice_from_plain,
    notice_number,
    notice_state,
    notice_to_plain,
    whole_seconds,
)
from schuldhulp.domain.records import Address, Applicant, Obligation, ObligationType, Party, Source
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "notices.json").read_text(encoding="utf-8"))
PLAIN = json.loads(VECTORS["notices"][0]["document"])
NOTICE = notice_from_plain(PLAIN)
TODAY = date(2026, 11, 3)
OLD = Address(
    street="Oude Weg", house_number=1, postcode="9711AA", city="Groningen", from_date=date(2020, 1, 1),
    until=date(2025, 6, 30),
)  # fmt: skip
NEW = Address(street="Nieuwe Weg", house_number=2, postcode="9711AB", city="Groningen", from_date=date(2025, 7, 1))
PERSON = Applicant(initials="A.B.", surname="Berg", birth_date=PartialDate(1980, 2, 0), addresses=(NEW, OLD))


def debt(**changes) -> Obligation:
    return Obligation(
        type=ObligationType.RENT,
        owed_by=(RecordId(b"\x01" * 32),),
        creditor=Party(name="Woningstichting Voorbeeld"),
        source=Source.RESIDENT,
        **changes,
    )


@pytest.mark.parametrize("sample", VECTORS["notices"], ids=lambda sample: sample["name"])
def test_notice_to_plain_gives_back_what_it_was_made_of(sample):
    plain = json.loads(sample["document"])
    notice = notice_from_plain(plain)
    assert notice_to_plain(notice) == plain
    assert notice.number == notice_number(bytes.fromhex(plain["notice_id"])) == sample["number"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schema": 2}, "schema"),
        ({"schema": True}, "schema"),
        ({"notice_id": "000f" + "11" * 30}, "notice_id"),
        ({"notice_id": "000e"}, "notice_id"),
        ({"municipality": 0}, "municipality"),
        ({"sender": " "}, "sender"),
        ({"contact": ""}, "contact"),
        ({"recipient": ""}, "recipient"),
        ({"kvk": "1234"}, "kvk"),
        ({"reference": "a\nb"}, "reference"),
        ({"clients": []}, "clients"),
        ({"clients": [PLAIN["clients"][0]] * 3}, "clients"),
        ({"requests": []}, "requests"),
        ({"requests": ["pay"]}, "requests"),
        ({"answer_by": "2026-13-01"}, "answer_by"),
        ({"written_at": "2026-11-03T09:30:15.5+00:00"}, "written_at"),
        ({"salt": "05"}, "salt"),
        ({"more": 1}, "notice"),
    ],
)
def test_notice_from_plain_refuses_what_is_no_notice(changes, field):
    with pytest.raises(InvalidInput) as caught:
        notice_from_plain(PLAIN | changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"surname": ""}, "surname"),
        ({"house_number": 0}, "house_number"),
        ({"postcode": "9711 ab"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"city": ""}, "city"),
        ({"street": ""}, "house_number"),
        ({"street": "", "house_number": 0}, "suffix"),
        ({"street": "", "house_number": 0, "suffix": ""}, "postcode"),
        ({"street": "", "house_number": 0, "suffix": "", "postcode": ""}, "city"),
    ],
)
def test_notice_client_has_a_whole_address_or_none(changes, field):
    whole = NOTICE.clients[0]
    with pytest.raises(InvalidInput) as caught:
        dataclasses.replace(whole, **changes)
    assert caught.value.field == field


def test_notice_shows_nothing_in_its_repr():
    assert repr(NOTICE) == "<Notice>"
    assert repr(NOTICE.clients[0]) == "<NoticeClient>"
    assert NOTICE.clients[0].full_name == "A.B. van der Berg"


@pytest.mark.parametrize(
    ("changes", "street"),
    [
        ({}, "Nieuwe Weg"),
        ({"origin_date": date(2024, 1, 1)}, "Oude Weg"),
        ({"origin_date": date(2024, 1, 1), "statement_date": date(2026, 1, 1)}, "Nieuwe Weg"),
        ({"statement_date": date(2025, 6, 30)}, "Oude Weg"),
        ({"origin_date": date(2019, 1, 1)}, "Oude Weg"),
    ],
)
def test_known_client_has_the_address_that_the_creditor_knows(changes, street):
    found = known_client(PERSON, debt(**changes), today=TODAY)
    assert (found.street, found.surname, found.birth_date) == (street, "Berg", PartialDate(1980, 2, 0))


def test_known_client_has_the_address_before_a_gap():
    moved = dataclasses.replace(NEW, from_date=date(2025, 9, 1))
    one = dataclasses.replace(PERSON, addresses=(moved, OLD))
    assert known_client(one, debt(statement_date=date(2025, 8, 1)), today=TODAY).street == "Oude Weg"


def test_known_client_without_any_address_has_none():
    found = known_client(dataclasses.replace(PERSON, addresses=()), None, today=TODAY)
    assert found == NoticeClient(initials="A.B.", surname="Berg", birth_date=PartialDate(1980, 2, 0))


def test_answer_day_counts_ten_working_days():
    # Two weekends, Christmas on a Friday and New Year's Day on a Friday.
    assert answer_day(date(2026, 12, 18)) == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, NoticeState.WAITING),
        ({"delivered_at": datetime(2026, 11, 3, tzinfo=UTC)}, NoticeState.DELIVERED),
        ({"delivered_at": datetime(2026, 11, 3, tzinfo=UTC), "answer_by": TODAY}, NoticeState.DELIVERED),
        ({"delivered_at": datetime(2026, 11, 3, tzinfo=UTC), "answer_by": date(2026, 11, 2)}, NoticeState.OVERDUE),
        ({"answer_by": date(2026, 11, 2)}, NoticeState.WAITING),
        ({"acknowledged": True, "answer_by": date(2026, 11, 2)}, NoticeState.ACKNOWLEDGED),
        ({"known": False}, NoticeState.LOST),
        ({"by_hand": True, "known": False}, NoticeState.BY_HAND),
    ],
)
def test_notice_state_follows_from_what_is_known(changes, state):
    start = {"by_hand": False, "known": True, "delivered_at": None, "acknowledged": False,
             "answer_by": date(2026, 11, 17)}  # fmt: skip
    assert notice_state(**start | changes, today=TODAY) is state


def test_whole_seconds_drops_the_fraction():
    assert whole_seconds(datetime(2026, 11, 3, 9, 30, 15, 999, tzinfo=UTC)) == NOTICE.written_at
