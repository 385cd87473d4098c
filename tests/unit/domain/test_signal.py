from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.signal import Signal, SignalWarning, check_head, read_bitmap, read_signal, warnings_for
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import ChainMismatch

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
AGE = timedelta(minutes=15)
EPOCH = Epoch(20264)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_read_signal_is_green_for_one_and_red_for_zero():
    assert read_signal(word(1), tag_epoch=EPOCH, current_epoch=EPOCH) is Signal.GREEN
    assert read_signal(word(0), tag_epoch=EPOCH, current_epoch=EPOCH) is Signal.RED


def test_read_signal_believes_green_but_not_red_in_an_older_epoch():
    assert read_signal(word(1), tag_epoch=Epoch(20263), current_epoch=EPOCH) is Signal.GREEN
    with pytest.raises(ChainMismatch) as caught:
        read_signal(word(0), tag_epoch=Epoch(20263), current_epoch=EPOCH)
    assert caught.value.key == "signal_old_epoch"


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (b"", "signal_no_code"),
        (b"\x00", "signal_cut"),
        (word(1)[:31], "signal_cut"),
        (word(1)[1:], "signal_cut"),
        (word(0) + b"\x00", "signal_cut"),
        (word(0) * 2, "signal_cut"),
        (word(2), "signal_malformed"),
        (b"\x01" + bytes(31), "signal_malformed"),
        (b"\xff" * 32, "signal_malformed"),
    ],
)
def test_read_signal_never_takes_an_error_for_red(answer, key):
    with pytest.raises(ChainMismatch) as caught:
        read_signal(answer, tag_epoch=EPOCH, current_epoch=EPOCH)
    assert caught.value.key == key


@given(st.binary(max_size=64))
def test_read_signal_gives_red_for_one_answer_only(answer):
    try:
        signal = read_signal(answer, tag_epoch=EPOCH, current_epoch=EPOCH)
    except ChainMismatch:
        signal = None
    assert (signal is Signal.RED) == (answer == bytes(32))


@given(st.lists(st.booleans(), max_size=600))
def test_read_bitmap_reads_bit_by_bit(known):
    words = [0] * ((len(known) + 255) // 256)
    for index, one in enumerate(known):
        words[index // 256] |= one << (index % 256)
    answer = word(32) + word(len(words)) + b"".join(map(word, words))
    assert read_bitmap(answer, len(known)) == known


@pytest.mark.parametrize(
    ("answer", "count", "key"),
    [
        (b"", 1, "signal_no_code"),
        (word(32) + word(1), 1, "signal_cut"),
        (word(32) + word(1) + word(0)[:31], 1, "signal_cut"),
        (word(32) + word(1) + word(0), 257, "signal_cut"),
        (word(32) + word(2) + word(0), 1, "signal_malformed"),
        (word(0) + word(1) + word(0), 1, "signal_malformed"),
        (word(32) + word(1) + word(2), 1, "signal_malformed"),
    ],
)
def test_read_bitmap_refuses_what_does_not_fit_the_question(answer, count, key):
    with pytest.raises(ChainMismatch) as caught:
        read_bitmap(answer, count)
    assert caught.value.key == key


@pytest.mark.parametrize("seconds", [SECONDS, SECONDS - 900, SECONDS + 120])
def test_check_head_accepts_up_to_the_limits(seconds):
    check_head(timestamp=seconds, number=7, now=NOW, max_age=AGE, last_seen=7)
    check_head(timestamp=seconds, number=0, now=NOW, max_age=AGE)


@pytest.mark.parametrize(
    ("seconds", "number", "key"),
    [
        (SECONDS - 901, 8, "head_stale"),
        (0, 8, "head_stale"),
        (SECONDS + 121, 8, "head_future"),
        (2**255, 8, "head_future"),
        (SECONDS, 6, "head_lower"),
        (0, 0, "head_lower"),
    ],
)
def test_check_head_refuses(seconds, number, key):
    with pytest.raises(ChainMismatch) as caught:
        check_head(timestamp=seconds, number=number, now=NOW, max_age=AGE, last_seen=7)
    assert caught.value.key == key


def test_warnings_for_names_say_what_matching_cannot_do():
    assert warnings_for(Signal.RED, IdentifierKind.NADB) == (SignalWarning.NAME_MATCH_RED,)
    assert warnings_for(Signal.GREEN, IdentifierKind.NADB) == (SignalWarning.NAME_MATCH_GREEN,)
    assert warnings_for(Signal.RED, IdentifierKind.BSN) == ()
