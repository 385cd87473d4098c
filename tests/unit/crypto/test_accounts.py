from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from schuldhulp.crypto.accounts import AccountKey, checksummed
from schuldhulp.errors import InvalidInput

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_address_is_that_of_eth_account() -> None:
    for _ in range(10):
        key = AccountKey.generate()
        assert key.address == Account.from_key(key.reveal()).address


@pytest.mark.parametrize(
    ("private", "address"),
    [
        (1, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
        (2, "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"),
        (ORDER - 1, "0x80C0dbf239224071c59dD8970ab9d542E3414aB2"),
    ],
)
def test_address_gives_known_values(private: int, address: str) -> None:
    assert AccountKey(private.to_bytes(32, "big")).address == address


@pytest.mark.parametrize("value", [ORDER, ORDER + 1, 2**256 - 1])
def test_key_refuses_what_is_outside_the_curve(value: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        AccountKey(value.to_bytes(32, "big"))
    assert caught.value.field == "key"


def test_checksummed_is_that_of_eth_utils() -> None:
    for index in range(20):
        address = bytes([index]) * 20
        assert checksummed(address) == to_checksum_address(address)
    with pytest.raises(InvalidInput):
        checksummed(b"\x01" * 19)
