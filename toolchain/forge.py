"""Forge, as npm brings it: where it is, and what it has to find in its environment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from toolchain.environment import TOOLCHAIN

MISSING = "Forge is missing: npm has none for this kind of machine. Install Foundry 1.7, with `forge` on the PATH"


def find_forge() -> str | None:
    """Return the path of Forge, or None where npm has no package for the machine and nobody installed it."""
    return shutil.which("forge")


def forge_environment(profile: str = "default", *, out: Path | None = None) -> dict[str, str]:
    """Return the variables for Forge and for Halmos, which calls it.

    Args:
        profile: a profile of foundry.toml.
        out: a folder of its own for what is compiled, for a run beside another one.
    """
    environment = {**os.environ, "FOUNDRY_PROFILE": profile, "HOME": str(TOOLCHAIN / "home")}
    if out is not None:
        environment |= {"FOUNDRY_OUT": str(out / "out"), "FOUNDRY_CACHE_PATH": str(out / "cache")}
    return environment
