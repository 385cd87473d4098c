"""What the worker does on schedules of its own, beside what goes on the chain."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.services.schedule import Every
from schuldhulp.services.working import Chore, Worker
from tests.support.worker import SetClock


class Idle:
    """Every part of a worker in one, with nothing to do."""

    def __getattr__(self, name: str) -> Any:
        def part(**_options: object) -> Any:
            raise errors.Unreachable("chain_unreachable", "the node does not answer")

        return part


def run(*chores: Chore, looks: int, seconds: float) -> SetClock:
    """Let a worker look at what is due some times."""
    clock, idle, left = SetClock(), Idle(), iter(range(looks))
    worker = Worker(
        anchoring=idle,  # type: ignore[arg-type]
        publishing=idle,  # type: ignore[arg-type]
        watch=idle,  # type: ignore[arg-type]
        sender=idle,  # type: ignore[arg-type]
        clock=clock,
        ledger_schedule=Every(seconds=86_400),
        enrolment_schedule=Every(seconds=86_400),
        chores=chores,
    )

    def wait(_seconds: float) -> bool:
        clock.advance(seconds=seconds)
        return next(left, None) is None

    worker.run(wait=wait)
    return clock


def counted(times: list[int], name: str = "x", *, every: int, at_once: bool = False, fails: int = 0) -> Chore:
    def do() -> tuple[int, int]:
        times.append(1)
        if len(times) <= fails:
            raise errors.Unreachable("evaluator_unreachable", "the evaluator does not answer")
        return 1, 0

    return Chore(name=name, schedule=Every(seconds=every), do=do, at_once=at_once)


@pytest.mark.parametrize(("at_once", "expected"), [(False, 3), (True, 4)])
def test_chore_is_done_on_its_schedule(at_once: bool, expected: int) -> None:
    times: list[int] = []
    run(counted(times, every=60, at_once=at_once), looks=18, seconds=10)
    assert len(times) == expected


def test_chore_that_fails_is_tried_again_soon_and_keeps_no_other_back(caplog: pytest.LogCaptureFixture) -> None:
    failing: list[int] = []
    other: list[int] = []
    with caplog.at_level(logging.INFO):
        run(
            counted(failing, "post", every=3600, at_once=True, fails=2),
            counted(other, "other", every=60),
            looks=12,
            seconds=20,
        )
    # At once, and twice again after half a minute's patience; the hour is not over.
    assert len(failing) == 3
    assert len(other) == 4
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("post")]
    assert told == ["post: the evaluator does not answer", "post: 1 done", "post: goes on"]


def test_chore_says_once_that_something_waits(caplog: pytest.LogCaptureFixture) -> None:
    waiting: Callable[[], tuple[int, int]] = lambda: (0, 2)  # noqa: E731 - as short as a chore can be
    with caplog.at_level(logging.INFO):
        run(Chore(name="post", schedule=Every(seconds=10), do=waiting), looks=5, seconds=10)
    assert [record.getMessage() for record in caplog.records if "wait" in record.getMessage()] == [
        "post, what waits: 2 wait"
    ]


def test_chore_of_a_day_waits_for_its_day() -> None:
    times: list[int] = []
    clock = run(counted(times, every=86_400, at_once=True), looks=30, seconds=3600)
    assert len(times) == 2
    assert clock.now() - SetClock().now() > timedelta(days=1)
