"""Whatever is sent, the channel answers in one shape and never with an error of its own."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.channel import SUBJECT, ChannelStage

ROUTES = {
    "/v1/claim-ids": {"elements": ["A" * 43]},
    "/v1/messages": {"kind": "claim", "subject": SUBJECT.hex(), "recipient": "municipality", "content": "AAAA"},
    "/v1/messages/collect": {"after": 0, "limit": 1},
    "/v1/messages/acknowledge": {"messages": ["00" * 32]},
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.just("municipality"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=8,
)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=140)
CALM = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def refused(answer: Any) -> bool:
    return answer.status_code in (400, 401, 403, 409, 422, 429) and answer.json().keys() == {
        "error",
        "field",
        "message",
    }


@CALM
@given(path=st.sampled_from(sorted(ROUTES)), content=st.binary(max_size=300))
def test_any_signed_bytes_are_refused(client: TestClient, stage: ChannelStage, path: str, content: bytes) -> None:
    body, headers = stage.signed(path, content)
    assert refused(client.post(path, content=body, headers=headers))


@CALM
@given(path=st.sampled_from(sorted(ROUTES)), data=st.data())
def test_any_value_of_a_field_is_refused_or_understood(
    client: TestClient, stage: ChannelStage, path: str, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(ROUTES[path])))
    plain = json.dumps(ROUTES[path] | {field: data.draw(VALUES)}).encode()
    body, headers = stage.signed(path, plain)
    answer = client.post(path, content=body, headers=headers)
    assert answer.status_code == 200 or refused(answer)


@CALM
@given(name=st.sampled_from(["Organisation", "Nonce", "Expiry", "Signature"]), value=LATIN)
def test_any_header_is_refused(client: TestClient, stage: ChannelStage, name: str, value: str) -> None:
    body, headers = stage.signed("/v1/messages/collect", ROUTES["/v1/messages/collect"])
    changed = headers | {f"Schuldhulp-{name}": value.encode("latin-1")}
    assert refused(client.post("/v1/messages/collect", content=body, headers=[*changed.items()]))


@CALM
@given(signature=st.binary(min_size=65, max_size=65))
def test_any_signature_is_refused(client: TestClient, stage: ChannelStage, signature: bytes) -> None:
    body, headers = stage.signed("/v1/messages/collect", ROUTES["/v1/messages/collect"])
    answer = client.post(
        "/v1/messages/collect", content=body, headers=headers | {"Schuldhulp-Signature": signature.hex()}
    )
    assert answer.status_code == 401
