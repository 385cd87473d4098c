"""HTML pages and headers of the relay."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def new_reference() -> str:
    """Return a short number by which a person and the log can talk about the same fault."""
    return secrets.token_hex(4).upper()


class Guard:
    """Outermost layer: security headers on every answer, and a calm page instead of a traceback."""

    def __init__(self, app: ASGIApp, *, pages: Pages, form_targets: str, https: bool) -> None:
        """Wrap an application.

        Args:
            app: the application.
            pages: makes the page for a fault.
            form_targets: origins, separated by spaces, that a form may lead to by way of redirects. Browsers apply
                ``form-action`` to the whole chain, and the choice in the simulator ends at the cockpit.
            https: whether the relay is reached over https only.
        """
        self._app = app
        self._pages = pages
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {form_targets}"
        )
        self._headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        }
        if https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [(k, v) for k, v in message["headers"] if k.lower().decode("latin-1") not in self._headers]
                names = {k.lower() for k, _ in headers}
                headers += [(k.encode(), v.encode()) for k, v in self._headers.items()]
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 — the last resort; nothing may reach the browser or the server's log
            reference = new_reference()
            # The error's own text is left out: a driver or a library may have put a value from the request into it.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _LOGGER.error("Fault %s: %s\n%s", reference, type(error).__name__, frames)  # noqa: TRY400
            if not started:
                response = self._pages.message("fault", status=500, reference=reference)
                await response(scope, receive, guarded)
