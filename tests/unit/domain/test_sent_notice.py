from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from schuldhulp.domain.records import NoticeMeans, RecordKind, SentNotice, from_plain, to_plain
from schuldhulp.errors import InvalidInput

NOTICE = SentNotice(
    obligation=b"\x05" * 32,
    recipient="Woonstichting De Haven",
    kvk="12345678",
    reference="H-2026/11",
    means=NoticeMeans.CHANNEL,
    sent_on=date(2026, 11, 4),
    message_hash="22" * 32,
    document='{"asked":"stop costs"}',
)
LETTER = {"means": NoticeMeans.LETTER, "message_hash": ""}


def changed(**changes) -> SentNotice:
    return dataclasses.replace(NOTICE, **changes)


def test_sent_notice_survives_storage():
    assert from_plain(RecordKind.NOTICE, 1, to_plain(NOTICE)) == NOTICE


@pytest.mark.parametrize(
    "changes",
    [LETTER, LETTER | {"kvk": ""}, LETTER | {"means": NoticeMeans.PHONE}, {"obligation": None}, {"reference": ""}],
)
def test_sent_notice_may_leave_out_what_its_means_does_not_need(changes):
    assert changed(**changes).recipient == NOTICE.recipient


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"obligation": b"\x05"}, "obligation"),
        ({"recipient": " "}, "recipient"),
        ({"kvk": ""}, "kvk"),
        ({"kvk": "1234567"}, "kvk"),
        ({"kvk": "1234 5678"}, "kvk"),
        ({"reference": "x" * 201}, "reference"),
        ({"sent_on": datetime(2026, 11, 4, tzinfo=UTC)}, "sent_on"),
        ({"message_hash": ""}, "message_hash"),
        ({"message_hash": "ZZ" * 32}, "message_hash"),
        ({"message_hash": b"\x22" * 32}, "message_hash"),
        ({"means": NoticeMeans.LETTER}, "message_hash"),
        ({"document": ""}, "document"),
        ({"document": "[]"}, "document"),
        ({"document": "Geachte heer, mevrouw"}, "document"),
        ({"document": '{"a":"' + "x" * 45_056 + '"}'}, "document"),
    ],
)
def test_sent_notice_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(InvalidInput) as caught:
        changed(**changes)
    assert caught.value.field == field


def test_sent_notice_shows_nothing_of_itself():
    assert repr(NOTICE) == "<SentNotice>"
