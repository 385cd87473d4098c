from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from schuldhulp.crypto.claims import CLAIM_INFO
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey, seal
from schuldhulp.crypto.statements import (
    PADDING,
    STATEMENT_INFO,
    STATEMENT_TYPE,
    open_statement,
    read_statement,
    seal_statement,
    statement_digest,
    statement_document,
)
from schuldhulp.domain.claims import Organisation
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from schuldhulp.services.claims.ports import MAX_CONTENT
from tests.support.statements import CHAIN_ID, CLAIM_REGISTER, SENDER, make_statement, sealed_statement

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "statements.json").read_text(encoding="utf-8"))
SAMPLES = VECTORS["statements"]
KEY = OpeningKey.generate()
STATEMENT = make_statement()
PLACE: dict[str, Any] = {"chain_id": CHAIN_ID, "claim_register": CLAIM_REGISTER}


def test_type_string_is_the_released_one():
    assert VECTORS["statement_type"] == STATEMENT_TYPE


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_statement_digest_equals_the_pinned_one_and_another_implementation(sample):
    document, place = sample["document"], {name: sample[name] for name in ("chain_id", "claim_register")}
    signable = encode_typed_data(
        domain_data={
            "name": "Schuldhulp claims",
            "version": "1",
            "chainId": place["chain_id"],
            "verifyingContract": place["claim_register"],
        },
        message_types={"Statement": [{"name": "document", "type": "string"}]},
        message_data={"document": document},
    )
    digest = statement_digest(document, **place)
    assert digest == bytes.fromhex(sample["digest"])
    signature = bytes.fromhex(sample["signature"])
    assert Account.recover_message(signable, signature=signature) == sample["signer"]
    statement = read_statement(document)
    assert statement_document(statement) == document
    opened = open_statement(KEY, statement.statement_id, seal_statement(KEY.public_key, statement, signature), **place)
    assert (opened.statement, opened.signer) == (statement, sample["signer"])


def test_statement_digest_covers_text_and_place():
    document = statement_document(STATEMENT)
    other = statement_document(make_statement(statement_id=STATEMENT.statement_id, amount=1))
    digests = {
        statement_digest(document, **PLACE),
        statement_digest(other, **PLACE),
        statement_digest(document, **PLACE | {"chain_id": 1}),
        statement_digest(document, **PLACE | {"claim_register": "0x" + "1" * 40}),
    }
    assert len(digests) == 4


def test_open_statement_gives_back_what_was_sealed_and_who_signed():
    sealed = sealed_statement(KEY.public_key, STATEMENT)
    opened = open_statement(KEY, STATEMENT.statement_id, sealed, **PLACE)
    assert (opened.statement, opened.signer) == (STATEMENT, SENDER.address)
    assert STATEMENT.client.surname.encode() not in sealed


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"claim_register": "0x" + "1" * 40}])
def test_open_statement_takes_a_signature_for_another_place_as_somebody_else_s(change):
    sealed = sealed_statement(KEY.public_key, STATEMENT, **change)
    assert open_statement(KEY, STATEMENT.statement_id, sealed, **PLACE).signer != SENDER.address


def test_seal_statement_hides_how_long_it_is():
    short, long = make_statement(reference="1"), make_statement(reference="1" * 200)
    lengths = {len(sealed_statement(KEY.public_key, one)) for one in (short, long)}
    assert lengths == {PADDING + OVERHEAD}


def test_seal_statement_with_the_longest_text_fits_in_a_message():
    wide = "\U0001f600" * 200
    longest = make_statement(reference=wide, sender=Organisation(name=wide, kvk="12345678"))
    assert len(sealed_statement(KEY.public_key, longest)) < MAX_CONTENT


def test_seal_statement_refuses_what_is_no_signature():
    with pytest.raises(InvalidInput, check=lambda error: error.field == "signature"):
        seal_statement(KEY.public_key, STATEMENT, b"short")


def test_open_statement_refuses_another_key_id_or_purpose():
    sealed = sealed_statement(KEY.public_key, STATEMENT)
    as_claim = seal(KEY.public_key, _members(STATEMENT), CLAIM_INFO, STATEMENT.statement_id)
    for key, statement_id, content in (
        (OpeningKey.generate(), STATEMENT.statement_id, sealed),
        (KEY, make_statement().statement_id, sealed),
        (KEY, STATEMENT.statement_id, sealed[:-1]),
        (KEY, STATEMENT.statement_id, as_claim),
    ):
        with pytest.raises(Undecryptable):
            open_statement(key, statement_id, content, **PLACE)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        statement_document(STATEMENT).encode(),
        json.dumps({"document": 1, "signature": "00" * 65}).encode(),
        json.dumps({"document": "{}", "signature": "00" * 65}).encode(),
        json.dumps({"document": '{"schema":2}', "signature": "00" * 65}).encode(),
        json.dumps({"document": statement_document(STATEMENT), "signature": "00"}).encode(),
        json.dumps({"document": statement_document(STATEMENT)}).encode(),
    ],
    # The salt of a statement is drawn anew in each process, and every process has to know the test by one name.
    ids=["empty", "list", "no_text", "deep", "unsigned", "number", "empty_object", "schema", "short", "no_signature"],
)
def test_open_statement_refuses_what_is_no_statement(document):
    with pytest.raises(InvalidInput):
        open_statement(KEY, bytes(32), seal(KEY.public_key, document, STATEMENT_INFO, bytes(32)), **PLACE)


def test_open_statement_refuses_what_nobody_signed():
    sealed = seal(KEY.public_key, _members(STATEMENT), STATEMENT_INFO, STATEMENT.statement_id)
    with pytest.raises(ProofInvalid):
        open_statement(KEY, STATEMENT.statement_id, sealed, **PLACE)


def test_open_statement_refuses_one_with_another_id_inside():
    sealed = seal(KEY.public_key, _members(STATEMENT), STATEMENT_INFO, bytes(32))
    with pytest.raises(InvalidInput) as caught:
        open_statement(KEY, bytes(32), sealed, **PLACE)
    assert caught.value.key == "statement_elsewhere"


def _members(statement) -> bytes:
    return json.dumps({"document": statement_document(statement), "signature": "00" * 65}).encode()
