"""The provider's side of OpenID Connect: authorization code with PKCE, and nothing else.

The relay is one for the cockpit; the simulator is one for the relay.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus, urlencode

from schuldhulp.identity.faults import AuthorizationRefused, RequestRefused, TokenRefused
from schuldhulp.identity.pending import Pending
from schuldhulp.identity.tokens import SIGNING_ALGORITHM, SigningKey, seconds

CODE_LIFETIME = timedelta(seconds=60)
"""How long a code can be exchanged; the client does so at once."""

LONGEST = 2048
"""Most characters of one parameter; a state or nonce has some dozens."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

_SINGLE = ("client_id", "redirect_uri")


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that may ask for logins.

    Attributes:
        client_id: its name.
        secret: its password.
        redirect_uri: the one address that codes go to.
    """

    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request of the client that has been checked.

    Attributes:
        client_id: who asks.
        redirect_uri: where the answer goes.
        state: returned to the client as it came.
        nonce: goes into the ID token.
        code_challenge: SHA-256 of the verifier (PKCE).
    """

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


@dataclass(frozen=True, kw_only=True)
class _Grant:
    request: AuthorizationRequest
    claims: Mapping[str, str]
    session: timedelta


class OpenIdProvider:
    """Requests in, codes and ID tokens out; knows nothing of HTTP."""

    def __init__(
        self,
        *,
        issuer: str,
        clients: Sequence[Client],
        key: SigningKey,
        now: Callable[[], datetime],
        claims: Sequence[str],
    ) -> None:
        """Start without codes.

        Args:
            issuer: own address, without a slash at the end.
            clients: who may ask.
            key: signs the ID tokens.
            now: clock, UTC.
            claims: names of the claims beside the standard ones, for the metadata.
        """
        self.issuer = issuer
        self._clients = {client.client_id: client for client in clients}
        self._key = key
        self._now = now
        self._claims = tuple(claims)
        self._grants: Pending[_Grant] = Pending(now=now, lifetime=CODE_LIFETIME)

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document (OpenID Connect Discovery 1.0)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [SIGNING_ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid"],
            "claims_supported": ["iss", "aud", "exp", "iat", "nonce", "sub", *self._claims],
            "authorization_response_iss_parameter_supported": True,
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }

    def key_set(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return self._key.key_set()

    def request(self, parameters: Sequence[tuple[str, str]]) -> AuthorizationRequest:
        """Check what a client asks for.

        Args:
            parameters: names and values, as often as they came.

        Raises:
            RequestRefused: unknown client or address; show a page, never redirect.
            AuthorizationRefused: anything else; redirect to its location.
        """
        values: dict[str, str] = {}
        repeated = set()
        for name, value in parameters:
            repeated |= {name} & values.keys()
            values[name] = value
        client = self._clients.get(values.get("client_id", ""))
        if client is None or repeated & set(_SINGLE):
            raise RequestRefused("login_request_unknown", "Unknown client_id", field="client_id")
        if values.get("redirect_uri") != client.redirect_uri:
            raise RequestRefused(
                "login_request_unknown", "redirect_uri is not the registered one", field="redirect_uri"
            )
        found = AuthorizationRequest(
            client_id=client.client_id,
            redirect_uri=client.redirect_uri,
            state=values.get("state", "")[:LONGEST],
            nonce=values.get("nonce", ""),
            code_challenge=values.get("code_challenge", ""),
        )
        problem = _problem(values, repeated)
        if problem is not None:
            error, message = problem
            raise AuthorizationRefused(error=error, message=message, location=self.error_location(found, error))
        return found

    def grant(self, request: AuthorizationRequest, claims: Mapping[str, str], *, session: timedelta) -> str:
        """Make a one-time code.

        Args:
            request: what the client asked.
            claims: ``sub`` and further claims of the ID token.
            session: how long the ID token counts.

        Returns:
            The address of the client with the code in it.
        """
        code = self._grants.put_new(_Grant(request=request, claims=dict(claims), session=session))
        return self._location(request, code=code)

    def error_location(self, request: AuthorizationRequest, error: str) -> str:
        """Return the address of the client with an OAuth error in it."""
        return self._location(request, error=error)

    def redeem(self, form: Sequence[tuple[str, str]], *, authorization: str | None) -> dict[str, Any]:
        """Exchange a code for an ID token.

        Args:
            form: names and values of the body.
            authorization: the header of that name.

        Returns:
            The answer of the token endpoint. Its access token opens nothing: there is nothing more to ask.

        Raises:
            TokenRefused: with the OAuth error and the HTTP status.
        """
        values = dict(form)
        if len(values) != len(form):
            raise TokenRefused("invalid_request", "A parameter occurs twice")
        client = self._authenticated(values, authorization)
        if values.get("grant_type") != "authorization_code":
            raise TokenRefused("unsupported_grant_type", "Only authorization_code is supported")
        # From here on the code is used up, whatever else is wrong: whoever guesses has one guess.
        grant = self._grants.take(values.get("code", ""))
        if grant is None:
            raise TokenRefused("invalid_grant", "The code is unknown, used or expired")
        request = grant.request
        if request.client_id != client.client_id:
            raise TokenRefused("invalid_grant", "The code belongs to another client")
        if values.get("redirect_uri") != request.redirect_uri:
            raise TokenRefused("invalid_grant", "redirect_uri is not the one of the request")
        verifier = values.get("code_verifier", "")
        if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge(verifier), request.code_challenge):
            raise TokenRefused("invalid_grant", "code_verifier does not fit the code_challenge")
        now = self._now()
        token = self._key.sign(
            {
                **grant.claims,
                "iss": self.issuer,
                "aud": client.client_id,
                "iat": seconds(now),
                "exp": seconds(now + grant.session),
                "nonce": request.nonce,
            }
        )
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": int(CODE_LIFETIME.total_seconds()),
            "scope": "openid",
            "id_token": token,
        }

    def _authenticated(self, values: Mapping[str, str], authorization: str | None) -> Client:
        name, secret = _credentials(values, authorization)
        client = self._clients.get(name)
        expected = client.secret if client is not None else ""
        if not hmac.compare_digest(secret.encode(), expected.encode()) or client is None or not secret:
            raise TokenRefused("invalid_client", "Unknown client or wrong secret", status=401)
        return client

    def _location(self, request: AuthorizationRequest, **answer: str) -> str:
        parameters = {**answer, "state": request.state, "iss": self.issuer}
        separator = "&" if "?" in request.redirect_uri else "?"
        return request.redirect_uri + separator + urlencode({k: v for k, v in parameters.items() if v})


def challenge(verifier: str) -> str:
    """Return the S256 code challenge of a verifier (RFC 7636 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def _problem(values: Mapping[str, str], repeated: set[str]) -> tuple[str, str] | None:
    if repeated:
        return "invalid_request", "A parameter occurs twice"
    if any(len(value) > LONGEST for value in values.values()):
        return "invalid_request", "A parameter is too long"
    if "request" in values:
        return "request_not_supported", "Request objects are not supported"
    if "request_uri" in values:
        return "request_uri_not_supported", "Request objects are not supported"
    if values.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    if values.get("response_mode", "query") != "query":
        return "invalid_request", "response_mode must be query"
    if "openid" not in values.get("scope", "").split():
        return "invalid_scope", "scope must hold openid"
    missing = [name for name in ("state", "nonce") if not values.get(name)]
    if missing:
        return "invalid_request", f"{missing[0]} is missing"
    if values.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(values.get("code_challenge", "")):
        return "invalid_request", "A code_challenge with method S256 is needed"
    if "none" in values.get("prompt", "").split():
        return "login_required", "There is no session: every login asks anew"
    return None


def _credentials(values: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    if authorization is None:
        return values.get("client_id", ""), values.get("client_secret", "")
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, separator, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII or no UTF-8
        separator = ""
    if scheme.lower() != "basic" or not separator or "client_secret" in values:
        raise TokenRefused("invalid_client", "Send the secret once, in one way", status=401)
    # RFC 6749 2.3.1: name and secret are form-encoded before they become a Basic header.
    return unquote_plus(name), unquote_plus(secret)
