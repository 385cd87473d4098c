"""Marks that stand in for network addresses where only "the same as before" matters, and only for a day."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from schuldhulp.crypto.framing import frame


def address_mark(secret: bytes, address: str) -> str:
    """Mark a network address: the same mark for the same address and secret, and no way back without the secret.

    An IPv6 address counts with its /64, which one household or company has to itself.

    Args:
        secret: 32 random bytes of one day.
        address: IPv4 or IPv6 address; anything else is marked as it stands.

    Returns:
        32 hexadecimal digits (HMAC-SHA256, cut to 128 bits).
    """
    try:
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address):
            mapped = parsed.ipv4_mapped
            network = ipaddress.ip_network((parsed, 64), strict=False)
            address = str(mapped) if mapped is not None else str(network)
        else:
            address = str(parsed)
    except ValueError:
        pass
    return hmac.digest(secret, frame("address", address), hashlib.sha256)[:16].hex()
