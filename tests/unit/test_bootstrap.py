from __future__ import annotations

import pytest

from schuldhulp import errors
from schuldhulp.bootstrap import background


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
