"""The whole code flow over HTTP, with an OpenID client that is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc6749 import MismatchingStateException
from joserfc import jwt
from joserfc.jwk import KeySet

from schuldhulp.errors import NotAdmitted
from schuldhulp.services.login import SubjectReader
from tests.support.login import (
    CASEWORKER,
    COCKPIT,
    CREDITOR,
    OTHER_RESIDENT,
    REDIRECT,
    RESIDENT,
    VERIFIER,
    Browser,
    RunningRelay,
    answer_of,
    claims_of,
    make_authorize_parameters,
    redeem,
)

PROVIDERS = [
    ("digid", RESIDENT, "midden"),
    ("eherkenning", CREDITOR, "eh3"),
    ("staff", CASEWORKER, ""),
]


@pytest.fixture
def metadata(relay: RunningRelay) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{relay.url}/.well-known/openid-configuration", trust_env=False).json()
    return found


@pytest.fixture
def client(relay: RunningRelay) -> Iterator[OAuth2Client]:
    with OAuth2Client(
        "cockpit-digid",
        relay.secret,
        scope="openid",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        trust_env=False,
    ) as made:
        yield made


@pytest.mark.parametrize(("provider", "identity", "level"), PROVIDERS)
def test_login_gives_authlib_a_token_without_personal_data(
    relay: RunningRelay, browser: Browser, metadata: dict[str, str], provider: str, identity: str, level: str
) -> None:
    with OAuth2Client(
        f"cockpit-{provider}",
        relay.secret,
        scope="openid",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        trust_env=False,
    ) as client:
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1"
        )
        back = browser.choose(browser.open(url), identity=identity)
        tokens = client.fetch_token(
            metadata["token_endpoint"],
            authorization_response=back.headers["location"],
            code_verifier=VERIFIER,
            state=state,
        )
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], trust_env=False).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    subject = relay.store.entries[0].subject
    assert set(claims) == {"iss", "aud", "iat", "exp", "nonce", "sub", "provider", "level", "sid"}
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (relay.url, f"cockpit-{provider}", "n-1")
    assert (claims["sub"], claims["provider"], claims["level"]) == (subject, provider, level)
    shown = json.dumps([tokens, claims, back.headers["location"]])
    assert identity not in shown
    assert "role" not in shown
    reader = SubjectReader(store=relay.store, private_key=relay.opening)
    assert reader.identity(subject=subject, provider=provider).value == identity
    with pytest.raises(NotAdmitted):
        reader.identity(subject=subject, provider="other")


def test_login_stores_the_identity_sealed(relay: RunningRelay, browser: Browser) -> None:
    browser.log_in(relay)
    [entry] = relay.store.entries
    assert RESIDENT.encode() not in entry.sealed + entry.lookup
    assert RESIDENT not in repr(entry) + entry.subject


def test_login_gives_one_person_one_subject_and_two_persons_two(relay: RunningRelay, browser: Browser) -> None:
    subjects = []
    for identity in (RESIDENT, RESIDENT, OTHER_RESIDENT):
        tokens = redeem(relay, answer_of(browser.log_in(relay, identity=identity))["code"]).json()
        subjects.append(claims_of(tokens["id_token"])["sub"])
    assert subjects[0] == subjects[1]
    assert subjects[0] != subjects[2]


def test_login_gives_one_person_another_session_each_time(relay: RunningRelay, browser: Browser) -> None:
    sessions = {
        claims_of(redeem(relay, answer_of(browser.log_in(relay))["code"]).json()["id_token"])["sid"] for _ in range(2)
    }
    assert len(sessions) == 2


def test_login_asks_anew_every_time(relay: RunningRelay, browser: Browser) -> None:
    browser.log_in(relay)
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    assert "DigiD-simulator, alleen voor test" in page.text
    answer = answer_of(browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(prompt='none'))}"))
    assert answer == {"error": "login_required", "state": "the-state", "iss": relay.url}


def test_login_cancelled_returns_access_denied(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    answer = answer_of(browser.choose(page, cancel="1"))
    assert answer == {"error": "access_denied", "state": "the-state", "iss": relay.url}
    assert relay.store.entries == []


def test_login_below_the_level_explains_and_returns_access_denied(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    refused = browser.choose(page, identity=RESIDENT, level="basis")
    assert refused.status_code == 403
    assert "Log in op een veiligere manier" in refused.text
    assert f"{REDIRECT}?error=access_denied&amp;state=the-state" in refused.text
    assert RESIDENT not in refused.text
    assert relay.store.entries == []


def test_login_of_somebody_who_is_not_on_the_list_is_refused(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    assert "Inloggen is niet gelukt" in browser.choose(page, identity="999990111").text


def test_login_page_can_be_used_once(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    browser.choose(page, identity=RESIDENT)
    again = browser.choose(page, identity=RESIDENT)
    assert again.status_code == 400
    assert "Deze inlogpoging is verlopen" in again.text


def test_login_that_took_too_long_is_expired(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    relay.clock.advance(minutes=16)
    expired = browser.choose(page, identity=RESIDENT)
    assert expired.status_code == 400
    assert "Deze inlogpoging is verlopen" in expired.text
    assert f'href="{COCKPIT}"' in expired.text


def test_callback_in_another_browser_is_refused(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    with Browser() as victim:
        assert "Deze inlogpoging is verlopen" in victim.choose(page, identity=RESIDENT).text
    assert relay.store.entries == []


def test_callback_with_a_strange_state_is_refused(relay: RunningRelay, browser: Browser) -> None:
    browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    for state in ("", "unknown", "%F0%9F%98%80"):
        page = browser.open(f"{relay.url}/callback/digid?state={state}&code=x")
        assert page.status_code == 400
        assert "Deze inlogpoging is verlopen" in page.text


def test_authorize_twice_keeps_both_tabs_alive(relay: RunningRelay, browser: Browser) -> None:
    first = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(state='one'))}")
    second = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(state='two'))}")
    assert answer_of(browser.choose(second, identity=RESIDENT))["state"] == "two"
    assert answer_of(browser.choose(first, identity=RESIDENT))["state"] == "one"


def test_authorize_sets_a_careful_cookie(relay: RunningRelay, browser: Browser) -> None:
    response = browser.http.get(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/callback" in cookie
    assert "secure" not in cookie  # plain http on loopback


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": f"{REDIRECT}?next=x"},
        {"redirect_uri": "http://localhost:8501/oauth2callback"},
        {"redirect_uri": "https://evil.example/oauth2callback"},
        {"redirect_uri": ""},
        {"client_id": "cockpit"},
        {"client_id": ""},
    ],
)
def test_authorize_never_redirects_to_an_unknown_address(
    relay: RunningRelay, browser: Browser, changes: dict[str, str]
) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(**changes))}")
    assert page.status_code == 400
    assert "Deze link klopt niet" in page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request": "x"}, "request_not_supported"),
        ({"request_uri": "https://x.example"}, "request_uri_not_supported"),
    ],
)
def test_authorize_refuses_what_breaks_the_protocol(
    relay: RunningRelay, browser: Browser, changes: dict[str, str], error: str
) -> None:
    url = f"{relay.url}/authorize?{urlencode(make_authorize_parameters(**changes))}"
    assert answer_of(browser.open(url))["error"] == error


def test_authorize_refuses_a_repeated_parameter(relay: RunningRelay, browser: Browser) -> None:
    url = f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}"
    assert answer_of(browser.open(f"{url}&nonce=two"))["error"] == "invalid_request"
    assert browser.open(f"{url}&client_id=cockpit-staff").status_code == 400


def test_token_refuses_a_code_twice(relay: RunningRelay, browser: Browser) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    assert redeem(relay, code).status_code == 200
    again = redeem(relay, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_token_refuses_a_code_after_sixty_seconds(relay: RunningRelay, browser: Browser) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    relay.clock.advance(seconds=60)
    assert redeem(relay, code).json()["error"] == "invalid_grant"


def test_token_takes_a_code_just_before_sixty_seconds(relay: RunningRelay, browser: Browser) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    relay.clock.advance(seconds=59)
    assert redeem(relay, code).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"redirect_uri": f"{REDIRECT}/x"}, 400, "invalid_grant"),
        ({"redirect_uri": ""}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 64}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"client": "cockpit-staff"}, 400, "invalid_grant"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client": "stranger"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_refuses_what_does_not_belong_together(
    relay: RunningRelay, browser: Browser, changes: dict[str, str], status: int, error: str
) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    refused = redeem(relay, **({"code": code} | changes))
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert "id_token" not in refused.json()


def test_token_uses_up_a_code_at_the_first_wrong_guess(relay: RunningRelay, browser: Browser) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    redeem(relay, code, code_verifier="w" * 64)
    assert redeem(relay, code).json()["error"] == "invalid_grant"


def test_token_keeps_a_code_when_a_stranger_asks(relay: RunningRelay, browser: Browser) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    redeem(relay, code, client_secret="wrong")
    assert redeem(relay, code).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"a=1&a=2", "application/x-www-form-urlencoded", 400),
        (b"x=\xff", "application/x-www-form-urlencoded", 400),
        (b"x=" + b"y" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % i for i in range(60)), "application/x-www-form-urlencoded", 400),
        (b"", "", 400),
    ],
)
def test_token_refuses_bad_bodies(relay: RunningRelay, content: bytes, kind: str, status: int) -> None:
    response = httpx.post(f"{relay.url}/token", content=content, headers={"content-type": kind}, trust_env=False)
    assert response.status_code == status
    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize("header", ["Basic", "Basic ###", "Bearer abc", "Basic YWJj"])
def test_token_refuses_bad_credentials(relay: RunningRelay, header: str) -> None:
    response = httpx.post(
        f"{relay.url}/token", data={"grant_type": "x"}, headers={"authorization": header}, trust_env=False
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert "www-authenticate" in response.headers


def test_fetch_token_refuses_a_wrong_state(
    relay: RunningRelay, browser: Browser, client: OAuth2Client, metadata: dict[str, str]
) -> None:
    url, _ = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n")
    back = browser.choose(browser.open(url), identity=RESIDENT)
    with pytest.raises(MismatchingStateException):
        client.fetch_token(
            metadata["token_endpoint"],
            authorization_response=back.headers["location"],
            code_verifier=VERIFIER,
            state="another",
        )


def test_fetch_token_refuses_a_wrong_secret(relay: RunningRelay, browser: Browser, metadata: dict[str, str]) -> None:
    code = answer_of(browser.log_in(relay))["code"]
    with (
        OAuth2Client("cockpit-digid", "wrong", redirect_uri=REDIRECT, trust_env=False) as stranger,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        stranger.fetch_token(metadata["token_endpoint"], code=code, code_verifier=VERIFIER)


def test_logout_returns_only_to_the_cockpit(relay: RunningRelay, browser: Browser) -> None:
    query = urlencode({"post_logout_redirect_uri": REDIRECT, "client_id": "cockpit-digid", "state": "s"})
    back = browser.http.get(f"{relay.url}/logout?{query}")
    assert back.headers["location"] == f"{REDIRECT}?state=s"
    query = urlencode({"post_logout_redirect_uri": "https://evil.example/"})
    page = browser.http.get(f"{relay.url}/logout?{query}")
    assert page.status_code == 200
    assert "U bent uitgelogd" in page.text
