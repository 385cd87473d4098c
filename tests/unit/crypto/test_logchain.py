from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schuldhulp.crypto.logchain import GENESIS, ChainedLine, first_break, line_hash
from schuldhulp.errors import InvalidInput


def make_chain(count: int, start: bytes = GENESIS) -> list[ChainedLine]:
    lines, previous = [], start
    for index in range(count):
        content = {"sequence": index + 1, "name": f"lezen {index}", "status": "OK", "reason": None}
        hashed = line_hash(previous, content)
        lines.append(ChainedLine(content=content, previous=previous, hash=hashed))
        previous = hashed
    return lines


def test_first_break_finds_none_in_a_whole_chain() -> None:
    lines = make_chain(5)
    assert first_break(lines) is None
    assert first_break(lines, committed=lines[-1].hash) is None
    assert first_break(iter(lines)) is None
    assert first_break([]) is None
    assert first_break([], committed=GENESIS) is None


@pytest.mark.parametrize("position", range(5))
def test_first_break_takes_lines_after_the_committed_one_as_not_committed_yet(position: int) -> None:
    lines = make_chain(5)
    assert first_break(lines, committed=lines[position].hash) is None
    assert first_break(lines[position + 1 :], start=lines[position].hash, committed=lines[position].hash) is None


def test_first_break_starts_anywhere() -> None:
    lines = make_chain(5)
    assert first_break(lines[2:], start=lines[1].hash) is None
    assert first_break(lines[2:]) == 0


@pytest.mark.parametrize("position", range(5))
def test_first_break_names_a_changed_line(position: int) -> None:
    lines = make_chain(5)
    lines[position] = replace(lines[position], content={**lines[position].content, "status": "GEWIJZIGD"})
    assert first_break(lines) == position


@pytest.mark.parametrize("position", range(5))
def test_first_break_names_a_line_that_was_hashed_anew(position: int) -> None:
    lines = make_chain(5)
    content = {**lines[position].content, "status": "GEWIJZIGD"}
    hashed = line_hash(lines[position].previous, content)
    lines[position] = replace(lines[position], content=content, hash=hashed)
    committed = make_chain(5)[-1].hash
    # The next line does not fit; behind the last one only the committed head shows it.
    assert first_break(lines, committed=committed) == position + 1
    assert first_break(lines) == (position + 1 if position < 4 else None)


@pytest.mark.parametrize("position", range(4))
def test_first_break_names_the_place_of_a_missing_line(position: int) -> None:
    lines = make_chain(5)
    assert first_break([*lines[:position], *lines[position + 1 :]]) == position


def test_first_break_names_the_end_when_the_last_lines_are_missing() -> None:
    lines = make_chain(5)
    assert first_break(lines[:3], committed=lines[-1].hash) == 3
    assert first_break([], committed=lines[-1].hash) == 0


def test_first_break_names_swapped_and_added_lines() -> None:
    lines = make_chain(5)
    assert first_break([lines[0], lines[2], lines[1], *lines[3:]]) == 1
    assert first_break([*lines[:2], lines[1], *lines[2:]]) == 2


def test_first_break_names_a_chain_that_was_made_anew() -> None:
    lines, other = make_chain(5), make_chain(4)
    assert first_break(other, committed=lines[-1].hash) == 4


def test_line_hash_does_not_depend_on_the_order_of_names() -> None:
    content: dict[str, Any] = {"a": 1, "b": "é", "c": None, "d": True}
    assert line_hash(GENESIS, content) == line_hash(GENESIS, dict(reversed(content.items())))


def test_line_hash_keeps_values_apart() -> None:
    contents: list[dict[str, Any]] = [{"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"a": ""}, {"b": 1}, {}]
    assert len({line_hash(GENESIS, content) for content in contents}) == len(contents)


def test_line_hash_is_pinned() -> None:
    expected = "8b427053635538e9dea1aabf5d88ce8e7db36adb744e876d681ddff0fb3465f7"
    assert line_hash(GENESIS, {"name": "lezen", "sequence": 1}).hex() == expected


def test_line_hash_refuses_fractions_bytes_and_other_lengths() -> None:
    for value in (1.5, b"x", ["a"]):
        content: Any = {"value": value}
        with pytest.raises(InvalidInput) as caught:
            line_hash(GENESIS, content)
        assert caught.value.field == "value"
    with pytest.raises(InvalidInput):
        line_hash(b"", {})
