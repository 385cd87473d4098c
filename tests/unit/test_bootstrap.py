from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from schuldhulp import errors
from schuldhulp.bootstrap import background, cockpit_process


class Stopped(BaseException):
    """Ends a loop that has no end."""


def test_keep_doing_goes_on_after_anything_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    troubles: list[Exception] = [
        errors.Unreachable("database_unreachable", "the database does not answer"),
        ValueError("somebody's name"),
    ]
    done: list[int] = []
    waited: list[float] = []

    def task() -> None:
        if troubles:
            raise troubles.pop(0)
        done.append(1)

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if done:
            raise Stopped

    monkeypatch.setattr(background.time, "sleep", sleep)
    with pytest.raises(Stopped):
        background._keep_doing("spares", task, 60.0)
    assert waited == [60.0, 60.0, 60.0]
    assert [record.getMessage() for record in caplog.records] == [
        "spares: the database does not answer",
        "spares: internal error: ValueError",
    ]


def test_cockpit_deletes_old_checks_and_goes_on_with_claims_again_and_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forget, catch_up = object(), object()
    found = SimpleNamespace(history=SimpleNamespace(forget=forget), creditor_claims=SimpleNamespace(catch_up=catch_up))
    settings = SimpleNamespace(data=tmp_path, database_url="sqlite://", ledger_fill=0)
    done: list[tuple[object, float]] = []
    monkeypatch.setattr(cockpit_process, "open_store", lambda *_: None)
    monkeypatch.setattr(cockpit_process, "_cockpit", lambda *_: found)
    monkeypatch.setattr(cockpit_process, "keep_doing", lambda _name, task, *, every: done.append((task, every)))
    assert cockpit_process.cockpit(settings) is found  # type: ignore[arg-type,comparison-overlap]
    assert done == [(forget, cockpit_process.FORGET_EVERY), (catch_up, cockpit_process.CLAIMS_EVERY)]
