from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from eth_abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from schuldhulp.crypto import voprf
from schuldhulp.crypto.claims import (
    CLAIM_INFO,
    CLAIM_TYPES,
    PADDING,
    RECEIPT_TYPE,
    blinded_claim,
    claim_commitment,
    claim_ids_from,
    claim_message,
    open_claim,
    open_receipt,
    receipt_digest,
    receipt_signer,
    seal_claim,
    seal_receipt,
)
from schuldhulp.crypto.sealed import OVERHEAD, OpeningKey, seal
from schuldhulp.domain.claims import Claim, claim_from_plain, claim_id_input, normalised_reference, receipt_from_plain
from schuldhulp.domain.claims.contents import MAX_OBJECTION, MAX_WHY
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from schuldhulp.services.claims.ports import MAX_CONTENT

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "claims.json").read_text(encoding="utf-8"))
KEY = OpeningKey(b"\x07" * 32)


def word(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def named(name: str) -> Claim:
    return next(of(one) for one in VECTORS["claims"] if one["name"] == name)


def of(sample: dict) -> Claim:
    return claim_from_plain(ClaimId(word(sample["claim_id"])), sample["claim"])


def as_json(value: object) -> object:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    return value


def abi_hash(type_string: str, structs: dict[str, str], message: dict) -> bytes:
    """Hash a struct by the letter of EIP-712, with eth_abi and nothing of ours."""
    name, _, rest = type_string.partition("(")
    members = [member.split(" ") for member in structs[name].split(",")]
    types, values = ["bytes32"], [keccak(text=f"{name}({rest}")]
    for kind, member in members:
        value = message[member]
        if kind in structs:
            used = f"{kind}({structs[kind]})"
            types.append("bytes32")
            values.append(abi_hash(used, structs, value))
        elif kind == "string":
            types.append("bytes32")
            values.append(keccak(text=value))
        else:
            types.append(kind)
            values.append(word(value) if kind == "bytes32" else value)
    return keccak(encode(types, values))


def test_type_strings_are_the_released_ones():
    assert {f"claim/{schema}": text for schema, text in CLAIM_TYPES.items()} == VECTORS["types"]
    assert VECTORS["receipt_type"] == RECEIPT_TYPE


@pytest.mark.parametrize("sample", VECTORS["references"], ids=lambda sample: ascii(sample["text"])[:20])
def test_normalised_reference_equals_the_pinned_one(sample):
    assert normalised_reference(sample["text"]) == sample["normalised"]
    assert normalised_reference(sample["normalised"]) == sample["normalised"]


@pytest.mark.parametrize("text", VECTORS["refused_references"], ids=lambda text: ascii(text)[:20])
def test_normalised_reference_refuses(text):
    with pytest.raises(InvalidInput) as caught:
        normalised_reference(text, "mark")
    assert caught.value.field == "mark"
    assert not text.strip() or text == "--" or text not in str(caught.value)


@pytest.mark.parametrize("sample", VECTORS["claim_ids"], ids=lambda sample: sample["reference"])
def test_claim_ids_from_gives_the_pinned_id_whatever_the_blind(sample):
    assert claim_id_input(sample["kvk"], sample["reference"]).decode() == sample["input"]
    key = voprf.VoprfKey(bytes.fromhex(sample["key"]))
    blindings = [blinded_claim(sample["kvk"], sample["reference"]) for _ in range(2)]
    evaluation = voprf.evaluate(key, [one.element for one in blindings])
    ids = claim_ids_from(sample["municipality"], blindings, evaluation, published_key=voprf.public_key(key))
    assert ids == [word(sample["claim_id"])] * 2


def test_claim_ids_from_refuses_an_answer_under_another_key():
    key, other = voprf.generate_key(), voprf.generate_key()
    blinding = blinded_claim("12345678", "1")
    evaluation = voprf.evaluate(other, [blinding.element])
    posing = dataclasses.replace(evaluation, key=voprf.public_key(key))
    for answer in (evaluation, posing):
        with pytest.raises(ProofInvalid):
            claim_ids_from(14, [blinding], answer, published_key=voprf.public_key(key))


@pytest.mark.parametrize("sample", VECTORS["claims"], ids=lambda sample: sample["name"])
def test_claim_commitment_equals_the_pinned_one_and_eip_712_by_hand(sample):
    claim = of(sample)
    assert as_json(claim_message(claim)) == sample["message"]
    assert as_json(claim_commitment(claim)) == sample["commitment"]
    type_string = VECTORS["types"][f"claim/{claim.contents.schema}"]
    structs = dict(part.split("(") for part in type_string[:-1].split(")"))
    assert abi_hash(type_string, structs, sample["message"]) == claim_commitment(claim)


def test_claim_commitment_covers_every_field_of_the_contents_and_its_parts():
    claim = named("tax_from_a_bailiff")
    message = claim_message(claim)

    def names(value: object) -> set[str]:
        return {re.sub("_(.)", lambda found: found[1].upper(), field.name) for field in dataclasses.fields(value)}

    assert names(claim.contents) == set(message) - {"claimId", "version", "replaces", "salt", "schema"}
    for part in ("debtor", "original_creditor", "holder", "instalment_proposal", "contact"):
        member = re.sub("_(.)", lambda found: found[1].upper(), part)
        assert names(getattr(claim.contents, part)) == set(message[member])


def test_claim_commitment_differs_with_id_salt_version_and_contents():
    claim = named("tax_from_a_bailiff")
    changes = [
        {},
        {"claim_id": ClaimId(bytes(32))},
        {"salt": bytes(32)},
        {"version": 2, "replaces": b"\1" * 32},
        {"contents": dataclasses.replace(claim.contents, costs=4841)},
        {"contents": dataclasses.replace(claim.contents, instalment_proposal=None)},
    ]
    assert len({claim_commitment(dataclasses.replace(claim, **change)) for change in changes}) == len(changes)


@pytest.mark.parametrize("sample", VECTORS["claims"], ids=lambda sample: sample["name"])
def test_seal_claim_opens_again_with_a_length_in_kilobytes(sample):
    claim = of(sample)
    sealed = seal_claim(KEY.public_key, claim)
    assert open_claim(KEY, claim.claim_id, sealed) == claim
    assert (len(sealed) - OVERHEAD) % PADDING == 0
    assert seal_claim(KEY.public_key, claim) != sealed


def test_open_claim_refuses_another_id_key_or_kind():
    claim = named("rent_from_the_creditor")
    sealed = seal_claim(KEY.public_key, claim)
    elsewhere = ClaimId(claim.claim_id[:-1] + b"\0")
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for arguments in (
        (KEY, elsewhere, sealed),
        (OpeningKey.generate(), claim.claim_id, sealed),
        (KEY, claim.claim_id, damaged),
        (KEY, claim.claim_id, b""),
    ):
        with pytest.raises(Undecryptable):
            open_claim(*arguments)
    with pytest.raises(Undecryptable):
        open_receipt(KEY, claim.claim_id, sealed)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (b"", "claim"),
        (b"\xff", "claim"),
        (b"[]", "claim"),
        (b"[" * 40_000, "claim"),
        (b"{}", "schema"),
        (b'{"schema":2,"new":1}', "schema"),
        (b'{"schema":' + b"9" * 5_000 + b"}", "claim"),
        (b'{"schema":true}', "schema"),
        (b'{"schema":1,"strange":1}', "claim"),
        (b'{"schema":1,"contents":{},"version":1,"replaces":"00","salt":"x"}', "salt"),
    ],
    ids=range(10),
)
def test_open_claim_names_what_is_wrong_inside(document, field):
    claim = named("rent_from_the_creditor")
    with pytest.raises(InvalidInput) as caught:
        open_claim(KEY, claim.claim_id, seal(KEY.public_key, document, CLAIM_INFO, claim.claim_id))
    assert caught.value.field == field


def test_open_claim_says_that_a_schema_is_newer():
    claim = named("rent_from_the_creditor")
    sealed = seal(KEY.public_key, b'{"schema":2}', CLAIM_INFO, claim.claim_id)
    with pytest.raises(InvalidInput, match="newer than this software") as caught:
        open_claim(KEY, claim.claim_id, sealed)
    assert caught.value.key == "schema_newer"


def test_seal_claim_with_the_longest_texts_fits_in_a_message():
    claim = named("tax_from_a_bailiff")
    longest = "\U0001f600"
    contents = claim.contents
    for name, size in (
        ("why_owed", MAX_WHY),
        ("objection", MAX_OBJECTION),
        ("legal_ground", 500),
        ("preference_ground", 500),
        ("holder_reference", 200),
    ):
        contents = dataclasses.replace(contents, **{name: longest * size})
    contents = dataclasses.replace(
        contents,
        debtor=dataclasses.replace(contents.debtor, initials=longest * 40, prefix=longest * 40, surname="é" * 200),
        original_creditor=dataclasses.replace(contents.original_creditor, name=longest * 200),
        holder=dataclasses.replace(contents.holder, name=longest * 200),
        contact=dataclasses.replace(contents.contact, name=longest * 200),
    )
    sealed = seal_claim(KEY.public_key, dataclasses.replace(claim, contents=contents))
    assert len(sealed) <= MAX_CONTENT


@pytest.mark.parametrize("sample", VECTORS["receipts"], ids=lambda sample: sample["name"])
def test_receipt_digest_equals_the_pinned_one_and_the_library(sample):
    signed = receipt_from_plain(sample["signed"])
    place = {"chain_id": sample["chain_id"], "claim_register": sample["claim_register"]}
    digest = receipt_digest(signed.receipt, **place)
    assert as_json(digest) == sample["digest"]
    plain = signed.receipt
    members = [dict(zip(("type", "name"), part.split(" "), strict=True)) for part in RECEIPT_TYPE[13:-1].split(",")]
    signable = encode_typed_data(
        domain_data={
            "name": "Schuldhulp claims",
            "version": "1",
            "chainId": sample["chain_id"],
            "verifyingContract": sample["claim_register"],
        },
        message_types={"ClaimReceipt": members},
        message_data={
            "claimId": plain.claim_id,
            "commitment": plain.commitment,
            "municipality": plain.municipality,
            "holder": plain.holder,
            "message": plain.message,
            "outcome": str(plain.outcome),
            "reason": str(plain.reason or ""),
            "receivedAt": 1793611860,
            "blockNumber": plain.block_number,
            "blockHash": plain.block_hash,
        },
    )
    assert keccak(b"\x19\x01" + signable.header + signable.body) == digest
    assert receipt_signer(signed, **place) == sample["signer"]


def test_receipt_signer_is_another_for_another_chain_contract_or_receipt():
    sample = VECTORS["receipts"][0]
    signed = receipt_from_plain(sample["signed"])
    changed = dataclasses.replace(signed, receipt=dataclasses.replace(signed.receipt, block_number=1))
    signers = [
        receipt_signer(signed, chain_id=1, claim_register=sample["claim_register"]),
        receipt_signer(signed, chain_id=sample["chain_id"], claim_register="0x" + "11" * 20),
        receipt_signer(changed, chain_id=sample["chain_id"], claim_register=sample["claim_register"]),
    ]
    assert sample["signer"] not in signers


@pytest.mark.parametrize(
    "signature", [bytes(65), b"\xff" * 64 + b"\x1b", b"\x01" * 64 + b"\x00", b"\x01" * 64 + b"\xff"]
)
def test_receipt_signer_refuses_what_is_no_signature(signature):
    sample = VECTORS["receipts"][0]
    signed = dataclasses.replace(receipt_from_plain(sample["signed"]), signature=signature)
    with pytest.raises(ProofInvalid):
        receipt_signer(signed, chain_id=sample["chain_id"], claim_register=sample["claim_register"])


def test_seal_receipt_opens_again_and_for_its_own_claim_only():
    signed = receipt_from_plain(VECTORS["receipts"][1]["signed"])
    sealed = seal_receipt(KEY.public_key, signed)
    assert open_receipt(KEY, signed.receipt.claim_id, sealed) == signed
    with pytest.raises(Undecryptable):
        open_receipt(KEY, ClaimId(bytes(32)), sealed)
