"""The key that signs the relay's ID tokens."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def generate_signing_pem() -> bytes:
    """Draw a P-256 private key for ES256 (RFC 7518, 3.4); PKCS #8 in PEM, without encryption of its own."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
