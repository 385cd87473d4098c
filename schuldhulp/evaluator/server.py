"""Runs the evaluator in this process."""

from __future__ import annotations

import logging
import sys

import uvicorn
from fastapi import FastAPI

KEEP_ALIVE_SECONDS = 30
SHUTDOWN_SECONDS = 10

MAX_CONNECTIONS = 200
"""Connections at the same time; whoever comes after gets 503 and may come again. A request takes about a second."""


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; open requests get ten seconds to end. Logs to standard error.

    Args:
        app: the application.
        host: address to listen at; anything but loopback belongs behind a proxy that speaks TLS.
        port: TCP port.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("schuldhulp.evaluator").setLevel(logging.INFO)
    uvicorn.run(
        app,
        host=host,
        port=port,
        # The application writes an access log of its own, without addresses and query strings.
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
