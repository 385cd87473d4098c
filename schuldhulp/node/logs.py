"""Reads the events that a node gives, each one checked to be one that was asked for.

A node can leave an event out, and nothing in its answer shows that. So everything that an answer does show is looked
at: an answer that is wrong in one place is not believed in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.node.answers import data_of, number_of, word_of
from schuldhulp.node.rpc import Question, Refusal

MAX_TOPICS: Final = 4
WORD_BYTES: Final = 32

FIRST_SPAN: Final = 2_000
"""Blocks in the first question for events; a node that takes more is asked twice as many the next time."""

MAX_SPAN: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """One event.

    Attributes:
        block_number: number of its block.
        block_hash: hash of that block, 32 bytes.
        index: place among the events of the block.
        tx_hash: hash of the transaction that it happened in, 32 bytes.
        topics: the event's hash and its indexed values, 32 bytes each.
        data: its other values.
    """

    block_number: int
    block_hash: bytes
    index: int
    tx_hash: bytes
    topics: tuple[bytes, ...]
    data: bytes


class Span:
    """How many blocks a node is asked about at once; each node has a bound and tells it in its own way."""

    def __init__(self) -> None:
        """Begin with as many as any node takes."""
        self.blocks = FIRST_SPAN
        self._most = MAX_SPAN

    def taken(self) -> None:
        """Ask about twice as many the next time, but never again as many as the node refused."""
        self.blocks = min(2 * self.blocks, self._most)

    def refused(self) -> None:
        """Ask about half as many from now on.

        Raises:
            Unreachable: it was one block already.
        """
        if self.blocks == 1:
            raise Unreachable("chain_refused", "the node does not give the events of a single block")
        self.blocks = self._most = self.blocks // 2


def asked(send: Callable[[list[Question]], list[Any]], questions: list[Question]) -> list[Any] | None:
    """Ask for events, first, and for whatever belongs to them.

    Args:
        send: asks a node; gives its refusals among the answers.
        questions: the one for events first.

    Returns:
        The answers; None when the node does not give so many events at once.

    Raises:
        Unreachable: the node does not answer.
    """
    try:
        answers = send(questions)
    except Unreachable as error:
        if error.key != "chain_answer_too_large":
            raise
        return None
    return None if isinstance(answers[0], Refusal) else answers


def logs_between(
    send: Callable[[list[Question]], list[Any]], *, address: str, topics: list[Any], first: int, last: int
) -> Iterator[Log]:
    """Read the events of a contract, as many blocks at a time as the node takes.

    Args:
        send: asks a node; gives its refusals among the answers.
        address: checksummed address of the contract.
        topics: as ``eth_getLogs`` has them.
        first: number of the first block.
        last: number of the last block, which is included.

    Returns:
        The events, in the order in which they happened.

    Raises:
        ChainMismatch: as `logs_of`.
        Unreachable: the node does not answer, or refuses the events of a single block.
    """
    span = Span()
    while first <= last:
        end = min(first + span.blocks - 1, last)
        answers = asked(send, [logs_question(address, first, end, topics)])
        if answers is None:
            span.refused()
            continue
        yield from logs_of(answers[0], address=address, first=first, last=end)
        span.taken()
        first = end + 1


def logs_question(address: str, first: int, last: int, topics: list[Any]) -> Question:
    """Ask for the events of a contract.

    Args:
        address: checksummed address of the contract.
        first: number of the first block.
        last: number of the last block, which is included.
        topics: as ``eth_getLogs`` has them.

    Returns:
        Method and parameters.
    """
    return ("eth_getLogs", ({"address": address, "fromBlock": hex(first), "toBlock": hex(last), "topics": topics},))


def logs_of(answer: Any, *, address: str, first: int, last: int) -> list[Log]:
    """Decode the events that a node gave.

    Args:
        answer: JSON list of events.
        address: checksummed address of the contract that was asked about.
        first: number of the first block that was asked about.
        last: number of the last one.

    Returns:
        The events, in the order in which they happened.

    Raises:
        ChainMismatch: something else, an event of another contract, of another block or one that was taken back, two
            hashes for one block, or events that do not strictly follow one another.
    """
    if not isinstance(answer, list):
        raise _wrong("something else than events")
    logs: list[Log] = []
    for plain in answer:
        log = _log(plain, address)
        if not first <= log.block_number <= last:
            raise _wrong("an event of another block than was asked about")
        if logs:
            before = logs[-1]
            if (log.block_number, log.index) <= (before.block_number, before.index):
                raise _wrong("events out of order, or one of them twice")
            if log.block_number == before.block_number and log.block_hash != before.block_hash:
                raise _wrong("two hashes for one block")
        logs.append(log)
    return logs


def words_of(log: Log) -> list[bytes]:
    """Read the data of an event whose only value in it is a list of 32-byte words.

    Args:
        log: the event.

    Returns:
        The words.

    Raises:
        ChainMismatch: the data are not exactly that, in the only encoding that Solidity gives: offset, length, words.
    """
    data = log.data
    words = [data[start : start + WORD_BYTES] for start in range(0, len(data), WORD_BYTES)]
    if len(data) % WORD_BYTES or len(words) < 2:
        raise _wrong("an event of the wrong shape")
    if int.from_bytes(words[0]) != WORD_BYTES or int.from_bytes(words[1]) != len(words) - 2:
        raise _wrong("an event of the wrong shape")
    return words[2:]


def _log(plain: Any, address: str) -> Log:
    if not isinstance(plain, dict):
        raise _wrong("something else than an event")
    if str(plain.get("address")).lower() != address.lower():
        raise _wrong("an event of another contract than was asked about")
    if plain.get("removed") not in (None, False):
        raise _wrong("an event that was taken back")
    topics = plain.get("topics")
    if not isinstance(topics, list) or not 1 <= len(topics) <= MAX_TOPICS:
        raise _wrong("an event of the wrong shape")
    return Log(
        block_number=number_of(plain.get("blockNumber")),
        block_hash=word_of(plain.get("blockHash")),
        index=number_of(plain.get("logIndex")),
        tx_hash=word_of(plain.get("transactionHash")),
        topics=tuple(word_of(topic) for topic in topics),
        data=data_of(plain.get("data")),
    )


def _wrong(what: str) -> ChainMismatch:
    return ChainMismatch("chain_answer_wrong", f"the node gave {what}")
