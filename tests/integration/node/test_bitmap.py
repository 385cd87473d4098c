from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from schuldhulp import errors
from schuldhulp.domain.types import Tag
from schuldhulp.node import bitmap

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def make_tags(count: int) -> list[Tag]:
    return [Tag(keccak(b"%d" % number)) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 1_000])
def test_question_is_what_the_general_encoder_gives(count: int) -> None:
    tags = make_tags(count)
    data = keccak(text="knownBitmap(bytes32[])")[:4] + encode(["bytes32[]"], [tags])
    asked = bitmap.question(ADDRESS, tags)
    assert (asked["to"], asked["data"]) == (ADDRESS, "0x" + data.hex())


def test_question_names_gas_that_is_enough_and_fits_in_a_block() -> None:
    gas = int(bitmap.question(ADDRESS, make_tags(bitmap.MAX_TAGS))["gas"], 16)
    assert 1_000 * 2_940 + 24_000 < gas < 12_000_000


@pytest.mark.parametrize("lengths", [(31, 33), (32, 0), (33,), (64,)])
def test_question_refuses_a_tag_of_another_length(lengths: tuple[int, ...]) -> None:
    with pytest.raises(errors.InvalidInput):
        bitmap.question(ADDRESS, [Tag(bytes(length)) for length in lengths])


def test_question_refuses_more_tags_than_fit() -> None:
    with pytest.raises(errors.InvalidInput):
        bitmap.question(ADDRESS, make_tags(bitmap.MAX_TAGS + 1))


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (1_000, [1_000]), (1_001, [1_000, 1]), (2_500, [1_000, 1_000, 500])]
)
def test_batches_cuts_in_order(count: int, sizes: list[int]) -> None:
    tags = make_tags(count)
    parts = list(bitmap.batches(tags))
    assert [len(part) for part in parts] == sizes
    assert [tag for part in parts for tag in part] == tags
