from __future__ import annotations

import secrets
from typing import Any

import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from schuldhulp.crypto import pseudonyms
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import InvalidInput

CODE, EPOCH = MunicipalityCode(14), Epoch(20264)
OUTPUT = bytes(range(64))


def word(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_type_hashes_are_the_pinned_ones(pseudonym_vectors: dict[str, Any]) -> None:
    assert pseudonyms.TAG_TYPE == word(pseudonym_vectors["tag_typehash"]) == keccak(text=pseudonym_vectors["tag_type"])
    assert word(pseudonym_vectors["claim_typehash"]) == pseudonyms.CLAIM_TYPE
    assert keccak(text=pseudonym_vectors["claim_type"]) == pseudonyms.CLAIM_TYPE


def test_tag_gives_the_pinned_values(pseudonym_vectors: dict[str, Any]) -> None:
    assert pseudonym_vectors["tags"]
    for case in pseudonym_vectors["tags"]:
        tag = pseudonyms.tag(case["municipality"], case["epoch"], case["kind"], word(case["output"]))
        assert tag == word(case["tag"])


def test_claim_id_gives_the_pinned_values(pseudonym_vectors: dict[str, Any]) -> None:
    assert pseudonym_vectors["claims"]
    for case in pseudonym_vectors["claims"]:
        assert pseudonyms.claim_id(case["municipality"], word(case["output"])) == word(case["claim_id"])


def test_tag_is_the_abi_encoding_that_solidity_hashes() -> None:
    for _ in range(20):
        code, epoch = 1 + secrets.randbelow(65535), 1 + secrets.randbelow(2**32 - 1)
        output = secrets.token_bytes(64)
        types = ["bytes32", "uint16", "uint32", "uint8", "bytes"]
        expected = keccak(encode(types, [pseudonyms.TAG_TYPE, code, epoch, 2, output]))
        tag = pseudonyms.tag(MunicipalityCode(code), Epoch(epoch), IdentifierKind.NADB, output)
        assert tag == code.to_bytes(2, "big") + epoch.to_bytes(4, "big") + expected[:26]
        claim = keccak(encode(["bytes32", "bytes"], [pseudonyms.CLAIM_TYPE, output]))
        assert pseudonyms.claim_id(MunicipalityCode(code), output) == code.to_bytes(2, "big") + claim[:30]


def test_tag_depends_on_every_part() -> None:
    tags = {
        pseudonyms.tag(CODE, EPOCH, 1, OUTPUT)[6:],
        pseudonyms.tag(MunicipalityCode(15), EPOCH, 1, OUTPUT)[6:],
        pseudonyms.tag(CODE, Epoch(20271), 1, OUTPUT)[6:],
        pseudonyms.tag(CODE, EPOCH, 2, OUTPUT)[6:],
        pseudonyms.tag(CODE, EPOCH, 1, OUTPUT[::-1])[6:],
    }
    assert len(tags) == 5


@pytest.mark.parametrize(
    ("code", "epoch", "kind", "output", "field"),
    [
        (0, 1, 1, OUTPUT, "municipality"),
        (65536, 1, 1, OUTPUT, "municipality"),
        (14, 0, 1, OUTPUT, "epoch"),
        (14, 2**32, 1, OUTPUT, "epoch"),
        (14, 1, 0, OUTPUT, "kind"),
        (14, 1, 256, OUTPUT, "kind"),
        (14, 1, 1, OUTPUT[:63], "output"),
        (14, 1, 1, b"", "output"),
    ],
)
def test_tag_refuses_what_is_out_of_range(code: int, epoch: int, kind: int, output: bytes, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        pseudonyms.tag(MunicipalityCode(code), Epoch(epoch), kind, output)
    assert caught.value.field == field


def test_claim_id_refuses_what_is_out_of_range() -> None:
    with pytest.raises(InvalidInput):
        pseudonyms.claim_id(MunicipalityCode(0), OUTPUT)
    with pytest.raises(InvalidInput):
        pseudonyms.claim_id(CODE, OUTPUT[:32])


def test_filler_tag_has_the_shape_of_a_tag_and_is_random() -> None:
    tags = {pseudonyms.filler_tag(CODE, EPOCH) for _ in range(50)}
    assert len(tags) == 50
    assert {len(tag) for tag in tags} == {32}
    assert {tag[:6] for tag in tags} == {pseudonyms.tag(CODE, EPOCH, 1, OUTPUT)[:6]}


def test_check_number_is_the_beginning_of_the_hash_that_solidity_would_give() -> None:
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for organisation in ("12345678", "", "9" * 32, "x" * 70):
        tag, block = Tag(secrets.token_bytes(32)), secrets.token_bytes(32)
        types = ["bytes32", "string", "bytes32", "bytes32"]
        hashed = keccak(encode(types, [pseudonyms.CHECK_TYPE, organisation, tag, block]))
        bits = bin(int.from_bytes(hashed, "big"))[2:].zfill(256)[:60]
        expected = "".join(letters[int(bits[start : start + 5], 2)] for start in range(0, 60, 5))
        number = pseudonyms.check_number(organisation, tag, block)
        assert number.replace("-", "")[:12] == expected
        assert [len(part) for part in number.split("-")] == [4, 4, 4, 1]
    assert keccak(text="SchuldhulpCheck(string organisation,bytes32 tag,bytes32 blockHash)") == pseudonyms.CHECK_TYPE


def test_check_number_has_a_pinned_value() -> None:
    assert pseudonyms.check_number("12345678", Tag(bytes(range(32))), bytes(range(32, 64))) == "QJZ0-Y2MS-RZA9-9"


@pytest.mark.parametrize(("tag", "block"), [(31, 32), (32, 0), (33, 32), (32, 33)])
def test_check_number_refuses_other_lengths(tag: int, block: int) -> None:
    with pytest.raises(InvalidInput):
        pseudonyms.check_number("12345678", Tag(bytes(tag)), bytes(block))


def test_read_check_number_takes_what_people_make_of_it() -> None:
    for _ in range(50):
        number = pseudonyms.check_number("12345678", Tag(secrets.token_bytes(32)), bytes(32))
        assert pseudonyms.read_check_number(f" {number.lower().replace('-', ' ')} ") == number
        assert pseudonyms.read_check_number(number.replace("-", "").replace("0", "O").replace("1", "l")) == number


def test_read_check_number_finds_every_misread_digit() -> None:
    number = pseudonyms.check_number("12345678", Tag(bytes(32)), bytes(32))
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for place, digit in enumerate(number):
        for other in letters:
            if digit not in ("-", other):
                with pytest.raises(InvalidInput):
                    pseudonyms.read_check_number(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "-", "U" * 13, "0" * 12, "0" * 14, "é" * 13, "1" * 1000])
def test_read_check_number_refuses_anything_else(text: str) -> None:
    with pytest.raises(InvalidInput):
        pseudonyms.read_check_number(text)
