"""The accounts with which the cockpit asks for organisations."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from schuldhulp.crypto import keyring_file
from schuldhulp.crypto.keyring import CustodialKeys, create_keyring, custodial_keys
from schuldhulp.errors import InvalidInput
from schuldhulp.services.creditor_pages.desk import Custody
from schuldhulp.services.keys import custodial_account

KVK, OTHER = "12345678", "87654321"


@pytest.fixture(autouse=True)
def quick_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_file, "MEMORY_KIB", 64)
    monkeypatch.setattr(keyring_file, "PASSES", 1)


def test_custodial_account_makes_the_keyring_and_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = custodial_account(folder, KVK)
    second = custodial_account(folder, OTHER)
    assert first != second
    assert custodial_account(folder, KVK) == first
    keys = CustodialKeys.open(folder, private=True)
    assert keys.organisations == (KVK, OTHER)
    assert [keys.account(kvk).address for kvk in (KVK, OTHER)] == [first, second]  # type: ignore[union-attr]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_custodial_account_leaves_nothing_for_what_is_no_organisation(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        custodial_account(tmp_path / "keys", "1234/678")
    assert (caught.value.key, caught.value.field) == ("kvk_invalid", "kvk")
    assert not (tmp_path / "keys").exists()


def test_custodial_account_draws_a_key_of_its_own_for_messages(tmp_path: Path) -> None:
    custodial_account(tmp_path, KVK)
    custodial_account(tmp_path, OTHER)
    keys = CustodialKeys.open(tmp_path)
    drawn = {keys.messages(kvk).reveal() for kvk in (KVK, OTHER)}  # type: ignore[union-attr]
    assert len(drawn) == 2
    custodial_account(tmp_path, KVK)
    assert {CustodialKeys.open(tmp_path).messages(kvk).reveal() for kvk in (KVK, OTHER)} == drawn  # type: ignore[union-attr]
    assert keys.messages("11111111") is None


def test_custodial_account_from_before_claims_keeps_its_address_and_gets_a_key(tmp_path: Path) -> None:
    old = {name: key for name, key in custodial_keys(KVK).items() if name.startswith("account/")}
    create_keyring(tmp_path, CustodialKeys.purpose, old)
    custody = Custody(tmp_path)
    address = custody.address(KVK)
    assert custody.keys_for_claims(KVK) is None
    assert custodial_account(tmp_path, KVK) == address
    found = custody.keys_for_claims(KVK)
    assert found is not None
    assert found[0].address == address
    assert custody.organisations() == (KVK,)


def test_account_is_none_for_an_organisation_without_pages(tmp_path: Path) -> None:
    custodial_account(tmp_path, KVK)
    assert CustodialKeys.open(tmp_path).account(OTHER) is None


def test_repr_of_custodial_keys_shows_no_organisation(tmp_path: Path) -> None:
    custodial_account(tmp_path, KVK)
    assert KVK not in repr(CustodialKeys.open(tmp_path))


def test_refresh_takes_over_the_account_of_an_organisation_that_was_admitted_since(tmp_path: Path) -> None:
    custodial_account(tmp_path, KVK)
    running = CustodialKeys.open(tmp_path)
    address = custodial_account(tmp_path, OTHER)
    running.refresh()
    added = running.account(OTHER)
    assert added is not None
    assert added.address == address
