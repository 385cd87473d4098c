"""Puts the relay together as an ASGI application."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from schuldhulp.crypto.keyring import RelayKeys
from schuldhulp.errors import Misconfigured
from schuldhulp.identity.model import Provider, UpstreamSettings, check_address
from schuldhulp.identity.pages import Guard, Pages, log_fault, static_files
from schuldhulp.identity.relay import Relay
from schuldhulp.identity.simulator import People, Simulator
from schuldhulp.identity.tokens import SigningKey
from schuldhulp.identity.upstream import Upstream
from schuldhulp.services.login import SubjectRegister
from schuldhulp.services.ports import SubjectStore

UPSTREAM_PATIENCE = httpx.Timeout(10.0)
"""Seconds to wait for an upstream before people are told that it does not answer."""

CALLBACK = "/oauth2callback"
"""Path at which Streamlit takes the answer of a login."""


@dataclass(frozen=True, kw_only=True)
class RelaySettings:
    """How this relay is set up.

    Attributes:
        relay_url: public address of the relay; the issuer.
        cockpit_url: public address of the cockpit.
        production: strict rules; no simulator, https everywhere.
        upstreams: brokers by provider; where one is missing, the simulator stands in unless this is production.
    """

    relay_url: str
    cockpit_url: str
    production: bool
    upstreams: Mapping[Provider, UpstreamSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse addresses that cannot work, or are not safe in production.

        Raises:
            Misconfigured: names the setting.
        """
        addresses = {"SCHULDHULP_RELAY_URL": self.relay_url, "SCHULDHULP_COCKPIT_URL": self.cockpit_url}
        for name, address in addresses.items():
            check_address(address, name=name)
        if not self.production:
            return
        addresses |= {f"the issuer of the {p} login": upstream.issuer for p, upstream in self.upstreams.items()}
        plain = [name for name, address in addresses.items() if not address.startswith("https://")]
        if plain:
            raise Misconfigured("plain_http", f"{', '.join(plain)} must start with https:// in production")
        if not self.upstreams:
            raise Misconfigured(
                "settings_wrong",
                "In production at least one login needs an upstream, for example SCHULDHULP_DIGID_ISSUER",
            )

    @property
    def issuer(self) -> str:
        """Address of the relay without a slash at the end."""
        return self.relay_url.rstrip("/")

    @property
    def redirect_uri(self) -> str:
        """The one address that answers go to."""
        return self.cockpit_url.rstrip("/") + CALLBACK


def create_app(
    settings: RelaySettings,
    *,
    keys: RelayKeys,
    identity_key: bytes,
    store: SubjectStore,
    people: People | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ASGIApp:
    """Put the relay together.

    Args:
        settings: addresses and upstreams.
        keys: keyring of the relay.
        identity_key: X25519 public key of the cockpit, 32 bytes; identities are sealed to it.
        store: table of pseudonyms and sealed identities.
        people: whom the simulator offers; without it, and always in production, there is no simulator.
        now: clock, UTC.

    Returns:
        The ASGI application; it keeps logins under way in memory, so run it in one process.

    Raises:
        Misconfigured: a simulator was asked for in production.
    """
    if settings.production and people is not None:
        raise Misconfigured("simulator_refused", "The login simulator is not allowed in production")
    pages = Pages(root=settings.issuer, back=settings.cockpit_url)
    http = _http_client()
    simulators = {} if people is None else _simulators(settings, people=people, pages=pages, now=now)
    chosen = {provider: simulator.settings for provider, simulator in simulators.items()} | dict(settings.upstreams)
    relay = Relay(
        issuer=settings.issuer,
        redirect_uri=settings.redirect_uri,
        cockpit_url=settings.cockpit_url,
        client_secret=keys.client_secret.text,
        cookie_key=keys.cookie,
        signing_key=SigningKey.from_pem(keys.oidc_signing_pem()),
        subjects=SubjectRegister(store=store, lookup_key=keys.subject, identity_key=identity_key),
        upstreams={
            provider: Upstream(upstream, redirect_uri=_callback(settings, provider), http=http, now=now)
            for provider, upstream in chosen.items()
        },
        pages=pages,
        now=now,
    )
    routes: list[BaseRoute] = [*relay.routes(), Mount("/static", static_files())]
    routes += [Mount(f"/simulator/{provider}", simulator.router()) for provider, simulator in simulators.items()]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await http.aclose()

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return pages.message("not_found", status=status)

    async def fault(_request: Request, error: Exception) -> Response:
        return pages.message("fault", status=500, reference=log_fault(error))

    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: refused, Exception: fault})
    parts = urlsplit(settings.cockpit_url)
    return Guard(
        app,
        form_targets=f"{parts.scheme}://{parts.netloc}",
        https=settings.issuer.startswith("https://"),
    )


def _simulators(
    settings: RelaySettings, *, people: People, pages: Pages, now: Callable[[], datetime]
) -> dict[Provider, Simulator]:
    return {
        provider: Simulator(
            provider,
            root=settings.issuer,
            secret=secrets.token_urlsafe(32),
            redirect_uri=_callback(settings, provider),
            people=people,
            pages=pages,
            now=now,
        )
        for provider in Provider
        if provider not in settings.upstreams
    }


def _callback(settings: RelaySettings, provider: Provider) -> str:
    return f"{settings.issuer}/callback/{provider}"


def _http_client() -> httpx.AsyncClient:
    # A proxy from the environment may stand before a broker, never before this machine itself.
    certificates = httpx.create_ssl_context()
    direct = httpx.AsyncHTTPTransport(verify=certificates)
    return httpx.AsyncClient(
        verify=certificates,
        timeout=UPSTREAM_PATIENCE,
        mounts={"all://127.0.0.1": direct, "all://localhost": direct, "all://[::1]": direct},
        headers={"Accept": "application/json"},
    )
