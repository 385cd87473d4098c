from __future__ import annotations

import pytest

from schuldhulp.crypto.marks import address_mark

SECRET, OTHER = bytes(32), b"\1" * 32


def test_address_mark_tells_addresses_apart_within_one_day_only() -> None:
    mark = address_mark(SECRET, "192.0.2.7")
    assert mark == address_mark(SECRET, "192.0.2.7")
    assert len({mark, address_mark(SECRET, "192.0.2.8"), address_mark(OTHER, "192.0.2.7")}) == 3
    assert len(mark) == 32


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::1"),
    ],
)
def test_address_mark_counts_one_network_as_one(one: str, same: str) -> None:
    assert address_mark(SECRET, one) == address_mark(SECRET, same)


def test_address_mark_tells_networks_apart() -> None:
    assert address_mark(SECRET, "2001:db8:1:2::1") != address_mark(SECRET, "2001:db8:1:3::1")


def test_address_mark_takes_anything() -> None:
    assert address_mark(SECRET, "") != address_mark(SECRET, "testclient")
