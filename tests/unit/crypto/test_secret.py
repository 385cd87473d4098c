from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.blind_index import IndexKey
from schuldhulp.crypto.envelope import DataKey, KeyEncryptionKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring import ClientSecret, CookieKey, LogKey, SubjectKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import SecretKey, require_distinct
from schuldhulp.crypto.voprf import VoprfKey
from schuldhulp.errors import InvalidInput

KINDS: list[type[SecretKey]] = [
    AccountKey,
    ClientSecret,
    CookieKey,
    DataKey,
    IndexKey,
    JobKey,
    KeyEncryptionKey,
    LogKey,
    OpeningKey,
    SecretKey,
    SubjectKey,
    VoprfKey,
]
VALUE = b"\x07" * 31 + b"\x00"


@pytest.mark.parametrize("kind", KINDS)
def test_repr_does_not_show_the_key(kind: type[SecretKey]) -> None:
    key = kind(VALUE)
    for text in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert VALUE.hex() not in text
        assert repr(VALUE) not in text
        assert "redacted" in text


@pytest.mark.parametrize("kind", KINDS)
def test_key_refuses_zero_and_other_lengths_without_repeating_them(kind: type[SecretKey]) -> None:
    for value in (bytes(32), b"", b"\x07" * 31, b"\x07" * 33):
        with pytest.raises(InvalidInput) as caught:
            kind(value)
        assert caught.value.field == "key"
        if value:
            assert repr(value) not in "".join(traceback.format_exception_only(caught.value))


@pytest.mark.parametrize("kind", KINDS)
def test_key_cannot_be_pickled_or_copied(kind: type[SecretKey]) -> None:
    key = kind(VALUE)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)
    with pytest.raises(TypeError):
        hash(key)


@pytest.mark.parametrize("kind", KINDS)
def test_generate_gives_another_key_each_time(kind: type[SecretKey]) -> None:
    one, other = kind.generate(), kind.generate()
    assert type(one) is kind
    assert one != other
    assert kind(one.reveal()) == one


def test_keys_of_different_purposes_are_never_equal() -> None:
    assert JobKey(VALUE) != IndexKey(VALUE)
    assert JobKey(VALUE) != VALUE


def test_purposes_are_all_different() -> None:
    assert len({kind.purpose for kind in KINDS}) == len(KINDS)


def test_require_distinct_refuses_one_secret_for_two_purposes() -> None:
    require_distinct(JobKey(VALUE), IndexKey(b"\x08" * 32))
    with pytest.raises(InvalidInput):
        require_distinct(JobKey(VALUE), IndexKey(VALUE))
