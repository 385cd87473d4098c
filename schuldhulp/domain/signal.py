"""The signal: green (known to a credit bank), red (not known) or an error, and an error is never red.

Pure decisions on what a node answered. A node can answer with nothing, with half an answer, from another chain or from
last week; each of these looks like "not known" to a careless reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.errors import ChainMismatch

WORD_BYTES: Final = 32
CLOCK_DRIFT: Final = timedelta(minutes=2)
"""How far the clock of a block may run ahead of ours."""


class Signal(StrEnum):
    """What a creditor learns."""

    GREEN = "green"
    """Known: contact the credit bank and do not collect."""
    RED = "red"
    """Not known."""


class SignalWarning(StrEnum):
    """What must be said next to a signal that rests on name, address and birth date."""

    NAME_MATCH_RED = "name_match_red"
    """A typo or an unknown move gives red for somebody who is known."""
    NAME_MATCH_GREEN = "name_match_green"
    """Twins at one address share a tag, so green can be about the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalAnswer:
    """A signal with what a creditor needs to keep as a record of having asked.

    Attributes:
        signal: green or red.
        municipality: CBS code of the municipality that was asked, and for green the one that knows the person.
        contact: where to turn to; empty for red.
        checked_at: when, in UTC.
        block_number: number of the block that it was read from.
        block_hash: hash of that block, 32 bytes.
        warnings: what must be said with it.
        check_number: number to quote of this answer, ``XXXX-XXXX-XXXX-X``; it shows nothing of whom it is about.
        tag: what was looked up, 32 bytes, for whoever wants to look again by other means; empty when it is not told.
    """

    signal: Signal
    municipality: MunicipalityCode
    contact: str
    checked_at: datetime
    block_number: int
    block_hash: bytes
    warnings: tuple[SignalWarning, ...] = ()
    check_number: str = ""
    tag: bytes = field(default=b"", repr=False)


def read_signal(word: bytes, *, tag_epoch: Epoch, current_epoch: Epoch) -> Signal:
    """Turn the raw answer of `isKnown` into a signal.

    Args:
        word: what ``eth_call`` returned, undecoded.
        tag_epoch: epoch in the tag that was asked about.
        current_epoch: current epoch of that municipality, from the same block.

    Returns:
        Green, or red for a tag of the current epoch.

    Raises:
        ChainMismatch: no answer (an address without code answers ``0x`` and no error), a cut answer, a word that is
            neither 0 nor 1, or "not known" for a tag of another epoch than the current one.
    """
    if not word:
        raise ChainMismatch("signal_no_code", "empty answer: there is no contract at this address")
    if len(word) != WORD_BYTES:
        raise ChainMismatch("signal_cut", f"the answer has {len(word)} bytes instead of {WORD_BYTES}")
    value = int.from_bytes(word, "big")
    if value > 1:
        raise ChainMismatch("signal_malformed", "the answer is neither 0 nor 1")
    if value == 1:
        return Signal.GREEN
    if tag_epoch != current_epoch:
        raise ChainMismatch("signal_old_epoch", "not known in an epoch that is not the current one says nothing")
    return Signal.RED


def read_bitmap(words: bytes, count: int) -> list[bool]:
    """Turn the undecoded answer of `knownBitmap` into one value for each tag.

    Args:
        words: ABI encoding of ``uint256[]``: offset, length, words; bit ``i % 256`` of word ``i / 256`` is tag ``i``.
        count: how many tags were asked about.

    Returns:
        Whether each tag is known, in the order of the question.

    Raises:
        ChainMismatch: no answer, a cut answer, another number of words, or a bit beyond the last tag.
    """
    if not words:
        raise ChainMismatch("signal_no_code", "empty answer: there is no contract at this address")
    expected = (count + 255) // 256
    if len(words) != WORD_BYTES * (2 + expected):
        raise ChainMismatch("signal_cut", "the answer has another length than the question asks for")
    offset, length, *bitmap = (
        int.from_bytes(words[start : start + WORD_BYTES], "big") for start in range(0, len(words), WORD_BYTES)
    )
    if offset != WORD_BYTES or length != expected or (count % 256 and bitmap[-1] >> (count % 256)):
        raise ChainMismatch("signal_malformed", "the answer does not fit the question")
    return [bool(bitmap[index // 256] >> (index % 256) & 1) for index in range(count)]


def check_head(*, timestamp: int, number: int, now: datetime, max_age: timedelta, last_seen: int | None = None) -> None:
    """Refuse a block that is too old to believe, or lower than one that was seen before.

    Args:
        timestamp: time of the block in seconds since 1970.
        number: its number.
        now: the present, in UTC.
        max_age: how old the newest block may be.
        last_seen: highest block seen before, or None when this is the first.

    Raises:
        ChainMismatch: the head is lower than before, stale, or from the future.
    """
    if last_seen is not None and number < last_seen:
        raise ChainMismatch(
            "head_lower",
            f"head {number} is lower than {last_seen}, which was seen before",
            number=number,
            seen=last_seen,
        )
    # Compared as whole seconds: a hostile timestamp can lie outside what datetime can hold.
    seconds = int(now.astimezone(UTC).timestamp())
    if timestamp > seconds + CLOCK_DRIFT.total_seconds():
        raise ChainMismatch("head_future", "the newest block lies in the future; one of the clocks is wrong")
    if timestamp < seconds - max_age.total_seconds():
        limit = int(max_age.total_seconds())
        raise ChainMismatch("head_stale", f"the newest block is older than {limit} seconds", limit=limit)


def warnings_for(signal: Signal, kind: IdentifierKind) -> tuple[SignalWarning, ...]:
    """Return what must be said with a signal: nothing for a BSN, the limits of matching on names otherwise."""
    if kind is IdentifierKind.BSN:
        return ()
    return (SignalWarning.NAME_MATCH_GREEN if signal is Signal.GREEN else SignalWarning.NAME_MATCH_RED,)
