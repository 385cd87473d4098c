from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from schuldhulp.crypto.notices import notice_document, notice_hash, open_notice, read_notice, seal_notice
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.sendings import (
    SENDING_TYPE,
    sending_digest,
    sending_signer,
    with_sending,
    without_sending,
)
from schuldhulp.domain.sendings import Sending, SignedSending
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, ProofInvalid
from tests.support.typed_data import domain_separator

FOLDER = Path(__file__).parents[2] / "vectors"
VECTORS = json.loads((FOLDER / "sendings.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["samples"]
NOTICE = read_notice(json.loads((FOLDER / "notices.json").read_text(encoding="utf-8"))["notices"][0]["document"])
KEY = OpeningKey(b"\x07" * 32)


def signed(number: int = 0) -> SignedSending:
    sample = SAMPLES[number]
    return SignedSending(
        sending=Sending(
            notice=bytes.fromhex(sample["notice"]),
            municipality=sample["municipality"],
            recipient=sample["recipient"],
            sent_at=datetime.fromisoformat(sample["sent_at"]),
        ),
        signature=bytes.fromhex(sample["signature"]),
    )


def place(number: int = 0) -> dict[str, Any]:
    return {"chain_id": SAMPLES[number]["chain_id"], "claim_register": SAMPLES[number]["claim_register"]}


def test_type_string_is_the_released_one() -> None:
    assert VECTORS["type"] == SENDING_TYPE


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[one["name"] for one in SAMPLES])
def test_sending_digest_equals_the_pinned_one_and_eip_712_by_hand(number: int) -> None:
    sample = SAMPLES[number]
    struct = encode(
        ["bytes32", "bytes32", "uint16", "address", "uint64"],
        [
            keccak(text=VECTORS["type"]),
            bytes.fromhex(sample["notice"]),
            sample["municipality"],
            sample["recipient"],
            sample["sent_at_seconds"],
        ],
    )
    by_hand = keccak(b"\x19\x01" + domain_separator("Schuldhulp claims", **place(number)) + keccak(struct))
    found = sending_digest(signed(number).sending, **place(number))
    assert found == by_hand == bytes.fromhex(sample["digest"].removeprefix("0x"))
    assert Account._recover_hash(by_hand, signature=bytes.fromhex(sample["signature"])) == sample["signer"]
    assert sending_signer(signed(number), **place(number)) == sample["signer"]


def test_sending_digest_covers_every_field_and_the_place() -> None:
    one = signed().sending
    changes: dict[str, Any] = {
        "notice": b"\x01" * 32,
        "municipality": MunicipalityCode(15),
        "recipient": "0x" + "1" * 40,
        "sent_at": one.sent_at + timedelta(seconds=1),
    }
    assert set(changes) == {field.name for field in dataclasses.fields(one)}
    digests = {sending_digest(one, **place())}
    digests |= {sending_digest(dataclasses.replace(one, **{name: to}), **place()) for name, to in changes.items()}
    digests.add(sending_digest(one, **place() | {"chain_id": 2}))
    digests.add(sending_digest(one, **place() | {"claim_register": "0x" + "2" * 40}))
    assert len(digests) == len(changes) + 3


def test_without_sending_gives_back_what_was_put_together() -> None:
    content = seal_notice(KEY.public_key, notice_document(NOTICE))
    one = signed()
    assert one.sending.notice == notice_hash(notice_document(NOTICE))
    who: dict[str, Any] = {"municipality": one.sending.municipality, "recipient": one.sending.recipient}
    assert without_sending(with_sending(content, one), **who) == (content, one)
    assert open_notice(KEY, NOTICE.notice_id, content) == NOTICE
    # Another account takes the same bytes for a signature of somebody else.
    _, other = without_sending(with_sending(content, one), **who | {"recipient": "0x" + "1" * 40})
    assert sending_signer(other, **place()) != SAMPLES[0]["signer"]


@pytest.mark.parametrize("length", [0, 72, 73, 104])
def test_without_sending_refuses_a_stump(length: int) -> None:
    with pytest.raises(InvalidInput):
        without_sending(bytes(length), municipality=MunicipalityCode(14), recipient="0x" + "1" * 40)


def test_without_sending_refuses_a_time_that_is_none() -> None:
    delivered = bytes(32) + b"\xff" * 8 + bytes(65)
    with pytest.raises(InvalidInput) as caught:
        without_sending(delivered, municipality=MunicipalityCode(14), recipient="0x" + "1" * 40)
    assert caught.value.field == "sent_at"


def test_sending_signer_refuses_what_is_no_signature() -> None:
    with pytest.raises(ProofInvalid):
        sending_signer(dataclasses.replace(signed(), signature=bytes(65)), **place())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("notice", b""),
        ("municipality", 0),
        ("recipient", "0x1"),
        ("sent_at", datetime(2026, 11, 3)),  # noqa: DTZ001
        ("sent_at", datetime(2026, 11, 3, microsecond=1, tzinfo=UTC)),
    ],
)
def test_sending_names_what_is_wrong(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        dataclasses.replace(signed().sending, **{field: value})  # type: ignore[arg-type]
    assert caught.value.field == field
    with pytest.raises(InvalidInput):
        dataclasses.replace(signed(), signature=b"")
