"""What stands in front of the application: a limit on bodies, and an access log that cannot hold personal data."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schuldhulp.errors import SchuldhulpError

MAX_BODY: Final = 64 * 1024
"""Bytes of a request body; 1 000 elements fit."""

BODY_SECONDS: Final = 20.0
"""Seconds within which the whole body must have come in; a body of `MAX_BODY` needs a line of 26 kbit/s for that."""

log = logging.getLogger("schuldhulp.evaluator")
access_log = logging.getLogger("schuldhulp.evaluator.access")


class BodyLimit:
    """Refuses a body over its limit with 413: at once by its Content-Length, else as soon as that much has come in.

    A body that has not come in whole within `BODY_SECONDS` is refused with 408: nobody may hold connections for free.

    The body is held here, whole, before the application starts: an application that stops reading half-way would
    hide the refusal behind an error of its own.
    """

    def __init__(self, app: ASGIApp, *, larger: Mapping[str, int] = MappingProxyType({})) -> None:
        """Stand in front of `app`.

        Args:
            app: what comes after.
            larger: paths whose bodies may be larger than `MAX_BODY`, with the bytes that each may have.
        """
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = self._larger.get(scope["path"], MAX_BODY)
        if any(name == b"content-encoding" and value != b"identity" for name, value in scope["headers"]):
            # What unpacks to a thousand times its size is no way around the limit.
            await _refuse(send, 415, "body_compressed", "send the body as it is, not compressed")
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if length is not None and not length.isdigit():
            await _refuse(send, 400, "length_invalid", "Content-Length is not a number")
            return
        if length is not None and int(length[:20]) > largest:
            await _refuse(send, 413, "body_too_large", f"the body is larger than {largest} bytes")
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, largest)
        except TimeoutError:
            await _refuse(send, 408, "body_too_slow", f"the body did not come in within {BODY_SECONDS:.0f} seconds")
            return
        if body is None:
            return
        if len(body) > largest:
            await _refuse(send, 413, "body_too_large", f"the body is larger than {largest} bytes")
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)


class AccessLog:
    """Writes one line a request: method, name of the route, status and time; an unexpected error becomes a 500.

    Neither the address of the requester nor what stands in an unknown path, a query, header or body: somebody may
    have typed a name there.
    """

    def __init__(self, app: ASGIApp, paths: Collection[str]) -> None:
        """Stand in front of `app`, which serves these paths."""
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception as error:  # noqa: BLE001 - the last line of defence; the server would log text and traceback
            # Not the text of the error: nobody knows what it holds.
            log.error("internal error: %s", type(error).__name__)  # noqa: TRY400
            if status == 0:
                await _refuse(note, 500, "internal_error", "the evaluator failed; try again later")
        finally:
            access_log.info(
                "%s %s %d %.0f ms",
                scope["method"] if scope["method"] in {"GET", "POST", "HEAD", "OPTIONS"} else "?",
                scope["path"] if scope["path"] in self._paths else "-",
                status,
                (time.perf_counter() - begin) * 1000,
            )


class SignedRequests:
    """Tells from which addresses requests come that were signed by who may: those that are answered with 200."""

    def __init__(self, app: ASGIApp, *, paths: Collection[str], know: Callable[[str], None]) -> None:
        """Stand in front of `app`.

        Args:
            app: what comes after.
            paths: paths on which only signed requests are answered with 200.
            know: is told the network address.
        """
        self._app = app
        self._paths = paths
        self._know = know

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell from where it came when it was answered."""
        if scope["type"] != "http" or scope["path"] not in self._paths or not scope.get("client"):
            await self._app(scope, receive, send)
            return
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, note)
        if status == 200:
            # It was answered: that its address is not remembered must not make an error of it.
            with suppress(SchuldhulpError):
                await run_sync(self._know, scope["client"][0])


async def _read(receive: Receive, largest: int) -> bytearray | None:
    """Read a body until it ends or is larger than it may be; None when the requester hung up."""
    body = bytearray()
    more = True
    while more and len(body) <= largest:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _refuse(send: Send, status: int, key: str, message: str) -> None:
    body = json.dumps({"error": key, "field": None, "message": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # What is still to come is not read, so the connection cannot be used again.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
