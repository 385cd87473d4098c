"""The relay at a broker that answers wrongly in every way that a broker can."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from joserfc.jwk import ECKey

from schuldhulp.identity.model import Provider
from schuldhulp.services.login import SubjectReader
from tests.support.login import (
    RESIDENT,
    Browser,
    FakeBroker,
    RunningRelay,
    answer_of,
    claims_of,
    make_authorize_parameters,
    redeem,
    running_relay,
    serve,
)


@contextmanager
def relay_at(broker: FakeBroker, **settings: Any) -> Iterator[RunningRelay]:
    with (
        serve(broker.app),
        running_relay(upstreams={Provider.DIGID: broker.settings(**settings)}, simulator=False) as relay,
    ):
        yield relay


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[FakeBroker, RunningRelay]]:
    broker = FakeBroker()
    with relay_at(broker) as relay:
        broker.now = relay.clock
        yield broker, relay


@pytest.fixture
def relay(site: tuple[FakeBroker, RunningRelay]) -> RunningRelay:
    """A relay that has forgotten the broker's keys and all logins."""
    site[1].clock.advance(hours=2)
    site[1].store.entries.clear()
    return site[1]


@pytest.fixture
def broker(site: tuple[FakeBroker, RunningRelay]) -> FakeBroker:
    site[0].change()
    return site[0]


def log_in(relay: RunningRelay, browser: Browser) -> httpx.Response:
    return browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")


def identity_of(relay: RunningRelay, response: httpx.Response) -> tuple[str, dict[str, Any]]:
    claims = claims_of(redeem(relay, answer_of(response)["code"]).json()["id_token"])
    reader = SubjectReader(store=relay.store, private_key=relay.opening)
    return reader.identity(subject=claims["sub"], provider=claims["provider"]).value, claims


@pytest.mark.usefixtures("broker")
def test_log_in_takes_identity_and_level_and_nothing_else(relay: RunningRelay, browser: Browser) -> None:
    value, claims = identity_of(relay, log_in(relay, browser))
    assert value == RESIDENT
    assert claims["level"] == "substantieel"
    assert not {"role", "name", "urn:bsn", "acr"} & claims.keys()
    assert RESIDENT not in json.dumps(claims)
    assert "administrator" not in json.dumps(claims)


@pytest.mark.parametrize("value", ["s00000000:999990019", " 999990019 "])
def test_log_in_brings_the_identity_to_one_spelling(
    relay: RunningRelay, broker: FakeBroker, browser: Browser, value: str
) -> None:
    broker.change(claims={"urn:bsn": value})
    assert identity_of(relay, log_in(relay, browser))[0] == RESIDENT


def test_log_in_reads_user_information_when_the_token_has_no_identity(
    relay: RunningRelay, broker: FakeBroker, browser: Browser
) -> None:
    broker.change(claims={"urn:bsn": None}, userinfo={"sub": "broker-subject", "urn:bsn": RESIDENT})
    assert identity_of(relay, log_in(relay, browser))[0] == RESIDENT
    assert "userinfo" in broker.seen


def test_log_in_sends_the_secret_in_the_body_when_asked(browser: Browser) -> None:
    with relay_at(FakeBroker(basic=False), client_authentication="client_secret_post") as relay:
        assert identity_of(relay, log_in(relay, browser))[0] == RESIDENT


def test_log_in_reads_the_keys_again_after_the_broker_changed_them(
    relay: RunningRelay, broker: FakeBroker, browser: Browser
) -> None:
    identity_of(relay, log_in(relay, browser))
    broker.key = ECKey.generate_key("P-256", {"kid": "a"})
    assert log_in(relay, browser).status_code == 502
    relay.clock.advance(seconds=31)
    assert identity_of(relay, log_in(relay, browser))[0] == RESIDENT
    assert broker.seen.count("keys") == 2


UNSOUND: dict[str, dict[str, Any]] = {
    "signature": {"published": ECKey.generate_key("P-256", {"kid": "a"})},
    "signature with the secret": {"algorithm": "HS256"},
    "nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "audience": {"claims": {"aud": "somebody else"}},
    "authorised party": {"claims": {"aud": ["our relay", "other"], "azp": "other"}},
    "no authorised party": {"claims": {"aud": ["our relay", "other"]}},
    "issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": lambda now: now - 3600}},
    "no expiry": {"claims": {"exp": None}},
    "expiry as text": {"claims": {"exp": "tomorrow"}},
    "from the future": {"claims": {"iat": lambda now: now + 36000}},
    "not yet": {"claims": {"nbf": lambda now: now + 36000}},
    "no subject": {"claims": {"sub": None}},
    "no identity": {"claims": {"urn:bsn": None}, "userinfo": {"sub": "broker-subject"}},
    "identity of another": {"claims": {"urn:bsn": None}, "userinfo": {"sub": "else", "urn:bsn": RESIDENT}},
    "identity as number": {"claims": {"urn:bsn": 999990019}},
    "identity no bsn": {"claims": {"urn:bsn": "999990018"}},
    "other sector": {"claims": {"urn:bsn": "s00000001:999990019"}},
    "unknown level": {"claims": {"acr": "urn:strong"}},
    "level as number": {"claims": {"acr": 30}},
    "other issuer in the answer": {"answer": {"code": "the-code", "iss": "https://evil.example"}},
    "answer without a code": {"answer": {"hello": "world"}},
    "error": {"answer": {"error": "server_error", "error_description": "999990019"}},
    "token refused": {"token_status": 400},
}


@pytest.mark.parametrize("name", UNSOUND)
def test_log_in_refuses(
    relay: RunningRelay, broker: FakeBroker, browser: Browser, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="schuldhulp")
    broker.change(**UNSOUND[name])
    page = log_in(relay, browser)
    assert page.status_code == 502
    assert "Inloggen is niet gelukt" in page.text
    assert "error=server_error&amp;state=the-state" in page.text
    assert relay.store.entries == []
    assert "99999001" not in page.text + caplog.text
    assert "Login failed" in caplog.text


def test_log_in_refuses_a_level_below_the_minimum(browser: Browser) -> None:
    with relay_at(FakeBroker(), minimum_level="hoog") as relay:
        page = log_in(relay, browser)
    assert page.status_code == 403
    assert "Log in op een veiligere manier" in page.text


def test_log_in_cancelled_at_the_broker_returns_access_denied(
    relay: RunningRelay, broker: FakeBroker, browser: Browser
) -> None:
    broker.change(answer={"error": "access_denied"})
    assert answer_of(log_in(relay, browser))["error"] == "access_denied"


@pytest.mark.parametrize("changes", [{"token_status": 503}, {"answer": {"error": "temporarily_unavailable"}}])
def test_log_in_says_when_the_broker_is_not_available(
    relay: RunningRelay, broker: FakeBroker, browser: Browser, changes: dict[str, Any]
) -> None:
    broker.change(**changes)
    page = log_in(relay, browser)
    assert page.status_code == 503
    assert "Inloggen kan nu even niet" in page.text
    assert "error=temporarily_unavailable&amp;state=the-state" in page.text


def test_log_in_says_when_the_broker_does_not_answer(browser: Browser) -> None:
    broker = FakeBroker()
    with serve(broker.app):
        pass
    with running_relay(upstreams={Provider.DIGID: broker.settings()}, simulator=False) as relay:
        page = log_in(relay, browser)
    assert page.status_code == 503
    assert "Inloggen kan nu even niet" in page.text


def test_log_in_refuses_metadata_of_another_issuer(browser: Browser) -> None:
    broker = FakeBroker()
    with serve(broker.app):
        issuer = broker.url.replace("127.0.0.1", "localhost")
        with running_relay(upstreams={Provider.DIGID: broker.settings(issuer=issuer)}, simulator=False) as relay:
            assert log_in(relay, browser).status_code == 502


def test_log_in_without_an_upstream_is_not_offered(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(client_id='cockpit-staff'))}")
    assert page.status_code == 503
    assert "Deze manier van inloggen is er niet" in page.text


@pytest.mark.usefixtures("broker")
def test_callback_of_another_provider_is_refused(relay: RunningRelay, browser: Browser) -> None:
    first = browser.http.get(f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}")
    second = browser.http.get(first.headers["location"])
    page = browser.open(second.headers["location"].replace("/callback/digid", "/callback/staff"))
    assert page.status_code == 400
    assert "Deze inlogpoging is verlopen" in page.text
