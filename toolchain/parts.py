"""One running part of the system: started in a process group of its own, watched, and stopped whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from toolchain.environment import PROJECT

STOP_AFTER = 10.0
"""Seconds that a part gets to stop by itself before it is killed."""


class PartFailed(Exception):
    """A part did not start or has died.

    Args:
        name: the part.
        reason: what happened, with the end of the part's log.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, so that even a killed `make run` leaves nothing behind."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Part:
    """A process that `make run` keeps running.

    Args:
        name: what people call it.
        command: program and arguments; secrets never stand here.
        log: file that gets its output, made anew; None to show it here.
        environment: variables of the process.
    """

    def __init__(self, name: str, command: Sequence[str], *, log: Path | None, environment: Mapping[str, str]) -> None:
        self.name = name
        self._log = log
        if log is None:
            self._process = self._popen(command, None, environment)
            return
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = self._popen(command, output, environment)

    @staticmethod
    def _popen(
        command: Sequence[str], output: IO[bytes] | None, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Return the exit code, None while the process runs."""
        return self._process.poll()

    def check(self) -> None:
        """Raise PartFailed when the process has ended."""
        code = self.ended()
        if code is None:
            return
        how = f"was stopped by signal {-code}" if code < 0 else f"ended with code {code}"
        raise PartFailed(self.name, f"{how}. Its log {self._log} ends with:\n{self.last_lines()}")

    def last_lines(self, count: int = 12) -> str:
        """Return the end of the log."""
        if self._log is None:
            return "    (shown above)"
        lines = self._log.read_text(errors="replace").strip().splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines) or "    (nothing)"

    def wait_until(self, answers: Callable[[], bool], *, seconds: float = 90.0) -> None:
        """Wait until the part answers.

        Raises:
            PartFailed: it died, or did not answer in time.
        """
        until = time.monotonic() + seconds
        while not answers():
            self.check()
            if time.monotonic() > until:
                raise PartFailed(self.name, f"did not answer within {seconds:.0f} s. Its log:\n{self.last_lines()}")
            time.sleep(0.1)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the part and everything it started."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the part and everything it started, without a warning."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def wait_stopped(self) -> None:
        """Wait until the part has ended; kill what is left of it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=STOP_AFTER)
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return
