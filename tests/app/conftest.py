"""The cockpit in a test: the script of every visit, with services in memory and somebody logged in."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import session
from tests.support.fake_cockpit import FakeCockpit, cockpit

SCRIPT = Path(__file__).resolve().parents[2] / "app" / "cockpit.py"
FAR_AWAY = 4_102_444_800
"""The first second of 2100."""

_NONCES = count()

LOGINS = {
    "resident": "digid",
    "caseworker": "staff",
    "administrator": "staff",
    "creditor": "eherkenning",
}


def claims(who: str, **more: Any) -> dict[str, Any]:
    """Return what a login leaves in ``st.user``."""
    return {
        "is_logged_in": True,
        "sub": who,
        "provider": LOGINS[who],
        "exp": FAR_AWAY,
        "iat": 1,
        "nonce": str(next(_NONCES)),
        **more,
    }


def go(at: AppTest, path: str = "", **query: str | bytes) -> AppTest:
    """Open a page in a session that has run before."""
    # AppTest opens pages by their file; these are functions, which Streamlit names by the hash of their path.
    at._page_hash = calc_hash(path)
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name] = value.hex() if isinstance(value, bytes) else value
    return at.run()


def html_of(at: AppTest) -> str:
    """Return all HTML of a page as it is sent."""
    return "\n".join(element.proto.body for element in at.get("html"))


def text_of(at: AppTest) -> str:
    """Return the text of a page, entities decoded."""
    return unescape(html_of(at)).replace("\u00a0", " ")


def press(at: AppTest, key: str) -> AppTest:
    """Press a button."""
    return at.button(key=key).click().run()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCockpit:
    """Services in memory in the place of the real ones."""
    made = cockpit()
    monkeypatch.setattr(session, "cockpit", lambda: made)
    return made


@pytest.fixture
def visit(fake: FakeCockpit) -> Callable[..., AppTest]:
    """Open a page as somebody."""

    def visit(
        who: str | None, path: str = "", *, language: str = "nl", more: dict | None = None, **query: str | bytes
    ) -> AppTest:
        at = AppTest.from_file(str(SCRIPT), default_timeout=30)
        at.user = claims(who, **(more or {})) if who else {"is_logged_in": False}
        at.session_state["language"] = language
        at.run()
        return go(at, path, **query) if path or query else at

    return visit
