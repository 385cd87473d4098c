"""Where the tools of the project are: one place for what every process that is started here must find."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TOOLCHAIN = PROJECT / ".toolchain"
COMPILERS = TOOLCHAIN / "solcx"
NODE_TOOLS = PROJECT / "node_modules" / ".bin"
VENV = PROJECT / ".venv"


def prepare(environment: MutableMapping[str, str]) -> None:
    """Point `environment` at the project's compiler, node and command-line tools.

    Args:
        environment: the variables of the process, changed in place.
    """
    environment["SOLCX_BINARY_PATH"] = str(COMPILERS)
    folders = [str(VENV / "bin"), str(NODE_TOOLS), str(TOOLCHAIN / "bin")]
    present = environment.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    environment["PATH"] = ":".join(folders + [folder for folder in present if folder not in folders])
    # eth_utils hashes 2.8 times faster with it, and web3 hides nothing behind a proxy variable.
    environment.setdefault("ETH_HASH_BACKEND", "pysha3")
