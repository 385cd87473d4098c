"""Slow, oversize and odd requesters, at a server of its own: each is cut off or refused, and others are answered."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.evaluation import Evaluator, SetClock, make_evaluator, make_keys
from tests.support.evaluator_process import EvaluatorProcess, now, processes, web

CLIENTS = 200
PATIENCE = 60
"""Seconds after which a requester that should have been cut off was not."""

HEAD = b"POST /v1/evaluations HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluator]:
    folder = tmp_path_factory.mktemp("evaluator")
    made = make_evaluator(folder, make_keys(folder))
    made.clock = SetClock(now())
    made.admit(daily=5_000)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def impatient(stage: Evaluator) -> Iterator[EvaluatorProcess]:
    """An evaluator that waits half a second where a real one waits ten or twenty."""
    slow = {"HEAD_SECONDS": 0.5, "BODY_SECONDS": 0.5, "STALLED_SECONDS": 0.5, "KEEP_ALIVE_SECONDS": 1}
    yield from _one(stage, slow=slow)


@pytest.fixture(scope="module")
def patient(stage: Evaluator) -> Iterator[EvaluatorProcess]:
    yield from _one(stage, rate=100_000, total=100_000)


def _one(stage: Evaluator, **changes: object) -> Iterator[EvaluatorProcess]:
    roles = [("CREDITOR", stage.creditor.address)]
    folder = Path(stage.url.removeprefix("sqlite:///")).parent
    with processes(1, folder=folder, url=stage.url, roles=roles, burst=(100_000, 10_000), **changes) as running:
        yield running[0]


def connect(server: EvaluatorProcess) -> socket.socket:
    return socket.create_connection(server.address, timeout=PATIENCE)


def everything(connection: socket.socket) -> bytes:
    """Read until the other side hangs up."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionError:
        pass
    return found


def works(server: EvaluatorProcess, stage: Evaluator) -> None:
    stage.clock.time = now()
    answer = web().post(server.url + "/v1/evaluations", json=stage.request(), timeout=PATIENCE)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST", HEAD, b"GET /v1/health HTTP/1.1\r\nHost: test\r\n\r\nPOST /v1/"],
    ids=["nothing", "a word", "half a head", "half a head after a whole one"],
)
def test_a_head_that_does_not_come_in_is_cut_off(impatient: EvaluatorProcess, stage: Evaluator, sent: bytes) -> None:
    with connect(impatient) as connection:
        connection.sendall(sent)
        assert everything(connection).count(b"HTTP/1.1") == sent.count(b"\r\n\r\n")
    works(impatient, stage)


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    connection.settimeout(0.05)
    for _ in range(20 * PATIENCE):
        connection.sendall(b"X: y\r\n")
        try:
            if not connection.recv(1):
                raise ConnectionResetError
        except TimeoutError:
            continue


def test_a_head_that_drips_is_cut_off(impatient: EvaluatorProcess, stage: Evaluator) -> None:
    with connect(impatient) as connection, pytest.raises(ConnectionError):
        drip(connection)
    works(impatient, stage)


def test_a_body_that_does_not_come_in_is_refused(impatient: EvaluatorProcess, stage: Evaluator) -> None:
    with connect(impatient) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
        assert everything(connection).startswith(b"HTTP/1.1 408 ")
    works(impatient, stage)


def ask_without_reading(connection: socket.socket) -> None:
    # Far more than any buffer on the way holds: in the end sending waits, until the connection is gone.
    for _ in range(100_000):
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n" * 100)


def test_who_never_reads_is_cut_off(impatient: EvaluatorProcess, stage: Evaluator) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(PATIENCE)
        connection.connect(impatient.address)
        with pytest.raises(ConnectionError):
            ask_without_reading(connection)
    works(impatient, stage)


@pytest.mark.parametrize(("path", "size"), [("/v1/evaluations", 100_000), ("/rpc", 400_000)])
@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in pieces"])
def test_a_body_that_is_too_large_is_refused(
    patient: EvaluatorProcess, stage: Evaluator, path: str, size: int, told: bool
) -> None:
    # With its length it is refused before it is sent; a piece at a time it is refused when that much has come in.
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    with connect(patient) as connection:
        if told:
            connection.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
        else:
            connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            with suppress(ConnectionError):
                connection.sendall(b"".join(b"400\r\n" + b" " * 1024 + b"\r\n" for _ in range(size // 1024)))
        answer = b""
        while b"}" not in answer:
            part = connection.recv(4_096)
            assert part
            answer += part
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "body_too_large"
    works(patient, stage)


@pytest.mark.parametrize("path", ["/v1/evaluations", "/rpc"])
def test_a_compressed_body_is_refused_whatever_it_unpacks_to(
    patient: EvaluatorProcess, stage: Evaluator, path: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b" " * 50_000_000)
    answer = web().post(patient.url + path, data=body, headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["error"]) == (415, "body_compressed")
    works(patient, stage)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "\u00e9/\u00e9"]
)
def test_another_content_type_is_refused(patient: EvaluatorProcess, stage: Evaluator, kind: str) -> None:
    body = json.dumps(stage.request()).encode()
    for path, statuses in (("/v1/evaluations", {400, 422}), ("/rpc", {415})):
        answer = web().post(
            patient.url + path, data=body, headers={"Content-Type": kind.encode("latin-1")}, timeout=PATIENCE
        )
        assert answer.status_code in statuses
    works(patient, stage)


def test_bytes_that_are_no_http_are_refused(patient: EvaluatorProcess, stage: Evaluator) -> None:
    for sent in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
        b"\0" * 9_000,
    ):
        with connect(patient) as connection:
            connection.sendall(sent)
            assert everything(connection).startswith(b"HTTP/1.1 400 ")
    works(patient, stage)


def test_who_comes_after_too_many_connections_is_refused_in_the_usual_shape(stage: Evaluator) -> None:
    for server in _one(stage, slow={"MAX_CONNECTIONS": 3}):
        with ExitStack() as idle:
            for _ in range(3):
                idle.enter_context(connect(server)).sendall(HEAD)
            stage.clock.time = now()
            answer = web().post(server.url + "/v1/evaluations", json=stage.request(), timeout=PATIENCE)
            assert answer.status_code == 503
            assert answer.headers["Content-Type"] == "application/json"
            assert (answer.headers["Retry-After"], answer.headers["Connection"]) == ("5", "close")
            assert answer.json().keys() == {"error", "field", "message"}
            assert (answer.json()["error"], answer.json()["field"]) == ("evaluator_busy", None)
        # Those that hung up make room, as soon as the server has seen it.
        asked = (web().get(server.url + "/v1/health", timeout=PATIENCE).status_code for _ in range(1_000))
        assert 200 in asked


def test_two_hundred_at_the_same_time_are_answered_beside_slow_ones(
    patient: EvaluatorProcess, stage: Evaluator
) -> None:
    stage.clock.time = now()
    bodies = [stage.request() for _ in range(CLIENTS)]

    async def ask() -> Counter[int]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=PATIENCE, trust_env=False) as client:
            answers = await asyncio.gather(
                *(client.post(patient.url + "/v1/evaluations", json=body) for body in bodies)
            )
            return Counter(answer.status_code for answer in answers)

    with ExitStack() as slow:
        for number in range(120):
            connection = slow.enter_context(connect(patient))
            connection.sendall((HEAD[:40], HEAD, HEAD + b"Content-Length: 1000\r\n\r\n{")[number % 3])
        assert asyncio.run(ask()) == {200: CLIENTS}
    log = patient.errors.read_text()
    assert "Traceback" not in log
