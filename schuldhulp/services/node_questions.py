"""Which questions to the node are passed on, and in which form: an allow list, everything else is refused.

A question is put together anew from the parts that are known; nothing that somebody sent goes to the node unread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from schuldhulp.services.node_values import (
    INVALID_PARAMS,
    QUANTITY,
    QuestionRefused,
    address_of,
    at_most,
    block_of,
    bytes_of,
    object_of,
    parameter,
    quantity_of,
    topics_of,
    word_of,
    wrong,
)

INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
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

MAX_FEE_BLOCKS: Final = 100
MAX_PERCENTILES: Final = 10
MAX_TRANSACTION: Final = 16_384
"""Bytes of a signed transaction; none of ours is longer than a few hundred."""


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
            at_most(params, 0)
            return NodeQuestion(method=name, params=())

        return rule

    @staticmethod
    def _of_account(name: str) -> Callable[[list[Any]], NodeQuestion]:
        def rule(params: list[Any]) -> NodeQuestion:
            at_most(params, 2)
            return NodeQuestion(method=name, params=(address_of(parameter(params, 0)), block_of(parameter(params, 1))))

        return rule

    @staticmethod
    def _block(params: list[Any]) -> NodeQuestion:
        at_most(params, 2)
        if parameter(params, 1) not in (None, False):
            raise wrong("blocks are given without their transactions: the second parameter is false")
        number = parameter(params, 0)
        if isinstance(number, dict):
            raise wrong("a block number or name is expected")
        return NodeQuestion(method="eth_getBlockByNumber", params=(block_of(number), False))

    def _code(self, params: list[Any]) -> NodeQuestion:
        at_most(params, 2)
        return NodeQuestion(
            method="eth_getCode", params=(self._contract(parameter(params, 0)), block_of(parameter(params, 1)))
        )

    def _call(self, params: list[Any]) -> NodeQuestion:
        # A third parameter would change the state that the call sees.
        at_most(params, 2)
        call = object_of(parameter(params, 0))
        return NodeQuestion(method="eth_call", params=(self._sending(call), block_of(parameter(params, 1))))

    def _estimate(self, params: list[Any]) -> NodeQuestion:
        at_most(params, 2)
        call = object_of(parameter(params, 0))
        sender, to = call.get("from"), call.get("to")
        if isinstance(sender, str) and isinstance(to, str) and sender.lower() == to.lower() and not _data(call):
            _no_value(call)
            asked = {"from": address_of(sender), "to": address_of(to)}
        else:
            asked = self._sending(call)
        # Names of blocks only: an estimate is about the transaction that is going to be sent.
        block = block_of(parameter(params, 1))
        return NodeQuestion(
            method="eth_estimateGas", params=(asked, block) if parameter(params, 1) else (asked,), weight=2
        )

    def _logs(self, params: list[Any]) -> NodeQuestion:
        at_most(params, 1)
        asked = object_of(parameter(params, 0))
        found: dict[str, Any] = {"address": self._addresses(asked.get("address"))}
        topics = asked.get("topics")
        if topics is not None:
            found["topics"] = topics_of(topics)
        if asked.get("blockHash") is not None:
            found["blockHash"] = word_of(asked["blockHash"])
            return NodeQuestion(method="eth_getLogs", params=(found,), weight=5)
        for bound in ("fromBlock", "toBlock"):
            value = asked.get(bound)
            if isinstance(value, dict):
                raise wrong("a block number or name is expected")
            found[bound] = block_of(value)
        return NodeQuestion(method="eth_getLogs", params=(found,), weight=5, spans=True)

    @staticmethod
    def _receipt(params: list[Any]) -> NodeQuestion:
        at_most(params, 1)
        return NodeQuestion(method="eth_getTransactionReceipt", params=(word_of(parameter(params, 0)),))

    @staticmethod
    def _fees(params: list[Any]) -> NodeQuestion:
        count = parameter(params, 0)
        number = int(count, 16) if isinstance(count, str) and QUANTITY.fullmatch(count) else count
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MAX_FEE_BLOCKS:
            raise wrong(f"1 to {MAX_FEE_BLOCKS} blocks are expected")
        percentiles = parameter(params, 2) or []
        if (
            not isinstance(percentiles, list)
            or len(percentiles) > MAX_PERCENTILES
            or not all(type(one) in (int, float) and 0 <= one <= 100 for one in percentiles)
        ):
            raise wrong(f"at most {MAX_PERCENTILES} percentiles from 0 to 100 are expected")
        newest = parameter(params, 1)
        if isinstance(newest, dict):
            raise wrong("a block number or name is expected")
        return NodeQuestion(method="eth_feeHistory", params=(hex(number), block_of(newest), percentiles), weight=2)

    @staticmethod
    def _transaction(params: list[Any]) -> NodeQuestion:
        at_most(params, 1)
        raw = bytes_of(parameter(params, 0), MAX_TRANSACTION)
        return NodeQuestion(method="eth_sendRawTransaction", params=(raw,), weight=5)

    def _sending(self, call: dict[str, Any]) -> dict[str, Any]:
        """Keep of a call whom it asks, what, as whom, and with how much gas; prices decide nothing in a question."""
        _no_value(call)
        asked: dict[str, Any] = {"to": self._contract(call.get("to")), "data": _data(call) or "0x"}
        if call.get("from") is not None:
            asked["from"] = address_of(call["from"])
        gas = call.get("gas")
        wanted = CALL_GAS if gas is None else int(quantity_of(gas), 16)
        asked["gas"] = hex(min(wanted, CALL_GAS))
        return asked

    def _contract(self, value: Any) -> str:
        found = self._contracts.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise wrong("only the contracts of this deployment can be asked")
        return found

    def _addresses(self, value: Any) -> list[str]:
        if value is None:
            return sorted(self._contracts.values())
        given = value if isinstance(value, list) else [value]
        if not 1 <= len(given) <= len(self._contracts):
            raise wrong("only the contracts of this deployment can be asked")
        return [self._contract(one) for one in given]


PLAIN: Final = (
    "eth_chainId",
    "net_version",
    "eth_blockNumber",
    "eth_gasPrice",
    "eth_maxPriorityFeePerGas",
)
"""Methods without parameters."""


def _data(call: dict[str, Any]) -> str:
    """Return the call data, which goes by two names; empty when there is none."""
    data, named = call.get("data"), call.get("input")
    if data is not None and named is not None and data != named:
        raise wrong("data and input are two names of one field, and differ")
    given = named if data is None else data
    text = "0x" if given is None else bytes_of(given, MAX_CALL_DATA)
    return "" if text == "0x" else text


def _no_value(call: dict[str, Any]) -> None:
    if call.get("value") not in (None, "0x0", "0x", "0x00", 0):
        raise wrong("the contracts take no value")
