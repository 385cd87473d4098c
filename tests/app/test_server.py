"""What the web server adds to Streamlit: language, policy, cookies, routes, and calm words for a fault."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app import faults, session
from app.middleware import LANGUAGE_COOKIE, CookieMiddleware, PageMiddleware, content_policy
from app.routes import LANGUAGE, asset

PAGE = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


async def page(request):
    answer = HTMLResponse(PAGE, headers={"ETag": '"x"'})
    if "secret" in request.query_params:
        answer.set_cookie("_streamlit_user", "value", max_age=2_592_000, httponly=True, samesite="lax")
        answer.delete_cookie("_streamlit_user_tokens")
        answer.set_cookie(LANGUAGE_COOKIE, "en", max_age=1000)
    assert "accept-encoding" not in request.headers
    return answer


async def text(_request):
    return PlainTextResponse("x")


def client(*, secure=False):
    stack = [
        Middleware(CookieMiddleware, secure=secure, lasting=(LANGUAGE_COOKIE,)),
        Middleware(
            PageMiddleware,
            titles={"nl": "Schuldhulp", "en": "Debt help"},
            stylesheet="/assets/x.css",
            script="/y.js",
            paths=["schulden"],
        ),
    ]
    routes = [
        Route("/", page),
        Route("/{path:path}.html", page),
        Route("/schulden", page),
        Route("/text", text),
        LANGUAGE,
        STYLE,
    ]
    return TestClient(Starlette(routes=routes, middleware=stack), follow_redirects=False)


STYLE = asset("cockpit.css")


def test_page_says_its_language_title_and_style():
    body = client().get("/").text
    assert '<html lang="nl">' in body
    assert "<title>Schuldhulp</title>" in body
    assert '<link rel="stylesheet" href="/assets/x.css" /><script defer src="/y.js"></script></head>' in body


@pytest.mark.parametrize(("cookie", "language"), [("en", "en"), ("nl", "nl"), ("xx", "nl"), ('"><', "nl"), ("", "nl")])
def test_page_follows_the_language_cookie(cookie, language):
    body = client().get("/", headers={"cookie": f"{LANGUAGE_COOKIE}={cookie}"}).text
    assert f'<html lang="{language}">' in body


def test_page_policy_names_no_other_host_and_no_inline_script_but_its_own():
    answer = client().get("/")
    policy = answer.headers["content-security-policy"]
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    (script_policy,) = re.findall(r"script-src ([^;]*)", policy)
    assert "unsafe-inline" not in script_policy
    for script in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in script_policy
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers


def test_unknown_path_leads_to_the_first_page():
    assert client().get("/schulden").status_code == 200
    answer = client().get("/elders.html?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_policy_of_a_page_without_scripts():
    assert "script-src 'self';" in content_policy(b"<p>x</p>")


def test_every_answer_has_the_security_headers():
    answer = client().get("/text")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "content-security-policy" not in answer.headers


def test_login_cookie_ends_with_the_browser():
    cookies = client().get("/?secret=1").headers.get_list("set-cookie")
    login, deleted, language = cookies
    assert "max-age" not in login.lower()
    assert "expires" not in login.lower()
    assert "httponly" in login.lower()
    assert "Max-Age=0" in deleted
    assert "Max-Age=1000" in language
    assert not any("secure" in cookie.lower() for cookie in cookies)


def test_cookies_are_secure_behind_tls():
    cookies = client(secure=True).get("/?secret=1").headers.get_list("set-cookie")
    assert all(cookie.endswith("; Secure") for cookie in cookies)


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        ("http://testserver/schulden", "/schulden"),
        ("http://testserver/dossier?dossier=00&deel=inkomen", "/dossier?dossier=00&deel=inkomen"),
        ("http://testserver/taal/nl", "/"),
        ("http://kwaad.example/schulden", "/"),
        ("http://testserver//kwaad.example", "/"),
        ("http://testserver/\\kwaad.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_choose_language_goes_back_on_this_host_only(referer, target):
    answer = client().get("/taal/en", headers={"referer": referer})
    assert (answer.status_code, answer.headers["location"]) == (303, target)
    assert answer.headers["set-cookie"].startswith(f"{LANGUAGE_COOKIE}=en;")


def test_choose_language_keeps_nothing_that_is_no_language():
    assert "set-cookie" not in client().get("/taal/xx").headers


def test_asset_may_be_kept_because_its_address_changes():
    answer = client().get(STYLE.path)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


def test_fault_is_logged_without_its_text(caplog, monkeypatch):
    shown = []
    monkeypatch.setattr(faults.notices, "notice", lambda *words: shown.append(words))
    with pytest.raises(ValueError, match="Jansen") as caught:
        raise ValueError("999990019 Jansen")
    with caplog.at_level(logging.ERROR):
        assert faults.report(caught.value) is True
    assert "ValueError" in caplog.text
    assert "test_server.py" in caplog.text
    assert "Jansen" not in caplog.text
    reference = shown[0][-1].split()[-1].rstrip(".")
    assert reference in caplog.text
    assert "Jansen" not in str(shown)


def test_read_login_names_a_session_by_the_login():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    claims = {"is_logged_in": True, "sub": "a", "provider": "digid", "exp": 4_102_444_800, "iat": 1, "nonce": "x"}
    first, again = session.read_login(claims, now), session.read_login(claims, now)
    other = session.read_login({**claims, "nonce": "y"}, now)
    assert first == again
    assert first.session != other.session
    assert "a" not in repr(first).split("provider")[0].removeprefix("Login(")
