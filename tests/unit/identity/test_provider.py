from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.identity.faults import AuthorizationRefused, RequestRefused, TokenRefused
from schuldhulp.identity.provider import Client, OpenIdProvider, challenge
from schuldhulp.identity.tokens import SigningKey
from tests.support.login import REDIRECT, VERIFIER, Clock, claims_of, make_authorize_parameters

KEY = SigningKey.generate()
SECRET = "secret with: sign & ë"


def make_provider(clock: Clock | None = None) -> OpenIdProvider:
    return OpenIdProvider(
        issuer="https://login.example",
        clients=[Client(client_id="cockpit-digid", secret=SECRET, redirect_uri=REDIRECT)],
        key=KEY,
        now=clock or Clock(),
        claims=["provider"],
    )


def make_code(provider: OpenIdProvider) -> str:
    request = provider.request(list(make_authorize_parameters().items()))
    location = provider.grant(request, {"sub": "s", "provider": "digid"}, session=timedelta(hours=2))
    return location.partition("code=")[2].partition("&")[0]


def make_form(code: str) -> list[tuple[str, str]]:
    return [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]


def test_challenge_equals_the_example_of_rfc_7636() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_redeem_takes_form_encoded_basic_credentials() -> None:
    provider = make_provider()
    quoted = "cockpit-digid:secret+with%3A+sign+%26+%C3%AB"
    header = "Basic " + base64.b64encode(quoted.encode()).decode()
    assert provider.redeem(make_form(make_code(provider)), authorization=header)["token_type"] == "Bearer"


def test_redeem_refuses_a_secret_sent_twice() -> None:
    provider = make_provider()
    header = "Basic " + base64.b64encode(b"cockpit-digid:x").decode()
    form = [*make_form(make_code(provider)), ("client_secret", SECRET)]
    with pytest.raises(TokenRefused) as refusal:
        provider.redeem(form, authorization=header)
    assert refusal.value.status == 401


def test_redeem_lets_a_claim_never_replace_a_standard_one() -> None:
    clock = Clock()
    provider = make_provider(clock)
    request = provider.request(list(make_authorize_parameters().items()))
    wrong = {"sub": "s", "iss": "evil", "aud": "evil", "nonce": "evil", "exp": "never"}
    code = provider.grant(request, wrong, session=timedelta(hours=2)).partition("code=")[2].partition("&")[0]
    form = [*make_form(code), ("client_id", "cockpit-digid"), ("client_secret", SECRET)]
    claims = claims_of(provider.redeem(form, authorization=None)["id_token"])
    assert claims["iss"] == "https://login.example"
    assert (claims["aud"], claims["nonce"]) == ("cockpit-digid", "the-nonce")
    assert claims["exp"] - claims["iat"] == 7200


def test_request_of_an_unknown_client_is_no_redirect() -> None:
    with pytest.raises(RequestRefused):
        make_provider().request(list(make_authorize_parameters(client_id="else").items()))


@given(st.lists(st.tuples(st.sampled_from([*make_authorize_parameters(), "prompt", "x"]), st.text(max_size=50))))
def test_request_refuses_or_returns_whatever_is_sent(parameters: list[tuple[str, str]]) -> None:
    provider = make_provider()
    try:
        found = provider.request([*make_authorize_parameters().items(), *parameters])
    except RequestRefused:
        return
    except AuthorizationRefused as refused:
        location = refused.location
    else:
        location = provider.error_location(found, "x")
    assert location.startswith(f"{REDIRECT}?error=")


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=50)), max_size=8), st.none() | st.text(max_size=60))
def test_redeem_gives_a_stranger_nothing(form: list[tuple[str, str]], authorization: str | None) -> None:
    with pytest.raises(TokenRefused):
        make_provider().redeem(form, authorization=authorization)


def test_repr_shows_no_secret() -> None:
    client = Client(client_id="cockpit-digid", secret=SECRET, redirect_uri=REDIRECT)
    assert SECRET not in repr(client)
    assert repr(KEY) == "<SigningKey redacted>"
    assert "d" not in KEY.key_set()["keys"][0]
