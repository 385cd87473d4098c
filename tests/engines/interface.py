"""Calls, answers, events and errors of a contract, between Python values and bytes.

Values are int, bool, str, bytes, and tuples of them; addresses are in the mixed case of EIP-55.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi import decode, encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address

from tests.support.chain import artefact

Named = tuple[str, tuple[Any, ...]]
"""Name and arguments of an event or an error."""

NO_REASON: Named = ("", ())
"""A refusal without a word: what the compiler itself put there, against call data that mean nothing."""


class Interface:
    """The interface of one contract, as Brownie compiled it."""

    def __init__(self, name: str) -> None:
        built = artefact(name)
        self.name = name
        self.abi: list[dict[str, Any]] = built["abi"]
        self.bytecode = bytes.fromhex(built["bytecode"].removeprefix("0x"))
        self.functions = {entry["name"]: entry for entry in self.abi if entry["type"] == "function"}
        self.errors = {entry["name"]: entry for entry in self.abi if entry["type"] == "error"}
        self._error_of = {function_abi_to_4byte_selector(entry): entry for entry in self.errors.values()}
        self._event_of = {event_abi_to_log_topic(entry): entry for entry in self.abi if entry["type"] == "event"}

    @property
    def writes(self) -> list[str]:
        """Names of the functions that change something."""
        return [name for name, entry in self.functions.items() if entry["stateMutability"] not in ("view", "pure")]

    def creation(self, instance_id: bytes) -> bytes:
        """Return the data of the transaction that deploys the contract."""
        return self.bytecode + encode(["bytes32"], [instance_id])

    def call(self, function: str, arguments: Sequence[Any]) -> bytes:
        """Return the data of a call."""
        entry = self.functions[function]
        return function_abi_to_4byte_selector(entry) + encode(_types(entry["inputs"]), list(arguments))

    def answer(self, function: str, data: bytes) -> Any:
        """Return what a call answered: one value, or a tuple of several."""
        values = _decode(self.functions[function]["outputs"], data)
        return values[0] if len(values) == 1 else values

    def error(self, data: bytes | None) -> Named:
        """Return name and arguments of the reason of a refusal."""
        if not data:
            return NO_REASON
        entry = self._error_of[data[:4]]
        return entry["name"], _decode(entry["inputs"], data[4:])

    def event(self, log: dict[str, Any]) -> Named:
        """Return name and arguments of an event, in the order of the interface."""
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        entry = self._event_of[topics.pop(0)]
        plain = [field for field in entry["inputs"] if not field["indexed"]]
        values = iter(_decode(plain, bytes.fromhex(log["data"][2:])))
        return entry["name"], tuple(
            _decode([field], topics.pop(0))[0] if field["indexed"] else next(values) for field in entry["inputs"]
        )


def _types(fields: Sequence[Any]) -> list[str]:
    return [collapse_if_tuple(field) for field in fields]


def _decode(fields: Sequence[Any], data: bytes) -> tuple[Any, ...]:
    types = _types(fields)
    return tuple(
        to_checksum_address(value) if kind == "address" else value
        for kind, value in zip(types, decode(types, data), strict=True)
    )
