"""The contracts' interfaces as exported by ``scripts/export_abi.py``: encoding of calls, names of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types
from eth_utils.crypto import keccak

from schuldhulp import errors


class ContractInterface:
    """Encodes calls of one contract and reads its answers, events and errors."""

    def __init__(self, name: str, abi: list[dict[str, Any]]) -> None:
        """Index the parts of an ABI.

        Args:
            name: name of the contract.
            abi: the ABI as compiled.
        """
        self.name = name
        self._functions: dict[str, tuple[bytes, list[str], list[str]]] = {}
        self._errors: dict[bytes, tuple[str, list[str]]] = {}
        self._topics: dict[str, bytes] = {}
        for part in abi:
            if part["type"] not in ("function", "event", "error"):
                continue
            element = cast(Any, part)
            digest = keccak(text=abi_to_signature(element))
            if part["type"] == "function":
                self._functions[part["name"]] = (
                    digest[:4],
                    get_abi_input_types(element),
                    get_abi_output_types(element),
                )
            elif part["type"] == "event":
                self._topics[part["name"]] = digest
            else:
                self._errors[digest[:4]] = (part["name"], get_abi_input_types(element))

    @property
    def functions(self) -> Mapping[str, bytes]:
        """Selectors by name of function."""
        return {name: selector for name, (selector, _, _) in self._functions.items()}

    def call(self, function: str, *arguments: Any) -> bytes:
        """Encode a call.

        Args:
            function: name of the function.
            arguments: its arguments as Python values.

        Returns:
            Selector and encoded arguments.
        """
        selector, inputs, _ = self._functions[function]
        return selector + encode(inputs, arguments)

    def answer(self, function: str, data: bytes) -> tuple[Any, ...]:
        """Decode the answer of a view function.

        Args:
            function: name of the function.
            data: the bytes that the node returned.

        Returns:
            The values.

        Raises:
            errors.ChainMismatch: the answer is empty, cut or longer than it should be: not our contract.
        """
        _, _, outputs = self._functions[function]
        try:
            values = decode(outputs, data)
            exact = encode(outputs, values) == data
        except (DecodingError, OverflowError, ValueError) as error:
            raise self._not_ours(function) from error
        if not exact:
            raise self._not_ours(function)
        return values

    def topic(self, event: str) -> bytes:
        """Return the first topic of an event, 32 bytes."""
        return self._topics[event]

    def error_name(self, data: bytes) -> str:
        """Name the custom error of a revert; an empty string when it is none of this contract's."""
        known = self._errors.get(data[:4])
        return known[0] if known else ""

    def _not_ours(self, function: str) -> errors.ChainMismatch:
        return errors.ChainMismatch(
            "chain_answer_wrong", f"{self.name}.{function} gave an answer of the wrong shape", contract=self.name
        )


@cache
def contract_interface(name: str) -> ContractInterface:
    """Load the interface of a contract.

    Args:
        name: name of the contract.

    Returns:
        The interface.

    Raises:
        errors.Misconfigured: the exported ABI is missing.
    """
    file = resources.files("schuldhulp.chain") / "abi" / f"{name}.json"
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise errors.Misconfigured("abi_missing", f"the exported ABI of {name} is missing", field="abi") from error
    return ContractInterface(name, plain["abi"] if isinstance(plain, dict) else plain)
