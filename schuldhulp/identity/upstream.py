"""The relay as a client: logging somebody in at a broker, the employer's login or the simulator."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc.jwk import KeySet

from schuldhulp.domain.identifiers import parse_bsn
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.errors import InvalidInput
from schuldhulp.identity.faults import (
    LevelTooLow,
    LoginCancelled,
    LoginFailed,
    UpstreamInvalid,
    UpstreamUnavailable,
)
from schuldhulp.identity.model import Provider, UpstreamSettings, is_enough, level_of
from schuldhulp.identity.provider import challenge
from schuldhulp.identity.tokens import read_id_token, read_key_set
from schuldhulp.services.login import LoginIdentity

METADATA_AGE = timedelta(hours=1)
"""How long an upstream's metadata and keys are used before they are read again."""

KEYS_PAUSE = timedelta(seconds=30)
"""Least time between two readings of the keys because a token did not fit them: upstreams change keys, not so often."""

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

_SECTOR = re.compile(r"s00000000:(?=[0-9]{8,9}$)")
"""DigiD's sectoral code for a BSN, which some brokers leave in front of the number."""

_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """The secrets of one login at an upstream, made anew for each.

    Attributes:
        state: returns with the answer.
        nonce: returns inside the ID token.
        verifier: proves that the code is ours (PKCE).
    """

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)


@dataclass(frozen=True, kw_only=True)
class UpstreamLogin:
    """A login that the upstream vouches for.

    Attributes:
        identity: who it is.
        level: word of ``LEVELS``, or empty for staff.
    """

    identity: LoginIdentity
    level: str


class Upstream:
    """One upstream, spoken to over HTTP."""

    def __init__(
        self, settings: UpstreamSettings, *, redirect_uri: str, http: httpx.AsyncClient, now: Callable[[], datetime]
    ) -> None:
        """Keep the settings; nothing is read before the first login.

        Args:
            settings: where and how.
            redirect_uri: address of the relay that the upstream answers to.
            http: client for the upstream's endpoints.
            now: clock, UTC.
        """
        self.settings = settings
        self._redirect_uri = redirect_uri
        self._http = http
        self._now = now
        self._metadata: dict[str, Any] = {}
        self._metadata_read = datetime.min.replace(tzinfo=now().tzinfo)
        self._keys: KeySet | None = None
        self._keys_read = self._metadata_read

    async def login_location(self, attempt: Challenge) -> str:
        """Return the address at the upstream that the browser goes to.

        Raises:
            UpstreamUnavailable: the upstream does not answer.
            UpstreamInvalid: its metadata is not usable.
        """
        metadata = await self._read_metadata()
        parameters = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self.settings.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge(attempt.verifier),
            "code_challenge_method": "S256",
            # No single sign-on: on a shared computer the next person must not come in as the one before.
            "prompt": "login",
        }
        if self.settings.acr_values:
            parameters["acr_values"] = self.settings.acr_values
        endpoint: str = metadata["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    async def finish(self, attempt: Challenge, answer: Sequence[tuple[str, str]]) -> UpstreamLogin:
        """Turn the upstream's answer into a login.

        Args:
            attempt: what this login began with; the state has been compared already.
            answer: names and values of the address that the browser came back to.

        Raises:
            LoginFailed: cancelled, refused, not sound, or too weak; the subclass says which.
        """
        values = dict(answer)
        if len(values) != len(answer):
            raise UpstreamInvalid("login_failed", "The upstream's answer holds a parameter twice")
        if values.get("iss", self.settings.issuer) != self.settings.issuer:
            raise UpstreamInvalid("login_failed", "The answer names another issuer")
        if "error" in values:
            raise _refusal(values["error"])
        if not values.get("code"):
            raise UpstreamInvalid("login_failed", "The upstream's answer holds neither code nor error")
        tokens = await self._exchange(values["code"], attempt)
        claims = await self._id_claims(tokens, attempt)
        names = {self.settings.identity_claim, self.settings.level_claim} - {""}
        if not names <= claims.keys():
            claims = {**await self._userinfo(tokens, subject=claims["sub"]), **claims}
        level = self._level(claims)
        return UpstreamLogin(identity=self._identity(claims), level=level)

    def _level(self, claims: Mapping[str, Any]) -> str:
        if not self.settings.level_claim:
            return ""
        value = claims.get(self.settings.level_claim)
        level = level_of(self.settings.provider, value) if isinstance(value, str) else None
        if level is None:
            raise UpstreamInvalid("login_failed", "The upstream names no level that is known here")
        if not is_enough(self.settings.provider, level=level, minimum=self.settings.minimum_level):
            raise LevelTooLow("login_level_low", "The level is below the minimum", minimum=self.settings.minimum_level)
        return level

    def _identity(self, claims: Mapping[str, Any]) -> LoginIdentity:
        value = claims.get(self.settings.identity_claim)
        if not isinstance(value, str) or not value.strip():
            raise UpstreamInvalid("login_failed", "The upstream gives no identity under the claim of the settings")
        provider = self.settings.provider
        try:
            return LoginIdentity(provider=provider.value, value=_canonical(provider, value.strip()))
        except InvalidInput:
            raise UpstreamInvalid("login_failed", "The upstream's identity is not one of its kind") from None

    async def _read_metadata(self) -> dict[str, Any]:
        if self._now() - self._metadata_read < METADATA_AGE:
            return self._metadata
        found = await self._json("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.settings.issuer:
            raise UpstreamInvalid("login_failed", "The metadata belongs to another issuer")
        scheme = self.settings.issuer.partition("://")[0]
        for name in _ENDPOINTS:
            # An https issuer never sends people or secrets to plain http.
            if not isinstance(found.get(name), str) or not found[name].startswith(("https://", f"{scheme}://")):
                raise UpstreamInvalid("login_failed", f"The metadata has no usable {name}")
        self._metadata, self._metadata_read = found, self._now()
        return found

    async def _read_keys(self, *, again: bool) -> KeySet:
        age = self._now() - self._keys_read
        if self._keys is None or age >= (KEYS_PAUSE if again else METADATA_AGE):
            metadata = await self._read_metadata()
            self._keys = read_key_set(await self._json("GET", metadata["jwks_uri"]))
            self._keys_read = self._now()
        return self._keys

    async def _exchange(self, code: str, attempt: Challenge) -> dict[str, Any]:
        metadata = await self._read_metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        name, secret = self.settings.client_id, self.settings.client_secret
        if self.settings.client_authentication == "client_secret_post":
            return await self._json(
                "POST", metadata["token_endpoint"], data={**form, "client_id": name, "client_secret": secret}
            )
        basic = httpx.BasicAuth(quote_plus(name), quote_plus(secret))
        return await self._json("POST", metadata["token_endpoint"], data=form, auth=basic)

    async def _id_claims(self, tokens: Mapping[str, Any], attempt: Challenge) -> dict[str, Any]:
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise UpstreamInvalid("login_failed", "The upstream gives no ID token")
        try:
            return self._checked(token, await self._read_keys(again=False), attempt)
        except UpstreamInvalid:
            # The upstream may have changed its keys since we read them; read them again, but not at every forgery.
            before = self._keys
            keys = await self._read_keys(again=True)
            if keys is before:
                raise
            return self._checked(token, keys, attempt)

    def _checked(self, token: str, keys: KeySet, attempt: Challenge) -> dict[str, Any]:
        return read_id_token(
            token,
            keys,
            issuer=self.settings.issuer,
            audience=self.settings.client_id,
            nonce=attempt.nonce,
            now=self._now(),
        )

    async def _userinfo(self, tokens: Mapping[str, Any], *, subject: str) -> dict[str, Any]:
        endpoint, access = (await self._read_metadata()).get("userinfo_endpoint"), tokens.get("access_token")
        if not isinstance(endpoint, str) or not isinstance(access, str):
            return {}
        if self.settings.issuer.startswith("https://") and not endpoint.startswith("https://"):
            raise UpstreamInvalid("login_failed", "The metadata has no usable userinfo_endpoint")
        found = await self._json("GET", endpoint, headers={"Authorization": f"Bearer {access}"})
        if found.get("sub") != subject:
            raise UpstreamInvalid("login_failed", "The user information belongs to another subject")
        return found

    async def _json(self, method: str, address: str, **arguments: Any) -> dict[str, Any]:
        """Ask the upstream; errors name the host's answer only, since addresses and bodies may hold secrets."""
        try:
            response = await self._http.request(method, address, follow_redirects=False, **arguments)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamUnavailable("login_unavailable", f"No answer ({type(error).__name__})") from None
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable("login_unavailable", f"The upstream answered {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise UpstreamInvalid("login_failed", f"The upstream answered {response.status_code}")
        try:
            found = response.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UpstreamInvalid("login_failed", "The upstream did not answer with a JSON object")
        return found


def _refusal(error: str) -> LoginFailed:
    if error == "access_denied":
        return LoginCancelled("login_cancelled", "Cancelled at the upstream")
    if error == "temporarily_unavailable":
        return UpstreamUnavailable("login_unavailable", "The upstream says that it is not available")
    return UpstreamInvalid("login_failed", "The upstream refuses the login")


def _canonical(provider: Provider, value: str) -> str:
    """Return one spelling for one person, so that one person has one subject."""
    if provider is Provider.DIGID:
        return parse_bsn(_SECTOR.sub("", value)).digits
    if provider is Provider.EHERKENNING:
        return parse_kvk(value)
    if not _LOGIN.fullmatch(value):
        raise InvalidInput("staff_login_invalid", "The login of a member of staff is empty or too long", field="login")
    return value
