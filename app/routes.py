"""The few addresses that are no pages: stylesheet, script, and the one that changes the language."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from app.middleware import LANGUAGE_COOKIE, LANGUAGES

ASSETS = Path(__file__).resolve().parent / "assets"
A_YEAR = 365 * 24 * 3600


def asset(name: str) -> Route:
    """Return the route of a file in assets/; its address changes with its contents, so that a browser may keep it.

    Args:
        name: name of the file.
    """
    file = ASSETS / name
    address = f"/assets/{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}{file.suffix}"

    async def serve(_request: Request) -> Response:
        return FileResponse(file, headers={"Cache-Control": f"public, max-age={A_YEAR}, immutable"})

    return Route(address, serve)


async def choose_language(request: Request) -> Response:
    """Remember the language that a visitor chose, and go back to the page she came from."""
    chosen = request.path_params["language"]
    answer = RedirectResponse(_page_before(request), status_code=303)
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=A_YEAR, samesite="lax", httponly=True, path="/")
    return answer


def _page_before(request: Request) -> str:
    before = urlsplit(request.headers.get("referer", ""))
    # Only a path on this host: anything else could be made to send her somewhere else.
    if before.netloc != request.url.netloc or not before.path.startswith("/") or before.path[1:2] in ("/", "\\"):
        return "/"
    if before.path.startswith("/taal/"):
        return "/"
    return f"{before.path}?{before.query}" if before.query else before.path


LANGUAGE = Route("/taal/{language}", choose_language)
