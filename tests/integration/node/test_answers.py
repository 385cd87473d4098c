from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.node.answers import block_of, data_of, number_of, word_of
from schuldhulp.node.rpc import Refusal

REFUSAL = Refusal(code=3, message="no")


@pytest.mark.parametrize(
    "answer", [None, 7, "", "12", "0x1", "0xzz", ["0x"], REFUSAL, {"result": "0x"}, "0x" + "½" * 2]
)
def test_data_of_refuses_what_is_not_bytes(answer: Any) -> None:
    with pytest.raises(errors.ChainMismatch):
        data_of(answer)


def test_data_of_reads_bytes() -> None:
    assert (data_of("0x"), data_of("0x00fF")) == (b"", b"\x00\xff")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_word_of_refuses_another_length(length: int) -> None:
    with pytest.raises(errors.ChainMismatch):
        word_of("0x" + "ab" * length)


@pytest.mark.parametrize(
    "answer", [None, 7, "", "0x", "7", "0x-7", "0x1_0", "0x 7", "0x7 ", "0x٣", "0x" + "f" * 65, REFUSAL, True]
)
def test_number_of_refuses_what_is_not_a_number(answer: Any) -> None:
    with pytest.raises(errors.ChainMismatch):
        number_of(answer)


def test_number_of_reads_numbers() -> None:
    assert (number_of("0x0"), number_of("0x00fF")) == (0, 255)


BLOCK = {"number": "0x7", "hash": "0x" + "ab" * 32, "timestamp": "0x6a000000"}


def test_block_of_reads_a_block() -> None:
    block = block_of(BLOCK)
    assert (block.number, block.hash) == (7, bytes([0xAB] * 32))
    assert block.timestamp == datetime.fromtimestamp(0x6A000000, UTC)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "0x7",
        REFUSAL,
        {},
        BLOCK | {"number": None},
        BLOCK | {"hash": "0x" + "ab" * 31},
        BLOCK | {"hash": None},
        BLOCK | {"timestamp": "0x" + "f" * 64},
        BLOCK | {"timestamp": 7},
    ],
)
def test_block_of_refuses_what_is_not_a_block(answer: Any) -> None:
    with pytest.raises(errors.ChainMismatch):
        block_of(answer)
