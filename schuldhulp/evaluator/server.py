"""Runs the evaluator in this process."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from schuldhulp.evaluator.problems import problem

LOG: Final = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS: Final = 30
SHUTDOWN_SECONDS: Final = 10

MAX_CONNECTIONS: Final = 800
"""Connections at the same time; whoever comes after gets 503 and may come again.

Far more than ask at the same time, since those who send nothing count too until they are cut off; less than the 1 024
files that a process may have open where nothing else is set.
"""

BUSY_SECONDS: Final = 5
"""Seconds after which whoever came when there were too many is asked to try again."""

BACKLOG: Final = 1024
"""Connections that wait to be taken; the system may hold fewer."""

HEAD_SECONDS: Final = 10.0
"""Seconds within which the head of a request must have come in: after connecting, and after its first byte."""

STALLED_SECONDS: Final = 20.0
"""Seconds within which a requester must take more of an answer that waits for it."""


class TimedProtocol(H11Protocol):
    """Cuts off who holds a connection for nothing: without a whole request head, or without reading the answer.

    The server's own limits begin only after the first answer. What becomes of a slow body is decided in `limits`.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """As the server's own."""
        super().__init__(*arguments, **named)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    @property
    def app(self) -> Any:
        """What answers the next request: the application, or a refusal where too many are connected.

        The server's own limit answers with plain text.
        """
        if len(self.connections) <= MAX_CONNECTIONS:
            return self._application
        LOG.warning("more than %d connections: refused", MAX_CONNECTIONS)
        return problem(
            503,
            "evaluator_busy",
            None,
            "too many are connected at this moment; try again",
            {"Retry-After": str(BUSY_SECONDS), "Connection": "close"},
        )

    @app.setter
    def app(self, application: Any) -> None:
        self._application = application

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the head of the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget_head()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Begin to wait at the first byte of a head; stop when the head is there."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before or (self.cycle is not None and not self.cycle.response_complete):
            self._forget_head()
        elif self._head_timer is None:
            self._await_head()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing is asked any more, also when its last answer was never read."""
        super().timeout_keep_alive_handler()
        self._abort()

    def pause_writing(self) -> None:
        """Begin to wait for the requester to read."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(STALLED_SECONDS, self._abort)

    def resume_writing(self) -> None:
        """Stop waiting."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._abort)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _abort(self) -> None:
        # Closing would wait until the requester has taken what was written.
        self.transport.abort()


def serve(app: FastAPI, *, host: str, port: int, trusted_proxies: str = "") -> None:
    """Serve until SIGINT or SIGTERM; open requests get ten seconds to end. Logs to standard error.

    Args:
        app: the application.
        host: address to listen at; anything but loopback belongs behind a proxy that speaks TLS.
        port: TCP port.
        trusted_proxies: addresses of proxies whose X-Forwarded-For is believed, with commas between; nobody's when
            empty.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("schuldhulp.evaluator").setLevel(logging.INFO)
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=TimedProtocol,
        ws="none",
        # The application writes an access log of its own, without addresses and query strings.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
