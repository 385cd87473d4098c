"""The question about many tags: ``knownBitmap(bytes32[])``, encoded by hand.

The call data of a list of words are the words one after another behind two more, so joining them is all there is to
encode; the general encoder looks at each word by itself and takes longer than the node does to answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from eth_utils.crypto import keccak

from schuldhulp.domain.types import Tag
from schuldhulp.errors import InvalidInput

FUNCTION: Final = "knownBitmap"
MAX_TAGS: Final = 1_000
"""Tags in one question: 32 KiB of call data and about 3 million gas, which every node takes."""

BASE_GAS: Final = 100_000
TAG_GAS: Final = 5_000
"""Gas of a question apart from its tags, and of each tag; about 24 000 and 2 940 are used (docs/performance.md)."""

WORD_BYTES: Final = 32

_SELECTOR: Final = keccak(text=f"{FUNCTION}(bytes32[])")[:4]
_OFFSET: Final = WORD_BYTES.to_bytes(WORD_BYTES, "big")


def batches(tags: Sequence[Tag]) -> Iterator[Sequence[Tag]]:
    """Cut a list into questions.

    Args:
        tags: any number of tags.

    Returns:
        Parts of at most `MAX_TAGS`, in their order.
    """
    return (tags[start : start + MAX_TAGS] for start in range(0, len(tags), MAX_TAGS))


def question(address: str, tags: Sequence[Tag]) -> dict[str, Any]:
    """Encode the question about tags.

    The gas is named, because a node gives a question that does not name it what it likes: Anvil what a block has, and
    geth up to its own bound, which a proxy in front of it may have lowered.

    Args:
        address: checksummed address of the EnrolmentRegistry.
        tags: at most `MAX_TAGS` tags of 32 bytes.

    Returns:
        First parameter of an ``eth_call``.

    Raises:
        InvalidInput: too many tags, or a tag that does not have 32 bytes: it would move all that follow.
    """
    if len(tags) > MAX_TAGS or any(len(tag) != WORD_BYTES for tag in tags):
        raise InvalidInput("tags_invalid", f"at most {MAX_TAGS} tags of {WORD_BYTES} bytes fit in a question")
    data = b"".join((_SELECTOR, _OFFSET, len(tags).to_bytes(WORD_BYTES, "big"), *tags))
    return {"to": address, "data": "0x" + data.hex(), "gas": hex(BASE_GAS + len(tags) * TAG_GAS)}
