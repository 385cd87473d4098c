from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from schuldhulp.evaluator import create_app
from tests.support.evaluation import Evaluator, make_elements

WORKERS = 8


def test_concurrent_requests_spend_no_more_than_the_quota(evaluator: Evaluator) -> None:
    evaluator.admit(daily=10)
    client = TestClient(create_app(evaluator.service))
    bodies = [evaluator.request(elements=make_elements(3)) for _ in range(2 * WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        codes = list(pool.map(lambda body: client.post("/v1/evaluations", json=body).status_code, bodies))
    assert sorted(codes) == [200] * 3 + [429] * (2 * WORKERS - 3)
    # One is left of ten, and it can still be spent.
    assert client.post("/v1/evaluations", json=evaluator.request()).status_code == 200
    assert client.post("/v1/evaluations", json=evaluator.request()).status_code == 429


def test_concurrent_repetitions_of_a_request_are_charged_once(evaluator: Evaluator) -> None:
    evaluator.admit(daily=1)
    body = evaluator.request()
    client = TestClient(create_app(evaluator.service))
    with ThreadPoolExecutor(WORKERS) as pool:
        codes = list(pool.map(lambda _: client.post("/v1/evaluations", json=body).status_code, range(WORKERS)))
    assert codes == [200] * WORKERS
    assert client.post("/v1/evaluations", json=evaluator.request()).status_code == 429
