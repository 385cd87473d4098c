"""Reads the parameters of questions to the node: numbers, addresses, bytes, blocks and topics, each in one form only.

Every function returns what it was given when that has the form, and raises QuestionRefused when it has not.
"""

from __future__ import annotations

import re
from typing import Any, Final

INVALID_PARAMS: Final = -32602
"""Code of the JSON-RPC error about a parameter."""

MAX_TOPICS: Final = 4
MAX_CHOICES: Final = 100

BLOCK_NAMES: Final = frozenset({"latest", "earliest", "pending", "safe", "finalized"})

QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,15})")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_WORD: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_BYTES: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


class QuestionRefused(Exception):
    """A question is not passed on.

    Attributes:
        code: code of the JSON-RPC error.
        message: why, in words of our own.
    """

    def __init__(self, code: int, message: str) -> None:
        """Say why."""
        super().__init__(message)
        self.code = code
        self.message = message


def wrong(message: str) -> QuestionRefused:
    """Make the refusal of a parameter."""
    return QuestionRefused(INVALID_PARAMS, message)


def parameter(params: list[Any], place: int) -> Any:
    """Return a parameter; None when it was left out."""
    return params[place] if place < len(params) else None


def at_most(params: list[Any], count: int) -> None:
    """Refuse more parameters than a method has."""
    if len(params) > count:
        raise wrong(f"at most {count} parameters are expected")


def object_of(value: Any) -> dict[str, Any]:
    """Read an object."""
    if not isinstance(value, dict):
        raise wrong("an object is expected as first parameter")
    return value


def quantity_of(value: Any) -> str:
    """Read a number, at most 64 bits."""
    if isinstance(value, str) and QUANTITY.fullmatch(value):
        return value
    raise wrong("a number is expected as 0x and hexadecimal digits without leading zeros")


def address_of(value: Any) -> str:
    """Read an address."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return value
    raise wrong("an address is expected, 0x and 40 hexadecimal digits")


def word_of(value: Any) -> str:
    """Read 32 bytes."""
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    raise wrong("32 bytes are expected, 0x and 64 hexadecimal digits")


def bytes_of(value: Any, longest: int) -> str:
    """Read bytes, at most `longest`."""
    if isinstance(value, str) and len(value) <= 2 + 2 * longest and _BYTES.fullmatch(value):
        return value
    raise wrong(f"at most {longest} bytes are expected, 0x and hexadecimal digits")


def block_of(value: Any) -> Any:
    """Read a block: a number, a name, or one of the objects of EIP-1898; the newest one when none was given."""
    if value is None:
        return "latest"
    if isinstance(value, str) and value in BLOCK_NAMES:
        return value
    if isinstance(value, dict):
        if value.keys() == {"blockNumber"}:
            return {"blockNumber": quantity_of(value["blockNumber"])}
        if "blockHash" in value and value.keys() <= {"blockHash", "requireCanonical"}:
            canonical = value.get("requireCanonical", False)
            if isinstance(canonical, bool):
                return {"blockHash": word_of(value["blockHash"]), "requireCanonical": canonical}
        raise wrong("a block is named by its number or its hash")
    return quantity_of(value)


def topics_of(value: Any) -> list[Any]:
    """Read the topics of events: for each place one, a choice or any."""
    if not isinstance(value, list) or len(value) > MAX_TOPICS:
        raise wrong(f"at most {MAX_TOPICS} topics are expected")
    found: list[Any] = []
    for topic in value:
        if isinstance(topic, list):
            if len(topic) > MAX_CHOICES:
                raise wrong(f"at most {MAX_CHOICES} choices of a topic are expected")
            found.append([word_of(one) for one in topic])
        else:
            found.append(None if topic is None else word_of(topic))
    return found


def block_number(value: Any) -> int | None:
    """Return the number that a cleaned block parameter names; None for a name such as ``latest``."""
    if value == "earliest":
        return 0
    return int(value, 16) if isinstance(value, str) and value.startswith("0x") else None
