"""An HTTP server that answers whatever a test tells it, and keeps what it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.evaluation import serving


class ToldHttp:
    """What is answered, and what was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b"{}"
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def paths(self) -> list[str]:
        """The paths of the requests."""
        return [path for path, _, _ in self.received]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append((scope["path"], headers, body))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


@contextmanager
def told_http() -> Iterator[tuple[str, Callable[[], ToldHttp]]]:
    """Run a server; give its address and what makes it forget all that it was told and sent."""
    current = ToldHttp()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await current(scope, receive, send)

    def renew() -> ToldHttp:
        nonlocal current
        current = ToldHttp()
        return current

    with serving(app) as url:
        yield url, renew
