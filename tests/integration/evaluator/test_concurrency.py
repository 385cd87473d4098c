from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi.testclient import TestClient

from schuldhulp.evaluator import create_app
from schuldhulp.storage.evaluation import EvaluatorDatabase
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


def test_concurrent_requests_with_one_nonce_are_answered_once(evaluator: Evaluator) -> None:
    body = evaluator.request()
    client = TestClient(create_app(evaluator.service))
    with ThreadPoolExecutor(WORKERS) as pool:
        codes = list(pool.map(lambda _: client.post("/v1/evaluations", json=body).status_code, range(WORKERS)))
    assert sorted(codes) == [200] + [409] * (WORKERS - 1)


def test_two_processes_share_one_quota(evaluator: Evaluator) -> None:
    evaluator.admit(daily=10)
    other = EvaluatorDatabase(evaluator.url)
    organisation = evaluator.store.organisation("12345678")
    assert organisation is not None

    def spend(number: int) -> str:
        store = (evaluator.store, other)[number % 2]
        return store.charge(
            organisation=organisation.kvk,
            quota=organisation.quota,
            epoch=20264,
            elements=3,
            nonce=bytes([number]) * 32,
            at=evaluator.clock.now(),
        ).value

    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(spend, range(2 * WORKERS)))
    other.close()
    assert results.count("done") == 3
    assert results.count("day_spent") == 2 * WORKERS - 3


def test_database_of_another_process_is_there_after_a_restart(evaluator: Evaluator, tmp_path: Path) -> None:
    evaluator.restart()
    organisation = evaluator.store.organisation("12345678")
    assert organisation is not None
    assert organisation.accounts == (evaluator.creditor.address,)
