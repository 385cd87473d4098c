from __future__ import annotations

import pytest
from joserfc.jwk import ECKey, RSAKey

from schuldhulp.crypto.signing import generate_signing_pem
from schuldhulp.identity.faults import UpstreamInvalid
from schuldhulp.identity.tokens import SigningKey, read_id_token, read_key_set, seconds
from tests.support.login import Clock

CLOCK = Clock()


def make_claims(**changes: object) -> dict[str, object]:
    claims = {
        "iss": "https://broker.example",
        "aud": ["relay"],
        "sub": "s",
        "nonce": "n",
        "iat": seconds(CLOCK()),
        "exp": seconds(CLOCK()) + 60,
    }
    return claims | changes


def read(token: str, key: SigningKey) -> dict[str, object]:
    return read_id_token(
        token,
        read_key_set(key.key_set()),
        issuer="https://broker.example",
        audience="relay",
        nonce="n",
        now=CLOCK(),
    )


def test_sign_and_read_id_token_agree() -> None:
    key = SigningKey.from_pem(generate_signing_pem())
    assert read(key.sign(make_claims(more="x")), key) == make_claims(more="x")


def test_read_id_token_forgives_a_minute_between_clocks() -> None:
    key = SigningKey.generate()
    assert read(key.sign(make_claims(exp=seconds(CLOCK()) - 30, iat=seconds(CLOCK()) + 30)), key)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_read_id_token_refuses_each_changed_part(position: int) -> None:
    key = SigningKey.generate()
    parts = key.sign(make_claims()).split(".")
    middle = len(parts[position]) // 2
    changed = "A" if parts[position][middle] != "A" else "B"
    parts[position] = parts[position][:middle] + changed + parts[position][middle + 1 :]
    with pytest.raises(UpstreamInvalid):
        read(".".join(parts), key)


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0.", "é"])
def test_read_id_token_refuses_what_is_no_signed_token(token: str) -> None:
    with pytest.raises(UpstreamInvalid):
        read(token, SigningKey.generate())


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": []}, {"keys": ["x", {}, {"kty": "oct"}]}])
def test_read_key_set_refuses_a_set_without_keys(document: object) -> None:
    with pytest.raises(UpstreamInvalid):
        read_key_set(document)


def test_read_key_set_takes_what_it_knows() -> None:
    good = [ECKey.generate_key("P-384").as_dict(private=False), RSAKey.generate_key(2048).as_dict(private=False)]
    encryption = ECKey.generate_key("P-256").as_dict(private=False) | {"use": "enc"}
    assert len(read_key_set({"keys": [*good, encryption, {"kty": "OKP2"}]}).keys) == 2
