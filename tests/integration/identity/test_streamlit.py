"""Streamlit's own login routes at a running relay, with the secrets that the cockpit gets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from streamlit.auth_util import encode_provider_token, get_cookie_with_chunks, validate_auth_credentials
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

from schuldhulp.identity.cockpit import streamlit_secrets
from tests.support.login import CASEWORKER, COCKPIT, CREDITOR, RESIDENT, Browser, RunningRelay, serve

COOKIE_SECRET = "c" * 64


@pytest.fixture
def cockpit(relay: RunningRelay) -> Iterator[str]:
    """Streamlit's routes at an address of their own, which is put in the place of the registered one."""
    secrets = streamlit_secrets(
        relay_url=relay.url, cockpit_url=COCKPIT, client_secret=relay.secret, cookie_secret=COOKIE_SECRET
    )
    secrets_singleton.merge_programmatic_secrets(secrets)
    sessions = Middleware(SessionMiddleware, secret_key=COOKIE_SECRET, same_site="lax")
    app = Starlette(routes=create_auth_routes(""), middleware=[sessions])
    try:
        with serve(lambda _address: app) as address:
            yield address
    finally:
        secrets_singleton._reset()


def start(cockpit: str, browser: Browser, provider: str) -> httpx.Response:
    validate_auth_credentials(provider)
    return browser.open(f"{cockpit}/auth/login?provider={encode_provider_token(provider)}")


def returned(cockpit: str, browser: Browser, back: httpx.Response) -> httpx.Response:
    return browser.http.get(back.headers["location"].replace(COCKPIT, cockpit))


def cookie(browser: Browser, name: str) -> dict[str, object]:
    def read(part: str) -> bytes | None:
        value = browser.http.cookies.get(part)
        return decode_signed_value(COOKIE_SECRET, part, value.encode()) if value else None

    found = get_cookie_with_chunks(read, name)
    assert found is not None
    values: dict[str, object] = json.loads(found)
    return values


@pytest.mark.parametrize(
    ("provider", "identity"), [("digid", RESIDENT), ("eherkenning", CREDITOR), ("staff", CASEWORKER)]
)
def test_login_through_streamlit_puts_only_pseudonyms_into_its_cookies(
    relay: RunningRelay, cockpit: str, browser: Browser, provider: str, identity: str
) -> None:
    back = browser.choose(start(cockpit, browser, provider), identity=identity)
    assert returned(cockpit, browser, back).headers["location"] == "/"
    user, tokens = cookie(browser, USER_COOKIE_NAME), cookie(browser, TOKENS_COOKIE_NAME)
    assert user["is_logged_in"] is True
    assert user["provider"] == provider
    assert user["sub"] == relay.store.entries[0].subject
    assert {"exp", "level", "sid"} <= user.keys()
    assert identity not in json.dumps([user, tokens])


def test_logout_through_streamlit_comes_back(relay: RunningRelay, cockpit: str, browser: Browser) -> None:
    returned(cockpit, browser, browser.choose(start(cockpit, browser, "digid"), identity=RESIDENT))
    leaving = browser.http.get(f"{cockpit}/auth/logout")
    assert leaving.headers["location"].startswith(f"{relay.url}/logout?")
    back = browser.http.get(leaving.headers["location"])
    assert back.headers["location"] == f"{COCKPIT}/oauth2callback"
    assert returned(cockpit, browser, back).headers["location"] == "/"


def test_cancelling_through_streamlit_logs_nobody_in(relay: RunningRelay, cockpit: str, browser: Browser) -> None:
    back = browser.choose(start(cockpit, browser, "digid"), cancel="1")
    assert returned(cockpit, browser, back).headers["location"] == "/"
    assert browser.http.cookies.get(USER_COOKIE_NAME) is None


def test_a_code_of_one_login_does_not_pass_for_another(relay: RunningRelay, cockpit: str, browser: Browser) -> None:
    """A resident who puts her own code into the answer of a staff login does not come in as staff."""
    resident = browser.choose(start(cockpit, browser, "digid"), identity=RESIDENT).headers["location"]
    staff = browser.choose(start(cockpit, browser, "staff"), identity=CASEWORKER).headers["location"]
    code = httpx.URL(resident).params["code"]
    forged = str(httpx.URL(staff.replace(COCKPIT, cockpit)).copy_set_param("code", code))
    assert browser.http.get(forged).headers["location"] == "/"
    assert browser.http.cookies.get(USER_COOKIE_NAME) is None
