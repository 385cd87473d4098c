"""A development chain from before there were claims gets what its deployment file lacks, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.config import load_settings
from toolchain import run
from toolchain.run import Installation

GENESIS = "0x" + "11" * 32


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note the commands instead of running them."""
    found: list[list[str]] = []

    def finish(self: Installation, name: str, command: list[str], **more: Any) -> None:
        found.append(command[1:])

    monkeypatch.setattr(Installation, "_finish", finish)
    monkeypatch.setattr(run, "rpc", lambda settings, method, *parameters: {"hash": GENESIS})
    return found


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, [["run", "register_municipality", "complete", "--network", "local"]]),
        ({"claimIdKey": "22" * 32}, []),
    ],
)
def test_deploy_completes_the_file_of_an_older_deployment(
    tmp_path: Path, commands: list[list[str]], known: dict[str, str], expected: list[list[str]]
) -> None:
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    settings.deployment_file.parent.mkdir(parents=True)
    settings.deployment_file.write_text(json.dumps({"genesisHash": GENESIS, **known}))
    Installation(settings, {}).deploy()
    assert commands == expected
