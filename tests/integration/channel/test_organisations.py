"""Who is admitted, as the evaluator tells the municipality and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from schuldhulp.creditor.channel import CLAIM_IDS, DELIVER, ORGANISATIONS
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.voprf import blind
from schuldhulp.evaluator.model import point_to_text
from schuldhulp.services.ports import RefusalLine
from tests.support.channel import OTHER_KVK, SUBJECT, ChannelStage
from tests.support.evaluation import KVK

MUNICIPALITY = "municipality"
QUESTION = {"after": "", "limit": 100}


def post(client: TestClient, stage: ChannelStage, plain: Any, path: str = ORGANISATIONS, **how: Any) -> Any:
    body, headers = stage.signed(path, plain, **how)
    return client.post(path, content=body, headers=headers)


def as_reviewer(client: TestClient, stage: ChannelStage, plain: Any, path: str = ORGANISATIONS) -> Any:
    return post(client, stage, plain, path, account=stage.reviewer, organisation=MUNICIPALITY)


def test_municipality_is_told_who_is_admitted_newest_account_first(client: TestClient, stage: ChannelStage) -> None:
    newest = AccountKey.generate()
    stage.admit(KVK, newest)
    stage.suspend(OTHER_KVK, stage.other)
    answer = as_reviewer(client, stage, QUESTION)
    assert answer.status_code == 200, answer.text
    found = {one["kvk"]: one for one in answer.json()["organisations"]}
    assert list(found) == sorted((KVK, OTHER_KVK))
    accounts = found[KVK]["accounts"]
    assert accounts[0] == newest.address
    assert set(accounts[1:]) == {stage.creditor.address, stage.colleague.address}
    assert found[KVK] == {"kvk": KVK, "name": "Nutsbedrijf Voorbeeld", "accounts": accounts, "suspended": False}
    assert found[OTHER_KVK]["suspended"] is True


def test_account_that_was_taken_away_is_named_no_more(client: TestClient, stage: ChannelStage) -> None:
    address = stage.colleague.address
    stage.organisations.remove_account(KVK, address, reason="weg", by="administrator", at=stage.clock.now())
    found = as_reviewer(client, stage, QUESTION).json()["organisations"]
    assert address not in [account for one in found for account in one["accounts"]]


def test_list_goes_on_after_a_number_and_ends_with_nothing(client: TestClient, stage: ChannelStage) -> None:
    first, last = sorted((KVK, OTHER_KVK))
    seen = [
        [one["kvk"] for one in as_reviewer(client, stage, {"after": after, "limit": 1}).json()["organisations"]]
        for after in ("", first, last)
    ]
    assert seen == [[first], [last], []]


def test_creditor_is_told_nothing(client: TestClient, stage: ChannelStage) -> None:
    answer = post(client, stage, QUESTION)
    assert (answer.status_code, answer.json()["error"]) == (403, "role_missing")
    answer = post(client, stage, QUESTION, organisation=MUNICIPALITY)
    assert (answer.status_code, answer.json()["error"]) == (403, "role_missing")
    stage.service.close()
    today = stage.clock.now().date()
    assert RefusalLine(day=today, asker=KVK, reason="channel/role_missing", times=1) in stage.organisations.refusals(
        today, today
    )


def test_request_is_answered_once(client: TestClient, stage: ChannelStage) -> None:
    body, headers = stage.signed(ORGANISATIONS, QUESTION, account=stage.reviewer, organisation=MUNICIPALITY)
    assert client.post(ORGANISATIONS, content=body, headers=headers).status_code == 200
    again = client.post(ORGANISATIONS, content=body, headers=headers)
    assert (again.status_code, again.json()["error"]) == (409, "nonce_used")


@pytest.mark.parametrize(
    ("plain", "field"),
    [
        ({"after": "1234567", "limit": 1}, "after"),
        ({"after": 0, "limit": 1}, "after"),
        ({"after": "", "limit": 0}, "limit"),
        ({"after": "", "limit": 101}, "limit"),
        ({"after": ""}, "limit"),
    ],
)
def test_question_of_another_shape_is_refused_by_its_field(
    client: TestClient, stage: ChannelStage, plain: Any, field: str
) -> None:
    answer = as_reviewer(client, stage, plain)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


# --- the bounds of the municipality's own account --------------------------------------------------------------------


def test_municipality_stops_at_its_own_bounds_of_a_day(stage: ChannelStage, caplog: pytest.LogCaptureFixture) -> None:
    client = TestClient(stage.app(stage.serve(stage.store, reviewer_claim_ids=1, reviewer_messages=1)))
    elements = {"elements": [point_to_text(blind(b"x").element)]}

    def deliver(content: str) -> dict[str, Any]:
        return {"kind": "receipt", "subject": SUBJECT.hex(), "recipient": stage.creditor.address, "content": content}

    for path, first, second, key in (
        (CLAIM_IDS, elements, elements, "claim_id_quota_spent"),
        (DELIVER, deliver("AAAA"), deliver("AAAB"), "message_quota_spent"),
    ):
        assert as_reviewer(client, stage, first, path).status_code == 200
        answer = as_reviewer(client, stage, second, path)
        assert (answer.status_code, answer.json()["error"]) == (429, key)
        assert int(answer.headers["Retry-After"]) > 0
    assert caplog.text.count("has reached its bound of today, 1") == 2
    stage.clock.advance(hours=12)
    assert as_reviewer(client, stage, elements, CLAIM_IDS).status_code == 200
    assert as_reviewer(client, stage, deliver("AAAB"), DELIVER).status_code == 200
