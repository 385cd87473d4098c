from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.identifiers import IdentifierKind, parse_person
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.api import PATHS
from schuldhulp.evaluator.limits import MAX_BODY
from tests.support.evaluation import (
    ANNOUNCED,
    CURRENT,
    KVK,
    MUNICIPALITY,
    OLDEST,
    Evaluator,
    make_elements,
    published_keys,
    to_text,
)

IDENTITY = bytes(32)
NOT_CANONICAL = b"\xff" * 32


def post(client: TestClient, body: Any) -> Any:
    return client.post("/v1/evaluations", json=body)


def from_text(point: str) -> bytes:
    return base64.urlsafe_b64decode(point + "=")


def refused(answer: Any, status: int, key: str, field: str | None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "field", "message"}
    assert (answer.json()["error"], answer.json()["field"]) == (key, field)
    assert answer.json()["message"]


def test_evaluate_gives_the_output_of_the_published_key(client: TestClient, evaluator: Evaluator) -> None:
    inputs = [b"one", b"two", b"three"]
    blindings = [voprf.blind(text) for text in inputs]
    answer = post(client, evaluator.request(elements=[blinding.element for blinding in blindings]))
    assert answer.status_code == 200, answer.text
    plain = answer.json()
    evaluation = voprf.Evaluation(
        evaluated=tuple(from_text(point) for point in plain["evaluated"]),
        proof=bytes.fromhex(plain["proof"]),
        key=bytes.fromhex(plain["key"]),
    )
    published = published_keys(evaluator.keys)[CURRENT, IdentifierKind.NADB]
    outputs = voprf.finalize(blindings, evaluation, published_key=published)
    again = voprf.blind(inputs[1])
    key = evaluator.keys.voprf(CURRENT, IdentifierKind.NADB)
    assert key is not None
    assert voprf.finalize([again], voprf.evaluate(key, [again.element]), published_key=published) == [outputs[1]]


def test_evaluate_takes_one_thousand_elements(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(daily=1_000)
    body = evaluator.request(elements=make_elements(1_000))
    assert len(json.dumps(body)) < MAX_BODY
    assert len(post(client, body).json()["evaluated"]) == 1_000


def test_evaluate_refuses_one_thousand_and_one_elements(client: TestClient, evaluator: Evaluator) -> None:
    body = evaluator.request() | {"elements": [to_text(make_elements(1)[0])] * 1_001}
    refused(post(client, body), 413, "too_many_elements", "elements")


def test_evaluate_refuses_too_many_elements_of_any_shape(client: TestClient, evaluator: Evaluator) -> None:
    refused(post(client, evaluator.request() | {"elements": [0] * 1_001}), 413, "too_many_elements", "elements")


def test_body_over_the_limit_is_refused(client: TestClient) -> None:
    refused(client.post("/v1/evaluations", content=b" " * (MAX_BODY + 1)), 413, "body_too_large", None)


def test_body_over_the_limit_without_length_is_refused_before_its_end(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 64 * MAX_BODY:
            sent += 8192
            yield b"x" * 8192

    refused(client.post("/v1/evaluations", content=endless()), 413, "body_too_large", None)


@pytest.mark.parametrize("length", [b"-1", b"x", b"1e9", b"9" * 5_000, b""])
def test_body_with_a_length_that_is_none_is_refused(client: TestClient, length: bytes) -> None:
    answer = client.post("/v1/evaluations", content=b"{}", headers={"content-length": length})
    assert answer.status_code in (400, 413)


def test_body_of_exactly_the_limit_is_read(client: TestClient, evaluator: Evaluator) -> None:
    body = json.dumps(evaluator.request()).encode()
    answer = client.post("/v1/evaluations", content=body.ljust(MAX_BODY), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "field", ["municipality", "kind", "epoch", "organisation", "elements", "nonce", "expiry", "signature"]
)
def test_missing_field_is_named(client: TestClient, evaluator: Evaluator, field: str) -> None:
    body = evaluator.request()
    del body[field]
    refused(post(client, body), 422, "field_missing", field)


SECRET = "Achternaam-999990019"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("municipality", SECRET),
        ("municipality", 0),
        ("municipality", 65_536),
        ("municipality", True),
        ("municipality", 14.0),
        ("municipality", "14"),
        ("kind", 3),
        ("kind", True),
        ("kind", 2.0),
        ("kind", SECRET),
        ("epoch", 0),
        ("epoch", 2**32),
        ("epoch", None),
        ("organisation", SECRET),
        ("organisation", "1234567"),
        ("organisation", "12345678\n"),
        ("organisation", "１２３４５６７８"),
        ("organisation", "\ud800"),
        ("organisation", 12345678),
        ("elements", []),
        ("elements", SECRET),
        ("elements", [SECRET]),
        ("elements", [None]),
        ("elements", [[]]),
        ("elements", {SECRET: SECRET}),
        ("elements", ["A" * 42]),
        ("elements", ["A" * 42 + "B"]),
        ("elements", ["A" * 42 + "="]),
        ("elements", ["A" * 42 + "+"]),
        ("nonce", "00" * 31),
        ("nonce", "zz" * 32),
        ("nonce", SECRET),
        ("expiry", SECRET),
        ("expiry", -1),
        ("expiry", 2**64),
        ("expiry", 1.5),
        ("signature", "00" * 64),
        ("signature", SECRET),
        ("signature", 5),
    ],
)
def test_wrong_field_is_named_and_not_repeated(
    client: TestClient, evaluator: Evaluator, field: str, value: Any
) -> None:
    answer = client.post(
        "/v1/evaluations",
        content=json.dumps(evaluator.request() | {field: value}),
        headers={"content-type": "application/json"},
    )
    refused(answer, 422, "field_invalid", field)
    assert SECRET not in answer.text


def test_unknown_field_is_refused_and_not_repeated(client: TestClient, evaluator: Evaluator) -> None:
    answer = post(client, evaluator.request() | {SECRET: 1})
    refused(answer, 422, "field_unknown", None)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"municipality": ' + b"9" * 5_000 + b"}",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"NaN",
        b'{"municipality": NaN, "epoch": Infinity}',
        b'{"municipality": 14, "municipality": {}}',
        b"\x00",
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", None])
def test_rubbish_is_refused_by_the_client_side_of_the_codes(
    client: TestClient, content: bytes, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = client.post("/v1/evaluations", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json().keys() == {"error", "field", "message"}


def test_evaluate_refuses_another_municipality(client: TestClient, evaluator: Evaluator) -> None:
    refused(post(client, evaluator.request(municipality=15)), 404, "municipality_unknown", "municipality")


@pytest.mark.parametrize("epoch", [1, OLDEST - 1, CURRENT + 1, ANNOUNCED, ANNOUNCED + 1])
def test_evaluate_refuses_creditors_a_foreign_epoch(client: TestClient, evaluator: Evaluator, epoch: int) -> None:
    refused(post(client, evaluator.request(epoch=epoch)), 409, "epoch_not_open", "epoch")


def test_evaluate_answers_for_the_oldest_epoch(client: TestClient, evaluator: Evaluator) -> None:
    assert post(client, evaluator.request(epoch=OLDEST)).status_code == 200


def test_evaluate_refuses_before_the_first_epoch_opened(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.chain.current = 0
    refused(post(client, evaluator.request()), 409, "epoch_not_open", "epoch")


@pytest.mark.parametrize("epoch", [OLDEST, CURRENT, ANNOUNCED])
def test_evaluate_answers_the_registrar_without_quota(client: TestClient, evaluator: Evaluator, epoch: int) -> None:
    for _ in range(2):
        body = evaluator.request(
            organisation="municipality",
            signer=evaluator.registrar,
            epoch=epoch,
            kind=1,
            elements=make_elements(600),
        )
        assert post(client, body).status_code == 200


def test_evaluate_refuses_the_registrar_an_epoch_after_the_announced_one(
    client: TestClient, evaluator: Evaluator
) -> None:
    body = evaluator.request(organisation="municipality", signer=evaluator.registrar, epoch=ANNOUNCED + 1)
    refused(post(client, body), 409, "epoch_not_open", "epoch")


def test_evaluate_refuses_a_creditor_that_calls_itself_the_municipality(
    client: TestClient, evaluator: Evaluator
) -> None:
    refused(post(client, evaluator.request(organisation="municipality")), 403, "role_missing", "signature")


@pytest.mark.parametrize("seconds", [0, -1, -3600])
def test_evaluate_refuses_an_expired_request(client: TestClient, evaluator: Evaluator, seconds: int) -> None:
    expiry = int(evaluator.clock.now().timestamp()) + seconds
    refused(post(client, evaluator.request(expiry=expiry)), 422, "request_expired", "expiry")


@pytest.mark.parametrize("seconds", [301, 86_400, 2**50])
def test_evaluate_refuses_an_expiry_too_far_ahead(client: TestClient, evaluator: Evaluator, seconds: int) -> None:
    expiry = int(evaluator.clock.now().timestamp()) + seconds
    refused(post(client, evaluator.request(expiry=expiry)), 422, "expiry_too_far", "expiry")


def test_evaluate_answers_until_five_minutes_ahead(client: TestClient, evaluator: Evaluator) -> None:
    body = evaluator.request(expiry=int(evaluator.clock.now().timestamp()) + 300)
    assert post(client, body).status_code == 200


@pytest.mark.parametrize(
    "signed",
    [
        {"municipality": 15},
        {"kind": IdentifierKind.BSN},
        {"epoch": OLDEST},
        {"organisation": "87654321"},
        {"elements": [NOT_CANONICAL]},
        {"nonce": bytes(32)},
        {"expiry": 1},
        {"chain_id": 1},
        {"registry": "0x0000000000000000000000000000000000000001"},
    ],
)
def test_evaluate_refuses_a_signature_over_anything_else(
    client: TestClient, evaluator: Evaluator, signed: dict[str, Any]
) -> None:
    refused(post(client, evaluator.request(signed=signed)), 401, "signature_unknown", "signature")


@pytest.mark.parametrize("signature", ["00" * 65, "ff" * 65, "11" * 64 + "1b", "11" * 64 + "00"])
def test_evaluate_refuses_a_signature_of_nobody(client: TestClient, evaluator: Evaluator, signature: str) -> None:
    refused(post(client, evaluator.request() | {"signature": signature}), 401, "signature_unknown", "signature")


def test_evaluate_refuses_an_account_of_nobody(client: TestClient, evaluator: Evaluator) -> None:
    stranger = AccountKey.generate()
    evaluator.chain.roles.add(("CREDITOR", stranger.address))
    refused(post(client, evaluator.request(signer=stranger)), 401, "signature_unknown", "signature")


def test_evaluate_answers_an_unknown_organisation_like_an_unknown_account(
    client: TestClient, evaluator: Evaluator
) -> None:
    refused(post(client, evaluator.request(organisation="87654321")), 401, "signature_unknown", "signature")


def test_evaluate_refuses_an_account_without_the_role(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.chain.roles.remove(("CREDITOR", evaluator.creditor.address))
    refused(post(client, evaluator.request()), 403, "role_missing", "signature")


def test_evaluate_refuses_a_suspended_organisation(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.store.suspend(KVK, reason="misuse", by="administrator", at=evaluator.clock.now())
    refused(post(client, evaluator.request()), 403, "organisation_suspended", "organisation")


def test_evaluate_refuses_the_bsn_key_without_a_legal_ground(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.chain.roles.add(("BSN_CREDITOR", evaluator.creditor.address))
    refused(post(client, evaluator.request(kind=1)), 403, "bsn_not_allowed", "kind")


def test_evaluate_refuses_the_bsn_key_without_the_role(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(bsn_ground="Wet SUWI, artikel 62")
    evaluator.chain.roles.remove(("BSN_CREDITOR", evaluator.creditor.address))
    refused(post(client, evaluator.request(kind=1)), 403, "bsn_not_allowed", "kind")


def test_evaluate_uses_another_key_for_the_bsn(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(bsn_ground="Wet SUWI, artikel 62")
    elements = make_elements(1)
    answers = [post(client, evaluator.request(kind=kind, elements=elements)).json() for kind in (1, 2)]
    assert answers[0]["key"] != answers[1]["key"]
    assert answers[0]["evaluated"] != answers[1]["evaluated"]


@pytest.mark.parametrize("element", [IDENTITY, NOT_CANONICAL, b"\x01" + bytes(31)])
def test_evaluate_refuses_a_point_that_is_none_and_charges_nothing(
    client: TestClient, evaluator: Evaluator, element: bytes
) -> None:
    evaluator.admit(daily=2)
    body = evaluator.request(elements=[*make_elements(1), element])
    refused(post(client, body), 422, "element_invalid", "elements")
    assert post(client, evaluator.request(elements=make_elements(2))).status_code == 200


def test_evaluate_answers_the_same_request_again_and_charges_it_once(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(daily=2)
    body = evaluator.request()
    answers = [post(client, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({tuple(answer.json()["evaluated"]) for answer in answers}) == 1
    assert post(client, evaluator.request()).status_code == 200
    assert post(client, evaluator.request()).status_code == 429
    assert post(client, body).status_code == 200


def test_evaluate_answers_the_same_request_again_after_it_has_expired(client: TestClient, evaluator: Evaluator) -> None:
    asked, unasked = evaluator.request(), evaluator.request()
    assert post(client, asked).status_code == 200
    evaluator.clock.advance(hours=23)
    assert post(client, asked).status_code == 200
    refused(post(client, unasked), 422, "request_expired", "expiry")
    refused(post(client, asked | {"elements": unasked["elements"]}), 422, "request_expired", "expiry")


def test_evaluate_refuses_a_spent_nonce_in_a_new_request(client: TestClient, evaluator: Evaluator) -> None:
    nonce = secrets.token_bytes(32)
    assert post(client, evaluator.request(nonce=nonce)).status_code == 200
    refused(post(client, evaluator.request(nonce=nonce, elements=make_elements(2))), 409, "nonce_used", "nonce")


def test_evaluate_knows_a_repetition_after_a_restart(evaluator: Evaluator) -> None:
    evaluator.admit(daily=1)
    body = evaluator.request()
    assert post(TestClient(create_app(evaluator.service)), body).status_code == 200
    evaluator.restart()
    client = TestClient(create_app(evaluator.service))
    assert post(client, body).status_code == 200
    refused(post(client, evaluator.request(nonce=bytes.fromhex(body["nonce"]))), 409, "nonce_used", "nonce")


def test_evaluate_names_the_day_and_the_time_to_wait_when_the_quota_is_spent(
    client: TestClient, evaluator: Evaluator
) -> None:
    evaluator.admit(daily=3)
    assert post(client, evaluator.request(elements=make_elements(2))).status_code == 200
    answer = post(client, evaluator.request(elements=make_elements(2)))
    refused(answer, 429, "daily_quota_spent", "elements")
    assert answer.headers["retry-after"] == str(12 * 60 * 60)
    assert post(client, evaluator.request(elements=make_elements(1))).status_code == 200
    evaluator.clock.advance(hours=12)
    assert post(client, evaluator.request(elements=make_elements(3))).status_code == 200


def test_evaluate_remembers_the_quota_over_a_restart(evaluator: Evaluator) -> None:
    evaluator.admit(daily=3)
    assert (
        post(TestClient(create_app(evaluator.service)), evaluator.request(elements=make_elements(3))).status_code == 200
    )
    evaluator.restart()
    refused(post(TestClient(create_app(evaluator.service)), evaluator.request()), 429, "daily_quota_spent", "elements")


def test_evaluate_counts_an_epoch_over_the_days(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(daily=3, per_epoch=5)
    assert post(client, evaluator.request(elements=make_elements(3))).status_code == 200
    evaluator.clock.advance(days=1)
    answer = post(client, evaluator.request(elements=make_elements(3)))
    refused(answer, 429, "epoch_quota_spent", "elements")
    assert int(answer.headers["retry-after"]) > 0
    # What was refused was not charged to the day either, and another epoch has a quota of its own.
    assert post(client, evaluator.request(epoch=OLDEST, elements=make_elements(3))).status_code == 200


def test_evaluate_charges_an_organisation_and_not_an_account(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(daily=1)
    first, evaluator.creditor = evaluator.creditor, AccountKey.generate()
    evaluator.admit(daily=1)
    assert post(client, evaluator.request(signer=first)).status_code == 200
    refused(post(client, evaluator.request()), 429, "daily_quota_spent", "elements")


def test_evaluate_charges_nothing_when_the_published_key_is_not_here(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.admit(daily=1)
    right = evaluator.chain.keys[CURRENT, 2]
    evaluator.chain.keys[CURRENT, 2] = evaluator.chain.keys[CURRENT, 1]
    refused(post(client, evaluator.request()), 503, "evaluator_key_missing", None)
    evaluator.chain.keys[CURRENT, 2] = right
    assert post(client, evaluator.request()).status_code == 200


def test_evaluate_answers_503_without_a_chain(client: TestClient, evaluator: Evaluator) -> None:
    evaluator.chain.reachable = False
    refused(post(client, evaluator.request()), 503, "chain_unreachable", None)


def test_evaluate_answers_500_without_the_text_of_an_unexpected_error(
    client: TestClient, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_request: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(evaluator.service, "evaluate", fail)
    answer = post(client, evaluator.request())
    refused(answer, 500, "internal_error", None)
    assert SECRET not in answer.text + caplog.text


def test_log_holds_neither_body_nor_path_nor_query(
    client: TestClient, evaluator: Evaluator, caplog: pytest.LogCaptureFixture
) -> None:
    identifier = parse_person("Achternaam;1980-02-01;9711AB;12")
    blinding = voprf.blind(identifier.encoded)
    with caplog.at_level(logging.DEBUG):
        body = evaluator.request(elements=[blinding.element])
        assert post(client, body).status_code == 200
        client.get(f"/{SECRET}?name={SECRET}")
        client.get(f"/v1/health?name={SECRET}")
    own = [record.getMessage() for record in caplog.records if record.name.startswith("schuldhulp")]
    assert own[0].startswith("POST /v1/evaluations 200 ")
    assert own[1].startswith("GET - 404 ")
    text = " ".join(own)
    for secret in (SECRET, body["elements"][0], body["nonce"], body["signature"], KVK, "achternaam"):
        assert secret not in text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/v1/evaluations"), ("POST", "/v1/health"), ("GET", "/docs")]
)
def test_unknown_route_is_refused_in_the_same_form(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code in (404, 405)
    assert answer.json().keys() == {"error", "field", "message"}


def test_keys_are_those_of_the_keyring(client: TestClient, evaluator: Evaluator) -> None:
    answer = client.get("/v1/keys").json()
    assert answer["municipality"] == MUNICIPALITY
    assert {(key["epoch"], key["kind"]): bytes.fromhex(key["key"]) for key in answer["keys"]} == published_keys(
        evaluator.keys
    )


def test_health_names_what_fails(client: TestClient, evaluator: Evaluator) -> None:
    ok = client.get("/v1/health")
    assert (ok.status_code, ok.json()) == (
        200,
        {"status": "ok", "chain": "ok", "database": "ok", "keys": "ok"},
    )
    evaluator.chain.keys.clear()
    assert client.get("/v1/health").json()["keys"] == "missing"
    evaluator.chain.reachable = False
    failed = client.get("/v1/health")
    assert (failed.status_code, failed.json()["chain"]) == (503, "unavailable")


def test_log_knows_every_path_that_is_served(evaluator: Evaluator) -> None:
    assert {path for route in create_app(evaluator.service).routes if (path := getattr(route, "path", None))} == PATHS


def test_openapi_describes_every_field_and_answer(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/evaluations"]["post"]
    statuses = {"200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"}
    assert statuses == operation["responses"].keys()
    schemas = document["components"]["schemas"]
    assert all("description" in field for field in schemas["EvaluationBody"]["properties"].values())
    assert schemas["EvaluationBody"]["properties"]["elements"]["maxItems"] == 1_000
    assert "EvaluationRequest(uint16 municipality" in schemas["EvaluationBody"]["description"]
