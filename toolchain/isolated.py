"""Tools whose pins do not fit beside Brownie's, each group in a virtual environment of its own."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from toolchain.environment import PROJECT, TOOLCHAIN
from toolchain.install import Stamp, run, say


def isolated_tool(group: str, name: str, *, what: str) -> str:
    """Return the path of a command of a group; install the group when it is missing or older.

    Args:
        group: its environment is `.toolchain/<group>`, its lock file `toolchain/<group>-requirements.txt`.
        name: the command.
        what: what is said while it is installed.

    Raises:
        SetupError: it could not be installed.
    """
    folder, requirements = TOOLCHAIN / group, PROJECT / "toolchain" / f"{group}-requirements.txt"
    TOOLCHAIN.mkdir(exist_ok=True)
    with (TOOLCHAIN / f"{group}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that need it may start beside each other
        stamp = Stamp(group, requirements)
        if not stamp.current() or not (folder / "bin" / name).exists():
            say(f"installing {what} (a minute)")
            _install(folder, requirements)
            stamp.write()
    return str(folder / "bin" / name)


def _install(folder: Path, requirements: Path) -> None:
    environment = {**os.environ, "PIP_CACHE_DIR": str(TOOLCHAIN / "cache" / "pip")}
    environment.pop("PYTHONPATH", None)
    run([sys.executable, "-m", "venv", "--clear", str(folder)], "python -m venv", environment)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(requirements)], "pip install", environment)
