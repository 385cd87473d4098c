"""The relay's routes: an OpenID provider towards the cockpit, a client towards the upstreams."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.keyring import CookieKey
from schuldhulp.errors import Unreachable
from schuldhulp.identity.faults import (
    AuthorizationRefused,
    LoginCancelled,
    LoginExpired,
    LoginFailed,
    RequestRefused,
    TokenRefused,
    UpstreamUnavailable,
)
from schuldhulp.identity.http import read_form, refused_token
from schuldhulp.identity.model import Provider, client_id
from schuldhulp.identity.pages import Pages, new_reference
from schuldhulp.identity.pending import Pending
from schuldhulp.identity.provider import AuthorizationRequest, Client, OpenIdProvider
from schuldhulp.identity.tokens import SigningKey
from schuldhulp.identity.upstream import Challenge, Upstream
from schuldhulp.services.login import SubjectRegister

_LOGGER = logging.getLogger(__name__)

LOGIN_LIFETIME = timedelta(minutes=15)
"""How long somebody may take at the upstream."""

CLAIMS = ("provider", "level", "sid")
"""Claims beside the standard ones. Never a BSN, a KvK number, a name or a role: the cockpit's cookie is readable."""


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    provider: Provider
    request: AuthorizationRequest
    challenge: Challenge


class Relay:
    """Logs people in at an upstream and tells the cockpit a pseudonym."""

    def __init__(
        self,
        *,
        issuer: str,
        redirect_uri: str,
        cockpit_url: str,
        client_secret: str,
        cookie_key: CookieKey,
        signing_key: SigningKey,
        subjects: SubjectRegister,
        upstreams: Mapping[Provider, Upstream],
        pages: Pages,
        now: Callable[[], datetime],
    ) -> None:
        """Start without logins under way.

        Args:
            issuer: address of the relay, without a slash at the end.
            redirect_uri: the one address of the cockpit that answers go to.
            cockpit_url: front page of the cockpit.
            client_secret: password of the cockpit.
            cookie_key: makes the cookie that binds a login to its browser.
            signing_key: signs the ID tokens.
            subjects: gives the pseudonyms.
            upstreams: where each provider logs in.
            pages: fills the pages.
            now: clock, UTC.
        """
        self._oidc = OpenIdProvider(
            issuer=issuer,
            clients=[
                Client(client_id=client_id(provider), secret=client_secret, redirect_uri=redirect_uri)
                for provider in Provider
            ],
            key=signing_key,
            now=now,
            claims=CLAIMS,
        )
        self._providers = {client_id(provider): provider for provider in Provider}
        self._after_logout = {redirect_uri, cockpit_url, f"{cockpit_url.rstrip('/')}/"}
        self._cookie_key = cookie_key
        self._subjects = subjects
        self._upstreams = upstreams
        self._pages = pages
        self._now = now
        self._attempts: Pending[_Attempt] = Pending(now=now, lifetime=LOGIN_LIFETIME)
        self._https = issuer.startswith("https://")
        self._cookie_path = f"{urlsplit(issuer).path}/callback"

    def routes(self) -> list[Route]:
        """Return the routes of the relay."""
        return [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/jwks", self._keys),
            Route("/authorize", self._authorize),
            Route("/callback/{provider}", self._callback),
            Route("/token", self._token, methods=["POST"]),
            Route("/logout", self._logout),
            Route("/health", self._health),
        ]

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "logins": sorted(self._upstreams)})

    async def _metadata(self, _request: Request) -> Response:
        return JSONResponse(self._oidc.metadata())

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(self._oidc.key_set())

    async def _authorize(self, request: Request) -> Response:
        try:
            wanted = self._oidc.request(request.query_params.multi_items())
        except RequestRefused as refusal:
            return self._pages.message(refusal.key, status=400)
        except AuthorizationRefused as refusal:
            return RedirectResponse(refusal.location, status_code=302)
        provider = self._providers[wanted.client_id]
        attempt = _Attempt(provider=provider, request=wanted, challenge=Challenge())
        try:
            upstream = self._upstreams.get(provider)
            if upstream is None:
                raise UpstreamUnavailable("login_not_offered", "No upstream for this way to log in")
            location = await upstream.login_location(attempt.challenge)
        except LoginFailed as failure:
            return self._failed(failure, wanted, provider)
        self._attempts.put(attempt.challenge.state, attempt)
        response = RedirectResponse(location, status_code=302)
        # Binds the login to this browser, so that nobody can make another person finish a login that he began.
        response.set_cookie(
            _cookie_name(attempt.challenge.state),
            self._cookie(attempt.challenge.state),
            max_age=int(LOGIN_LIFETIME.total_seconds()),
            path=self._cookie_path,
            secure=self._https,
            httponly=True,
            samesite="lax",
        )
        return response

    async def _callback(self, request: Request) -> Response:
        answer = request.query_params.multi_items()
        state = request.query_params.get("state", "")
        name = _cookie_name(state)
        attempt = self._attempts.peek(state)
        if (
            attempt is None
            or attempt.provider != request.path_params["provider"]
            or not hmac.compare_digest(self._cookie(state).encode(), request.cookies.get(name, "").encode())
        ):
            return self._pages.message("login_expired", status=LoginExpired.status)
        self._attempts.take(state)
        response = await self._finish(attempt, answer)
        response.delete_cookie(name, path=self._cookie_path, secure=self._https, httponly=True, samesite="lax")
        return response

    async def _finish(self, attempt: _Attempt, answer: Sequence[tuple[str, str]]) -> Response:
        upstream = self._upstreams[attempt.provider]
        try:
            login = await upstream.finish(attempt.challenge, answer)
            subject = await run_in_threadpool(self._subjects.subject, login.identity, now=self._now())
        except LoginCancelled as cancelled:
            # The person knows what happened, so there is nothing to explain on the way back.
            return RedirectResponse(self._oidc.error_location(attempt.request, cancelled.error), status_code=302)
        except LoginFailed as failure:
            return self._failed(failure, attempt.request, attempt.provider)
        except Unreachable:
            silent = UpstreamUnavailable("login_unavailable", "The database does not answer")
            return self._failed(silent, attempt.request, attempt.provider)
        claims = {
            "sub": subject,
            "provider": attempt.provider.value,
            "level": login.level,
            "sid": secrets.token_urlsafe(16),
        }
        location = self._oidc.grant(attempt.request, claims, session=upstream.settings.session_time)
        return RedirectResponse(location, status_code=302)

    def _cookie(self, state: str) -> str:
        # The state stands in addresses, which leak more easily than cookies; it does not tell the cookie.
        return hmac.digest(self._cookie_key.reveal(), frame("login", state), hashlib.sha256).hex()

    def _failed(self, failure: LoginFailed, wanted: AuthorizationRequest, provider: Provider) -> Response:
        """Explain on a page of our own, whose button returns to the cockpit with the OAuth error."""
        reference = new_reference()
        _LOGGER.warning("Login failed %s: %s: %s", reference, provider, failure)
        back = self._oidc.error_location(wanted, failure.error)
        return self._pages.message(failure.key, status=failure.status, back=back, reference=reference)

    async def _token(self, request: Request) -> Response:
        try:
            answer = self._oidc.redeem(await read_form(request), authorization=request.headers.get("authorization"))
        except TokenRefused as refusal:
            return refused_token(refusal)
        return JSONResponse(answer)

    async def _logout(self, request: Request) -> Response:
        # There is no session here that could end; the cockpit has dropped its own before it sent the browser here.
        target = request.query_params.get("post_logout_redirect_uri", "")
        if target in self._after_logout:
            state = request.query_params.get("state", "")
            return RedirectResponse(f"{target}?{urlencode({'state': state})}" if state else target, status_code=302)
        return self._pages.message("logged_out", status=200)


def _cookie_name(state: str) -> str:
    """Return a name of its own for each login, so that two tabs do not spoil each other's."""
    return f"login-{hashlib.sha256(state.encode()).hexdigest()[:16]}"
