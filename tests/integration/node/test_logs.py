from __future__ import annotations

from typing import Any

import pytest

from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.node.logs import FIRST_SPAN, logs_between
from schuldhulp.node.rpc import Question, Refusal

ADDRESS = "0x" + "Ab" * 20
WORD = "0x" + "01" * 32


def event(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "address": ADDRESS.lower(),
        "blockNumber": hex(number),
        "blockHash": WORD,
        "transactionHash": "0x" + number.to_bytes(32).hex(),
        "logIndex": "0x0",
        "topics": [WORD],
        "data": "0x",
    }
    return plain | changes


class Node:
    """Gives one event in each of some blocks, for at most so many blocks at a time."""

    def __init__(self, numbers: list[int], *, most: int, error: str = "") -> None:
        self._numbers, self._most, self._error = numbers, most, error
        self.asked: list[tuple[int, int]] = []

    def send(self, questions: list[Question]) -> list[Any]:
        ((method, (wanted,)),) = questions
        assert method == "eth_getLogs"
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        self.asked.append((first, last))
        if last - first >= self._most:
            if self._error:
                raise Unreachable(self._error, "the answer is refused")
            return [Refusal(code=-32005, message="too many")]
        return [[event(number) for number in self._numbers if first <= number <= last]]


def read(node: Node, first: int, last: int) -> list[int]:
    found = logs_between(node.send, address=ADDRESS, topics=[[WORD]], first=first, last=last)
    return [log.block_number for log in found]


@pytest.mark.parametrize("error", ["", "chain_answer_too_large"])
def test_logs_between_asks_for_fewer_blocks_until_the_node_gives_them(error: str) -> None:
    numbers = [5, 6, 1_999, 2_000, 9_999]
    node = Node(numbers, most=700, error=error)
    assert read(node, 5, 9_999) == numbers
    given = [(first, last) for first, last in node.asked if last - first < 700]
    assert [block for first, last in given for block in range(first, last + 1)] == list(range(5, 10_000))
    assert len(node.asked) == len(given) + 2


def test_logs_between_asks_for_more_blocks_while_the_node_gives_them() -> None:
    node = Node([], most=10**9)
    assert read(node, 0, 14 * FIRST_SPAN) == []
    sizes = [last - first + 1 for first, last in node.asked]
    assert sizes == [FIRST_SPAN, 2 * FIRST_SPAN, 4 * FIRST_SPAN, 7 * FIRST_SPAN + 1]


def test_logs_between_asks_nothing_about_no_blocks() -> None:
    node = Node([3], most=10)
    assert read(node, 4, 3) == []
    assert node.asked == []


def test_logs_between_ends_where_not_even_one_block_is_given() -> None:
    node = Node([3], most=0)
    with pytest.raises(Unreachable) as caught:
        read(node, 0, 5)
    assert caught.value.key == "chain_refused"


def test_logs_between_hands_on_that_the_node_does_not_answer() -> None:
    node = Node([3], most=0, error="chain_unreachable")
    with pytest.raises(Unreachable) as caught:
        read(node, 0, 5)
    assert caught.value.key == "chain_unreachable"
    assert len(node.asked) == 1


def test_logs_between_refuses_an_event_of_blocks_that_were_not_asked_about() -> None:
    with pytest.raises(ChainMismatch):
        list(logs_between(lambda _: [[event(6)]], address=ADDRESS, topics=[], first=0, last=5))
