"""The client of the evaluator, against an HTTP server that answers whatever a test tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.identifiers import IdentifierKind
from tests.support.evaluation import CHAIN_ID, CURRENT, KVK, MUNICIPALITY, REGISTRY, SetClock, make_elements
from tests.support.told_http import ToldHttp, told_http

SECRET = "\x1b[31mAchternaam"
RIGHT = {"evaluated": ["A" * 43], "proof": "00" * 64, "key": "00" * 32}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Callable[[], ToldHttp]]]:
    with told_http() as running:
        yield running


@pytest.fixture
def told(server: tuple[str, Callable[[], ToldHttp]]) -> ToldHttp:
    made = server[1]()
    made.body = json.dumps(RIGHT).encode()
    return made


@pytest.fixture
def evaluate(server: tuple[str, Callable[[], ToldHttp]], told: ToldHttp) -> Callable[..., Any]:
    client = make_client(server[0] + "/")
    elements = make_elements(1)
    return lambda count=1: client.evaluate(MUNICIPALITY, CURRENT, IdentifierKind.NADB, elements * count)


def make_client(url: str) -> HttpEvaluator:
    return HttpEvaluator(
        url=url,
        organisation=KVK,
        chain_id=CHAIN_ID,
        registry_address=REGISTRY,
        sign_digest=digest_signer(AccountKey.generate()),
        clock=SetClock(),
    )


def test_evaluate_sends_what_the_evaluator_expects_and_reads_the_answer(
    told: ToldHttp, evaluate: Callable[..., Any]
) -> None:
    batch = evaluate()
    assert (batch.evaluated, batch.proof, batch.key) == ((bytes(32),), bytes(64), bytes(32))
    sent = json.loads(told.received[-1][2])
    assert told.paths == ["/v1/evaluations"]
    assert sent.keys() == {
        "municipality",
        "kind",
        "epoch",
        "organisation",
        "elements",
        "nonce",
        "expiry",
        "signature",
    }
    assert (sent["municipality"], sent["kind"], sent["epoch"], sent["organisation"]) == (14, 2, CURRENT, KVK)
    assert sent["expiry"] == int(SetClock().now().timestamp()) + 120


def test_evaluate_never_uses_a_nonce_twice(told: ToldHttp, evaluate: Callable[..., Any]) -> None:
    nonces = set()
    for _ in range(3):
        evaluate()
        nonces.add(json.loads(told.received[-1][2])["nonce"])
    assert len(nonces) == 3


@pytest.mark.parametrize("count", [0, 1_001])
def test_evaluate_refuses_a_batch_of_a_wrong_size_without_asking(
    told: ToldHttp, evaluate: Callable[..., Any], count: int
) -> None:
    with pytest.raises(errors.InvalidInput):
        evaluate(count)
    assert told.paths == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (401, errors.NotAllowed),
        (403, errors.NotAllowed),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.InvalidInput),
        (422, errors.InvalidInput),
        (429, errors.NotAllowed),
        (500, errors.Unreachable),
        (503, errors.Unreachable),
        (204, errors.Unreachable),
        (307, errors.Unreachable),
    ],
)
def test_evaluate_names_a_refusal_and_never_repeats_its_text(
    told: ToldHttp, evaluate: Callable[..., Any], status: int, kind: type[errors.SchuldhulpError]
) -> None:
    told.status = status
    told.headers = [(b"retry-after", b"60"), (b"location", b"/elsewhere")]
    told.body = json.dumps({"error": "some_reason", "field": SECRET, "message": SECRET}).encode()
    if status == 204:
        told.body = b""
    with pytest.raises(kind) as caught:
        evaluate()
    assert SECRET not in str(caught.value) + repr(caught.value.parameters) + str(caught.value.field)
    assert told.paths == ["/v1/evaluations"]
    if kind is not errors.Unreachable:
        assert (caught.value.key, caught.value.parameters) == ("some_reason", {"retry_after": 60})


@pytest.mark.parametrize(
    ("key", "advice"), [("signature_unknown", "admit the account"), ("request_expired", "clock"), ("other", "other$")]
)
def test_evaluate_says_what_to_do_about_a_refusal(
    told: ToldHttp, evaluate: Callable[..., Any], key: str, advice: str
) -> None:
    told.status, told.body = 403, json.dumps({"error": key}).encode()
    with pytest.raises(errors.NotAllowed, match=advice) as caught:
        evaluate()
    assert caught.value.key == key


@pytest.mark.parametrize("error", [SECRET, "", None, 5, ["x"], "x" * 41])
def test_evaluate_takes_no_name_of_an_error_that_is_none(
    told: ToldHttp, evaluate: Callable[..., Any], error: Any
) -> None:
    told.status, told.body = 403, json.dumps({"error": error}).encode()
    with pytest.raises(errors.Unreachable):
        evaluate()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b" " * 2_000_000])
def test_evaluate_refuses_what_is_no_json(told: ToldHttp, evaluate: Callable[..., Any], body: bytes) -> None:
    told.body = body
    with pytest.raises(errors.Unreachable):
        evaluate()


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {},
        {name: value for name, value in RIGHT.items() if name != "proof"},
        {name: value for name, value in RIGHT.items() if name != "key"},
        RIGHT | {"evaluated": None},
        RIGHT | {"evaluated": 5},
        RIGHT | {"evaluated": [5]},
        RIGHT | {"evaluated": ["é" * 43]},
        RIGHT | {"proof": None},
        RIGHT | {"proof": "zz"},
        RIGHT | {"key": 5},
    ],
)
def test_evaluate_takes_no_answer_without_points_proof_and_key(
    told: ToldHttp, evaluate: Callable[..., Any], answer: Any
) -> None:
    told.body = json.dumps(answer).encode()
    with pytest.raises(errors.ProofInvalid):
        evaluate()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.nl",
        "http://localhost.example.nl",
        "ftp://localhost",
        "localhost",
        "",
        "https://",
        "http://[",
    ],
)
def test_client_refuses_an_address_without_https(url: str) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        make_client(url)
    assert caught.value.field == "evaluator_url"


@pytest.mark.parametrize("url", ["https://example.nl", "http://localhost:8600", "http://127.0.0.1", "http://[::1]:1"])
def test_client_takes_https_and_this_machine(url: str) -> None:
    make_client(url)
