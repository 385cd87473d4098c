"""Entry point of the cockpit: ``streamlit run app/main.py``.

Serves app/cockpit.py with what Streamlit takes only from here: the secrets of the login (from the keyring, so that no
secrets file is needed), the layers of app/middleware.py and the routes of app/routes.py.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app import faults
from app.middleware import LANGUAGE_COOKIE, CookieMiddleware, PageMiddleware
from app.navigation import PATHS
from app.routes import LANGUAGE, asset
from app.texts import CATALOGUES
from schuldhulp import bootstrap

STYLESHEET = asset("cockpit.css")
SCRIPT = asset("cockpit.js")

app = st.App(
    Path(__file__).resolve().parent / "cockpit.py",
    secrets=bootstrap.login_secrets(),
    routes=[STYLESHEET, SCRIPT, LANGUAGE],
    middleware=[
        Middleware(CookieMiddleware, secure=bootstrap.cockpit_is_secure(), lasting=(LANGUAGE_COOKIE,)),
        Middleware(
            PageMiddleware,
            titles={language: texts["app.title"] for language, texts in CATALOGUES.items()},
            stylesheet=STYLESHEET.path,
            script=SCRIPT.path,
            paths=PATHS,
        ),
    ],
    on_script_error=faults.report,
)
