"""`make run` has the demonstration's claims filed once, beside everything else."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.config import load_settings
from toolchain import run
from toolchain.parts import Part
from toolchain.run import Installation


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Exit codes with which the commands that are started end, one after the other."""
    codes: list[int] = []

    def part(name: str, command: list[str], **more: Any) -> Part:
        assert command[1:] == ["demo", "claims"]
        return Part(name, [sys.executable, "-c", f"print('why'); raise SystemExit({codes.pop(0)})"], **more)

    monkeypatch.setattr(run, "Part", part)
    return codes


def watch(installation: Installation) -> None:
    """Watch until the filing has ended."""
    while installation._claims is not None:
        installation.watch_claims()
        time.sleep(0.01)


def test_claims_that_were_filed_are_not_filed_again(started: list[int], tmp_path: Path) -> None:
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    started.append(0)
    for _ in range(2):
        installation = Installation(settings, {})
        installation.start_claims()
        watch(installation)
    assert started == []


def test_claims_that_could_not_be_filed_are_tried_again(
    started: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    started += [3, 0]
    for _ in range(2):
        installation = Installation(settings, {})
        installation.start_claims()
        watch(installation)
    assert started == []
    said = capsys.readouterr().out
    assert "why" in said
    assert said.splitlines()[-1].split() == ["claims", "filed"]


def test_claims_that_are_being_filed_stop_with_everything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleeper = Part(
        "claims", [sys.executable, "-c", "import time; time.sleep(600)"], log=tmp_path / "log", environment={}
    )
    monkeypatch.setattr(run, "Part", lambda *words, **more: sleeper)
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    installation = Installation(settings, {})
    installation.start_claims()
    installation.stop()
    assert sleeper.ended() is not None
    assert not (tmp_path / "demonstration-claims").exists()
