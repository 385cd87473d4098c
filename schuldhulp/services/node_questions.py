"""Which questions to the node are passed on, and in which form: an allow list, everything else is refused.

A question is put together anew from the parts that are known; nothing that somebody sent goes to the node unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
NODE_REFUSED: Final = -32000
LIMIT_EXCEEDED: Final = -32005
REVERTED: Final = 3
"""Codes of JSON-RPC errors: those of the standard, of EIP-1474, and what clients know a revert by."""

CALL_GAS: Final = 20_000_000
"""Gas of one call; a question about 1 000 tags takes about 4 million."""

MAX_CALL_DATA: Final = 40_000
"""Bytes of call data: 1 000 tags are 32 068."""

MAX_BLOCKS: Final = 10_000
"""Blocks that one question about events may span."""

MAX_TOPICS: Final = 4
MAX_CHOICES: Final = 100
MAX_FEE_BLOCKS: Final = 100
MAX_PERCENTILES: Final = 10
MAX_TRANSACTION: Final = 16_384
"""Bytes of a signed transaction; none of ours is longer than a few hundred."""

BLOCK_NAMES: Final = frozenset({"latest", "earliest", "pending", "safe", "finalized"})

_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,15})")
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


@dataclass(frozen=True, kw_only=True)
class NodeQuestion:
    """A question that may be passed on.

    Attributes:
        method: JSON-RPC method.
        params: its parameters, put together anew.
        weight: how much it counts in what an address may ask.
        spans: for events: whether the span of blocks can only be seen once the newest block is known.
    """

    method: str
    params: tuple[Any, ...]
    weight: int = 1
    spans: bool = False


class QuestionRules:
    """The allow list for one deployment."""

    def __init__(self, contracts: Collection[str]) -> None:
        """Take the addresses of the contracts that may be called."""
        self._contracts = {address.lower(): address for address in contracts}
        self._rules: Mapping[str, Callable[[list[Any]], NodeQuestion]] = MappingProxyType(
            {
                **{name: self._plain(name) for name in PLAIN},
                "eth_getBlockByNumber": self._block,
                "eth_getCode": self._code,
                "eth_call": self._call,
                "eth_estimateGas": self._estimate,
                "eth_getLogs": self._logs,
                "eth_getTransactionReceipt": self._receipt,
                "eth_getTransactionCount": self._of_account("eth_getTransactionCount"),
                "eth_getBalance": self._of_account("eth_getBalance"),
                "eth_feeHistory": self._fees,
                "eth_sendRawTransaction": self._transaction,
            }
        )

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods that may be asked."""
        return tuple(sorted(self._rules))

    def read(self, method: Any, params: Any) -> NodeQuestion:
        """Put a question together from the parts that are allowed.

        Args:
            method: what was sent as method.
            params: what was sent as parameters; None for none.

        Returns:
            The question.

        Raises:
            QuestionRefused: the method or a parameter is not allowed.
        """
        rule = self._rules.get(method) if isinstance(method, str) else None
        if rule is None:
            raise QuestionRefused(METHOD_NOT_FOUND, "this method is not offered here")
        if params is None:
            params = []
        if not isinstance(params, list) or len(params) > 3:
            raise QuestionRefused(INVALID_PARAMS, "the parameters are expected as a list")
        return rule(params)

    @staticmethod
    def _plain(name: str) -> Callable[[list[Any]], NodeQuestion]:
        def rule(params: list[Any]) -> NodeQuestion:
            _most(params, 0)
            return NodeQuestion(method=name, params=())

        return rule

    @staticmethod
    def _of_account(name: str) -> Callable[[list[Any]], NodeQuestion]:
        def rule(params: list[Any]) -> NodeQuestion:
            _most(params, 2)
            return NodeQuestion(method=name, params=(_address(_at(params, 0)), _block(_at(params, 1))))

        return rule

    @staticmethod
    def _block(params: list[Any]) -> NodeQuestion:
        _most(params, 2)
        if _at(params, 1) not in (None, False):
            raise _wrong("blocks are given without their transactions: the second parameter is false")
        number = _at(params, 0)
        if isinstance(number, dict):
            raise _wrong("a block number or name is expected")
        return NodeQuestion(method="eth_getBlockByNumber", params=(_block(number), False))

    def _code(self, params: list[Any]) -> NodeQuestion:
        _most(params, 2)
        return NodeQuestion(method="eth_getCode", params=(self._contract(_at(params, 0)), _block(_at(params, 1))))

    def _call(self, params: list[Any]) -> NodeQuestion:
        # A third parameter would change the state that the call sees.
        _most(params, 2)
        call = _object(_at(params, 0))
        return NodeQuestion(method="eth_call", params=(self._sending(call), _block(_at(params, 1))))

    def _estimate(self, params: list[Any]) -> NodeQuestion:
        _most(params, 2)
        call = _object(_at(params, 0))
        sender, to = call.get("from"), call.get("to")
        if isinstance(sender, str) and isinstance(to, str) and sender.lower() == to.lower() and not _data(call):
            _no_value(call)
            asked = {"from": _address(sender), "to": _address(to)}
        else:
            asked = self._sending(call)
        # Names of blocks only: an estimate is about the transaction that is going to be sent.
        block = _block(_at(params, 1))
        return NodeQuestion(method="eth_estimateGas", params=(asked, block) if _at(params, 1) else (asked,), weight=2)

    def _logs(self, params: list[Any]) -> NodeQuestion:
        _most(params, 1)
        asked = _object(_at(params, 0))
        found: dict[str, Any] = {"address": self._addresses(asked.get("address"))}
        topics = asked.get("topics")
        if topics is not None:
            found["topics"] = _topics(topics)
        if asked.get("blockHash") is not None:
            found["blockHash"] = _word(asked["blockHash"])
            return NodeQuestion(method="eth_getLogs", params=(found,), weight=5)
        for bound in ("fromBlock", "toBlock"):
            value = asked.get(bound)
            if isinstance(value, dict):
                raise _wrong("a block number or name is expected")
            found[bound] = _block(value)
        return NodeQuestion(method="eth_getLogs", params=(found,), weight=5, spans=True)

    @staticmethod
    def _receipt(params: list[Any]) -> NodeQuestion:
        _most(params, 1)
        return NodeQuestion(method="eth_getTransactionReceipt", params=(_word(_at(params, 0)),))

    @staticmethod
    def _fees(params: list[Any]) -> NodeQuestion:
        count = _at(params, 0)
        number = int(count, 16) if isinstance(count, str) and _QUANTITY.fullmatch(count) else count
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MAX_FEE_BLOCKS:
            raise _wrong(f"1 to {MAX_FEE_BLOCKS} blocks are expected")
        percentiles = _at(params, 2) or []
        if (
            not isinstance(percentiles, list)
            or len(percentiles) > MAX_PERCENTILES
            or not all(type(one) in (int, float) and 0 <= one <= 100 for one in percentiles)
        ):
            raise _wrong(f"at most {MAX_PERCENTILES} percentiles from 0 to 100 are expected")
        newest = _at(params, 1)
        if isinstance(newest, dict):
            raise _wrong("a block number or name is expected")
        return NodeQuestion(method="eth_feeHistory", params=(hex(number), _block(newest), percentiles), weight=2)

    @staticmethod
    def _transaction(params: list[Any]) -> NodeQuestion:
        _most(params, 1)
        raw = _bytes(_at(params, 0), MAX_TRANSACTION)
        return NodeQuestion(method="eth_sendRawTransaction", params=(raw,), weight=5)

    def _sending(self, call: dict[str, Any]) -> dict[str, Any]:
        """Keep of a call whom it asks, what, as whom, and with how much gas; prices decide nothing in a question."""
        _no_value(call)
        asked: dict[str, Any] = {"to": self._contract(call.get("to")), "data": _data(call) or "0x"}
        if call.get("from") is not None:
            asked["from"] = _address(call["from"])
        gas = call.get("gas")
        wanted = CALL_GAS if gas is None else int(_quantity(gas), 16)
        asked["gas"] = hex(min(wanted, CALL_GAS))
        return asked

    def _contract(self, value: Any) -> str:
        found = self._contracts.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise _wrong("only the contracts of this deployment can be asked")
        return found

    def _addresses(self, value: Any) -> list[str]:
        if value is None:
            return sorted(self._contracts.values())
        given = value if isinstance(value, list) else [value]
        if not 1 <= len(given) <= len(self._contracts):
            raise _wrong("only the contracts of this deployment can be asked")
        return [self._contract(one) for one in given]


PLAIN: Final = (
    "eth_chainId",
    "net_version",
    "eth_blockNumber",
    "eth_gasPrice",
    "eth_maxPriorityFeePerGas",
)
"""Methods without parameters."""


def block_number(value: Any) -> int | None:
    """Return the number that a cleaned block parameter names; None for a name such as ``latest``."""
    if value == "earliest":
        return 0
    return int(value, 16) if isinstance(value, str) and value.startswith("0x") else None


def _wrong(message: str) -> QuestionRefused:
    return QuestionRefused(INVALID_PARAMS, message)


def _at(params: list[Any], place: int) -> Any:
    return params[place] if place < len(params) else None


def _most(params: list[Any], count: int) -> None:
    if len(params) > count:
        raise _wrong(f"at most {count} parameters are expected")


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("an object is expected as first parameter")
    return value


def _quantity(value: Any) -> str:
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return value
    raise _wrong("a number is expected as 0x and hexadecimal digits without leading zeros")


def _address(value: Any) -> str:
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return value
    raise _wrong("an address is expected, 0x and 40 hexadecimal digits")


def _word(value: Any) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    raise _wrong("32 bytes are expected, 0x and 64 hexadecimal digits")


def _bytes(value: Any, longest: int) -> str:
    if isinstance(value, str) and len(value) <= 2 + 2 * longest and _BYTES.fullmatch(value):
        return value
    raise _wrong(f"at most {longest} bytes are expected, 0x and hexadecimal digits")


def _data(call: dict[str, Any]) -> str:
    """Return the call data, which goes by two names; empty when there is none."""
    data, named = call.get("data"), call.get("input")
    if data is not None and named is not None and data != named:
        raise _wrong("data and input are two names of one field, and differ")
    given = named if data is None else data
    text = "0x" if given is None else _bytes(given, MAX_CALL_DATA)
    return "" if text == "0x" else text


def _no_value(call: dict[str, Any]) -> None:
    if call.get("value") not in (None, "0x0", "0x", "0x00", 0):
        raise _wrong("the contracts take no value")


def _block(value: Any) -> Any:
    """Read a block: a number, a name, or one of the objects of EIP-1898; the newest one when none was given."""
    if value is None:
        return "latest"
    if isinstance(value, str) and value in BLOCK_NAMES:
        return value
    if isinstance(value, dict):
        if value.keys() == {"blockNumber"}:
            return {"blockNumber": _quantity(value["blockNumber"])}
        if "blockHash" in value and value.keys() <= {"blockHash", "requireCanonical"}:
            canonical = value.get("requireCanonical", False)
            if isinstance(canonical, bool):
                return {"blockHash": _word(value["blockHash"]), "requireCanonical": canonical}
        raise _wrong("a block is named by its number or its hash")
    return _quantity(value)


def _topics(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_TOPICS:
        raise _wrong(f"at most {MAX_TOPICS} topics are expected")
    found: list[Any] = []
    for topic in value:
        if isinstance(topic, list):
            if len(topic) > MAX_CHOICES:
                raise _wrong(f"at most {MAX_CHOICES} choices of a topic are expected")
            found.append([_word(one) for one in topic])
        else:
            found.append(None if topic is None else _word(topic))
    return found
