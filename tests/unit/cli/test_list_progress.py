from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from schuldhulp.cli.list_progress import EVERY, ListProgress
from schuldhulp.creditor.lists import Progress
from schuldhulp.errors import InvalidInput, Unreachable


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("schuldhulp.cli.list_progress.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def lines_at(consumed: int) -> Any:
    return SimpleNamespace(consumed=consumed)


def test_advanced_says_now_and_then_how_long_it_will_take(
    clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_at(0)
    with ListProgress(lines, size=1000) as shown:
        shown.advanced(Progress())
        clock.now, lines.consumed = clock.now + 1, 10
        shown.advanced(Progress(rows=1))
        assert capsys.readouterr().err == ""
        clock.now, lines.consumed = clock.now + EVERY - 1, 200
        shown.advanced(Progress(rows=20))
        # A fifth took thirty seconds: the rest takes four times as long.
        assert capsys.readouterr().err == "20 rows, 20 %, 2 minutes 0 seconds left\n"


def test_advanced_reckons_from_where_an_earlier_run_stopped(
    clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_at(800)
    shown = ListProgress(lines, size=1000)
    shown.advanced(Progress(rows=80))
    clock.now, lines.consumed = clock.now + EVERY, 900
    shown.advanced(Progress(rows=90))
    assert capsys.readouterr().err == "90 rows, 90 %, 0 minutes 30 seconds left\n"


def test_advanced_without_a_size_counts_rows(clock: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    shown = ListProgress(lines_at(5), size=None)
    for step in steps():
        clock.now += step
        shown.advanced(Progress(rows=3))
    assert capsys.readouterr().err == "3 rows\n"


def steps() -> Iterator[float]:
    return iter([0.0, EVERY, EVERY / 2])


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    numbers = count(1)
    with ListProgress(lines_at(500), size=1000) as shown:
        shown.fetching(1, 10)
        shown.advanced(Progress(rows=next(numbers)))
        shown.close()
        shown.close()
    assert capsys.readouterr().out == ""


def test_found_bad_and_waiting_say_what_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ListProgress(lines_at(0), size=None)
    shown.found_bad(7, InvalidInput("required", "surname: must be filled in", field="surname"))
    shown.waiting(Unreachable("chain_unreachable", "the node does not answer"), 4.0)
    assert capsys.readouterr().err.splitlines() == [
        "line 7: surname: must be filled in",
        "the node does not answer; trying again in 4 seconds",
    ]
