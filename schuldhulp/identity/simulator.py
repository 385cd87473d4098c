"""A stand-in for DigiD, eHerkenning and the employer's login, for development and demonstrations only.

It is an OpenID provider of its own: the relay speaks to it over HTTP as it speaks to a broker, and checks its tokens
the same way. Whoever can reach it can log in as any test person, so it is never there in production.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from schuldhulp.identity import texts
from schuldhulp.identity.faults import AuthorizationRefused, LoginExpired, LoginFailed, RequestRefused, TokenRefused
from schuldhulp.identity.http import read_form, refused_token
from schuldhulp.identity.model import DEFAULT_MINIMUM, LEVELS, Provider, UpstreamSettings
from schuldhulp.identity.pages import Pages
from schuldhulp.identity.pending import Pending
from schuldhulp.identity.provider import AuthorizationRequest, Client, OpenIdProvider
from schuldhulp.identity.tokens import SigningKey

IDENTITY_CLAIM = "identity"
LEVEL_CLAIM = "acr"
CLIENT_ID = "relay"

PAGE_LIFETIME = timedelta(minutes=15)
"""How long a page with test persons can be used."""

TOKEN_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class TestIdentity:
    """Somebody that one can log in as.

    Attributes:
        label: name on the page.
        identity: BSN from the test range, KvK number or login.
    """

    __test__ = False  # not a test, whatever its name makes of it

    label: str
    identity: str = field(repr=False)


People = Callable[[Provider], Sequence[TestIdentity]]
"""Asked anew for every page, so that demonstration data that was loaded later shows."""


class Simulator:
    """The simulated upstream of one provider."""

    def __init__(
        self,
        provider: Provider,
        *,
        root: str,
        secret: str,
        redirect_uri: str,
        people: People,
        pages: Pages,
        now: Callable[[], datetime],
    ) -> None:
        """Start with a signing key of its own, new at each start.

        Args:
            provider: whom it simulates.
            root: address of the relay; this simulator lives at ``<root>/simulator/<provider>``.
            secret: password of the relay here.
            redirect_uri: where the relay is answered.
            people: who can be chosen.
            pages: fills the page.
            now: clock, UTC.
        """
        self._provider = provider
        self._people = people
        self._pages = pages
        issuer = f"{root}/simulator/{provider}"
        self._oidc = OpenIdProvider(
            issuer=issuer,
            clients=[Client(client_id=CLIENT_ID, secret=secret, redirect_uri=redirect_uri)],
            key=SigningKey.generate(),
            now=now,
            claims=[IDENTITY_CLAIM, LEVEL_CLAIM],
        )
        self._waiting: Pending[AuthorizationRequest] = Pending(now=now, lifetime=PAGE_LIFETIME)
        has_levels = bool(LEVELS[provider])
        self.settings = UpstreamSettings(
            provider=provider,
            issuer=issuer,
            client_id=CLIENT_ID,
            client_secret=secret,
            identity_claim=IDENTITY_CLAIM,
            level_claim=LEVEL_CLAIM if has_levels else "",
            minimum_level=DEFAULT_MINIMUM[provider],
        )

    def router(self) -> Router:
        """Return the routes below the simulator's address."""
        return Router(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._keys),
                Route("/authorize", self._choose),
                Route("/choose", self._chosen, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        return JSONResponse(self._oidc.metadata())

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(self._oidc.key_set())

    async def _choose(self, request: Request) -> Response:
        try:
            wanted = self._oidc.request(request.query_params.multi_items())
        except RequestRefused as refusal:
            return self._pages.message(refusal.key, status=400)
        except AuthorizationRefused as refusal:
            return RedirectResponse(refusal.location, status_code=302)
        key = self._waiting.put_new(wanted)
        values = {
            "title": texts.SIMULATOR_TITLE[self._provider],
            "notice": texts.SIMULATOR_NOTICE,
            "action": f"{self._oidc.issuer}/choose",
            "request_key": key,
            "levels": LEVELS[self._provider],
            "level_names": texts.LEVEL_NAMES,
            "level_text": texts.SIMULATOR_LEVEL,
            "chosen_level": DEFAULT_MINIMUM[self._provider],
            "choose_text": texts.SIMULATOR_CHOOSE[self._provider],
            "search_text": texts.SIMULATOR_SEARCH,
            "found_text": texts.SIMULATOR_FOUND,
            "identity_text": texts.SIMULATOR_IDENTITY[self._provider],
            "people": list(self._people(self._provider)),
            "empty_text": texts.SIMULATOR_EMPTY,
            "cancel_text": texts.SIMULATOR_CANCEL,
        }
        return self._pages.page("simulator.html", values)

    async def _chosen(self, request: Request) -> Response:
        try:
            form = dict(await read_form(request))
            wanted = self._waiting.take(form.get("request", ""))
            if wanted is None:
                raise LoginExpired("login_expired", "Unknown or used page")
        except (LoginFailed, TokenRefused):
            return self._pages.message("login_expired", status=400)
        if form.get("cancel"):
            return RedirectResponse(self._oidc.error_location(wanted, "access_denied"), status_code=303)
        claims = self._claims(form)
        if claims is None:
            return RedirectResponse(self._oidc.error_location(wanted, "invalid_request"), status_code=303)
        return RedirectResponse(self._oidc.grant(wanted, claims, session=TOKEN_LIFETIME), status_code=303)

    def _claims(self, form: Mapping[str, str]) -> dict[str, str] | None:
        identity, level = form.get("identity", ""), form.get("level", "")
        if identity not in {person.identity for person in self._people(self._provider)}:
            return None
        claims = {"sub": f"{self._provider}-{identity}", IDENTITY_CLAIM: identity}
        if LEVELS[self._provider]:
            if level not in LEVELS[self._provider]:
                return None
            claims[LEVEL_CLAIM] = level
        return claims

    async def _token(self, request: Request) -> Response:
        try:
            answer = self._oidc.redeem(await read_form(request), authorization=request.headers.get("authorization"))
        except TokenRefused as refusal:
            return refused_token(refusal)
        return JSONResponse(answer)
