"""The channel's routes: what is answered, and what is refused by name."""

from __future__ import annotations

import base64
import json
import logging
import secrets
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.channel import message_hash
from schuldhulp.evaluator.limits import MAX_BODY
from schuldhulp.services.claims import channel as service_module
from schuldhulp.services.claims.ports import MAX_CONTENT, Allowance
from schuldhulp.services.ports import ChannelLine, RefusalLine
from tests.support.channel import FIRST, OTHER_KVK, RETENTION, SUBJECT, ChannelStage
from tests.support.evaluation import CHAIN_ID, KVK, NOON, REGISTRY, make_elements, to_text

CLAIM_IDS, DELIVER = "/v1/claim-ids", "/v1/messages"
COLLECT, ACKNOWLEDGE = "/v1/messages/collect", "/v1/messages/acknowledge"
ORGANISATIONS = "/v1/messages/organisations"
ROUTES = (CLAIM_IDS, DELIVER, COLLECT, ACKNOWLEDGE)
MUNICIPALITY = "municipality"
SECRET = "Achternaam-999990019"
HEADERS = ("Schuldhulp-Organisation", "Schuldhulp-Nonce", "Schuldhulp-Expiry", "Schuldhulp-Signature")


def claim(content: bytes = b"sealed", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "claim",
        "subject": SUBJECT.hex(),
        "recipient": MUNICIPALITY,
        "content": base64.b64encode(content).decode(),
    } | changes


def receipt(account: AccountKey, content: bytes = b"sealed receipt", **changes: Any) -> dict[str, Any]:
    return claim(content, kind="receipt", recipient=account.address) | changes


def right(path: str) -> dict[str, Any]:
    return {
        CLAIM_IDS: {"elements": [to_text(make_elements(1)[0])]},
        DELIVER: claim(),
        COLLECT: {"after": 0, "limit": 100},
        ACKNOWLEDGE: {"messages": ["00" * 32]},
    }[path]


def post(client: TestClient, stage: ChannelStage, path: str, plain: Any, **how: Any) -> Any:
    """Sign and send a request."""
    body, headers = stage.signed(path, plain, **how)
    return client.post(path, content=body, headers=headers)


def as_reviewer(client: TestClient, stage: ChannelStage, path: str, plain: Any) -> Any:
    return post(client, stage, path, plain, account=stage.reviewer, organisation=MUNICIPALITY)


def collected(client: TestClient, stage: ChannelStage, **how: Any) -> list[dict[str, Any]]:
    answer = post(client, stage, COLLECT, right(COLLECT), **how)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["messages"]
    return found


def waiting(client: TestClient, stage: ChannelStage) -> list[dict[str, Any]]:
    return collected(client, stage, account=stage.reviewer, organisation=MUNICIPALITY)


def refused(answer: Any, status: int, key: str, field: str | None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "field", "message"}
    assert (answer.json()["error"], answer.json()["field"]) == (key, field)
    assert answer.json()["message"]
    assert SECRET not in answer.text


# --- what is answered ------------------------------------------------------------------------------------------------


def test_claim_goes_to_the_municipality_and_its_receipt_back(client: TestClient, stage: ChannelStage) -> None:
    answer = post(client, stage, DELIVER, claim(b"claim"))
    assert answer.status_code == 200, answer.text
    moment = int(stage.clock.now().timestamp())
    assert answer.json() == {"message": message_hash(b"claim").hex(), "receivedAt": moment}
    assert waiting(client, stage) == [
        {
            "number": FIRST,
            "message": message_hash(b"claim").hex(),
            "kind": "claim",
            "subject": SUBJECT.hex(),
            "sender": stage.creditor.address,
            "organisation": KVK,
            "receivedAt": moment,
            "content": base64.b64encode(b"claim").decode(),
        }
    ]
    told = as_reviewer(client, stage, ACKNOWLEDGE, {"messages": [message_hash(b"claim").hex()]})
    assert told.json() == {"acknowledged": 1}
    assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor)).status_code == 200
    (found,) = collected(client, stage)
    assert (found["sender"], found["organisation"], found["kind"]) == (MUNICIPALITY, MUNICIPALITY, "receipt")
    assert post(client, stage, ACKNOWLEDGE, {"messages": [found["message"]]}).json() == {"acknowledged": 1}


def test_collect_names_the_number_to_ask_after_next(client: TestClient, stage: ChannelStage) -> None:
    for content in (b"1", b"2", b"3"):
        assert post(client, stage, DELIVER, claim(content)).status_code == 200
    first = as_reviewer(client, stage, COLLECT, {"after": 0, "limit": 2}).json()
    assert ([one["number"] for one in first["messages"]], first["last"]) == ([FIRST, FIRST + 1], FIRST + 1)
    second = as_reviewer(client, stage, COLLECT, {"after": first["last"], "limit": 2}).json()
    assert ([one["number"] for one in second["messages"]], second["last"]) == ([FIRST + 2], FIRST + 2)
    assert as_reviewer(client, stage, COLLECT, {"after": FIRST + 2, "limit": 2}).json() == {
        "messages": [],
        "last": FIRST + 2,
    }


def test_collect_answers_no_more_than_a_client_reads(client: TestClient, stage: ChannelStage) -> None:
    for number in range(14):
        assert post(client, stage, DELIVER, claim(bytes([number]) * MAX_CONTENT)).status_code == 200
    last, numbers = 0, []
    while True:
        answer = as_reviewer(client, stage, COLLECT, {"after": last, "limit": 100})
        assert len(answer.content) < 1024 * 1024
        if not answer.json()["messages"]:
            break
        numbers += [one["number"] for one in answer.json()["messages"]]
        last = answer.json()["last"]
    assert numbers == list(range(FIRST, FIRST + 14))


def test_claim_ids_gives_the_output_of_the_standing_key(client: TestClient, stage: ChannelStage) -> None:
    blindings = [voprf.blind(text) for text in (b"12345678|A1", b"12345678|A2")]
    answer = post(client, stage, CLAIM_IDS, {"elements": [to_text(one.element) for one in blindings]})
    assert answer.status_code == 200, answer.text
    plain = answer.json()
    evaluation = voprf.Evaluation(
        evaluated=tuple(base64.urlsafe_b64decode(point + "=") for point in plain["evaluated"]),
        proof=bytes.fromhex(plain["proof"]),
        key=bytes.fromhex(plain["key"]),
    )
    published = voprf.public_key(stage.keys.claim_id)
    outputs = voprf.finalize(blindings, evaluation, published_key=published)
    again = voprf.blind(b"12345678|A2")
    mine = voprf.evaluate(stage.keys.claim_id, [again.element])
    assert voprf.finalize([again], mine, published_key=published) == [outputs[1]]


def test_delivery_of_the_largest_content_fits_in_a_body(client: TestClient, stage: ChannelStage) -> None:
    body, headers = stage.signed(DELIVER, claim(b"x" * MAX_CONTENT))
    assert len(body) < MAX_BODY
    assert client.post(DELIVER, content=body, headers=headers).status_code == 200
    refused(post(client, stage, DELIVER, claim(b"x" * (MAX_CONTENT + 1))), 422, "field_invalid", "content")


def test_delivery_again_gives_the_same_answer(client: TestClient, stage: ChannelStage) -> None:
    first = post(client, stage, DELIVER, claim()).json()
    stage.clock.advance(hours=3)
    assert post(client, stage, DELIVER, claim()).json() == first
    assert len(waiting(client, stage)) == 1


def test_recipient_may_be_written_in_one_case(client: TestClient, stage: ChannelStage) -> None:
    body = receipt(stage.creditor, recipient=stage.creditor.address.lower())
    assert as_reviewer(client, stage, DELIVER, body).status_code == 200
    assert len(collected(client, stage)) == 1


# --- whose mailbox ---------------------------------------------------------------------------------------------------


def test_collect_gives_an_account_nothing_of_another_even_of_its_organisation(
    client: TestClient, stage: ChannelStage
) -> None:
    assert post(client, stage, DELIVER, claim()).status_code == 200
    assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor)).status_code == 200
    assert len(collected(client, stage)) == 1
    assert collected(client, stage, account=stage.colleague) == []
    assert collected(client, stage, account=stage.other, organisation=OTHER_KVK) == []


def test_acknowledge_of_another_account_changes_nothing(client: TestClient, stage: ChannelStage) -> None:
    assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor)).status_code == 200
    body = {"messages": [message_hash(b"sealed receipt").hex()]}
    assert post(client, stage, ACKNOWLEDGE, body, account=stage.colleague).json() == {"acknowledged": 0}
    answer = post(client, stage, ACKNOWLEDGE, body, account=stage.other, organisation=OTHER_KVK)
    assert answer.json() == {"acknowledged": 0}
    assert as_reviewer(client, stage, ACKNOWLEDGE, body).json() == {"acknowledged": 0}
    assert stage.store.erase(fetched_before=stage.clock.now().replace(year=2099), at=stage.clock.now()) == 0


@pytest.mark.parametrize("path", ROUTES)
def test_creditor_that_calls_itself_the_municipality_is_refused(
    client: TestClient, stage: ChannelStage, path: str
) -> None:
    body = receipt(stage.colleague) if path == DELIVER else right(path)
    answer = post(client, stage, path, body, organisation=MUNICIPALITY)
    refused(answer, 403, "role_missing", "Schuldhulp-Signature")


@pytest.mark.parametrize("path", ROUTES)
def test_account_of_another_organisation_is_refused(client: TestClient, stage: ChannelStage, path: str) -> None:
    asked = stage.chain.asked
    refused(
        post(client, stage, path, right(path), organisation=OTHER_KVK), 401, "signature_unknown", "Schuldhulp-Signature"
    )
    refused(
        post(client, stage, path, right(path), organisation="00000000"),
        401,
        "signature_unknown",
        "Schuldhulp-Signature",
    )
    # Strangers cost no question to the chain.
    assert stage.chain.asked == asked


@pytest.mark.parametrize("path", ROUTES)
def test_reviewer_is_no_creditor(client: TestClient, stage: ChannelStage, path: str) -> None:
    refused(
        post(client, stage, path, right(path), account=stage.reviewer), 401, "signature_unknown", "Schuldhulp-Signature"
    )


@pytest.mark.parametrize("path", ROUTES)
def test_reviewer_without_the_role_any_more_is_refused(client: TestClient, stage: ChannelStage, path: str) -> None:
    stage.chain.roles.clear()
    body = receipt(stage.creditor) if path == DELIVER else right(path)
    refused(as_reviewer(client, stage, path, body), 403, "role_missing", "Schuldhulp-Signature")


# --- the signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [DELIVER, COLLECT, ACKNOWLEDGE])
def test_request_is_answered_once(client: TestClient, stage: ChannelStage, path: str) -> None:
    body, headers = stage.signed(path, right(path))
    assert client.post(path, content=body, headers=headers).status_code == 200
    refused(client.post(path, content=body, headers=headers), 409, "nonce_used", "Schuldhulp-Nonce")


def test_claim_ids_again_are_answered_and_not_charged_again(client: TestClient, stage: ChannelStage) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    body, headers = stage.signed(CLAIM_IDS, right(CLAIM_IDS))
    first = client.post(CLAIM_IDS, content=body, headers=headers)
    assert first.status_code == 200
    stage.clock.advance(hours=1)
    again = client.post(CLAIM_IDS, content=body, headers=headers)
    assert again.status_code == 200
    assert again.json()["evaluated"] == first.json()["evaluated"]
    refused(post(client, stage, CLAIM_IDS, right(CLAIM_IDS)), 429, "claim_id_quota_spent", "elements")


def test_claim_ids_again_with_other_contents_are_refused(client: TestClient, stage: ChannelStage) -> None:
    nonce = secrets.token_bytes(32)
    assert post(client, stage, CLAIM_IDS, right(CLAIM_IDS), nonce=nonce).status_code == 200
    other = {"elements": [to_text(element) for element in make_elements(2)]}
    refused(post(client, stage, CLAIM_IDS, other, nonce=nonce), 409, "nonce_used", "Schuldhulp-Nonce")


def test_claim_ids_that_were_never_answered_are_not_taken_after_they_expired(
    client: TestClient, stage: ChannelStage
) -> None:
    body, headers = stage.signed(CLAIM_IDS, right(CLAIM_IDS))
    stage.clock.advance(hours=1)
    refused(client.post(CLAIM_IDS, content=body, headers=headers), 422, "request_expired", "Schuldhulp-Expiry")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("other", ROUTES)
def test_signature_of_another_route_is_refused(client: TestClient, stage: ChannelStage, path: str, other: str) -> None:
    body, headers = stage.signed(other, right(path))
    answer = client.post(path, content=body, headers=headers)
    if path == other:
        assert answer.status_code == 200
    else:
        refused(answer, 401, "signature_unknown", "Schuldhulp-Signature")


@pytest.mark.parametrize(
    "signed",
    [
        {"chain_id": CHAIN_ID + 1},
        {"registry": REGISTRY[:-1] + "4"},
        {"municipality": 15},
        {"organisation": OTHER_KVK},
        {"body": b'{"after":1,"limit":100}'},
        {"nonce": bytes(32)},
        {"expiry": 1},
    ],
    ids=lambda signed: next(iter(signed)),
)
def test_signature_over_something_else_is_refused(
    client: TestClient, stage: ChannelStage, signed: dict[str, Any]
) -> None:
    answer = post(client, stage, COLLECT, right(COLLECT), signed=signed)
    refused(answer, 401, "signature_unknown", "Schuldhulp-Signature")


def test_signature_covers_every_byte_of_the_body(client: TestClient, stage: ChannelStage) -> None:
    body, headers = stage.signed(COLLECT, right(COLLECT))
    for other in (
        body + b" ",
        b" " + body,
        body.replace(b" ", b""),
        body.replace(b"100", b"099").replace(b"099", b"99"),
    ):
        assert other != body
        refused(client.post(COLLECT, content=other, headers=headers), 401, "signature_unknown", "Schuldhulp-Signature")
    assert client.post(COLLECT, content=body, headers=headers).status_code == 200


def test_body_may_be_written_in_any_way_that_was_signed(client: TestClient, stage: ChannelStage) -> None:
    plain = b' {"limit":\t100,\r\n"after": 0}  '
    assert post(client, stage, COLLECT, plain).status_code == 200


@pytest.mark.parametrize("signature", ["00" * 65, "ff" * 65, "00" * 64 + "1b", "ff" * 64 + "1c"])
def test_signature_of_nobody_is_refused(client: TestClient, stage: ChannelStage, signature: str) -> None:
    body, headers = stage.signed(COLLECT, right(COLLECT))
    answer = client.post(COLLECT, content=body, headers=headers | {"Schuldhulp-Signature": signature})
    refused(answer, 401, "signature_unknown", "Schuldhulp-Signature")


@pytest.mark.parametrize(("seconds", "key"), [(0, "request_expired"), (-1, "request_expired"), (301, "expiry_too_far")])
@pytest.mark.parametrize("path", ROUTES)
def test_expiry_must_be_within_five_minutes(
    client: TestClient, stage: ChannelStage, path: str, seconds: int, key: str
) -> None:
    expiry = int(stage.clock.now().timestamp()) + seconds
    refused(post(client, stage, path, right(path), expiry=expiry), 422, key, "Schuldhulp-Expiry")


def test_expiry_of_five_minutes_is_taken(client: TestClient, stage: ChannelStage) -> None:
    expiry = int(stage.clock.now().timestamp()) + 300
    assert post(client, stage, COLLECT, right(COLLECT), expiry=expiry).status_code == 200


@pytest.mark.parametrize("name", HEADERS)
def test_missing_header_is_named(client: TestClient, stage: ChannelStage, name: str) -> None:
    body, headers = stage.signed(COLLECT, right(COLLECT))
    del headers[name]
    refused(client.post(COLLECT, content=body, headers=headers), 422, "field_missing", name)


@pytest.mark.parametrize("name", HEADERS)
def test_header_that_stands_there_twice_is_refused(client: TestClient, stage: ChannelStage, name: str) -> None:
    body, headers = stage.signed(COLLECT, right(COLLECT))
    for second in (headers[name], SECRET):
        both = [*headers.items(), (name.lower(), second)]
        refused(client.post(COLLECT, content=body, headers=both), 422, "field_repeated", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Schuldhulp-Organisation", SECRET),
        ("Schuldhulp-Organisation", ""),
        ("Schuldhulp-Organisation", "1234567"),
        ("Schuldhulp-Organisation", "123456789"),
        ("Schuldhulp-Organisation", "Municipality"),
        ("Schuldhulp-Organisation", "12345678, 12345678"),
        ("Schuldhulp-Organisation", "²³456789"),
        ("Schuldhulp-Nonce", "00" * 31),
        ("Schuldhulp-Nonce", "00" * 33),
        ("Schuldhulp-Nonce", "0x" + "00" * 32),
        ("Schuldhulp-Nonce", "zz" * 32),
        ("Schuldhulp-Expiry", "-1"),
        ("Schuldhulp-Expiry", "1e9"),
        ("Schuldhulp-Expiry", "9" * 16),
        ("Schuldhulp-Expiry", "²"),
        ("Schuldhulp-Expiry", SECRET),
        ("Schuldhulp-Signature", "00" * 64),
        ("Schuldhulp-Signature", "00" * 66),
        ("Schuldhulp-Signature", "0x" + "00" * 65),
        ("Schuldhulp-Signature", SECRET),
    ],
)
def test_header_of_another_form_is_named(client: TestClient, stage: ChannelStage, name: str, value: str) -> None:
    body, headers = stage.signed(COLLECT, right(COLLECT))
    answer = client.post(COLLECT, content=body, headers=[*(headers | {name: value.encode()}).items()])
    refused(answer, 422, "field_invalid", name)


# --- the body --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (CLAIM_IDS, "elements", []),
        (CLAIM_IDS, "elements", [to_text(b"\x00" * 32)] * 101),
        (CLAIM_IDS, "elements", SECRET),
        (CLAIM_IDS, "elements", [SECRET]),
        (CLAIM_IDS, "elements", [None]),
        (DELIVER, "kind", SECRET),
        (DELIVER, "kind", None),
        (DELIVER, "kind", ["claim"]),
        (DELIVER, "subject", "00" * 31),
        (DELIVER, "subject", 5),
        (DELIVER, "recipient", SECRET),
        (DELIVER, "recipient", None),
        (DELIVER, "recipient", "0x" + "0" * 40),
        (DELIVER, "recipient", "0x" + "0" * 39),
        (DELIVER, "recipient", "0x5aAEb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (DELIVER, "recipient", ["municipality"]),
        (DELIVER, "content", ""),
        (DELIVER, "content", SECRET),
        (DELIVER, "content", "AAA"),
        (DELIVER, "content", "AAAA\n"),
        (DELIVER, "content", "AAB="),
        (DELIVER, "content", "AA-_"),
        (DELIVER, "content", "AAAA===="),
        (DELIVER, "content", "é" * 8),
        (DELIVER, "content", 5),
        (COLLECT, "after", -1),
        (COLLECT, "after", 2**63),
        (COLLECT, "after", "0"),
        (COLLECT, "after", 0.0),
        (COLLECT, "after", True),
        (COLLECT, "limit", 0),
        (COLLECT, "limit", 101),
        (COLLECT, "limit", None),
        (ACKNOWLEDGE, "messages", []),
        (ACKNOWLEDGE, "messages", ["00" * 32] * 101),
        (ACKNOWLEDGE, "messages", ["00" * 31]),
        (ACKNOWLEDGE, "messages", [SECRET]),
        (ACKNOWLEDGE, "messages", SECRET),
        (ACKNOWLEDGE, "messages", {SECRET: SECRET}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_field_is_named(client: TestClient, stage: ChannelStage, path: str, field: str, value: Any) -> None:
    refused(post(client, stage, path, right(path) | {field: value}), 422, "field_invalid", field)


@pytest.mark.parametrize(("path", "field"), [(path, field) for path in ROUTES for field in right(path)])
def test_missing_field_is_named(client: TestClient, stage: ChannelStage, path: str, field: str) -> None:
    body = right(path)
    del body[field]
    refused(post(client, stage, path, body), 422, "field_missing", field)


@pytest.mark.parametrize("path", ROUTES)
def test_field_that_is_not_there_is_refused_without_its_name(
    client: TestClient, stage: ChannelStage, path: str
) -> None:
    refused(post(client, stage, path, right(path) | {SECRET: 1}), 422, "field_unknown", None)


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"{", 400), (b"\xff", 400), (b"null", 422), (b"[]", 422), (b'"x"', 422)]
)
@pytest.mark.parametrize("path", ROUTES)
def test_body_that_is_no_object_is_refused(
    client: TestClient, stage: ChannelStage, path: str, body: bytes, status: int
) -> None:
    refused(post(client, stage, path, body), status, "body_invalid", None)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_content_type_must_be_json(client: TestClient, stage: ChannelStage, kind: str) -> None:
    body, headers = stage.signed(DELIVER, claim())
    answer = client.post(DELIVER, content=body, headers=headers | {"Content-Type": kind})
    refused(answer, 422, "body_invalid", None)


@pytest.mark.parametrize("path", ROUTES)
def test_body_over_the_limit_is_refused(client: TestClient, stage: ChannelStage, path: str) -> None:
    refused(post(client, stage, path, b" " * (MAX_BODY + 1)), 413, "body_too_large", None)


@pytest.mark.parametrize("path", ROUTES)
def test_other_methods_are_refused(client: TestClient, path: str) -> None:
    refused(client.get(path), 405, "method_not_allowed", None)


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32])
def test_claim_ids_refuses_a_point_that_is_none_and_takes_no_quota(
    client: TestClient, stage: ChannelStage, element: bytes
) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    answer = post(client, stage, CLAIM_IDS, {"elements": [to_text(element)]})
    refused(answer, 422, "element_invalid", "elements")
    assert post(client, stage, CLAIM_IDS, right(CLAIM_IDS)).status_code == 200


# --- which way, and how much -----------------------------------------------------------------------------------------


def test_creditor_sends_claims_only(client: TestClient, stage: ChannelStage) -> None:
    refused(post(client, stage, DELIVER, claim(kind="receipt")), 403, "kind_not_allowed", "kind")
    refused(as_reviewer(client, stage, DELIVER, receipt(stage.creditor, kind="claim")), 403, "kind_not_allowed", "kind")


def test_creditor_sends_to_the_municipality_only(client: TestClient, stage: ChannelStage) -> None:
    for account in (stage.creditor, stage.colleague, stage.other, stage.reviewer):
        answer = post(client, stage, DELIVER, claim(recipient=account.address))
        refused(answer, 403, "recipient_not_allowed", "recipient")
    answer = as_reviewer(client, stage, DELIVER, receipt(stage.creditor, recipient=MUNICIPALITY))
    refused(answer, 403, "recipient_not_allowed", "recipient")
    assert waiting(client, stage) == []


def test_municipality_may_send_to_an_account_that_was_never_admitted(client: TestClient, stage: ChannelStage) -> None:
    later = AccountKey.generate()
    assert as_reviewer(client, stage, DELIVER, receipt(later)).status_code == 200
    stage.admit(KVK, later)
    assert len(collected(client, stage, account=later)) == 1


def test_claim_ids_stop_at_the_quota_of_the_day(client: TestClient, stage: ChannelStage) -> None:
    stage.admit(KVK, stage.creditor, daily=2)
    body = {"elements": [to_text(element) for element in make_elements(2)]}
    assert post(client, stage, CLAIM_IDS, body).status_code == 200
    answer = post(client, stage, CLAIM_IDS, right(CLAIM_IDS), account=stage.colleague)
    refused(answer, 429, "claim_id_quota_spent", "elements")
    assert answer.headers["Retry-After"] == str(12 * 3600)
    stage.clock.advance(hours=12)
    assert post(client, stage, CLAIM_IDS, body).status_code == 200


def test_claim_ids_and_evaluations_have_quotas_of_their_own(client: TestClient, stage: ChannelStage) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    spent = stage.organisations.charge(
        organisation=KVK,
        quota=stage.organisations.organisation(KVK).quota,  # type: ignore[union-attr]
        epoch=1,  # type: ignore[arg-type]
        elements=1,
        nonce=b"n" * 32,
        at=stage.clock.now(),
    )
    assert spent.value == "done"
    assert post(client, stage, CLAIM_IDS, right(CLAIM_IDS)).status_code == 200


def test_delivery_over_the_allowance_says_when_to_come_again(
    client: TestClient, stage: ChannelStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowance = Allowance(waiting=1, waiting_bytes=10**6, held=2, held_bytes=10**6)
    monkeypatch.setattr(service_module, "ALLOWANCE", allowance)
    assert post(client, stage, DELIVER, claim(b"1")).status_code == 200
    # The limit is the organisation's, whichever account sends.
    answer = post(client, stage, DELIVER, claim(b"2"), account=stage.colleague)
    refused(answer, 429, "mailbox_full", "content")
    assert answer.headers["Retry-After"] == "900"
    assert post(client, stage, DELIVER, claim(b"2"), account=stage.other, organisation=OTHER_KVK).status_code == 200
    hashes = {"messages": [message_hash(b"1").hex()]}
    assert as_reviewer(client, stage, ACKNOWLEDGE, hashes).json() == {"acknowledged": 1}
    assert post(client, stage, DELIVER, claim(b"2.")).status_code == 200
    for number in range(5):
        # The municipality answers as many as it likes.
        assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor, b"%d" % number)).status_code == 200


def test_requests_of_an_organisation_within_a_minute_have_a_limit(
    client: TestClient, stage: ChannelStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from schuldhulp.services.claims import callers

    monkeypatch.setattr(callers, "REQUESTS", 2)
    for _ in range(2):
        assert post(client, stage, COLLECT, right(COLLECT)).status_code == 200
    answer = post(client, stage, COLLECT, right(COLLECT), account=stage.colleague)
    refused(answer, 429, "burst_spent", None)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    # Strangers cannot use it up, the municipality has none, and the next minute begins anew.
    for _ in range(3):
        assert post(client, stage, COLLECT, right(COLLECT), organisation=OTHER_KVK).status_code == 401
        assert as_reviewer(client, stage, COLLECT, right(COLLECT)).status_code == 200
    assert post(client, stage, COLLECT, right(COLLECT), account=stage.other, organisation=OTHER_KVK).status_code == 200
    stage.clock.advance(seconds=60)
    assert post(client, stage, COLLECT, right(COLLECT)).status_code == 200


def test_suspended_organisation_is_refused_everything_and_its_messages_wait(
    client: TestClient, stage: ChannelStage
) -> None:
    assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor)).status_code == 200
    stage.suspend(KVK, stage.creditor, stage.colleague)
    for path in ROUTES:
        refused(post(client, stage, path, right(path)), 403, "organisation_suspended", "Schuldhulp-Organisation")
    # However long it takes: what nobody acknowledged is not erased.
    stage.clock.advance(seconds=2 * RETENTION.total_seconds())
    assert stage.service.erase_old() == 0
    stage.admit(KVK, stage.creditor, stage.colleague)
    (found,) = collected(client, stage)
    assert post(client, stage, ACKNOWLEDGE, {"messages": [found["message"]]}).json() == {"acknowledged": 1}


def test_account_that_was_taken_away_may_do_nothing(client: TestClient, stage: ChannelStage) -> None:
    stage.organisations.remove_account(
        KVK, stage.colleague.address, reason="leaked", by="administrator", at=stage.clock.now()
    )
    for path in ROUTES:
        answer = post(client, stage, path, right(path), account=stage.colleague)
        refused(answer, 401, "signature_unknown", "Schuldhulp-Signature")


@pytest.mark.parametrize("path", [DELIVER, CLAIM_IDS])
def test_sending_needs_the_role_on_the_chain(client: TestClient, stage: ChannelStage, path: str) -> None:
    stage.chain.roles.remove(("CREDITOR", stage.creditor.address))
    refused(post(client, stage, path, right(path)), 403, "role_missing", "Schuldhulp-Signature")


def test_silent_chain_stops_sending_and_the_municipality_but_not_a_creditor_that_collects(
    client: TestClient, stage: ChannelStage
) -> None:
    assert as_reviewer(client, stage, DELIVER, receipt(stage.creditor)).status_code == 200
    for silence, key in (("reachable", "chain_unreachable"), ("stands_still", "chain_stale")):
        setattr(stage.chain, silence, silence == "stands_still")
        for path in (DELIVER, CLAIM_IDS):
            refused(post(client, stage, path, right(path)), 503, key, None)
        for path in (COLLECT, ACKNOWLEDGE):
            refused(as_reviewer(client, stage, path, right(path)), 503, key, None)
        assert len(collected(client, stage)) == 1
        setattr(stage.chain, silence, silence == "reachable")


def test_claim_ids_are_not_evaluated_under_a_key_that_the_deployment_does_not_name(stage: ChannelStage) -> None:
    stage.admit(KVK, stage.creditor, daily=1)
    other = voprf.public_key(voprf.generate_key())
    client = TestClient(stage.app(stage.serve(stage.store, claim_id_key=other)))
    refused(post(client, stage, CLAIM_IDS, right(CLAIM_IDS)), 503, "evaluator_key_missing", None)
    # Nobody paid for it.
    assert post(TestClient(stage.app()), stage, CLAIM_IDS, right(CLAIM_IDS)).status_code == 200


def test_erase_old_keeps_contents_for_the_time_that_was_set(client: TestClient, stage: ChannelStage) -> None:
    for content in (b"1", b"2"):
        assert post(client, stage, DELIVER, claim(content)).status_code == 200
    as_reviewer(client, stage, ACKNOWLEDGE, {"messages": [message_hash(b"1").hex()]})
    stage.clock.advance(days=30)
    assert stage.service.erase_old() == 0
    stage.clock.advance(seconds=1)
    assert stage.service.erase_old() == 1
    assert [one["content"] for one in waiting(client, stage)] == [base64.b64encode(b"2").decode()]


# --- what is written down --------------------------------------------------------------------------------------------


def test_log_holds_the_route_and_nothing_that_was_sent(
    client: TestClient, stage: ChannelStage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert post(client, stage, DELIVER, claim()).status_code == 200
        assert post(client, stage, DELIVER, claim(kind=SECRET)).status_code == 422
    lines = [record.getMessage() for record in caplog.records if record.name == "schuldhulp.evaluator.access"]
    assert [line.split(" ")[:3] for line in lines] == [["POST", DELIVER, "200"], ["POST", DELIVER, "422"]]
    for secret in (SECRET, SUBJECT.hex(), base64.b64encode(b"sealed").decode(), stage.creditor.address, KVK):
        assert secret not in caplog.text


def test_openapi_document_names_routes_headers_and_problems(stage: ChannelStage) -> None:
    paths = stage.app().openapi()["paths"]
    for path in (*ROUTES, ORGANISATIONS):
        told = paths[path]["post"]
        assert [one["name"] for one in told["parameters"] if one["in"] == "header" and one["required"]] == list(HEADERS)
        assert {"200", "400", "401", "403", "408", "409", "413", "422", "429", "503"} <= told["responses"].keys()
        assert "application/json" in told["requestBody"]["content"]
    assert json.dumps(paths).count("ChannelRequest(uint16 municipality") == len(ROUTES) + 1


def test_report_tells_who_used_the_channel_how_much_and_what_was_refused(
    client: TestClient, stage: ChannelStage
) -> None:
    stage.admit(KVK, stage.creditor, stage.colleague, daily=3)
    for elements, account in ((2, stage.creditor), (1, stage.colleague), (1, stage.creditor)):
        body = {"elements": [to_text(element) for element in make_elements(elements)]}
        post(client, stage, CLAIM_IDS, body, account=account)
    post(client, stage, DELIVER, claim(b"one"))
    post(client, stage, DELIVER, claim(b"two and more"), account=stage.colleague)
    post(client, stage, COLLECT, right(COLLECT), account=stage.other)
    stage.clock.advance(hours=12)
    as_reviewer(client, stage, DELIVER, receipt(stage.creditor, b"abc"))
    as_reviewer(client, stage, CLAIM_IDS, right(CLAIM_IDS))
    stage.service.close()

    today = NOON.date()
    tomorrow = today + timedelta(days=1)
    assert stage.organisations.channel_usage(today, tomorrow) == [
        ChannelLine(day=today, asker=KVK, claim_ids=3, messages=2, size=15),
        ChannelLine(day=tomorrow, asker=MUNICIPALITY, claim_ids=1, messages=1, size=3),
    ]
    assert [line.day for line in stage.organisations.channel_usage(tomorrow, tomorrow)] == [tomorrow]
    assert stage.organisations.refusals(today, tomorrow) == [
        # Who signs in the name of another has proved nothing.
        RefusalLine(day=today, asker="", reason="channel/signature_unknown", times=1),
        RefusalLine(day=today, asker=KVK, reason="channel/claim_id_quota_spent", times=1),
    ]


@pytest.mark.parametrize("path", ROUTES)
def test_stranger_that_calls_itself_the_municipality_costs_one_question_to_the_chain(
    client: TestClient, stage: ChannelStage, path: str
) -> None:
    stage.chain.asked = 0
    body = receipt(stage.other) if path == DELIVER else right(path)
    for _ in range(5):
        answer = post(client, stage, path, body, organisation=MUNICIPALITY)
        refused(answer, 403, "role_missing", "Schuldhulp-Signature")
    assert stage.chain.asked == 1
