from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.evaluation import Evaluator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.just("municipality"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=8,
)
FIELDS = ("municipality", "kind", "epoch", "organisation", "elements", "nonce", "expiry", "signature")
CALM = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answer_to(client: TestClient, content: bytes) -> Any:
    return client.post("/v1/evaluations", content=content, headers={"content-type": "application/json"})


@CALM
@given(content=st.binary(max_size=300))
def test_any_bytes_are_refused(client: TestClient, content: bytes) -> None:
    assert answer_to(client, content).status_code in (400, 422)


@CALM
@given(body=VALUES)
def test_any_json_is_refused(client: TestClient, body: Any) -> None:
    assert answer_to(client, json.dumps(body).encode()).status_code == 422


@CALM
@given(field=st.sampled_from(FIELDS), value=VALUES)
def test_any_value_of_a_field_is_refused_by_name_or_has_another_meaning(
    client: TestClient, evaluator: Evaluator, field: str, value: Any
) -> None:
    right = evaluator.request()
    assume(value != right[field])
    answer = answer_to(client, json.dumps(right | {field: value}).encode())
    # A number that fits is another request, which nobody signed, or that comes too late or too early.
    assert answer.status_code in (401, 404, 409, 422)
    assert answer.json().keys() == {"error", "field", "message"}
