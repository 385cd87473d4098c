"""The virtual environment of Halmos and Slither: their pins do not fit beside Brownie's."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from toolchain.environment import PROJECT, TOOLCHAIN
from toolchain.install import Stamp, run, say

FOLDER = TOOLCHAIN / "analysis"
REQUIREMENTS = PROJECT / "toolchain" / "analysis-requirements.txt"


def analysis_tool(name: str) -> str:
    """Return the path of a command of that environment; install the environment when it is missing or older.

    Args:
        name: `halmos`, `slither`, `slither-mutate` ...

    Raises:
        SetupError: it could not be installed.
    """
    TOOLCHAIN.mkdir(exist_ok=True)
    with (TOOLCHAIN / "analysis.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # proofs and analysis may start beside each other
        stamp = Stamp("analysis", REQUIREMENTS)
        if not stamp.current() or not (FOLDER / "bin" / name).exists():
            _install()
            stamp.write()
    return str(FOLDER / "bin" / name)


def _install() -> None:
    say("installing Halmos and Slither (a minute)")
    environment = {**os.environ, "PIP_CACHE_DIR": str(TOOLCHAIN / "cache" / "pip")}
    environment.pop("PYTHONPATH", None)
    run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], "python -m venv", environment)
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], "pip install", environment)


def analysis_path(environment: dict[str, str]) -> dict[str, str]:
    """Return `environment` with the commands of that environment first: Slither calls its own helpers by name."""
    folder: Path = FOLDER / "bin"
    return {**environment, "PATH": f"{folder}:{environment['PATH']}"}
