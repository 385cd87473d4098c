"""From which addresses signed requests came, as the application tells it."""

from __future__ import annotations

from fastapi.testclient import TestClient

from schuldhulp.errors import Unreachable
from schuldhulp.evaluator import create_app
from tests.support.evaluation import Evaluator


def test_address_is_told_of_a_signed_request_that_was_answered(evaluator: Evaluator) -> None:
    known: list[str] = []
    client = TestClient(create_app(evaluator.service, know=known.append), client=("192.0.2.7", 1))
    body = evaluator.request()
    assert client.get("/v1/keys").status_code == 200
    assert client.post("/v1/evaluations", json=body | {"signature": "00" * 65}).status_code == 401
    assert known == []
    assert client.post("/v1/evaluations", json=body).status_code == 200
    assert known == ["192.0.2.7"]


def test_answer_comes_also_when_the_address_cannot_be_remembered(evaluator: Evaluator) -> None:
    def fail(_: str) -> None:
        raise Unreachable("database_unreachable", "the database does not answer")

    client = TestClient(create_app(evaluator.service, know=fail))
    assert client.post("/v1/evaluations", json=evaluator.request()).status_code == 200
