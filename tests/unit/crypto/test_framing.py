from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.crypto.framing import Field, frame

FIELDS = st.lists(st.one_of(st.none(), st.binary(max_size=8), st.text(max_size=8), st.integers()), max_size=4)


@given(FIELDS, FIELDS)
def test_frame_never_gives_two_lists_one_encoding(one: list[Field], other: list[Field]) -> None:
    assert (frame(*one) == frame(*other)) == (one == other)


def test_frame_keeps_neighbours_and_types_apart() -> None:
    lists: list[tuple[Field, ...]] = [
        (),
        ("",),
        (b"",),
        (None,),
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        (b"abc",),
        (1,),
        ("1",),
        (-1,),
        (1, 1),
        (11,),
    ]
    assert len({frame(*one) for one in lists}) == len(lists)


def test_frame_is_pinned() -> None:
    assert frame("a", b"\x00", 12, None).hex() == "730000000161" + "620000000100" + "69000000023132" + "6e00000000"


def test_frame_refuses_a_truth_value() -> None:
    with pytest.raises(TypeError):
        frame(True)
