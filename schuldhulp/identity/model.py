"""Providers, levels and settings of the relay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from schuldhulp.errors import Misconfigured


class Provider(StrEnum):
    """The three ways to log in."""

    DIGID = "digid"
    EHERKENNING = "eherkenning"
    STAFF = "staff"


LEVELS: Mapping[Provider, tuple[str, ...]] = MappingProxyType(
    {
        Provider.DIGID: ("basis", "midden", "substantieel", "hoog"),
        Provider.EHERKENNING: ("eh2", "eh2plus", "eh3", "eh4"),
        Provider.STAFF: (),
    }
)
"""Levels of assurance, weakest first. Staff login has none of its own: the employer's login decides."""

DEFAULT_MINIMUM: Mapping[Provider, str] = MappingProxyType(
    {Provider.DIGID: "midden", Provider.EHERKENNING: "eh3", Provider.STAFF: ""}
)
"""What is asked for when the settings do not say: eHerkenning level 3 carries the KvK number."""

_SAML = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
_LOA = "urn:etoegang:core:assurance-class:"

KNOWN_LEVELS: Mapping[Provider, Mapping[str, str]] = MappingProxyType(
    {
        Provider.DIGID: MappingProxyType(
            {
                "10": "basis",
                "20": "midden",
                "25": "substantieel",
                "30": "hoog",
                f"{_SAML}PasswordProtectedTransport": "basis",
                f"{_SAML}MobileTwoFactorContract": "midden",
                f"{_SAML}Smartcard": "substantieel",
                f"{_SAML}SmartcardPKI": "hoog",
            }
        ),
        Provider.EHERKENNING: MappingProxyType(
            {f"{_LOA}loa2": "eh2", f"{_LOA}loa2plus": "eh2plus", f"{_LOA}loa3": "eh3", f"{_LOA}loa4": "eh4"}
        ),
        Provider.STAFF: MappingProxyType({}),
    }
)
"""How brokers write the levels, beside our own words: DigiD's numbers and SAML classes, eHerkenning's classes."""

SESSION: Mapping[Provider, timedelta] = MappingProxyType(
    {Provider.DIGID: timedelta(hours=2), Provider.EHERKENNING: timedelta(hours=2), Provider.STAFF: timedelta(hours=9)}
)
"""How long a login counts at most, whatever the person does: the ``exp`` of the token. Staff work a day on one."""


def client_id(provider: Provider) -> str:
    """Return the name under which the cockpit asks for a provider.

    The cockpit is one client with three names. The name, and not a parameter that passes through the browser, says
    which login is asked for: it is bound to the code and stands as ``aud`` in the token, so nobody can let a login with
    DigiD pass for one of staff.
    """
    return f"cockpit-{provider}"


def level_of(provider: Provider, value: str) -> str | None:
    """Return our word for a broker's level, or None when it is not a level of this provider."""
    lowered = value.strip().lower()
    if lowered in LEVELS[provider]:
        return lowered
    return KNOWN_LEVELS[provider].get(value.strip())


def is_enough(provider: Provider, *, level: str, minimum: str) -> bool:
    """Return whether a level is at least the minimum; both are words of ``LEVELS``."""
    order = LEVELS[provider]
    return order.index(level) >= order.index(minimum)


@dataclass(frozen=True, kw_only=True)
class UpstreamSettings:
    """An OpenID provider that the relay logs in at: a broker, the employer's login, or the simulator.

    Attributes:
        provider: which of the three logins this is.
        issuer: ``iss`` of the upstream; its metadata is at ``<issuer>/.well-known/openid-configuration``.
        client_id: name of the relay at the upstream.
        client_secret: password of the relay at the upstream.
        identity_claim: claim with the BSN, the KvK number or the login.
        level_claim: claim with the level of assurance; empty where there is none (staff only).
        minimum_level: weakest level that is let in, a word of ``LEVELS``; empty for staff.
        scope: scopes that are asked for, separated by a space.
        acr_values: asked of the upstream, empty when it needs none.
        client_authentication: ``client_secret_basic`` or ``client_secret_post``.
        session: how long a login counts at most.
    """

    provider: Provider
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    identity_claim: str
    level_claim: str = ""
    minimum_level: str = ""
    scope: str = "openid"
    acr_values: str = ""
    client_authentication: str = "client_secret_basic"
    session: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            Misconfigured: names the setting.
        """
        for name in ("issuer", "client_id", "client_secret", "identity_claim"):
            if not getattr(self, name):
                raise Misconfigured("settings_wrong", f"{self.provider} login: {name} is missing")
        check_address(self.issuer, name=f"{self.provider} login: issuer")
        if self.client_authentication not in {"client_secret_basic", "client_secret_post"}:
            raise Misconfigured(
                "settings_wrong",
                f"{self.provider} login: client_authentication must be client_secret_basic or client_secret_post",
            )
        if "openid" not in self.scope.split():
            raise Misconfigured("settings_wrong", f"{self.provider} login: scope must hold openid")
        levels = LEVELS[self.provider]
        if levels and not self.level_claim:
            raise Misconfigured("settings_wrong", f"{self.provider} login: level_claim is missing")
        if levels and self.minimum_level not in levels:
            raise Misconfigured(
                "settings_wrong", f"{self.provider} login: minimum_level must be one of {', '.join(levels)}"
            )
        if not levels and (self.minimum_level or self.level_claim):
            raise Misconfigured("settings_wrong", f"{self.provider} login has no levels")

    @property
    def session_time(self) -> timedelta:
        """How long a login counts at most."""
        return self.session or SESSION[self.provider]


def check_address(address: str, *, name: str) -> None:
    """Refuse an address that is no plain http(s) address.

    Args:
        address: what the settings say.
        name: name of the setting, for the error.

    Raises:
        Misconfigured: names the setting.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Misconfigured("settings_wrong", f"{name} must be an address that starts with http:// or https://")
