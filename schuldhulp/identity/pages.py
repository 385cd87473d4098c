"""HTML pages and headers of the relay."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import jinja2
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schuldhulp.identity import texts

_LOGGER = logging.getLogger(__name__)

_HERE = Path(__file__).parent


def static_files() -> StaticFiles:
    """Return the style sheet, the script and the font folder, served from here and from nowhere else."""
    return StaticFiles(directory=_HERE / "static")


class Pages:
    """Fills templates; every value is escaped."""

    def __init__(self, *, root: str, back: str) -> None:
        """Read the templates.

        Args:
            root: address of the relay, without a slash at the end.
            back: address of the cockpit, where "back" leads.
        """
        self._back = back
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["root"] = root

    def page(self, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        """Return a filled template."""
        return HTMLResponse(self._templates.get_template(template).render(**values), status_code=status)

    def message(self, key: str, *, status: int, back: str = "", reference: str = "") -> HTMLResponse:
        """Return a page that says what happened and what to do.

        Args:
            key: key of ``texts.MESSAGES``.
            status: HTTP status.
            back: where the button leads; by default to the cockpit.
            reference: number under which the technical cause stands in the log; empty for none.
        """
        values = {
            "message": texts.MESSAGES[key],
            "back": back or self._back,
            "back_text": texts.BACK,
            "reference": reference,
            "reference_text": texts.REFERENCE,
        }
        return self.page("message.html", values, status=status)


def log_fault(error: Exception) -> str:
    """Log where an error happened, and return the number of the log line.

    The error's own text is left out: a driver or a library may have put a value from the request into it.
    """
    reference = new_reference()
    frames = "".join(traceback.format_tb(error.__traceback__))
    _LOGGER.error("Fault %s: %s\n%s", reference, type(error).__name__, frames)
    return reference


def new_reference() -> str:
    """Return a short number by which a person and the log can talk about the same fault."""
    return secrets.token_hex(4).upper()


class Guard:
    """Outermost layer: security headers on every answer, and no error text in the log of the server."""

    def __init__(self, app: ASGIApp, *, form_targets: str, https: bool) -> None:
        """Wrap an application.

        Args:
            app: the application.
            form_targets: origins, separated by spaces, that a form may lead to by way of redirects. Browsers apply
                ``form-action`` to the whole chain, and the choice in the simulator ends at the cockpit.
            https: whether the relay is reached over https only.
        """
        self._app = app
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {form_targets}"
        )
        headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }
        if https:
            headers["strict-transport-security"] = "max-age=31536000"
        self._headers = {name.encode("ascii"): value.encode("ascii") for name, value in headers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": self._with_own(message["headers"])}
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 — the last resort; nothing may reach the server's own log
            # Starlette raises an error again after the fault page was sent; only one that came later is news.
            if status != httpx.codes.INTERNAL_SERVER_ERROR:
                log_fault(error)

    def _with_own(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in headers if name.lower() not in self._headers]
        if all(name.lower() != b"cache-control" for name, _ in kept):
            kept.append((b"cache-control", b"no-store"))
        return [*kept, *self._headers.items()]
