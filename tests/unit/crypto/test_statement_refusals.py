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

from schuldhulp.crypto.acknowledgements import open_statement_receipt
from schuldhulp.crypto.claims import PADDING
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey
from schuldhulp.crypto.statement_refusals import (
    REFUSAL_TYPE,
    open_refusal,
    refusal_digest,
    refusal_signer,
    seal_refusal,
)
from schuldhulp.domain.statement_refusals import refusal_from_plain, refusal_to_plain
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from schuldhulp.services.statements.rows import StatementFinding
from tests.support.typed_data import domain_separator

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "statements.json").read_text(encoding="utf-8"))
SAMPLE = VECTORS["refusals"][0]
PLACE: dict[str, Any] = {name: SAMPLE[name] for name in ("chain_id", "claim_register")}
SIGNED = refusal_from_plain(SAMPLE["signed"])
KEY = OpeningKey(b"\x07" * 32)
SUBJECT = b"\x33" * 32


def test_type_string_is_the_released_one() -> None:
    assert VECTORS["refusal_type"] == REFUSAL_TYPE


@pytest.mark.parametrize("sample", VECTORS["refusals"], ids=lambda sample: sample["name"])
def test_refusal_digest_equals_the_pinned_one_and_eip_712_by_hand(sample: dict[str, Any]) -> None:
    said, place = sample["signed"]["refusal"], {name: sample[name] for name in PLACE}
    struct = encode(
        ["bytes32", "bytes32", "uint16", "address", "bytes32", "uint64"],
        [
            keccak(text=VECTORS["refusal_type"]),
            bytes.fromhex(said["message"]),
            said["municipality"],
            said["account"],
            keccak(text=said["reason"]),
            sample["refused_at_seconds"],
        ],
    )
    by_hand = keccak(b"\x19\x01" + domain_separator("Schuldhulp claims", **place) + keccak(struct))
    signed = refusal_from_plain(sample["signed"])
    assert refusal_digest(signed.refusal, **place) == by_hand == bytes.fromhex(sample["digest"])
    assert Account._recover_hash(by_hand, signature=signed.signature) == sample["signer"]
    assert refusal_signer(signed, **place) == sample["signer"]
    assert refusal_to_plain(signed) == sample["signed"]


def test_refusal_digest_covers_every_field_and_the_place() -> None:
    one = SIGNED.refusal
    changes: dict[str, Any] = {
        "message": b"\x02" * 32,
        "municipality": MunicipalityCode(15),
        "account": "0x" + "1" * 40,
        "reason": "another",
        "refused_at": one.refused_at + timedelta(seconds=1),
    }
    assert set(changes) == {field.name for field in dataclasses.fields(one)}
    digests = {refusal_digest(one, **PLACE)}
    digests |= {refusal_digest(dataclasses.replace(one, **{name: to}), **PLACE) for name, to in changes.items()}
    digests.add(refusal_digest(one, **PLACE | {"chain_id": 2}))
    digests.add(refusal_digest(one, **PLACE | {"claim_register": "0x" + "2" * 40}))
    assert len(digests) == len(changes) + 3


def test_refusal_signer_refuses_what_is_no_signature() -> None:
    with pytest.raises(ProofInvalid):
        refusal_signer(dataclasses.replace(SIGNED, signature=bytes(65)), **PLACE)


def test_seal_refusal_is_bound_to_key_subject_and_purpose() -> None:
    content = seal_refusal(KEY.public_key, SUBJECT, SIGNED)
    assert open_refusal(KEY, SUBJECT, content) == SIGNED
    assert (len(content) - OVERHEAD) % PADDING == 0
    for attempt in (
        lambda: open_refusal(OpeningKey(b"\x08" * 32), SUBJECT, content),
        lambda: open_refusal(KEY, bytes(32), content),
        lambda: open_statement_receipt(KEY, SUBJECT, content),
    ):
        with pytest.raises(Undecryptable):
            attempt()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda plain: plain.pop("signature"), "signature"),
        (lambda plain: plain.update(more=1), "refusal"),
        (lambda plain: plain.update(signature="00"), "signature"),
        (lambda plain: plain["refusal"].pop("reason"), "reason"),
        (lambda plain: plain["refusal"].update(reason=""), "reason"),
        (lambda plain: plain["refusal"].update(reason="Jan Jansen"), "reason"),
        (lambda plain: plain["refusal"].update(reason=1), "reason"),
        (lambda plain: plain["refusal"].update(account="0x1"), "account"),
        (lambda plain: plain["refusal"].update(message="zz"), "message"),
        (lambda plain: plain["refusal"].update(municipality="14"), "municipality"),
        (lambda plain: plain["refusal"].update(refused_at="2026-11-16"), "refused_at"),
        (lambda plain: plain["refusal"].update(refused_at="2026-11-16T09:30:05.5+00:00"), "refused_at"),
    ],
)
def test_refusal_from_plain_names_what_is_wrong(change: Any, field: str) -> None:
    plain = json.loads(json.dumps(SAMPLE["signed"]))
    change(plain)
    with pytest.raises(InvalidInput) as caught:
        refusal_from_plain(plain)
    assert caught.value.field == field


@pytest.mark.parametrize("finding", [one for one in StatementFinding if one])
def test_every_finding_can_be_a_reason(finding: StatementFinding) -> None:
    assert dataclasses.replace(SIGNED.refusal, reason=finding.value).reason == finding
