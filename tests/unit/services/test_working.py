from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.services.anchoring import AnchorReport
from schuldhulp.services.claims.carrying_out import DecisionReport
from schuldhulp.services.claims.intake import IntakeReport
from schuldhulp.services.publication import PublicationReport
from schuldhulp.services.schedule import Every
from schuldhulp.services.working import Worker
from tests.support.worker import SetClock


class Quiet:
    """Every part of a worker in one, with nothing to do; only what receives claims fails, as a test says."""

    def __init__(self, receive: Callable[[], IntakeReport]) -> None:
        self._receive = receive
        self.asked: dict[str, int] = {}

    def run_once(self) -> IntakeReport:
        self.asked["run_once"] = self.asked.get("run_once", 0) + 1
        return self._receive()

    def request(self) -> None:
        """Nobody asks for anything."""

    def check(self) -> None:
        """Database and chain agree."""

    def __getattr__(self, name: str) -> Any:
        def part(**_options: object) -> Any:
            self.asked[name] = self.asked.get(name, 0) + 1
            return AnchorReport() if name == "anchor_once" else PublicationReport()

        return part


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


def run(failing: Failing, clock: SetClock, *, times: int, seconds: float = 10) -> None:
    worker = Worker(
        anchoring=failing,  # type: ignore[arg-type]
        publishing=failing,  # type: ignore[arg-type]
        watch=failing,  # type: ignore[arg-type]
        sender=failing,  # type: ignore[arg-type]
        clock=clock,
        ledger_schedule=Every(seconds=5),
        enrolment_schedule=Every(seconds=5),
        claims=failing,  # type: ignore[arg-type]
        claims_schedule=Every(seconds=5),
    )
    looks = iter(range(times))

    def wait(_seconds: float) -> bool:
        clock.advance(seconds=seconds)
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
        run(failing, SetClock(), times=3, seconds=30)
    assert failing.asked.pop("release_lease") == 1
    assert set(failing.asked) >= {"check", "anchor_once", "prepare", "publish_once", "settle"}
    assert all(count >= 3 for count in failing.asked.values())
    # Each trouble is told once, and an unexpected one by its kind only.
    told = [record.getMessage() for record in caplog.records]
    assert len(set(told)) == len(told) > 5
    assert "somebody" not in caplog.text
    assert "Traceback" not in caplog.text
    assert type(error).__name__ in caplog.text or "the node does not answer" in caplog.text


def unreachable() -> IntakeReport:
    raise errors.Unreachable("database_unreachable", "the database does not answer")


def kept_back() -> IntakeReport:
    return IntakeReport(unsent=2, troubles=("evaluator_unreachable",))


@pytest.mark.parametrize("receive", [unreachable, kept_back])
def test_run_tries_claims_that_fail_less_often_than_what_goes_on_the_chain(
    receive: Callable[[], IntakeReport], caplog: pytest.LogCaptureFixture
) -> None:
    quiet: Any = Quiet(receive)
    with caplog.at_level(logging.INFO):
        run(quiet, SetClock(), times=61, seconds=5)
    # 305 seconds: every 5 for the ledger, every 30 after a failure for claims.
    assert quiet.asked["anchor_once"] == 61
    assert quiet.asked["run_once"] == 11
    told = [record.getMessage() for record in caplog.records]
    expected = {
        unreachable: ["claims: the database does not answer"],
        kept_back: ["intake of claims: evaluator_unreachable", "receipts: 2 wait, see `schuldhulp claims list`"],
    }
    assert told == expected[receive]


class Decisions:
    """What carries decisions out and delivers them, in one; leaves something over as often as a test says."""

    def __init__(self, leftovers: int) -> None:
        self._left = leftovers
        self.asked: list[str] = []

    def carry_out(self, *, again: bool) -> DecisionReport:
        self.asked.append("again" if again else "carry_out")
        self._left -= 1
        return DecisionReport(signed=1, leftover=self._left >= 0, troubles=("role_missing",))

    def settle(self) -> DecisionReport:
        self.asked.append("settle")
        return DecisionReport(overtaken=1)

    def send(self) -> tuple[int, int]:
        self.asked.append("send")
        return 1, 2

    def release_lease(self) -> None:
        self.asked.append("release")


def test_decisions_go_out_on_schedule_and_leftovers_at_once(caplog: pytest.LogCaptureFixture) -> None:
    quiet, decisions, clock = Quiet(IntakeReport), Decisions(2), SetClock()
    worker = Worker(
        anchoring=quiet,  # type: ignore[arg-type]
        publishing=quiet,  # type: ignore[arg-type]
        watch=quiet,  # type: ignore[arg-type]
        sender=quiet,  # type: ignore[arg-type]
        clock=clock,
        ledger_schedule=Every(seconds=5),
        enrolment_schedule=Every(seconds=5),
        claims_schedule=Every(seconds=60),
        decisions=decisions,  # type: ignore[arg-type]
        decision_schedule=Every(seconds=600),
        post=decisions,  # type: ignore[arg-type]
    )
    looks = iter(range(70))

    def wait(_seconds: float) -> bool:
        clock.advance(seconds=10)
        return next(looks, None) is None

    with caplog.at_level(logging.INFO):
        worker.run(wait=wait)
    assert [one for one in decisions.asked if one in ("carry_out", "again")] == ["carry_out", "again", "again"]
    assert {"settle", "send"} < set(decisions.asked)
    assert decisions.asked[-1] == "release"
    told = [record.getMessage() for record in caplog.records]
    assert told.count("decisions on claims: role_missing") == 1
    assert "decisions: 1 overtaken, back to the caseworker" in told
    assert "delivery of decisions: 2 wait" in told
