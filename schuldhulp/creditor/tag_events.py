"""Follows the tags of one municipality through the events of the EnrolmentRegistry.

The contract refuses to enrol a tag that is enrolled, to end one that is not, and to enrol one of an epoch that was not
announced. So events that do not fit together are events of which some are missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Final

from eth_utils.crypto import keccak

from schuldhulp.creditor.tag_file import FetchedTags
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import ChainMismatch
from schuldhulp.node.logs import WORD_BYTES, Log, words_of

ENROLLED: Final = keccak(text="TagsEnrolled(uint16,uint32,bytes32[])")
ENDED: Final = keccak(text="EnrolmentsEnded(uint16,bytes32[])")
ANNOUNCED: Final = keccak(text="EpochAnnounced(uint16,uint32,bytes32[2])")

_TOPICS: Final = {ENROLLED: 3, ENDED: 2, ANNOUNCED: 3}


class EventsMissing(ChainMismatch):
    """The events do not fit together: some are missing."""

    def __init__(self, what: str) -> None:
        """Say what does not fit."""
        super().__init__("tags_incomplete", f"the node left events out: {what}")


def topics_of(municipality: MunicipalityCode) -> list[Any]:
    """Return what to ask ``eth_getLogs`` for."""
    return [["0x" + topic.hex() for topic in _TOPICS], "0x" + municipality.to_bytes(WORD_BYTES).hex()]


class TagHistory:
    """The tags of a municipality after the events so far."""

    def __init__(
        self, municipality: MunicipalityCode, *, oldest_epoch: Epoch, start: FetchedTags | None = None
    ) -> None:
        """Start before the first block, or after what was fetched before.

        Args:
            municipality: CBS code.
            oldest_epoch: oldest epoch that is open; tags of earlier ones are left out.
            start: what was fetched before.
        """
        self._municipality = municipality
        self._oldest_epoch = oldest_epoch
        self.block = -1 if start is None else start.block
        self.block_hash = b"" if start is None else start.block_hash
        self._announced = set() if start is None else set(start.announced)
        self._tags = set() if start is None else {tag for tag in start.tags if _epoch_of(tag) >= oldest_epoch}

    def follow(self, logs: Iterable[Log], *, block: int, block_hash: bytes) -> None:
        """Take the events of the blocks that follow.

        Args:
            logs: all events of those blocks, in their order.
            block: number of the last of them.
            block_hash: its hash.

        Raises:
            EventsMissing: they do not follow from what was known before.
            ChainMismatch: an event is none of the contract and the municipality.
        """
        for log in logs:
            if len(log.topics) != _TOPICS.get(log.topics[0]) or _number(log.topics[1]) != self._municipality:
                raise _wrong()
            if log.block_number == block and log.block_hash != block_hash:
                raise ChainMismatch("chain_replaced", "the chain was replaced while it was asked; ask again")
            if log.topics[0] == ANNOUNCED:
                self._announced.add(Epoch(_number(log.topics[2])))
            elif log.topics[0] == ENROLLED:
                self._enrol(self._tags_in(log, log.topics[1][-2:] + log.topics[2][-4:]))
            else:
                self._end(self._tags_in(log, log.topics[1][-2:]))
        self.block, self.block_hash = block, block_hash

    def fetched(self) -> FetchedTags:
        """Return the tags as they are now."""
        return FetchedTags(
            municipality=self._municipality,
            block=self.block,
            block_hash=self.block_hash,
            oldest_epoch=self._oldest_epoch,
            announced=frozenset(self._announced),
            tags=frozenset(self._tags),
        )

    def _enrol(self, tags: set[Tag]) -> None:
        if not self._tags.isdisjoint(tags):
            raise EventsMissing("a tag was enrolled twice")
        self._tags |= tags

    def _end(self, tags: set[Tag]) -> None:
        if not tags <= self._tags:
            raise EventsMissing("a tag ended that was not enrolled")
        self._tags -= tags

    def _tags_in(self, log: Log, prefix: bytes) -> set[Tag]:
        words = words_of(log)
        ascending = all(one < next_ for one, next_ in itertools.pairwise(words))
        if not words or not ascending or not all(word.startswith(prefix) for word in words):
            raise _wrong()
        return {Tag(word) for word in words if _epoch_of(word) >= self._oldest_epoch}


def _epoch_of(tag: bytes) -> int:
    return int.from_bytes(tag[2:6])


def _number(word: bytes) -> int:
    return int.from_bytes(word)


def _wrong() -> ChainMismatch:
    return ChainMismatch("chain_answer_wrong", "the node gave an event that is none of the registry's")
