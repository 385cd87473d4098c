"""A relay and an upstream on real ports, for tests of logging in."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from schuldhulp.crypto.keyring import RelayKeys
from schuldhulp.crypto.keyring_file import Keyring
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.signing import generate_signing_pem
from schuldhulp.identity.app import RelaySettings, create_app
from schuldhulp.identity.model import Provider, UpstreamSettings
from schuldhulp.identity.simulator import TestIdentity
from schuldhulp.services.ports import LoginSubject

COCKPIT = "http://127.0.0.1:8501"
REDIRECT = f"{COCKPIT}/oauth2callback"

RESIDENT = "999990019"
OTHER_RESIDENT = "999990202"
CREDITOR = "90000001"
CASEWORKER = "m.devries"

PEOPLE = {
    Provider.DIGID: (
        TestIdentity(label="Annelies de Boer", identity=RESIDENT),
        TestIdentity(label="Bram <b>Smit</b>", identity=OTHER_RESIDENT),
    ),
    Provider.EHERKENNING: (TestIdentity(label="Energie Voorbeeld B.V.", identity=CREDITOR),),
    Provider.STAFF: (TestIdentity(label="Marleen de Vries", identity=CASEWORKER),),
}


class Clock:
    """A clock that is moved by hand; it starts at the real time, since other people's clients look at that."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)


class MemorySubjects:
    """Table of subjects in memory."""

    def __init__(self) -> None:
        self.entries: list[LoginSubject] = []

    def find(self, lookup: bytes) -> LoginSubject | None:
        return next((entry for entry in self.entries if entry.lookup == lookup), None)

    def get(self, subject: str) -> LoginSubject | None:
        return next((entry for entry in self.entries if entry.subject == subject), None)

    def add(self, entry: LoginSubject) -> LoginSubject:
        known = self.find(entry.lookup)
        if known is None:
            self.entries.append(entry)
        return known or entry


def make_relay_keys() -> RelayKeys:
    keys = {
        "oidc-signing": generate_signing_pem(),
        "subject": b"\x01" * 32,
        "cookie": b"\x02" * 32,
        "client-secret": b"\x03" * 32,
    }
    return RelayKeys(Keyring(path=Path("relay.keyring"), passphrase_file=Path("none"), purpose="relay", keys=keys))


@contextmanager
def serve(make: Callable[[str], Any]) -> Iterator[str]:
    """Serve an application on a free port; `make` is told the address. The port listens before anybody can ask."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make(address), log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(timeout=30)


@dataclass
class RunningRelay:
    """What a test knows of a relay."""

    url: str
    clock: Clock
    store: MemorySubjects
    keys: RelayKeys
    opening: OpeningKey

    @property
    def secret(self) -> str:
        return self.keys.client_secret.text


@contextmanager
def running_relay(
    *, upstreams: Mapping[Provider, UpstreamSettings] | None = None, clock: Clock | None = None, simulator: bool = True
) -> Iterator[RunningRelay]:
    clock = clock or Clock()
    store, keys, opening = MemorySubjects(), make_relay_keys(), OpeningKey(b"\x07" * 32)

    def make(address: str) -> Any:
        settings = RelaySettings(
            relay_url=address, cockpit_url=COCKPIT, production=False, upstreams=dict(upstreams or {})
        )
        return create_app(
            settings,
            keys=keys,
            identity_key=opening.public_key,
            store=store,
            people=PEOPLE.__getitem__ if simulator else None,
            now=clock,
        )

    with serve(make) as url:
        yield RunningRelay(url=url, clock=clock, store=store, keys=keys, opening=opening)


VERIFIER = "v" * 64


def make_authorize_parameters(**changes: str) -> dict[str, str]:
    """Parameters of a good request; an empty change leaves one out."""
    parameters = {
        "client_id": "cockpit-digid",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in parameters.items() if value}


class Browser:
    """Follows redirects between relay and upstream, and stops before the cockpit."""

    def __init__(self) -> None:
        self.http = httpx.Client(timeout=20, trust_env=False, verify=False)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def follow(self, response: httpx.Response) -> httpx.Response:
        while response.is_redirect and not response.headers["location"].startswith(COCKPIT):
            response = self.http.get(response.headers["location"])
        return response

    def open(self, url: str) -> httpx.Response:
        return self.follow(self.http.get(url))

    def choose(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the simulator's form with one button."""
        action = re.search(r'action="([^"]+)"', page.text)
        hidden = re.search(r'name="request" value="([^"]+)"', page.text)
        level = re.search(r'<option value="([^"]+)" selected>', page.text)
        assert action is not None
        assert hidden is not None
        form = {"request": hidden[1]} | ({"level": level[1]} if level else {}) | fields
        return self.follow(self.http.post(html.unescape(action[1]), data=form))

    def log_in(self, relay: RunningRelay, *, identity: str = RESIDENT, **changes: str) -> httpx.Response:
        """Log in at the simulator; the answer redirects to the cockpit."""
        page = self.open(f"{relay.url}/authorize?{urlencode(make_authorize_parameters(**changes))}")
        return self.choose(page, identity=identity)


def answer_of(response: httpx.Response) -> dict[str, str]:
    """What the relay tells the cockpit in the address."""
    assert response.is_redirect, response.text
    assert response.headers["location"].startswith(f"{REDIRECT}?")
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def redeem(relay: RunningRelay, code: str, *, client: str = "cockpit-digid", **changes: str) -> httpx.Response:
    """Exchange a code as the cockpit does."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "client_id": client,
        "client_secret": relay.secret,
    } | changes
    with httpx.Client(timeout=20, trust_env=False, verify=False) as http:
        return http.post(f"{relay.url}/token", data={k: v for k, v in form.items() if v})


def claims_of(token: str) -> dict[str, Any]:
    """Contents of a token, unchecked."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@dataclass
class FakeBroker:
    """An upstream that tells whatever a test wants; shares no code with the project.

    A claim of None is left out; a function is called with the time.
    """

    secret: str = "broker-secret"
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "a"}))
    published: ECKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    token_status: int = 200
    algorithm: str = "ES256"
    basic: bool = True
    seen: list[str] = field(default_factory=list)
    url: str = ""
    now: Callable[[], datetime] = field(default_factory=lambda: lambda: datetime.now(UTC))
    _requests: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self, address: str) -> Starlette:
        self.url = address
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/login", self._login),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    def change(self, **changes: Any) -> None:
        """Become a new broker at the same address."""
        fresh = FakeBroker(url=self.url, now=self.now, **changes)
        self.__dict__.update(fresh.__dict__)

    def settings(self, **changes: Any) -> UpstreamSettings:
        values: dict[str, Any] = {
            "provider": Provider.DIGID,
            "issuer": self.url,
            "client_id": "our relay",
            "client_secret": self.secret,
            "identity_claim": "urn:bsn",
            "level_claim": "acr",
            "minimum_level": "midden",
        }
        return UpstreamSettings(**values | changes)

    async def _metadata(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/login",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
            }
        )

    async def _keys(self, _request: Request) -> Response:
        self.seen.append("keys")
        published = self.published or self.key
        unusable = [{"kty": "future", "kid": "x"}, {"kty": "oct", "k": "AAAA", "kid": "a"}]
        return JSONResponse({"keys": [*unusable, published.as_dict(private=False)]})

    async def _login(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query).items()}
        self._requests["the-code"] = query
        answer = self.answer or {"code": "the-code"}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode({'state': query['state'], **answer})}", 302)

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self._requests.pop(form["code"])
        expected = "Basic " + base64.b64encode(f"our+relay:{self.secret}".encode()).decode()
        known = (
            request.headers.get("authorization") == expected
            if self.basic
            else (form.get("client_id"), form.get("client_secret")) == ("our relay", self.secret)
        )
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if not known or asked["code_challenge"] != digest.rstrip("=") or asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(self.now().timestamp())
        claims = {
            "iss": self.url,
            "aud": "our relay",
            "sub": "broker-subject",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "urn:bsn": RESIDENT,
            "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard",
            "name": "Annelies de Boer",
            "role": "administrator",
        } | self.claims
        claims = {name: value(now) if callable(value) else value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "a"}
        key = self.key if self.algorithm == "ES256" else OctKey.import_key(self.secret.ljust(64, "x"))
        token = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "access", "token_type": "Bearer", "id_token": token}, self.token_status)

    async def _userinfo(self, request: Request) -> Response:
        self.seen.append("userinfo")
        assert request.headers["authorization"] == "Bearer access"
        return JSONResponse(self.userinfo)
