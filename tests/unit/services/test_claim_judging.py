from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.claims import ClaimStatus, RefusalReason
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.claims.events import Story, story_of
from schuldhulp.services.claims.judging import (
    ACCEPT,
    WAIT,
    Verdict,
    contents_of,
    delivery_mac,
    is_delivery_valid,
    judge,
)
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, DeliveryState, EventKind, EventRow

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLAIM = ClaimId(b"\x00\x0e" + b"\x01" * 30)
A, B, C = "0x" + "a" * 40, "0x" + "b" * 40, "0x" + "c" * 40
ONE, TWO, THREE = (Commitment(bytes([number]) * 32) for number in (1, 2, 3))
NOTHING = Commitment(bytes(32))


def told(*happened: tuple[EventKind, dict]) -> Story | None:
    events = [
        EventRow(
            **{
                "id": number,
                "municipality": MunicipalityCode(14),
                "kind": kind,
                "claim_id": CLAIM,
                "account": None,
                "commitment": None,
                "previous": None,
                "status": None,
                "decision": None,
                "block_number": number,
                "block_hash": bytes([number]) * 32,
                "block_time": NOW + number * timedelta(minutes=1),
                "log_index": 0,
                **values,
            }
        )
        for number, (kind, values) in enumerate(happened, start=1)
    ]
    return story_of(events)


def filed(commitment: Commitment = ONE, account: str = A) -> tuple[EventKind, dict]:
    return EventKind.FILED, {"account": account, "commitment": commitment}


def amended(commitment: Commitment) -> tuple[EventKind, dict]:
    return EventKind.AMENDED, {"commitment": commitment}


def handed(account: str) -> tuple[EventKind, dict]:
    return EventKind.HANDED_OVER, {"account": account}


def decided(status: ClaimStatus) -> tuple[EventKind, dict]:
    return EventKind.DECIDED, {"status": status, "commitment": ONE, "decision": b"\x01" * 32}


WITHDRAWN = (EventKind.WITHDRAWN, {})


def delivery(commitment: Commitment = ONE, **changes: object) -> DeliveryRow:
    values = {
        "message": b"\x07" * 32,
        "municipality": MunicipalityCode(14),
        "claim_id": CLAIM,
        "sender": A,
        "organisation": "12345678",
        "received_at": NOW,
        "state": DeliveryState.WAITING_FOR_FILING,
        "commitment": commitment,
        "replaces": NOTHING,
        "version": 1,
    }
    return DeliveryRow(**(values | changes))


def verdict(one: DeliveryRow, story: Story | None, *, newest: Commitment | None = None, later: timedelta = HOUR / 2):
    return judge(one, story, newest=newest, now=NOW + later, wait=HOUR)


def refused(reason: RefusalReason) -> Verdict:
    return Verdict(state=DeliveryState.REFUSED, reason=reason)


def test_story_of_follows_holder_status_and_versions():
    story = told(filed(), amended(TWO), handed(B), decided(ClaimStatus.ASKED), amended(THREE))
    assert story is not None
    assert (story.holder, story.status, story.commitment) == (B, ClaimStatus.FILED, THREE)
    assert [(one.commitment, one.holders, one.is_open) for one in story.versions] == [
        (ONE, {A}, True),
        (TWO, {A, B}, True),
        (THREE, {B}, True),
    ]
    assert (story.filed_at, story.since) == (NOW + timedelta(minutes=1), NOW + timedelta(minutes=5))


def test_story_of_begins_anew_with_each_filing():
    story = told(filed(), WITHDRAWN, filed(TWO, B))
    assert story is not None
    assert [(one.commitment, one.is_open) for one in story.versions] == [(ONE, False), (TWO, True)]
    assert (story.holder, story.filed_at) == (B, NOW + timedelta(minutes=3))


def test_story_of_passes_over_what_cannot_follow():
    assert told(amended(TWO), handed(B), WITHDRAWN, (EventKind.UNKNOWN, {})) is None
    story = told(filed(), (EventKind.UNKNOWN, {}), (EventKind.DECIDED, {}))
    assert story is not None
    assert story.status is ClaimStatus.FILED


@pytest.mark.parametrize(
    ("one", "events", "newest", "later", "expected"),
    [
        (delivery(), [], None, HOUR / 2, WAIT),
        (delivery(), [], None, HOUR, refused(RefusalReason.NOT_FILED)),
        (delivery(), [], ONE, HOUR, WAIT),
        (delivery(), [filed()], ONE, HOUR, ACCEPT),
        (delivery(), [filed(), amended(TWO)], TWO, HOUR, ACCEPT),
        (delivery(), [filed(TWO)], TWO, HOUR / 2, refused(RefusalReason.COMMITMENT_MISMATCH)),
        (delivery(), [filed(TWO)], ONE, HOUR / 2, WAIT),
        (delivery(TWO, replaces=ONE, version=2), [filed()], ONE, HOUR / 2, WAIT),
        (delivery(TWO, replaces=ONE, version=2), [filed()], ONE, HOUR, refused(RefusalReason.NOT_FILED)),
        (delivery(sender=C), [filed()], ONE, HOUR, refused(RefusalReason.HOLDER_MISMATCH)),
        (delivery(), [filed(), handed(B)], ONE, HOUR, ACCEPT),
        (delivery(sender=B), [filed(), handed(B)], ONE, HOUR, ACCEPT),
        (delivery(sender=B), [filed(), amended(TWO), handed(B)], TWO, HOUR, refused(RefusalReason.HOLDER_MISMATCH)),
        (delivery(), [filed(), WITHDRAWN], None, HOUR / 2, refused(RefusalReason.NOT_FILED)),
        (delivery(), [filed(), WITHDRAWN, filed()], ONE, HOUR, ACCEPT),
        (delivery(), [filed(), WITHDRAWN], ONE, HOUR, WAIT),
        (delivery(state=DeliveryState.ACCEPTED), [filed(), WITHDRAWN], None, HOUR, ACCEPT),
        (delivery(state=DeliveryState.ACCEPTED), [filed(TWO)], TWO, HOUR, refused(RefusalReason.COMMITMENT_MISMATCH)),
        (
            delivery(finding=RefusalReason.CLAIM_ID_MISMATCH),
            [filed()],
            ONE,
            timedelta(0),
            refused(RefusalReason.CLAIM_ID_MISMATCH),
        ),
    ],
)
def test_judge_follows_what_stands_on_the_chain(one, events, newest, later, expected):
    assert verdict(one, told(*events), newest=newest, later=later) == expected


def row(story: Story, contents: ContentsState, message: bytes | None = None) -> ClaimRow:
    return ClaimRow(
        claim_id=CLAIM,
        municipality=MunicipalityCode(14),
        holder=story.holder,
        status=story.status,
        commitment=story.commitment,
        filed_at=story.filed_at,
        changed_at=story.changed_at,
        since=story.since,
        block_number=story.block_number,
        contents=contents,
        message=message,
    )


def test_contents_of_is_complete_with_what_was_accepted_for_what_stands_there():
    story = told(filed(), amended(TWO))
    assert story is not None
    accepted = delivery(state=DeliveryState.ACCEPTED)
    assert contents_of(story, [accepted], before=None) == (ContentsState.WAITING, None)
    second = delivery(TWO, state=DeliveryState.ACCEPTED, message=b"\x08" * 32)
    third = dataclasses.replace(second, message=b"\x09" * 32)
    assert contents_of(story, [accepted, second, third], before=None) == (ContentsState.COMPLETE, second.message)
    kept = row(story, ContentsState.COMPLETE, third.message)
    assert contents_of(story, [accepted, second, third], before=kept) == (ContentsState.COMPLETE, third.message)


def test_contents_of_tells_refused_contents_from_missing_ones():
    story = told(filed())
    assert story is not None
    made_up = delivery(state=DeliveryState.REFUSED, finding=RefusalReason.CLAIM_ID_MISMATCH)
    assert contents_of(story, [made_up], before=None)[0] is ContentsState.REFUSED
    missing = row(story, ContentsState.MISSING)
    assert contents_of(story, [], before=missing)[0] is ContentsState.MISSING
    for changes in ({"holder": B}, {"commitment": TWO}, {"since": NOW}):
        assert contents_of(story, [], before=dataclasses.replace(missing, **changes))[0] is ContentsState.WAITING


def test_delivery_mac_covers_everything_that_was_found():
    key = JobKey(b"\x07" * 32)
    found = delivery()
    signed = dataclasses.replace(found, mac=delivery_mac(key, found))
    assert is_delivery_valid(key, signed)
    # Where it stands changes without being found anew.
    assert is_delivery_valid(key, dataclasses.replace(signed, state=DeliveryState.ACCEPTED, decided_at=NOW))
    for changes in (
        {"message": b"\x01" * 32},
        {"claim_id": ClaimId(bytes(32))},
        {"sender": B},
        {"organisation": "87654321"},
        {"received_at": NOW + HOUR},
        {"commitment": TWO},
        {"replaces": ONE},
        {"version": 2},
        {"finding": RefusalReason.CONTENTS_INVALID},
    ):
        assert not is_delivery_valid(key, dataclasses.replace(signed, **changes))
    assert not is_delivery_valid(JobKey(b"\x08" * 32), signed)
