"""The worker goes on with a publication that could not go out at its time."""

from __future__ import annotations

from datetime import time
from typing import Any

from schuldhulp.services.publication import PublicationReport
from schuldhulp.services.schedule import Daily, Every
from schuldhulp.services.working import Worker
from tests.support.worker import SetClock


class Idle:
    """Parts of a worker that have nothing to do."""

    def __getattr__(self, name: str) -> Any:
        return lambda: None


class Publishing:
    """Leaves something over the first times; notes how it was asked."""

    def __init__(self, leftovers: int) -> None:
        self.leftovers = leftovers
        self.asked: list[bool] = []

    def prepare(self) -> PublicationReport:
        return PublicationReport()

    def publish_once(self, *, again: bool = False) -> PublicationReport:
        self.asked.append(again)
        return PublicationReport(leftover=len(self.asked) <= self.leftovers)


def test_run_goes_on_with_what_a_publication_left() -> None:
    clock, publishing = SetClock(), Publishing(leftovers=2)
    idle: Any = Idle()
    worker = Worker(
        anchoring=idle,
        publishing=publishing,  # type: ignore[arg-type]
        watch=idle,
        sender=idle,
        clock=clock,
        # Never within the time of this test.
        ledger_schedule=Every(seconds=86_400),
        enrolment_schedule=Daily(at=time(10, 1)),
    )
    looks = iter(range(30))

    def wait(_seconds: float) -> bool:
        clock.advance(seconds=10)
        return next(looks, None) is None

    worker.run(wait=wait)
    assert publishing.asked == [False, True, True]
