"""HTTP for questions to a node or an evaluator: no proxy from the environment, no endless answer and no endless wait.

The timeout of a library is the time between two bytes, so a server that sends a byte now and then holds its reader for
ever. In a session from here the second timeout is that of the whole answer, from the first byte of its head to the
last of its body.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PART = 64 * 1024
"""Bytes read at a time."""


def session(ca_file: Path | None = None) -> requests.Session:
    """Open a session that takes no proxy, password or certificate from the environment.

    Args:
        ca_file: PEM file with the only authorities that are believed; None: those that the requests library brings.

    Returns:
        A session for one thread. The timeouts of its requests mean: seconds to connect, and seconds for the whole
        answer.
    """
    opened = requests.Session()
    opened.trust_env = False
    if ca_file is not None:
        opened.verify = str(ca_file)
    # Packed answers would cost more than they save on the way to a node, and hide how large they are.
    opened.headers["Accept-Encoding"] = "identity"
    opened.mount("http://", _TimedAdapter())
    opened.mount("https://", _TimedAdapter())
    return opened


def read_body(response: requests.Response, *, limit: int) -> bytes:
    """Read the body of a streamed response, up to a limit.

    Args:
        response: a response that was asked with ``stream=True``.
        limit: bytes that the body may have.

    Returns:
        The body.

    Raises:
        TooLarge: the body is larger.
        requests.RequestException: the connection broke, the time is over, or the body is shorter than announced.
        ValueError: the body is packed, which nobody asked for.
    """
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ValueError("the answer is packed")
    body = bytearray()
    for part in response.iter_content(PART):
        body += part
        if len(body) > limit:
            raise TooLarge("the answer is too large")
    return bytes(body)


def read_json(response: requests.Response, *, limit: int) -> Any:
    """Read the body of a streamed response as JSON.

    Args:
        response: a response that was asked with ``stream=True``.
        limit: bytes that the body may have.

    Returns:
        The decoded JSON.

    Raises:
        requests.RequestException: the connection broke, the time is over, or the body is shorter than announced.
        ValueError: not JSON, packed, or too large (then `TooLarge`).
    """
    try:
        return json.loads(read_body(response, limit=limit))
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error


class TooLarge(ValueError):
    """The body of a response has more bytes than it may have."""


class _TimedReader(io.RawIOBase):
    """Reads a socket until a moment, and not for so many seconds after each byte."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        seconds = connection.gettimeout()
        self._end = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, sock), PART)


class _TimedHttp(HTTPConnection):
    response_class = _TimedResponse


class _TimedHttps(HTTPSConnection):
    response_class = _TimedResponse


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _TimedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHttps


class _TimedAdapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
