"""Entry point of the cockpit: ``streamlit run app/main.py``.

Serves the pages of app/cockpit.py with the settings that Streamlit takes only from here: the secrets of the login (from
the keyring, so that no secrets file is needed), the layers of app/middleware.py, the stylesheet, and the route that
changes the language.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from app import faults
from app.middleware import LANGUAGE_COOKIE, LANGUAGES, CookieMiddleware, PageMiddleware
from app.texts import CATALOGUES
from schuldhulp import bootstrap

FOLDER = Path(__file__).resolve().parent
A_YEAR = 365 * 24 * 3600


def asset(name: str) -> Route:
    """Return the route of a file in assets/; its address changes with its contents, so that a browser may keep it.

    Args:
        name: name of the file.
    """
    file = FOLDER / "assets" / name
    address = f"/assets/{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}{file.suffix}"

    async def serve(_request: Request) -> Response:
        return FileResponse(file, headers={"Cache-Control": f"public, max-age={A_YEAR}, immutable"})

    return Route(address, serve)


STYLESHEET = asset("cockpit.css")
SCRIPT = asset("cockpit.js")


async def choose_language(request: Request) -> Response:
    """Remember the language that a visitor chose, and go back to the page she came from."""
    chosen = request.path_params["language"]
    came_from = urlsplit(request.headers.get("referer", ""))
    # Only a path on this host: anything else could be made to send her somewhere else.
    own = came_from.netloc == request.url.netloc and came_from.path.startswith("/") and came_from.path[1:2] != "/"
    target = came_from.path if own and not came_from.path.startswith("/taal/") else "/"
    if own and came_from.query and target != "/":
        target += f"?{came_from.query}"
    answer = RedirectResponse(target, status_code=303)
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=A_YEAR, samesite="lax", httponly=True, path="/")
    return answer


app = st.App(
    FOLDER / "cockpit.py",
    secrets=bootstrap.login_secrets(),
    routes=[STYLESHEET, SCRIPT, Route("/taal/{language}", choose_language)],
    middleware=[
        Middleware(CookieMiddleware, secure=bootstrap.cockpit_is_secure(), lasting=(LANGUAGE_COOKIE,)),
        Middleware(
            PageMiddleware,
            titles={language: texts["app.title"] for language, texts in CATALOGUES.items()},
            stylesheet=STYLESHEET.path,
            script=SCRIPT.path,
        ),
    ],
    on_script_error=faults.report,
)
