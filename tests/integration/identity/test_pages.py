"""What the relay shows by itself."""

from __future__ import annotations

import asyncio
import logging
import re
from urllib.parse import urlencode

import httpx
import pytest

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.errors import Misconfigured, Unreachable
from schuldhulp.identity.app import RelaySettings, create_app
from schuldhulp.identity.model import Provider, UpstreamSettings
from schuldhulp.identity.simulator import TestIdentity
from schuldhulp.services.ports import LoginSubject
from tests.support.login import (
    COCKPIT,
    PEOPLE,
    RESIDENT,
    Browser,
    MemorySubjects,
    RunningRelay,
    make_authorize_parameters,
    make_relay_keys,
)

BROKER = UpstreamSettings(
    provider=Provider.DIGID,
    issuer="https://broker.example",
    client_id="relay",
    client_secret="s" * 40,
    identity_claim="bsn",
    level_claim="acr",
    minimum_level="midden",
)


def make_app(store: MemorySubjects | None = None, **changes: object) -> object:
    settings = {"relay_url": "https://login.example", "cockpit_url": "https://hulp.example", "production": True}
    people = changes.pop("people", None)
    return create_app(
        RelaySettings(**{**settings, "upstreams": {Provider.DIGID: BROKER}, **changes}),  # type: ignore[arg-type]
        keys=make_relay_keys(),
        identity_key=OpeningKey(b"\x07" * 32).public_key,
        store=store or MemorySubjects(),
        people=people,  # type: ignore[arg-type]
    )


def ask(app: object, path: str) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://login.example") as client:
            return await client.get(path)

    return asyncio.run(once())


@pytest.mark.parametrize(
    "path", ["/simulator/digid/authorize", "/simulator/digid/.well-known/openid-configuration", "/simulator/staff/jwks"]
)
def test_simulator_is_not_there_in_production(path: str) -> None:
    assert ask(make_app(), path).status_code == 404


def test_create_app_refuses_a_simulator_in_production() -> None:
    with pytest.raises(Misconfigured, match="simulator"):
        make_app(people=PEOPLE.__getitem__)


@pytest.mark.parametrize(
    "changes",
    [
        {"relay_url": "http://login.example"},
        {"cockpit_url": "http://hulp.example"},
        {
            "upstreams": {
                Provider.DIGID: UpstreamSettings(
                    provider=Provider.DIGID,
                    issuer="http://broker.example",
                    client_id="relay",
                    client_secret="secret",
                    identity_claim="bsn",
                    level_claim="acr",
                    minimum_level="midden",
                )
            }
        },
        {"upstreams": {}},
        {"relay_url": "login.example"},
        {"relay_url": "https://login.example/?x=1"},
    ],
)
def test_create_app_refuses_unsafe_settings_in_production(changes: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        make_app(**changes)


def test_production_sends_strict_headers() -> None:
    headers = ask(make_app(), "/health").headers
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "https://hulp.example" in headers["content-security-policy"]


def test_a_relay_below_a_path_keeps_its_addresses() -> None:
    app = make_app(relay_url="https://hulp.example/login/")
    metadata = ask(app, "/.well-known/openid-configuration").json()
    assert metadata["issuer"] == "https://hulp.example/login"
    assert metadata["token_endpoint"] == "https://hulp.example/login/token"


def test_every_answer_has_security_headers(relay: RunningRelay, browser: Browser) -> None:
    for path in ("/", "/jwks", "/static/relay.css", "/authorize"):
        headers = browser.http.get(relay.url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"form-action 'self' {COCKPIT}" in policy
        assert "unsafe" not in policy


def test_simulator_page_is_dutch_escaped_and_asks_no_other_host(relay: RunningRelay, browser: Browser) -> None:
    for provider, title in (
        ("digid", "DigiD-simulator, alleen voor test"),
        ("eherkenning", "eHerkenning-simulator, alleen voor test"),
        ("staff", "Medewerkerlogin-simulator, alleen voor test"),
    ):
        query = urlencode(make_authorize_parameters(client_id=f"cockpit-{provider}"))
        text = browser.open(f"{relay.url}/authorize?{query}").text
        assert '<html lang="nl">' in text
        assert f"<h1>{title}</h1>" in text
        assert "Annuleren" in text
        assert "<b>" not in text
        assert "style=" not in text
        for person in PEOPLE[Provider(provider)]:
            assert person.identity in text
        addresses = re.findall(r'(?:href|src|action)="([^"]+)"', text)
        assert addresses
        assert all(address.startswith(relay.url) for address in addresses)
        for address in addresses:
            if "/static/" in address:
                assert browser.http.get(address).status_code == 200


def test_simulator_page_searches_in_a_long_list_only(relay: RunningRelay, browser: Browser) -> None:
    many = tuple(TestIdentity(label=f"Persoon {number}", identity=f"{number:09}") for number in range(11))
    before = PEOPLE[Provider.DIGID]
    url = f"{relay.url}/authorize?{urlencode(make_authorize_parameters())}"
    assert "Zoek in de lijst" not in browser.open(url).text
    PEOPLE[Provider.DIGID] = many
    try:
        assert "Zoek in de lijst" in browser.open(url).text
        PEOPLE[Provider.DIGID] = ()
        assert "Laad eerst de voorbeeldgegevens" in browser.open(url).text
    finally:
        PEOPLE[Provider.DIGID] = before


def test_unknown_page_is_calm(relay: RunningRelay, browser: Browser) -> None:
    page = browser.open(f"{relay.url}/wat-is-dit")
    assert page.status_code == 404
    assert "Deze pagina bestaat niet" in page.text
    assert browser.http.get(f"{relay.url}/token").status_code == 405


def test_health_names_the_logins(relay: RunningRelay, browser: Browser) -> None:
    assert browser.open(f"{relay.url}/health").json() == {
        "status": "ok",
        "logins": ["digid", "eherkenning", "staff"],
    }


def test_fault_shows_a_page_and_logs_no_personal_data(
    relay: RunningRelay, browser: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_lookup: bytes) -> LoginSubject | None:
        raise RuntimeError(f"row of {RESIDENT}")

    monkeypatch.setattr(relay.store, "find", fail)
    page = browser.log_in(relay)
    assert page.status_code == 500
    assert "Er ging iets mis" in page.text
    assert "Traceback" not in page.text
    reference = re.search(r"<strong>([0-9A-F]{8})</strong>", page.text)
    assert reference is not None
    own = "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert reference[1] in own
    assert "RuntimeError" in own
    assert RESIDENT not in caplog.text


def test_login_without_a_database_says_try_later(
    relay: RunningRelay, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_lookup: bytes) -> LoginSubject | None:
        raise Unreachable("database_unreachable", "no answer")

    monkeypatch.setattr(relay.store, "find", fail)
    page = browser.log_in(relay)
    assert page.status_code == 503
    assert "Inloggen kan nu even niet" in page.text
    assert "error=temporarily_unavailable" in page.text
