from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from schuldhulp.crypto.acknowledgements import (
    ACKNOWLEDGEMENT_TYPE,
    acknowledgement_digest,
    acknowledgement_signer,
    open_acknowledgement,
    open_statement_receipt,
    seal_acknowledgement,
    seal_statement_receipt,
)
from schuldhulp.crypto.claims import PADDING
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey
from schuldhulp.domain.acknowledgements import (
    SignedAcknowledgement,
    acknowledgement_from_plain,
    acknowledgement_to_plain,
)
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from tests.support.typed_data import domain_separator

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "acknowledgements.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["samples"]
KEY = OpeningKey(b"\x07" * 32)
SUBJECT = b"\x33" * 32


def signed(number: int = 0) -> SignedAcknowledgement:
    return acknowledgement_from_plain(SAMPLES[number]["signed"])


def place(number: int = 0) -> dict[str, Any]:
    return {"chain_id": SAMPLES[number]["chain_id"], "claim_register": SAMPLES[number]["claim_register"]}


def test_type_string_is_the_released_one() -> None:
    assert VECTORS["type"] == ACKNOWLEDGEMENT_TYPE


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[one["name"] for one in SAMPLES])
def test_acknowledgement_digest_equals_the_pinned_one_and_eip_712_by_hand(number: int) -> None:
    sample = SAMPLES[number]
    said = sample["signed"]["acknowledgement"]
    struct = encode(
        ["bytes32", "bytes32", "uint16", "address", "uint64"],
        [
            keccak(text=VECTORS["type"]),
            bytes.fromhex(said["message"]),
            said["municipality"],
            said["account"],
            sample["acknowledged_at_seconds"],
        ],
    )
    by_hand = keccak(b"\x19\x01" + domain_separator("Schuldhulp claims", **place(number)) + keccak(struct))
    found = acknowledgement_digest(signed(number).acknowledgement, **place(number))
    assert found == by_hand == bytes.fromhex(sample["digest"].removeprefix("0x"))
    # What another library makes of the signature.
    signature = bytes.fromhex(sample["signed"]["signature"])
    assert Account._recover_hash(by_hand, signature=signature) == sample["signer"]
    assert acknowledgement_signer(signed(number), **place(number)) == sample["signer"]
    assert acknowledgement_to_plain(signed(number)) == sample["signed"]


def test_acknowledgement_digest_covers_every_field_and_the_place() -> None:
    one = signed().acknowledgement
    changes: dict[str, Any] = {
        "message": b"\x02" * 32,
        "municipality": MunicipalityCode(15),
        "account": "0x" + "1" * 40,
        "acknowledged_at": one.acknowledged_at + timedelta(seconds=1),
    }
    assert set(changes) == {field.name for field in dataclasses.fields(one)}
    digests = {acknowledgement_digest(one, **place())}
    digests |= {
        acknowledgement_digest(dataclasses.replace(one, **{name: to}), **place()) for name, to in changes.items()
    }
    digests.add(acknowledgement_digest(one, **place() | {"chain_id": 2}))
    digests.add(acknowledgement_digest(one, **place() | {"claim_register": "0x" + "2" * 40}))
    assert len(digests) == len(changes) + 3


def test_acknowledgement_signer_refuses_what_is_no_signature() -> None:
    for signature in (bytes(65), b"\xff" * 65, signed().signature[:64] + b"\x05"):
        with pytest.raises(ProofInvalid):
            acknowledgement_signer(dataclasses.replace(signed(), signature=signature), **place())


@pytest.mark.parametrize(
    ("seal", "unseal"),
    [(seal_acknowledgement, open_acknowledgement), (seal_statement_receipt, open_statement_receipt)],
)
def test_seal_is_bound_to_key_subject_and_kind(seal: Any, unseal: Any) -> None:
    content = seal(KEY.public_key, SUBJECT, signed())
    assert unseal(KEY, SUBJECT, content) == signed()
    assert (len(content) - OVERHEAD) % PADDING == 0
    other = open_statement_receipt if unseal is open_acknowledgement else open_acknowledgement
    for attempt in (
        lambda: unseal(OpeningKey(b"\x08" * 32), SUBJECT, content),
        lambda: unseal(KEY, bytes(32), content),
        lambda: other(KEY, SUBJECT, content),
        lambda: unseal(KEY, SUBJECT, content[:-1] + bytes([content[-1] ^ 1])),
    ):
        with pytest.raises(Undecryptable):
            attempt()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda plain: plain.pop("signature"), "signature"),
        (lambda plain: plain.update(more=1), "acknowledgement"),
        (lambda plain: plain.update(signature="00"), "signature"),
        (lambda plain: plain.update(signature=1), "signature"),
        (lambda plain: plain.update(acknowledgement=[]), "acknowledgement"),
        (lambda plain: plain["acknowledgement"].pop("account"), "account"),
        (lambda plain: plain["acknowledgement"].update(account="0x1"), "account"),
        (lambda plain: plain["acknowledgement"].update(account=1), "account"),
        (lambda plain: plain["acknowledgement"].update(message="zz"), "message"),
        (lambda plain: plain["acknowledgement"].update(municipality="14"), "municipality"),
        (lambda plain: plain["acknowledgement"].update(municipality=0), "municipality"),
        (lambda plain: plain["acknowledgement"].update(acknowledged_at="2026-11-16"), "acknowledged_at"),
        (lambda plain: plain["acknowledgement"].update(acknowledged_at=1), "acknowledged_at"),
        (
            lambda plain: plain["acknowledgement"].update(acknowledged_at="2026-11-16T09:30:05.5+00:00"),
            "acknowledged_at",
        ),
    ],
)
def test_acknowledgement_from_plain_names_what_is_wrong(change: Any, field: str) -> None:
    plain = json.loads(json.dumps(SAMPLES[0]["signed"]))
    change(plain)
    with pytest.raises(InvalidInput) as caught:
        acknowledgement_from_plain(plain)
    assert caught.value.field == field


@pytest.mark.parametrize("plain", [None, [], "x", 1])
def test_acknowledgement_from_plain_refuses_what_is_no_object(plain: object) -> None:
    with pytest.raises(InvalidInput):
        acknowledgement_from_plain(plain)
