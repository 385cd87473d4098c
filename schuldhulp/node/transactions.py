"""What a transaction offers for its gas, and handing it to a node. Who signs it, and with what, is no matter here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schuldhulp.errors import Unreachable
from schuldhulp.node.answers import number_of
from schuldhulp.node.rpc import JsonRpc, Refusal

PRICE_MARGIN: Final = 4
"""How often the base fee may double before a signed transaction is priced out: twice, since it is sent unchanged."""


def price_now(node: JsonRpc, *, lowest_tip: int = 0) -> dict[str, int]:
    """Name the price of the moment.

    A chain without a base fee gets a legacy transaction at the price that the node names (0 on a chain without fees);
    any other a type 2 transaction (EIP-1559) whose price survives two doublings of the base fee.

    Args:
        node: connection to a node.
        lowest_tip: wei a unit of gas that are offered beyond the base fee at least, where there is one.

    Returns:
        The fields of a transaction that name its price, in wei a unit of gas, and its type when that is 2.

    Raises:
        Unreachable: the node does not answer, or does not name its newest block.
        ChainMismatch: an answer has another form.
    """
    block, price, tip = node.batch(
        [("eth_getBlockByNumber", ("latest", False)), ("eth_gasPrice", ()), ("eth_maxPriorityFeePerGas", ())]
    )
    if not isinstance(block, dict):
        raise Unreachable("chain_refused", "the node does not name its newest block")
    if block.get("baseFeePerGas") is None:
        return {"gasPrice": 0 if isinstance(price, Refusal) else number_of(price)}
    # Where the base fee is zero, nothing is paid at all.
    base = number_of(block["baseFeePerGas"])
    priority = 0 if base == 0 or isinstance(tip, Refusal) else max(number_of(tip), lowest_tip)
    return {"type": 2, "maxPriorityFeePerGas": priority, "maxFeePerGas": PRICE_MARGIN * base + priority}


def highest_price(price: Mapping[str, int]) -> int:
    """Return the most that a transaction offers, in wei a unit of gas; 0: it is free.

    Args:
        price: from `price_now`.
    """
    return price.get("gasPrice", price.get("maxFeePerGas", 0))


def send_signed(node: JsonRpc, raw: bytes) -> str:
    """Hand a signed transaction to a node, as often as needed.

    A refusal is no failure: the node may have the bytes already ("already known"), or have carried them out ("nonce too
    low"). What became of them is looked up afterwards, by their hash, and by nothing else.

    Args:
        node: connection to a node.
        raw: the signed bytes.

    Returns:
        What the node said when it refused them, else nothing.

    Raises:
        Unreachable: the node does not answer; the bytes may have arrived all the same.
    """
    try:
        node.call("eth_sendRawTransaction", "0x" + raw.hex())
    except Refusal as refusal:
        return refusal.message
    return ""
