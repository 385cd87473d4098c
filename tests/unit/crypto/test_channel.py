from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_hash.auto import keccak

from schuldhulp.chain.signer import recover
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.channel import CHANNEL_REQUEST_TYPE, channel_request, channel_request_digest, message_hash

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "channel.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["samples"]
KEY = AccountKey(bytes.fromhex(VECTORS["private_key"]))


def arguments(sample: dict[str, Any]) -> dict[str, Any]:
    names = ("chain_id", "registry", "municipality", "organisation", "path", "expiry")
    return {name: sample[name] for name in names} | {name: bytes.fromhex(sample[name]) for name in ("body", "nonce")}


def by_hand(sample: dict[str, Any]) -> bytes:
    """The digest as EIP-712 spells it, without a library for typed data."""

    def word(number: int) -> bytes:
        return number.to_bytes(32, "big")

    domain = keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak(b"Schuldhulp evaluator")
        + keccak(b"1")
        + word(sample["chain_id"])
        + word(int(sample["registry"], 16))
    )
    struct = keccak(
        keccak(VECTORS["type"].encode())
        + word(sample["municipality"])
        + keccak(sample["organisation"].encode())
        + keccak(sample["path"].encode())
        + keccak(bytes.fromhex(sample["body"]))
        + bytes.fromhex(sample["nonce"])
        + word(sample["expiry"])
    )
    return keccak(b"\x19\x01" + domain + struct)


def test_type_string_is_the_pinned_one() -> None:
    assert VECTORS["type"] == CHANNEL_REQUEST_TYPE


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_channel_request_digest_equals_the_pinned_one_and_the_standard(sample: dict[str, Any]) -> None:
    digest = channel_request_digest(**arguments(sample))
    assert digest.hex() == sample["digest"]
    assert digest == by_hand(sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_channel_request_signature_is_the_pinned_one_and_names_its_signer(sample: dict[str, Any]) -> None:
    digest = channel_request_digest(**arguments(sample))
    assert digest_signer(KEY)(digest).hex() == sample["signature"]
    assert recover(digest, bytes.fromhex(sample["signature"])) == KEY.address
    signed = Account.from_key(KEY.reveal()).sign_message(channel_request(**arguments(sample)))
    assert bytes(signed.message_hash) == digest


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chain_id", 5),
        ("registry", "0x" + "11" * 20),
        ("municipality", 15),
        ("organisation", "87654321"),
        ("path", "/v1/messages/acknowledge"),
        ("body", b'{"after":1,"limit":100}'),
        ("nonce", bytes(32)),
        ("expiry", 1),
    ],
)
def test_channel_request_digest_covers(name: str, value: object) -> None:
    right = arguments(SAMPLES[0])
    assert channel_request_digest(**right) != channel_request_digest(**right | {name: value})


def test_message_hash_is_keccak256() -> None:
    assert message_hash(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
