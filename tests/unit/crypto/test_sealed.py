from __future__ import annotations

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from schuldhulp.crypto import sealed
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.errors import InvalidInput, Undecryptable

INFO, AAD = b"claim v1", b"row 7"


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2000))
def test_open_sealed_gives_back_what_seal_took(plaintext: bytes) -> None:
    key = OpeningKey.generate()
    message = seal(key.public_key, plaintext, INFO, AAD)
    assert len(message) == len(plaintext) + sealed.OVERHEAD
    assert open_sealed(key, message, INFO, AAD) == plaintext
    assert open_sealed(key.reveal(), message, info=INFO, aad=AAD) == plaintext


def test_seal_gives_another_message_each_time() -> None:
    public = OpeningKey.generate().public_key
    assert seal(public, b"same", INFO) != seal(public, b"same", INFO)


def test_suite_is_that_of_the_published_vector(hpke_vector: dict[str, str]) -> None:
    values = {name: bytes.fromhex(value) for name, value in hpke_vector.items() if name != "source"}
    key = OpeningKey(values["secret_key"])
    assert key.public_key == values["public_key"]
    # The vector has associated data, which the library's public interface does not take.
    opened = openssl.hpke._decrypt_with_aad(
        sealed._suite(),
        values["encapsulated_key"] + values["ciphertext"],
        X25519PrivateKey.from_private_bytes(key.reveal()),
        values["info"],
        values["associated_data"],
    )
    assert opened == values["plaintext"]


def test_seal_binds_info_and_associated_data_into_the_info_of_rfc_9180() -> None:
    key = OpeningKey.generate()
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    private = X25519PrivateKey.from_private_bytes(key.reveal())
    assert suite.decrypt(seal(key.public_key, b"text", INFO, AAD), private, frame(INFO, AAD)) == b"text"


def test_open_sealed_refuses_another_place_purpose_or_key() -> None:
    key = OpeningKey.generate()
    message = seal(key.public_key, b"text", INFO, AAD)
    for opener, info, aad in (
        (key, INFO, b"row 8"),
        (key, INFO, b""),
        (key, b"claim v2", AAD),
        (key, INFO + AAD, b""),
        (OpeningKey.generate(), INFO, AAD),
    ):
        with pytest.raises(Undecryptable):
            open_sealed(opener, message, info, aad)


def test_open_sealed_refuses_every_changed_byte() -> None:
    key = OpeningKey.generate()
    message = seal(key.public_key, b"text", INFO, AAD)
    for position in range(len(message)):
        changed = bytearray(message)
        changed[position] ^= 1
        with pytest.raises(Undecryptable):
            open_sealed(key, bytes(changed), INFO, AAD)


@pytest.mark.parametrize("length", [0, 31, 32, 47])
def test_open_sealed_refuses_what_is_too_short(length: int) -> None:
    with pytest.raises(Undecryptable):
        open_sealed(OpeningKey.generate(), b"\x09" * length, INFO)


def test_open_sealed_refuses_a_key_of_small_order() -> None:
    with pytest.raises(Undecryptable):
        open_sealed(OpeningKey.generate(), bytes(64), INFO)


@pytest.mark.parametrize("public_key", [b"", b"\x09" * 31, b"\x09" * 33, bytes(32), b"\x01" + bytes(31)])
def test_seal_refuses_what_is_no_public_key(public_key: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        seal(public_key, b"text", INFO)
    assert caught.value.field == "public_key"


def test_info_is_mandatory() -> None:
    key = OpeningKey.generate()
    with pytest.raises(InvalidInput):
        seal(key.public_key, b"text", b"")
    with pytest.raises(InvalidInput):
        open_sealed(key, seal(key.public_key, b"text", INFO), b"")
