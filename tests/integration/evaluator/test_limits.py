"""What keeps one requester from holding up the others."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from schuldhulp.evaluator import create_app, limits
from tests.support.evaluation import Evaluator, serving


def test_body_that_does_not_come_in_is_refused(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.2)
    with serving(create_app(evaluator.service)) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(
                b"POST /v1/evaluations HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000\r\n\r\n{"
            )
            answer = b""
            while part := connection.recv(4096):
                answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["error"] == "body_too_slow"


def test_a_request_that_nobody_waits_for_any_more_is_neither_evaluated_nor_charged(evaluator: Evaluator) -> None:
    body = json.dumps(evaluator.request()).encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/evaluations",
        "raw_path": b"/v1/evaluations",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json")],
    }

    def ask(*, stays: bool) -> None:
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            if stays:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(_message: Any) -> None:
            pass

        asyncio.run(create_app(evaluator.service)(scope, receive, send))

    day = evaluator.clock.now().date()
    ask(stays=False)
    assert evaluator.store.usage(day, day) == []
    ask(stays=True)
    assert [line.elements for line in evaluator.store.usage(day, day)] == [1]
