"""Which brokers this installation logs in at, read from its settings.

For each of ``DIGID``, ``EHERKENNING`` and ``STAFF`` there are ``SCHULDHULP_<LOGIN>_ISSUER``, ``_CLIENT_ID``,
``_CLIENT_SECRET_FILE``, ``_IDENTITY_CLAIM``, ``_LEVEL_CLAIM``, ``_MINIMUM_LEVEL``, ``_SCOPE``, ``_ACR_VALUES``,
``_CLIENT_AUTHENTICATION`` and ``_SESSION_MINUTES``. A login without ``_ISSUER`` is not offered.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from schuldhulp.errors import Misconfigured
from schuldhulp.identity.model import DEFAULT_MINIMUM, LEVELS, Provider, UpstreamSettings

PREFIX = "SCHULDHULP_"

IDENTITY_CLAIM: Mapping[Provider, str] = {
    Provider.DIGID: "bsn",
    Provider.EHERKENNING: "kvk",
    Provider.STAFF: "preferred_username",
}
"""Claim names when the settings do not say; each broker has its own."""

NAMES = (
    "ISSUER",
    "CLIENT_ID",
    "CLIENT_SECRET_FILE",
    "IDENTITY_CLAIM",
    "LEVEL_CLAIM",
    "MINIMUM_LEVEL",
    "SCOPE",
    "ACR_VALUES",
    "CLIENT_AUTHENTICATION",
    "SESSION_MINUTES",
)
"""The settings of one login, after ``SCHULDHULP_<LOGIN>_``."""


def upstreams_from(environment: Mapping[str, str], *, production: bool) -> dict[Provider, UpstreamSettings]:
    """Read the brokers from the settings.

    Args:
        environment: variables ``SCHULDHULP_*``; others are passed over.
        production: refuse a secret file that others can read.

    Returns:
        One entry for each login that has an issuer.

    Raises:
        Misconfigured: names the setting that is missing or wrong; never its value.
    """
    found = {}
    for provider in Provider:
        prefix = f"{PREFIX}{provider.upper()}_"
        values = {name: environment.get(prefix + name, "").strip() for name in NAMES}
        if values["ISSUER"]:
            found[provider] = _upstream(provider, prefix, values, production=production)
        elif any(values.values()):
            raise Misconfigured("settings_wrong", f"{prefix}ISSUER is missing, while other {prefix}* are set")
    return found


def _upstream(provider: Provider, prefix: str, values: Mapping[str, str], *, production: bool) -> UpstreamSettings:
    has_levels = bool(LEVELS[provider])
    return UpstreamSettings(
        provider=provider,
        issuer=values["ISSUER"],
        client_id=values["CLIENT_ID"],
        client_secret=_secret(prefix + "CLIENT_SECRET_FILE", values["CLIENT_SECRET_FILE"], production=production),
        identity_claim=values["IDENTITY_CLAIM"] or IDENTITY_CLAIM[provider],
        level_claim=values["LEVEL_CLAIM"] or ("acr" if has_levels else ""),
        minimum_level=values["MINIMUM_LEVEL"].lower() or DEFAULT_MINIMUM[provider],
        scope=values["SCOPE"] or "openid",
        acr_values=values["ACR_VALUES"],
        client_authentication=values["CLIENT_AUTHENTICATION"] or "client_secret_basic",
        session=_minutes(prefix + "SESSION_MINUTES", values["SESSION_MINUTES"]),
    )


def _secret(name: str, file: str, *, production: bool) -> str:
    if not file:
        raise Misconfigured("settings_wrong", f"{name} is missing")
    path = Path(file)
    try:
        mode = path.stat().st_mode
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Misconfigured("settings_wrong", f"{name} names a file that cannot be read") from None
    if production and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured("key_file_open", f"{name} names a file that others can read; run chmod 600 on it")
    if not secret:
        raise Misconfigured("settings_wrong", f"{name} names an empty file")
    return secret


def _minutes(name: str, text: str) -> timedelta | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1440:
        raise Misconfigured("settings_wrong", f"{name} must be a whole number from 1 to 1440")
    return timedelta(minutes=int(text))
