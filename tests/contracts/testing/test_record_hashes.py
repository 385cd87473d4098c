"""Solidity hashes what Python hashes: tests/vectors/commitments.json, whose hashes Python made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "commitments.json").read_text(encoding="utf-8"))
HEAD = ("dossier", "record", "version", "replaces", "salt", "schema", "withdrawn", "reason")


@pytest.fixture(scope="module")
def hashes(RecordHashes, accounts):  # noqa: N803 - the name of the contract
    return RecordHashes.deploy({"from": accounts[0]})


def as_tuple(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(as_tuple(member) for member in value.values())
    if isinstance(value, list):
        return [as_tuple(item) for item in value]
    return value


@pytest.mark.parametrize("sample", VECTORS["records"], ids=lambda sample: sample["name"])
def test_record_hash_equals_the_commitment(hashes, sample):
    message = sample["message"]
    head = tuple(message[name] for name in HEAD)
    members = as_tuple({name: value for name, value in message.items() if name not in HEAD})
    assert str(getattr(hashes, sample["kind"])(head, members)) == sample["commitment"]


@pytest.mark.parametrize("kind", VECTORS["types"])
def test_type_string_equals_the_pinned_one(hashes, kind):
    name, _, _schema = kind.partition("/")
    assert getattr(hashes, f"{name}Type")() == VECTORS["types"][kind]


@pytest.mark.parametrize("sample", VECTORS["headers"], ids=lambda sample: sample["name"])
def test_dossier_header_equals_the_leaf(hashes, sample):
    assert str(hashes.dossierHeader(as_tuple(sample["message"]))) == sample["leaf"]


@pytest.mark.parametrize("sample", VECTORS["evaluation_requests"], ids=lambda sample: sample["name"])
def test_evaluation_request_equals_the_digest(hashes, sample):
    digest = hashes.evaluationRequest(sample["chain_id"], sample["registry"], as_tuple(sample["message"]))
    assert str(digest) == sample["digest"]
