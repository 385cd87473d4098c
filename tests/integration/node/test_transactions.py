from __future__ import annotations

from typing import Any

import pytest

from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.node.transactions import highest_price, price_now, send_signed

REFUSED = Refusal(code=-32601, message="method not found")


class Node(JsonRpc):
    """Gives what a test sets."""

    def __init__(self, *answers: Any) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = list(answers)
        self.sent: list[Any] = []

    def batch(self, questions: Any) -> list[Any]:
        return self.answers

    def call(self, method: str, *parameters: Any) -> Any:
        self.sent.append((method, *parameters))
        if isinstance(self.answers[0], Refusal):
            raise self.answers[0]
        return self.answers[0]


@pytest.mark.parametrize(("price", "offered"), [("0x7", 7), (REFUSED, 0)])
def test_price_now_without_a_base_fee_is_what_the_node_names(price: Any, offered: int) -> None:
    found = price_now(Node({}, price, REFUSED))
    assert found == {"gasPrice": offered}
    assert highest_price(found) == offered


@pytest.mark.parametrize(
    ("base", "tip", "lowest_tip", "highest", "priority"),
    [
        ("0x0", "0x5", 9, 0, 0),
        ("0xa", REFUSED, 9, 40, 0),
        ("0xa", "0x2", 0, 42, 2),
        ("0xa", "0x2", 9, 49, 9),
        ("0xa", "0xc", 9, 52, 12),
    ],
)
def test_price_now_with_a_base_fee_survives_two_doublings(
    base: str, tip: Any, lowest_tip: int, highest: int, priority: int
) -> None:
    found = price_now(Node({"baseFeePerGas": base}, "0x1", tip), lowest_tip=lowest_tip)
    assert found == {"type": 2, "maxFeePerGas": highest, "maxPriorityFeePerGas": priority}
    assert highest_price(found) == highest


@pytest.mark.parametrize("block", [None, REFUSED])
def test_price_now_needs_the_newest_block(block: Any) -> None:
    with pytest.raises(Unreachable):
        price_now(Node(block, "0x1", "0x1"))


def test_price_now_refuses_what_is_no_number() -> None:
    with pytest.raises(ChainMismatch):
        price_now(Node({"baseFeePerGas": "ten"}, "0x1", "0x1"))


@pytest.mark.parametrize(("answer", "said"), [("0x01", ""), (REFUSED, "method not found")])
def test_send_signed_gives_what_the_node_said_when_it_refused(answer: Any, said: str) -> None:
    node = Node(answer)
    assert send_signed(node, b"\x02\xff") == said
    assert node.sent == [("eth_sendRawTransaction", "0x02ff")]
