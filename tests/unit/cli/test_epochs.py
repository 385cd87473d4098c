"""What `schuldhulp epoch` says and with which exit code, for every outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from schuldhulp.cli import epochs
from schuldhulp.cli.application import run
from schuldhulp.domain.types import DossierId, Epoch
from schuldhulp.services.epochs import Client, EpochProgress, FillReport, Obstacle

ONE = Client(dossier=DossierId(b"\x01" * 32), file_number="2026-0007")
STUCK = replace(ONE, obstacle=Obstacle.NO_IDENTIFIERS)
READY = EpochProgress(
    current=Epoch(20264),
    oldest=Epoch(20264),
    announced=Epoch(20271),
    target=Epoch(20271),
    tags_current=64,
    tags_target=64,
    clients=3,
    filled=3,
    underway=(),
    missing=(),
    unfillable=(),
    strangers=0,
    waiting=False,
)
OPENED = replace(READY, current=Epoch(20271))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of the service, by method."""
    answers: dict[str, Any] = {}
    service = SimpleNamespace(
        fill=lambda *, actor, progress: answers["fill"], progress=lambda *, actor, progress: answers["progress"]
    )

    @contextmanager
    def work_as(login: str) -> Iterator[Any]:
        yield SimpleNamespace(cockpit=SimpleNamespace(epochs=service), actor=login)

    monkeypatch.setattr(epochs, "work_as", work_as)
    return answers


@pytest.mark.parametrize(
    ("found", "code", "says"),
    [
        (READY, 0, "epoch 20271 may be opened"),
        (OPENED, 0, "3 of 3 are visible in 20271"),
        (replace(READY, tags_target=63), 4, "63 in 20271"),
        (replace(READY, missing=(ONE,)), 4, "2026-0007: no tags yet"),
        (replace(READY, underway=(ONE,)), 4, "2026-0007: tags not on the chain yet"),
        (replace(READY, waiting=True), 4, "a filling waits for the worker"),
        (replace(READY, unfillable=(STUCK,)), 1, "2026-0007: cannot be filled: no_identifiers"),
        (replace(READY, strangers=2), 1, "2 publications"),
        (replace(OPENED, missing=(ONE,)), 4, "2026-0007: no tags yet"),
        (replace(READY, missing=(ONE,) * 21), 4, "and 1 more: no tags yet"),
    ],
)
def test_status_says_who_is_missing_and_whether_it_may_be_opened(
    told: dict[str, Any], capsys: pytest.CaptureFixture[str], found: EpochProgress, code: int, says: str
) -> None:
    told["progress"] = found
    assert run(["epoch", "status"]) == code
    said = capsys.readouterr().out
    assert says in said
    assert ("may be opened" in said) == found.may_open
    assert run(["epoch", "status", "--json"]) == code
    plain = json.loads(capsys.readouterr().out)
    assert plain["mayOpen"] is found.may_open
    assert plain["tags"] == {"current": 64, "target": found.tags_target}
    assert len(plain["missing"]) == len(found.missing)


@pytest.mark.parametrize(
    ("report", "code", "says"),
    [
        (FillReport(epoch=Epoch(20271), sealed=3, waiting=False, unfillable=()), 0, "epoch 20271: sealed 3 clients"),
        (FillReport(epoch=Epoch(20271), sealed=0, waiting=True, unfillable=()), 0, "not carried the last filling out"),
        (
            FillReport(epoch=Epoch(20271), sealed=2, waiting=False, unfillable=(STUCK,)),
            1,
            "2026-0007: cannot be filled",
        ),
    ],
)
def test_fill_says_what_was_sealed_and_who_could_not_be(
    told: dict[str, Any], capsys: pytest.CaptureFixture[str], report: FillReport, code: int, says: str
) -> None:
    told["fill"] = report
    assert run(["epoch", "fill"]) == code
    assert says in capsys.readouterr().out
    assert run(["epoch", "fill", "--json"]) == code
    plain = json.loads(capsys.readouterr().out)
    assert (plain["sealed"], plain["waiting"]) == (report.sealed, report.waiting)
    assert [one["obstacle"] for one in plain["unfillable"]] == [one.obstacle for one in report.unfillable]
