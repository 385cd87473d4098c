"""A whole installation for system and browser tests: real processes, on free ports, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schuldhulp.config import PREFIX, Settings, load_settings
from toolchain.environment import PROJECT, VENV
from toolchain.run import Installation, own_environment, write_settings

COMMAND = str(VENV / "bin" / "schuldhulp")
CLAIMS_FILED = "demonstration-claims"
"""File that says that the demonstration's creditors filed their claims, or are not to."""

HANGS = 900
"""Seconds after which a command is taken to hang; nothing is expected to take so long."""


def free_ports(count: int) -> list[int]:
    """Return different TCP ports of loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def own_ports() -> dict[str, str]:
    """Return settings with four free ports."""
    names = ("CHAIN_PORT", "EVALUATOR_PORT", "RELAY_PORT", "COCKPIT_PORT")
    return {PREFIX + name: str(port) for name, port in zip(names, free_ports(4), strict=True)}


class Running:
    """An installation whose parts a test starts, kills and asks.

    Args:
        folder: data folder.
        ports: as `own_ports`; a copied folder needs those it was made with: the evaluator's address is on the chain.
        more: further settings.
    """

    def __init__(self, folder: Path, ports: dict[str, str], **more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        own = {f"{PREFIX}DATA": str(folder), **ports, **{PREFIX + name: value for name, value in more.items()}}
        self.environment = {name: value for name, value in own_environment().items() if not name.startswith(PREFIX)} | {
            **own,
            f"{PREFIX}ASSUME_YES": "1",
        }
        write_settings(load_settings(own), own)
        self.settings: Settings = load_settings(own)
        self.parts = Installation(self.settings, self.environment)

    def prepare_chain(self) -> None:
        """Make the keys, start the chain and deploy to it when that was not done before."""
        self.parts.keys()
        self.parts.start_chain()
        self.parts.deploy()

    def start_evaluator(self) -> None:
        """Start the evaluator and wait until it answers."""
        self.parts.serve("evaluator", self.settings.evaluator_port, "/v1/health")

    def start_relay(self) -> None:
        """Start the login relay and wait until it answers."""
        self.parts.serve("relay", self.settings.relay_port, "/health")

    def kill(self, name: str) -> None:
        """Kill a part (SIGKILL) and everything it started."""
        self.parts.take(name).kill()

    def stop(self, name: str) -> None:
        """Ask a part to stop, and wait for it."""
        part = self.parts.take(name)
        part.ask_to_stop()
        part.wait_stopped()

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.

        Args:
            arguments: words after ``schuldhulp``.
            given: standard input.
            more: further settings, without the prefix.
        """
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment | {PREFIX + name: value for name, value in more.items()},
            cwd=PROJECT,
            input=given,
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )

    def ask(self, *arguments: str, given: str = "") -> Any:
        """Run a command that answers in JSON, and return the answer."""
        done = self.command(*arguments, "--json", given=given)
        # `status` tells its state also when something needs attention, such as a worker that has not checked yet.
        assert done.returncode in ((0, 3) if arguments == ("status",) else (0,)), done.stderr
        return json.loads(done.stdout)


@contextmanager
def running(folder: Path, ports: dict[str, str], **more: str) -> Iterator[Running]:
    """An installation of which nothing is left running."""
    installation = Running(folder, ports, **more)
    try:
        yield installation
    finally:
        installation.parts.stop()


@contextmanager
def copied(loaded: Path, ports: dict[str, str], folder: Path, **more: str) -> Iterator[Running]:
    """A copy of a loaded data folder, so that a test may spoil it; its parts are not started yet."""
    shutil.copytree(loaded, folder, dirs_exist_ok=True)
    with running(folder, ports, **more) as installation:
        yield installation


def deploy(folder: Path, ports: dict[str, str]) -> None:
    """Make a folder with keys and a chain with the contracts, and nobody in it; nothing runs afterwards."""
    with running(folder, ports) as installation:
        made = installation.command("keys", "init")
        assert made.returncode == 0, made.stderr
        installation.parts.start_chain()
        installation.parts.deploy()


def load_demonstration(folder: Path, ports: dict[str, str]) -> None:
    """Make a folder with the demonstration's people on the chain and no claims; nothing runs afterwards."""
    with running(folder, ports) as installation:
        installation.prepare_chain()
        installation.parts.load_demonstration()
        installation.start_evaluator()
        installation.parts.start_worker()
        installation.parts.wait_anchored()
        # So that no `make run` on a copy changes dossiers beside the test.
        (folder / CLAIMS_FILED).touch()


def without_settings() -> dict[str, str]:
    """Return this process's variables without the settings of an installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
