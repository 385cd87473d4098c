from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from schuldhulp.crypto.claim_decisions import (
    DECISION_INFO,
    DECISION_TYPE,
    decision_hash,
    open_decision,
    seal_decision,
)
from schuldhulp.crypto.claims import PADDING, RECEIPT_INFO
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey, seal
from schuldhulp.domain.claims import ClaimDecision, ClaimStatus, DecisionReason, decision_from_plain, decision_to_plain
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.claims.ports import MAX_CONTENT

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "claims.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["decisions"]
KEY = OpeningKey(b"\x07" * 32)


def decision(number: int = 0) -> ClaimDecision:
    return decision_from_plain(SAMPLES[number]["decision"])


def test_type_string_is_the_released_one():
    assert VECTORS["decision_type"] == DECISION_TYPE


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_decision_hash_equals_the_pinned_one_and_eip_712_by_hand(sample):
    one = decision_from_plain(sample["decision"])
    plain = sample["decision"]
    by_hand = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint16", "uint8", "bytes32", "bytes32", "uint64", "bytes32"],
            [
                keccak(text=VECTORS["decision_type"]),
                bytes.fromhex(plain["claim_id"]),
                bytes.fromhex(plain["commitment"]),
                plain["municipality"],
                sample["status_number"],
                keccak(text=plain["reason"]),
                keccak(text=plain["text"]),
                sample["decided_at_seconds"],
                bytes.fromhex(plain["salt"]),
            ],
        )
    )
    assert decision_hash(one) == by_hand == bytes.fromhex(sample["hash"].removeprefix("0x"))
    assert decision_to_plain(one) == plain


def test_decision_hash_covers_every_field():
    one = decision()
    changes = {
        "claim_id": b"\x01" * 32,
        "commitment": b"\x02" * 32,
        "municipality": 15,
        "status": ClaimStatus.ASKED,
        "reason": DecisionReason.NOT_OWED,
        "text": "Anders.",
        "decided_at": one.decided_at.replace(year=2027),
        "salt": b"\x03" * 32,
    }
    assert set(changes) == {field.name for field in dataclasses.fields(one)}
    other = dataclasses.replace(one, reason=DecisionReason.OTHER, text="Om een andere reden.")
    hashes = {decision_hash(other)}
    for name, value in changes.items():
        hashes.add(decision_hash(dataclasses.replace(other, **{name: value})))
    assert len(hashes) == len(changes) + 1


def test_seal_decision_opens_again_with_a_length_in_kilobytes():
    sealed = seal_decision(KEY.public_key, decision())
    assert (len(sealed) - OVERHEAD) % PADDING == 0
    assert open_decision(KEY, decision().claim_id, sealed) == decision()


def test_seal_decision_with_the_longest_text_fits_in_a_message():
    longest = dataclasses.replace(decision(), text="\U0001f600" * 2000)
    assert len(seal_decision(KEY.public_key, longest)) <= MAX_CONTENT


def test_open_decision_refuses_another_id_key_or_kind():
    one = decision()
    sealed = seal_decision(KEY.public_key, one)
    with pytest.raises(Undecryptable):
        open_decision(KEY, ClaimId(b"\x01" * 32), sealed)
    with pytest.raises(Undecryptable):
        open_decision(OpeningKey(b"\x08" * 32), one.claim_id, sealed)
    document = json.dumps(decision_to_plain(one)).encode()
    with pytest.raises(Undecryptable):
        open_decision(KEY, one.claim_id, seal(KEY.public_key, document, RECEIPT_INFO, one.claim_id))


def test_open_decision_refuses_one_on_another_claim():
    one = decision()
    document = json.dumps(decision_to_plain(one)).encode()
    elsewhere = ClaimId(b"\x01" * 32)
    with pytest.raises(InvalidInput) as caught:
        open_decision(KEY, elsewhere, seal(KEY.public_key, document, DECISION_INFO, elsewhere))
    assert caught.value.key == "decision_elsewhere"
