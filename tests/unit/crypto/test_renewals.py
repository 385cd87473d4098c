from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.crypto.claims import PADDING, RECEIPT_INFO
from schuldhulp.crypto.renewals import (
    RENEWAL_INFO,
    RENEWAL_TYPE,
    open_renewal,
    renewal_digest,
    renewal_signer,
    seal_renewal,
)
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey, seal
from schuldhulp.domain.debts import Staleness, staleness
from schuldhulp.domain.renewals import SignedRenewal, renew_from, renewal_from_plain, renewal_to_plain
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from tests.support.typed_data import domain_separator

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "renewals.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["samples"]
KEY = OpeningKey(b"\x07" * 32)


def signed(number: int = 0) -> SignedRenewal:
    return renewal_from_plain(SAMPLES[number]["signed"])


def place(number: int = 0) -> dict[str, Any]:
    return {"chain_id": SAMPLES[number]["chain_id"], "claim_register": SAMPLES[number]["claim_register"]}


def test_type_string_is_the_released_one() -> None:
    assert VECTORS["type"] == RENEWAL_TYPE


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[one["name"] for one in SAMPLES])
def test_renewal_digest_equals_the_pinned_one_and_eip_712_by_hand(number: int) -> None:
    sample = SAMPLES[number]
    said = sample["signed"]["renewal"]
    struct = encode(
        ["bytes32", "bytes32", "bytes32", "uint16", "address", "bytes32", "uint64"],
        [
            keccak(text=VECTORS["type"]),
            bytes.fromhex(said["claim_id"]),
            bytes.fromhex(said["commitment"]),
            said["municipality"],
            said["holder"],
            keccak(text=said["statement_date"]),
            sample["asked_at_seconds"],
        ],
    )
    by_hand = keccak(b"\x19\x01" + domain_separator("Schuldhulp claims", **place(number)) + keccak(struct))
    found = renewal_digest(signed(number).request, **place(number))
    assert found == by_hand == bytes.fromhex(sample["digest"].removeprefix("0x"))
    signature = bytes.fromhex(sample["signed"]["signature"])
    assert Account._recover_hash(by_hand, signature=signature) == sample["signer"]
    assert renewal_signer(signed(number), **place(number)) == sample["signer"]
    assert renewal_to_plain(signed(number)) == sample["signed"]


def test_renewal_digest_covers_every_field_and_the_place() -> None:
    one = signed().request
    changes: dict[str, Any] = {
        "claim_id": ClaimId(b"\x01" * 32),
        "commitment": Commitment(b"\x02" * 32),
        "municipality": MunicipalityCode(15),
        "holder": "0x" + "1" * 40,
        "statement_date": date(2026, 5, 16),
        "asked_at": one.asked_at + timedelta(seconds=1),
    }
    assert set(changes) == {field.name for field in dataclasses.fields(one)}
    digests = {renewal_digest(one, **place())}
    digests |= {renewal_digest(dataclasses.replace(one, **{name: to}), **place()) for name, to in changes.items()}
    digests.add(renewal_digest(one, **place() | {"chain_id": 2}))
    digests.add(renewal_digest(one, **place() | {"claim_register": "0x" + "2" * 40}))
    assert len(digests) == len(changes) + 3


def test_renewal_signer_refuses_what_is_no_signature() -> None:
    with pytest.raises(ProofInvalid):
        renewal_signer(dataclasses.replace(signed(), signature=bytes(65)), **place())


def test_open_renewal_gives_what_was_sealed_for_that_claim_and_key_alone() -> None:
    claim = signed().request.claim_id
    content = seal_renewal(KEY.public_key, signed())
    assert open_renewal(KEY, claim, content) == signed()
    assert (len(content) - OVERHEAD) % PADDING == 0
    for key, other in ((OpeningKey(b"\x08" * 32), claim), (KEY, ClaimId(bytes(32)))):
        with pytest.raises(Undecryptable):
            open_renewal(key, other, content)


def test_open_renewal_refuses_one_about_another_claim_or_of_another_kind() -> None:
    other = ClaimId(b"\x01" * 32)
    text = json.dumps(renewal_to_plain(signed())).encode()
    with pytest.raises(InvalidInput) as caught:
        open_renewal(KEY, other, seal(KEY.public_key, text, RENEWAL_INFO, other))
    assert caught.value.key == "renewal_elsewhere"
    with pytest.raises(Undecryptable):
        open_renewal(KEY, signed().request.claim_id, seal(KEY.public_key, text, RECEIPT_INFO, other))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("claim_id", "00"),
        ("commitment", None),
        ("municipality", 65_536),
        ("holder", "0x" + "g" * 40),
        ("statement_date", "2026-02-30"),
        ("statement_date", 20260501),
        ("asked_at", "2026-11-16T09:30:05"),
        ("asked_at", "2026-11-16T09:30:05.000001+00:00"),
    ],
)
def test_renewal_from_plain_names_what_is_wrong(name: str, value: object) -> None:
    plain = json.loads(json.dumps(SAMPLES[0]["signed"]))
    plain["renewal"][name] = value
    with pytest.raises(InvalidInput) as caught:
        renewal_from_plain(plain)
    assert caught.value.field == name


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2200, 1, 1)))
def test_renew_from_is_the_first_moment_that_counts_as_expired(statement: date) -> None:
    moment = renew_from(statement)
    assert moment == datetime.combine(moment.date(), datetime.min.time(), UTC)
    assert staleness(statement, today=moment.date()) is Staleness.EXPIRED
    assert staleness(statement, today=moment.date() - timedelta(days=1)) is Staleness.STALE
