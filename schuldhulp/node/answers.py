"""Reads what a node says: bytes, numbers and blocks. Anything else is an error, a refusal of the node included."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from schuldhulp.errors import ChainMismatch
from schuldhulp.services.ports import Head

_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


def data_of(answer: Any) -> bytes:
    """Decode the bytes that a node gave.

    Args:
        answer: ``0x`` and an even number of hexadecimal digits.

    Returns:
        The bytes.

    Raises:
        ChainMismatch: it is something else, a refusal included.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return bytes.fromhex(answer[2:])
        except ValueError:
            pass
    raise ChainMismatch("chain_answer_wrong", "the node gave something else than bytes")


def word_of(answer: Any) -> bytes:
    """Decode the 32 bytes that a node gave, such as a hash or a topic.

    Raises:
        ChainMismatch: it is something else, or of another length.
    """
    word = data_of(answer)
    if len(word) != 32:
        raise ChainMismatch("chain_answer_wrong", "the node gave something else than 32 bytes")
    return word


def number_of(answer: Any) -> int:
    """Decode the number that a node gave.

    Args:
        answer: ``0x`` and hexadecimal digits.

    Returns:
        The number.

    Raises:
        ChainMismatch: it is something else, a refusal included.
    """
    if isinstance(answer, str) and _NUMBER.fullmatch(answer):
        return int(answer, 16)
    raise ChainMismatch("chain_answer_wrong", "the node gave something else than a number")


def block_of(answer: Any) -> Head:
    """Decode the block that a node gave.

    Args:
        answer: JSON object of the block.

    Returns:
        Its number, hash and time.

    Raises:
        ChainMismatch: it is something else: the node does not know the block, or refused.
    """
    if not isinstance(answer, dict):
        raise ChainMismatch("chain_answer_wrong", "the node does not know a block that must be there")
    try:
        time = datetime.fromtimestamp(number_of(answer.get("timestamp")), UTC)
    except (OverflowError, ValueError, OSError) as error:
        # Not every number is a date.
        raise ChainMismatch("chain_answer_wrong", "the time of a block is no time") from error
    return Head(number=number_of(answer.get("number")), hash=word_of(answer.get("hash")), timestamp=time)
