from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from schuldhulp.domain.claims import claim_document, received_contents
from schuldhulp.domain.records import ClaimDecisionState, ReceivedClaim, ResidentView, from_plain, to_plain
from schuldhulp.domain.records.common import RecordKind
from schuldhulp.errors import InvalidInput
from tests.support.claims_stage import contents

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
CONTENTS = contents()
CLAIM = ReceivedClaim(
    claim_id="000e" + "11" * 30,
    commitment="22" * 32,
    claim_version=1,
    document=claim_document(CONTENTS),
    received_at=NOON,
)
DISPUTED = {"resident_view": ResidentView.DISPUTED, "resident_reason": "Al betaald.", "resident_at": NOON}
INCLUDED = {
    "decision": ClaimDecisionState.INCLUDED,
    "decision_reason": "included",
    "decided_at": NOON,
    "obligation": b"\x05" * 32,
}


def changed(**changes) -> ReceivedClaim:
    return dataclasses.replace(CLAIM, **changes)


def test_received_contents_are_what_the_creditor_wrote():
    assert received_contents(CLAIM) == CONTENTS
    again = from_plain(RecordKind.CLAIM, 1, to_plain(CLAIM))
    assert received_contents(again) == CONTENTS


@pytest.mark.parametrize(
    "document",
    [
        '{"schema":1}',
        '{"schema":2,"contents":{}}',
        '{"schema":true,"contents":{}}',
        '{"schema":1,"contents":{"a":1}}',
        '{"schema":1,"contents":{},"more":1}',
    ],
)
def test_received_contents_refuses_what_is_no_claim(document):
    with pytest.raises(InvalidInput):
        received_contents(changed(document=document))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"claim_id": "11"}, "claim_id"),
        ({"claim_id": b"\x11" * 32}, "claim_id"),
        ({"commitment": "ZZ" * 32}, "commitment"),
        ({"claim_version": 0}, "claim_version"),
        ({"document": ""}, "document"),
        ({"document": "[]"}, "document"),
        ({"document": "no json"}, "document"),
        ({"document": "[" * 5000}, "document"),
        ({"document": '{"a":"' + "x" * 45_056 + '"}'}, "document"),
        ({"received_at": NOON.replace(tzinfo=None)}, "received_at"),
        (DISPUTED | {"resident_reason": " "}, "resident_reason"),
        (DISPUTED | {"resident_at": None}, "resident_at"),
        ({"resident_at": NOON}, "resident_at"),
        (DISPUTED | {"answer": "Toch wel."}, "answered_at"),
        (DISPUTED | {"answered_at": NOON}, "answered_at"),
        ({"answer": "Toch wel.", "answered_at": NOON}, "resident_view"),
        (INCLUDED | {"obligation": None}, "obligation"),
        (INCLUDED | {"obligation": b"\x05"}, "obligation"),
        (INCLUDED | {"decision_reason": ""}, "decision_reason"),
        (INCLUDED | {"decided_at": None}, "decided_at"),
        ({"decided_at": NOON}, "decided_at"),
    ],
)
def test_received_claim_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(InvalidInput) as caught:
        changed(**changes)
    assert caught.value.field == field


def test_a_dispute_waits_until_it_is_answered():
    assert not CLAIM.waits_for_answer
    assert changed(**DISPUTED).waits_for_answer
    assert not changed(**DISPUTED, answer="Toch wel.", answered_at=NOON).waits_for_answer
    assert changed(**INCLUDED).obligation == b"\x05" * 32
