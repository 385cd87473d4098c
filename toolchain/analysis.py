"""The virtual environment of Halmos and Slither: their pins do not fit beside Brownie's."""

from __future__ import annotations

from pathlib import Path

from toolchain.environment import TOOLCHAIN
from toolchain.isolated import isolated_tool

FOLDER = TOOLCHAIN / "analysis"


def analysis_tool(name: str) -> str:
    """Return the path of a command of that environment; install the environment when it is missing or older.

    Args:
        name: `halmos`, `slither`, `slither-mutate` ...

    Raises:
        SetupError: it could not be installed.
    """
    return isolated_tool("analysis", name, what="Halmos and Slither")


def analysis_path(environment: dict[str, str]) -> dict[str, str]:
    """Return `environment` with the commands of that environment first: Slither calls its own helpers by name."""
    folder: Path = FOLDER / "bin"
    return {**environment, "PATH": f"{folder}:{environment['PATH']}"}
