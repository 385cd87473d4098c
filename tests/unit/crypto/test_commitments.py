from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings

from schuldhulp.crypto.commitments import (
    EVALUATION_REQUEST_TYPE,
    HEADER_TYPE,
    TYPE_STRINGS,
    commitment,
    commitment_message,
    evaluation_request,
    evaluation_request_digest,
    header_leaf,
)
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.records import RecordKind, version_from_plain, version_to_plain
from schuldhulp.domain.types import Cents, DossierId, Epoch, MunicipalityCode, RecordId, Root, Salt
from tests.support.record_strategies import versions

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "commitments.json").read_text(encoding="utf-8"))


def word(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def as_json(value: object) -> object:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


def sample_version(name: str):
    return next(version_from_plain(one["version"]) for one in VECTORS["records"] if one["name"] == name)


def request_arguments(sample: dict) -> dict:
    message = sample["message"]
    return {
        "chain_id": sample["chain_id"],
        "registry": sample["registry"],
        "municipality": MunicipalityCode(message["municipality"]),
        "kind": IdentifierKind(message["kind"]),
        "epoch": Epoch(message["epoch"]),
        "organisation": message["organisation"],
        "elements": [word(element) for element in sample["blinded"]],
        "nonce": word(message["nonce"]),
        "expiry": message["expiry"],
    }


def test_vectors_hold_three_samples_of_every_kind():
    for kind in RecordKind:
        samples = [one for one in VECTORS["records"] if one["kind"] == kind]
        assert len(samples) >= 3
        assert any(one["version"]["withdrawn"] for one in samples)


def test_type_strings_are_the_released_ones():
    assert {f"{kind.value}/{schema}": text for (kind, schema), text in TYPE_STRINGS.items()} == VECTORS["types"]
    assert VECTORS["header_type"] == HEADER_TYPE
    assert VECTORS["evaluation_request_type"] == EVALUATION_REQUEST_TYPE


@pytest.mark.parametrize("sample", VECTORS["records"], ids=lambda sample: sample["name"])
def test_commitment_equals_the_pinned_one(sample):
    version = version_from_plain(sample["version"])
    assert as_json(commitment_message(version)) == sample["message"]
    assert as_json(commitment(version)) == sample["commitment"]


@pytest.mark.parametrize("sample", VECTORS["records"], ids=lambda sample: sample["name"])
def test_type_string_names_every_field_of_the_record(sample):
    version = version_from_plain(sample["version"])
    fields = [field.name for field in dataclasses.fields(version.record)]
    members = list(sample["message"])[8:]
    assert [name.lower() for name in members] == [name.replace("_", "") for name in fields]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(versions())
def test_commitment_survives_storage(version):
    assert commitment(version_from_plain(version_to_plain(version))) == commitment(version)


def test_commitment_changes_with_every_member_of_the_head():
    version = sample_version("obligation_full")
    other = {
        "dossier": DossierId(bytes(32)),
        "record_id": RecordId(bytes(32)),
        "salt": Salt(bytes(32)),
        "withdrawn": True,
        "reason": "x",
    }
    changed = {
        commitment(dataclasses.replace(version, **{name: value} | {"reason": "x"})) for name, value in other.items()
    }
    later = dataclasses.replace(version, version=2, replaces=commitment(version))
    assert len(changed | {commitment(version), commitment(later)}) == len(other) + 2


def test_commitment_tells_an_absent_amount_from_zero():
    assert sample_version("obligation_smallest").record.amount_creditor is None
    assert sample_version("obligation_zero_is_an_amount").record.amount_creditor == 0
    version = sample_version("obligation_smallest")
    zero = dataclasses.replace(version, record=dataclasses.replace(version.record, amount_creditor=Cents(0)))
    assert commitment(version) != commitment(zero)


def test_commitment_tells_the_parties_apart():
    version = sample_version("obligation_full")
    swapped = dataclasses.replace(version.record, collector=version.record.bailiff, bailiff=version.record.collector)
    assert commitment(version) != commitment(dataclasses.replace(version, record=swapped))


@pytest.mark.parametrize("sample", VECTORS["headers"], ids=lambda sample: sample["name"])
def test_header_leaf_equals_the_pinned_one(sample):
    message = sample["message"]
    leaf = header_leaf(
        dossier=DossierId(word(message["dossier"])),
        revision=message["revision"],
        previous_root=Root(word(message["previousRoot"])),
        records=message["records"],
        salt=Salt(word(message["salt"])),
    )
    assert as_json(leaf) == sample["leaf"]


def test_header_leaf_is_the_hash_of_its_abi_encoding():
    message = VECTORS["headers"][1]["message"]
    encoded = (
        keccak(HEADER_TYPE.encode())
        + word(message["dossier"])
        + message["revision"].to_bytes(32, "big")
        + word(message["previousRoot"])
        + message["records"].to_bytes(32, "big")
        + word(message["salt"])
    )
    assert as_json(keccak(encoded)) == VECTORS["headers"][1]["leaf"]


@pytest.mark.parametrize("sample", VECTORS["evaluation_requests"], ids=lambda sample: sample["name"])
def test_evaluation_request_digest_equals_the_pinned_one(sample):
    arguments = request_arguments(sample)
    assert sample["message"]["elements"] == as_json(keccak(b"".join(arguments["elements"])))
    assert as_json(evaluation_request_digest(**arguments)) == sample["digest"]


def test_evaluation_request_signature_recovers_its_signer_from_both_forms():
    arguments = request_arguments(VECTORS["evaluation_requests"][0])
    account = Account.from_key(b"\x01" * 32)
    signed = account.sign_message(evaluation_request(**arguments))
    assert Account.recover_message(evaluation_request(**arguments), signature=signed.signature) == account.address
    assert bytes(signed.message_hash) == evaluation_request_digest(**arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chain_id", 5),
        ("registry", "0x" + "11" * 20),
        ("municipality", 15),
        ("kind", IdentifierKind.BSN),
        ("epoch", 1),
        ("organisation", "87654321"),
        ("elements", []),
        ("nonce", bytes(32)),
        ("expiry", 1),
    ],
)
def test_evaluation_request_digest_covers(name, value):
    arguments = request_arguments(VECTORS["evaluation_requests"][0])
    assert evaluation_request_digest(**arguments) != evaluation_request_digest(**arguments | {name: value})
