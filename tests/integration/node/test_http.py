from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from schuldhulp import errors
from schuldhulp.creditor.evaluator_http import EvaluatorHttp
from schuldhulp.node.http import TooLarge, read_body, read_json, session
from schuldhulp.node.rpc import JsonRpc

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"abc"'
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"abc"\r\n0\r\n\r\n'
PATIENCE = 0.25
"""Seconds for the whole answer where it has to run out."""

PAUSE = 0.02
"""Seconds between two bytes of a server that drips: far less than the patience, so that only the sum can run out."""

Answer = Callable[[socket.socket], None]


def at_once(answer: bytes) -> Answer:
    return lambda connection: connection.sendall(answer)


def dripping(answer: bytes, *, at_once: int) -> Answer:
    """Send the first bytes at once and the others one at a time; 300 of them take six seconds."""

    def send(connection: socket.socket) -> None:
        connection.sendall(answer[:at_once])
        for byte in answer[at_once:]:
            time.sleep(PAUSE)
            connection.sendall(bytes([byte]))

    return send


def read_request(connection: socket.socket) -> bool:
    """Read one request to its end, head and body may come apart; False when the client is gone."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return False
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        more = connection.recv(missing)
        if not more:
            return False
        missing -= len(more)
    return True


@contextmanager
def serving(*answers: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Give each request of one connection its answer, and the last of them to all that follow."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        remaining = list(answers)
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
                connection = context.wrap_socket(connection, server_side=True) if context else connection
                with connection:
                    while read_request(connection):
                        (remaining.pop(0) if len(remaining) > 1 else remaining[0])(connection)
            except OSError:
                # The client hung up, or the test is over.
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.close()


def ask(opened: requests.Session, url: str, *, seconds: float = 30, verify: str | bool = True) -> object:
    with opened.post(url, json=[], timeout=(3, seconds), stream=True, allow_redirects=False, verify=verify) as response:
        return read_json(response, limit=1_000)


LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + b" " * 295 + b'"abc"'
LONG_HEAD = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300 + b'\r\nContent-Length: 5\r\n\r\n"abc"'
MANY_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 60 + b'5\r\n"abc"\r\n0\r\n\r\n'


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(dripping(LONG_HEAD, at_once=10), id="head"),
        pytest.param(dripping(LONG, at_once=45), id="body"),
        pytest.param(dripping(MANY_CHUNKS, at_once=50), id="chunks"),
    ],
)
def test_session_ends_an_answer_that_comes_byte_by_byte(answer: Answer) -> None:
    with session() as opened, serving(answer) as url, pytest.raises(requests.RequestException):
        ask(opened, url, seconds=PATIENCE)


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED, LONG, LONG_HEAD, MANY_CHUNKS])
def test_session_reads_an_answer_in_time(answer: bytes) -> None:
    with session() as opened, serving(at_once(answer)) as url:
        # The second on the same connection: what was left of the first one's time is forgotten.
        assert [ask(opened, url), ask(opened, url)] == ["abc", "abc"]


def test_session_gives_every_answer_its_own_time() -> None:
    with session() as opened, serving(at_once(WHOLE), dripping(WHOLE, at_once=20)) as url:
        assert ask(opened, url, seconds=5) == "abc"
        assert ask(opened, url, seconds=5) == "abc"


def test_read_body_refuses_more_bytes_than_the_limit() -> None:
    with session() as opened, serving(at_once(LONG)) as url:
        response = opened.get(url, stream=True, timeout=(3, 5))
        with pytest.raises(TooLarge):
            read_body(response, limit=299)


def test_read_body_takes_as_many_bytes_as_the_limit() -> None:
    with session() as opened, serving(at_once(LONG)) as url, opened.get(url, stream=True, timeout=(3, 5)) as response:
        assert len(read_body(response, limit=300)) == 300


def test_read_body_refuses_a_packed_answer() -> None:
    packed = WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    with session() as opened, serving(at_once(packed)) as url, pytest.raises(ValueError, match="packed"):
        ask(opened, url)


def certified(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Make a server's context with a certificate of its own, and the file that a client has to believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context, str(certificate)


def test_session_believes_the_authorities_of_the_file_and_no_others(tmp_path: Path) -> None:
    context, certificate = certified(tmp_path)
    with serving(at_once(WHOLE), context=context) as url:
        with session(Path(certificate)) as opened:
            assert opened.post(url, json=[], timeout=(3, 30)).content == b'"abc"'
        with session() as opened, pytest.raises(requests.exceptions.SSLError):
            opened.post(url, json=[], timeout=(3, 30))
        with session(Path(certifi.where())) as opened, pytest.raises(requests.exceptions.SSLError):
            opened.post(url, json=[], timeout=(3, 30))


ANSWERED = {
    "node": (
        b'{"jsonrpc":"2.0","id":1,"result":"0x1"}',
        lambda url, file: JsonRpc(url, ca_file=file).call("eth_chainId"),
    ),
    "evaluator": (b"{}", lambda url, file: EvaluatorHttp(url, ca_file=file).post("/v1/evaluations", b"{}")),
}


@pytest.mark.parametrize("who", ANSWERED)
def test_node_and_evaluator_are_believed_by_the_file(tmp_path: Path, who: str) -> None:
    body, question = ANSWERED[who]
    context, certificate = certified(tmp_path)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with serving(at_once(answer), context=context) as url:
        assert question(url, Path(certificate)) in ("0x1", {})
        with pytest.raises(errors.Unreachable):
            question(url, None)


def test_evaluator_that_drips_is_given_up_after_the_seconds_that_were_set() -> None:
    with serving(dripping(LONG, at_once=45)) as url, pytest.raises(errors.Unreachable):
        EvaluatorHttp(url, read_timeout=PATIENCE).post("/v1/messages", b"{}")


def test_session_ends_an_encrypted_answer_that_comes_byte_by_byte(tmp_path: Path) -> None:
    context, certificate = certified(tmp_path)
    with session() as opened, serving(at_once(WHOLE), dripping(LONG, at_once=45), context=context) as url:
        assert ask(opened, url, verify=certificate) == "abc"
        with pytest.raises(requests.RequestException):
            ask(opened, url, seconds=PATIENCE, verify=certificate)
