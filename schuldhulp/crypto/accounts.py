"""Ethereum accounts: private keys and the addresses that follow from them. Signing itself is the chain adapter's."""

from __future__ import annotations

import secrets
from typing import Self

from coincurve import PrivateKey
from eth_hash.auto import keccak

from schuldhulp.crypto.secret import KEY_LENGTH, SecretKey
from schuldhulp.errors import InvalidInput


class AccountKey(SecretKey):
    """Private key of an Ethereum account (secp256k1)."""

    __slots__ = ("_address",)

    purpose = "account"

    def __init__(self, value: bytes) -> None:
        """Take over a key.

        Args:
            value: 32 bytes, between 1 and the order of the curve.

        Raises:
            InvalidInput: it is not.
        """
        super().__init__(value)
        try:
            point = PrivateKey(value).public_key.format(compressed=False)
        except ValueError as error:
            raise InvalidInput("key_invalid", "not a private key of secp256k1", field="key") from error
        self._address = checksummed(keccak(point[1:])[-20:])

    @classmethod
    def generate(cls) -> Self:
        """Draw a random key; a draw outside the curve's order (chance 2**-128) is drawn again."""
        while True:
            try:
                return cls(secrets.token_bytes(KEY_LENGTH))
            except InvalidInput:
                continue

    @property
    def address(self) -> str:
        """Address of the account, ``0x`` and 40 hexadecimal digits with checksum."""
        return self._address


def checksummed(address: bytes) -> str:
    """Write an address with the checksum of ERC-55.

    Args:
        address: 20 bytes.

    Returns:
        ``0x`` and 40 hexadecimal digits in mixed case.

    Raises:
        InvalidInput: not 20 bytes.
    """
    if len(address) != 20:
        raise InvalidInput("address_invalid", "an address is 20 bytes", field="address")
    digits = address.hex()
    checksum = keccak(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if int(check, 16) >= 8 else digit for digit, check in zip(digits, checksum, strict=False)
    )
