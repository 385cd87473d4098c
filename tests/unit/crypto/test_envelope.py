from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from schuldhulp.crypto import envelope
from schuldhulp.crypto.envelope import DataKey, KeyEncryptionKey, decrypt, encrypt, unwrap_data_key, wrap_data_key
from schuldhulp.crypto.framing import frame
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput, Undecryptable

DOSSIER = DossierId(b"\x00\x0e" + b"\x11" * 30)
PLACE = frame("record", DOSSIER, 1)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=2000), st.binary(min_size=1, max_size=100))
def test_decrypt_gives_back_what_encrypt_took(plaintext: bytes, associated: bytes) -> None:
    key = DataKey.generate()
    ciphertext = encrypt(key, plaintext, associated)
    assert len(ciphertext) == len(plaintext) + envelope.OVERHEAD
    assert decrypt(key, ciphertext, associated) == plaintext


def test_encrypt_draws_a_nonce_each_time() -> None:
    key = DataKey.generate()
    ciphertexts = [encrypt(key, b"same", PLACE) for _ in range(100)]
    assert len({one[: envelope.NONCE_LENGTH] for one in ciphertexts}) == 100


def test_decrypt_refuses_every_changed_byte() -> None:
    key = DataKey.generate()
    ciphertext = encrypt(key, b"a record of some length", PLACE)
    for position in range(len(ciphertext)):
        changed = bytearray(ciphertext)
        changed[position] ^= 1
        with pytest.raises(Undecryptable):
            decrypt(key, bytes(changed), PLACE)


def test_decrypt_refuses_another_place_or_key() -> None:
    key = DataKey.generate()
    ciphertext = encrypt(key, b"a record", PLACE)
    with pytest.raises(Undecryptable):
        decrypt(key, ciphertext, frame("record", DOSSIER, 2))
    with pytest.raises(Undecryptable):
        decrypt(DataKey.generate(), ciphertext, PLACE)


@pytest.mark.parametrize("length", [0, 1, 12, 27])
def test_decrypt_refuses_what_is_too_short(length: int) -> None:
    with pytest.raises(Undecryptable):
        decrypt(DataKey.generate(), bytes(length), PLACE)


def test_associated_data_is_mandatory() -> None:
    key = DataKey.generate()
    with pytest.raises(InvalidInput):
        encrypt(key, b"a record", b"")
    with pytest.raises(InvalidInput):
        decrypt(key, encrypt(key, b"a record", PLACE), b"")


def test_unwrap_data_key_gives_back_the_key() -> None:
    kek, key = KeyEncryptionKey.generate(), DataKey.generate()
    wrapped = wrap_data_key(kek, DOSSIER, key)
    assert key.reveal() not in wrapped
    assert unwrap_data_key(kek, DOSSIER, wrapped) == key


def test_unwrap_data_key_refuses_another_dossier_or_key() -> None:
    kek, key = KeyEncryptionKey.generate(), DataKey.generate()
    wrapped = wrap_data_key(kek, DOSSIER, key)
    with pytest.raises(Undecryptable):
        unwrap_data_key(kek, DossierId(secrets.token_bytes(32)), wrapped)
    with pytest.raises(Undecryptable):
        unwrap_data_key(KeyEncryptionKey.generate(), DOSSIER, wrapped)
    with pytest.raises(Undecryptable):
        unwrap_data_key(kek, DOSSIER, wrapped[:-1])


def test_key_id_names_a_key_without_showing_it() -> None:
    value = secrets.token_bytes(32)
    one, same, other = KeyEncryptionKey(value), KeyEncryptionKey(value), KeyEncryptionKey.generate()
    assert one.key_id == same.key_id != other.key_id
    assert len(one.key_id) == 16
    assert one.key_id not in value.hex()


def test_subkeys_of_one_key_differ_by_purpose() -> None:
    value = b"\x05" * 32
    data, kek = DataKey(value), KeyEncryptionKey(value)
    made = {envelope.subkey(key, purpose) for key in (data, kek) for purpose in ("encryption", "header salt")}
    made |= {data.header_salt(1), data.header_salt(2), data.filler(1, 0), data.filler(1, 1), data.filler(2, 0)}
    assert len(made | {value}) == 10


def test_subkey_is_hkdf_with_the_framed_purpose() -> None:
    info = frame("schuldhulp", "data", "header salt")
    expected = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(b"\x05" * 32)
    assert envelope.subkey(DataKey(b"\x05" * 32), "header salt") == expected


def test_filler_does_not_run_revision_and_index_together() -> None:
    key = DataKey.generate()
    fillers = {key.filler(revision, index) for revision in (0, 1, 256, 65536) for index in (0, 1, 256, 65536)}
    assert len(fillers) == 16
