"""Two evaluators on one database hold every limit together, and a suspended organisation is out in both at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.crypto.keyring import EvaluatorKeys
from tests.support.database import empty_database, kinds
from tests.support.evaluation import KVK, Evaluator, SetClock, make_elements, make_evaluator, make_keys
from tests.support.evaluator_process import EvaluatorProcess, now, processes, web

CLIENTS = 12
ELEMENTS = make_elements(3)


@pytest.fixture(params=kinds())
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Evaluator]:
    keys: EvaluatorKeys = make_keys(tmp_path)
    with empty_database(request.param, tmp_path) as url:
        made = make_evaluator(tmp_path, keys, url=url)
        made.clock = SetClock(now())
        made.admit()
        yield made
        made.store.close()


def roles(stage: Evaluator) -> list[tuple[str, str]]:
    return [("CREDITOR", stage.creditor.address), ("REGISTRAR", stage.registrar.address)]


def hammer(
    running: list[EvaluatorProcess], bodies: list[dict[str, Any]], path: str = "/v1/evaluations"
) -> Counter[int]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = pool.map(
            lambda pair: web().post(running[pair[0] % len(running)].url + path, json=pair[1], timeout=120),
            enumerate(bodies),
        )
        return Counter(answer.status_code for answer in answers)


def minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def test_the_quota_of_a_day_is_held_together(stage: Evaluator, tmp_path: Path) -> None:
    stage.admit(daily=30)
    with processes(2, folder=tmp_path, url=stage.url, roles=roles(stage)) as running:
        day = now().date()
        found = hammer(running, [stage.request(elements=ELEMENTS) for _ in range(40)])
        days = (now().date() - day).days + 1
    assert found[200] + found[429] == 40
    assert 10 <= found[200] <= 10 * days


def test_the_limit_of_a_minute_is_held_together(stage: Evaluator, tmp_path: Path) -> None:
    bodies = [stage.request(elements=ELEMENTS) for _ in range(60)]
    with processes(2, folder=tmp_path, url=stage.url, roles=roles(stage), burst=(1_000, 15)) as running:
        begin = minute(now())
        found = hammer(running, bodies)
        minutes = (minute(now()) - begin) // timedelta(minutes=1) + 1
    assert found[200] + found[429] == len(bodies)
    assert 15 <= found[200] <= 15 * minutes


def test_the_limit_of_an_address_is_held_together(stage: Evaluator, tmp_path: Path) -> None:
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    with processes(2, folder=tmp_path, url=stage.url, roles=[], rate=20) as running:
        begin = minute(now())
        found = hammer(running, [question] * 80, "/rpc")
        minutes = (minute(now()) - begin) // timedelta(minutes=1) + 1
    assert found[200] + found[429] == 80
    assert 20 <= found[200] <= 20 * minutes


def test_the_bound_of_the_municipality_is_held_together(stage: Evaluator, tmp_path: Path) -> None:
    bodies = [stage.request(organisation="municipality", signer=stage.registrar, elements=ELEMENTS) for _ in range(20)]
    with processes(2, folder=tmp_path, url=stage.url, roles=roles(stage), municipality_quota=12) as running:
        day = now().date()
        found = hammer(running, bodies)
        days = (now().date() - day).days + 1
    assert found[200] + found[429] == 20
    assert 4 <= found[200] <= 4 * days
    logged = "".join(process.errors.read_text() for process in running)
    assert "bound of today, 12" in logged


def test_a_suspended_organisation_is_out_in_every_process_at_the_next_request(stage: Evaluator, tmp_path: Path) -> None:
    with processes(2, folder=tmp_path, url=stage.url, roles=roles(stage)) as running:
        assert hammer(running, [stage.request() for _ in range(4)]) == {200: 4}
        stage.store.suspend(KVK, reason="misbruik", by="a.beheer", at=now())
        assert hammer(running, [stage.request() for _ in range(4)]) == {403: 4}
        stage.store.admit(stage.organisation(), by="a.beheer", at=now())
        assert hammer(running, [stage.request() for _ in range(4)]) == {200: 4}


def test_counts_of_both_processes_stand_in_the_database_when_they_have_ended(stage: Evaluator, tmp_path: Path) -> None:
    with processes(2, folder=tmp_path, url=stage.url, roles=roles(stage)) as running:
        first = now().date()
        hammer(running, [stage.request(elements=ELEMENTS) for _ in range(4)])
        hammer(running, [stage.request(organisation="87654321") for _ in range(6)])
    used = stage.store.usage(first, now().date())
    assert (sum(line.requests for line in used), sum(line.elements for line in used)) == (4, 12)
    assert {line.asker for line in used} == {KVK}
    refused = stage.store.refusals(first, now().date())
    assert {(line.asker, line.reason) for line in refused} == {("", "signature_unknown")}
    assert sum(line.times for line in refused) == 6
