from __future__ import annotations

import logging
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.services.schedule import Every
from schuldhulp.services.working import Worker
from tests.support.worker import SetClock


class Failing:
    """Every part of a worker in one; each fails with what a test puts there, and counts how often it was asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        def part(**_options: object) -> None:
            self.asked[name] = self.asked.get(name, 0) + 1
            raise self.error

        return part


def run(failing: Failing, clock: SetClock, *, times: int) -> None:
    worker = Worker(
        anchoring=failing,  # type: ignore[arg-type]
        publishing=failing,  # type: ignore[arg-type]
        watch=failing,  # type: ignore[arg-type]
        sender=failing,  # type: ignore[arg-type]
        clock=clock,
        ledger_schedule=Every(seconds=5),
        enrolment_schedule=Every(seconds=5),
    )
    looks = iter(range(times))

    def wait(_seconds: float) -> bool:
        clock.advance(seconds=10)
        return next(looks, None) is None

    worker.run(wait=wait)


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("chain_unreachable", "the node does not answer"),
        RecursionError("maximum depth of somebody's name"),
        KeyError("somebody's name"),
        ValueError("somebody's name"),
    ],
)
def test_run_goes_on_after_anything_that_fails(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing(error)
    with caplog.at_level(logging.INFO):
        run(failing, SetClock(), times=3)
    assert failing.asked.pop("release_lease") == 1
    assert set(failing.asked) >= {"check", "anchor_once", "prepare", "publish_once", "settle"}
    assert all(count >= 3 for count in failing.asked.values())
    # Each trouble is told once, and an unexpected one by its kind only.
    told = [record.getMessage() for record in caplog.records]
    assert len(set(told)) == len(told) > 5
    assert "somebody" not in caplog.text
    assert "Traceback" not in caplog.text
    assert type(error).__name__ in caplog.text or "the node does not answer" in caplog.text
