from __future__ import annotations

import pytest

from schuldhulp import bootstrap, errors


class Stopped(BaseException):
    """Ends a loop that has no end."""


class Spares:
    """Fails each time in another way."""

    def __init__(self) -> None:
        self.troubles: list[Exception] = [
            errors.Unreachable("database_unreachable", "the database does not answer"),
            ValueError("somebody's name"),
        ]
        self.asked = 0

    def prepare(self) -> int:
        self.asked += 1
        if self.troubles:
            raise self.troubles.pop(0)
        return 0


def test_keep_spares_goes_on_after_anything_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spares = Spares()

    def sleep(_seconds: float) -> None:
        if spares.asked == 3:
            raise Stopped

    monkeypatch.setattr(bootstrap.time, "sleep", sleep)
    with pytest.raises(Stopped):
        bootstrap._keep_spares(spares)  # type: ignore[arg-type]
    assert [record.getMessage() for record in caplog.records] == [
        "spares: the database does not answer",
        "spares: internal error: ValueError",
    ]


def test_keep_erasing_goes_on_after_anything_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spares = Spares()

    class Channel:
        def erase_old(self) -> int:
            return spares.prepare()

    def sleep(_seconds: float) -> None:
        if spares.asked == 3:
            raise Stopped

    monkeypatch.setattr(bootstrap.time, "sleep", sleep)
    with pytest.raises(Stopped):
        bootstrap._keep_erasing(Channel())  # type: ignore[arg-type]
    assert [record.getMessage() for record in caplog.records] == [
        "erasing messages: the database does not answer",
        "erasing messages: internal error: ValueError",
    ]
