"""ID tokens: signing our own (ES256) and checking those of an upstream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from schuldhulp.identity.faults import UpstreamInvalid

SIGNING_ALGORITHM = "ES256"

UPSTREAM_ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
"""Signatures with a public key only. ``none`` and HMAC, where the client's password would be the key, are refused."""

LEEWAY = timedelta(seconds=60)
"""How far the clocks of two servers may be apart."""


class SigningKey:
    """P-256 key that signs ID tokens."""

    def __init__(self, key: ECKey) -> None:
        """Take over a private key and name it by its thumbprint (RFC 7638)."""
        self._key = key
        self._id = key.thumbprint()

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a private key in PKCS #8 PEM."""
        return cls(ECKey.import_key(pem))

    @classmethod
    def generate(cls) -> Self:
        """Make a random key."""
        return cls(ECKey.generate_key("P-256"))

    def __repr__(self) -> str:
        """Name the class and nothing else."""
        return f"<{type(self).__name__} redacted>"

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the claims as a signed token."""
        header = {"alg": SIGNING_ALGORITHM, "kid": self._id}
        return jwt.encode(header, dict(claims), self._key, algorithms=[SIGNING_ALGORITHM])

    def key_set(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key Set."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._id, "use": "sig", "alg": SIGNING_ALGORITHM}]}


def read_key_set(document: object) -> KeySet:
    """Read an upstream's key set; keys of an unknown type and keys for encryption are passed over.

    Raises:
        UpstreamInvalid: no usable key in it.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    keys = []
    for entry in listed if isinstance(listed, list) else []:
        # An upstream may publish keys of kinds that are newer than our library; the others still count.
        try:
            if entry.get("use", "sig") == "sig" and entry.get("kty") != "oct":
                keys.append(JWKRegistry.import_key(entry))
        except (JoseError, AttributeError, KeyError, TypeError, ValueError):
            continue
    if not keys:
        raise UpstreamInvalid("login_failed", "The upstream's key set holds no usable key")
    return KeySet(keys)


def read_id_token(token: str, keys: KeySet, *, issuer: str, audience: str, nonce: str, now: datetime) -> dict[str, Any]:
    """Check an upstream's ID token as OpenID Connect Core 3.1.3.7 asks.

    Args:
        token: compact serialisation.
        keys: public keys of the upstream.
        issuer: who must have made it.
        audience: our name at the upstream.
        nonce: the value that this login began with.
        now: time of the check, UTC.

    Returns:
        The claims.

    Raises:
        UpstreamInvalid: names what does not hold; never a value from the token.
    """
    try:
        registry = JWSRegistry(algorithms=list(UPSTREAM_ALGORITHMS), strict_check_header=False)
        claims = jwt.decode(token, keys, registry=registry).claims
    except (JoseError, TypeError, ValueError) as error:
        raise UpstreamInvalid("login_failed", f"ID token: signature refused ({type(error).__name__})") from None
    audiences = claims.get("aud")
    audiences = [audiences] if isinstance(audiences, str) else audiences
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    issued, expires = _number(claims, "iat"), _number(claims, "exp")
    not_before = _number(claims, "nbf") if "nbf" in claims else None
    problems = {
        "issuer": claims.get("iss") != issuer,
        "audience": not isinstance(audiences, list) or audience not in audiences,
        "authorised party": (isinstance(audiences, list) and len(audiences) > 1 and claims.get("azp") != audience)
        or claims.get("azp", audience) != audience,
        "expiry": expires is None or expires + leeway <= moment,
        "time of issue": issued is None or issued - leeway > moment,
        "not before": "nbf" in claims and (not_before is None or not_before - leeway > moment),
        "nonce": claims.get("nonce") != nonce,
        "subject": not isinstance(claims.get("sub"), str) or not claims["sub"],
    }
    wrong = [name for name, failed in problems.items() if failed]
    if wrong:
        raise UpstreamInvalid("login_failed", f"ID token: wrong {', '.join(wrong)}")
    return dict(claims)


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def seconds(moment: datetime) -> int:
    """Return a time as tokens write it, in whole seconds since 1970."""
    return int(moment.timestamp())
