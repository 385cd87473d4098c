"""Brownie with a home, a compiler and a chain of the project's own.

Installed as ``brownie`` into the project's virtual environment. Plain Brownie keeps its settings in the user's home
folder, looks for a compiler there, attaches to whatever listens on port 8545, and cannot import a script when a folder
on the way has a dot in its name.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import types
import urllib.request
from pathlib import Path

# Here it lies in toolchain/, installed in .venv/bin/.
PROJECT = Path(__file__).resolve().parents[2 if Path(__file__).parent.name == "bin" else 1]


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chain_id(address: str) -> str:
    """Ask a node which chain it is on; leave with a plain sentence when it does not answer."""
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
    request = urllib.request.Request(address, data=question, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return str(int(json.load(answer)["result"], 16))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"the node of SCHULDHULP_CHAIN_URL does not answer as an Ethereum node ({type(error).__name__})")


def importable_from_the_root(project: Path) -> None:
    """Register the folders above `project` as packages, so that names with a dot in them do not break Brownie's import.

    Brownie turns ``/a/b.c/scripts/deploy.py`` into the module name ``a.b.c.scripts.deploy``.
    """
    if not any("." in part for part in project.parts):
        return
    words = ".".join(project.parts[1:]).split(".")
    for count in range(1, len(words) + 1):
        package = types.ModuleType(".".join(words[:count]))
        package.__path__ = [str(project)] if count == len(words) else []
        sys.modules.setdefault(package.__name__, package)


def remember_no_deployments() -> None:
    """Keep Brownie from remembering what it deployed: ours stand in deployments/, compared by check_deployment.

    It remembers by chain id in the project's build folder, and stops when the chain does not have it: a chain that was
    started afresh, or the one of another installation of the same id beside it.
    """
    from brownie.network.contract import Contract, ProjectContract
    from brownie.project.main import Project

    for kind in (Contract, ProjectContract):
        kind._deployment_path = lambda contract: None
    Project._load_deployments = lambda project: None


def main() -> None:
    """Run Brownie's command line in the project."""
    sys.path.insert(0, str(PROJECT))
    from toolchain.environment import prepare

    prepare(os.environ)
    os.environ["HOME"] = str(PROJECT / ".toolchain" / "home")
    importable_from_the_root(PROJECT)

    from brownie._cli.__main__ import main as brownie
    from brownie._config import CONFIG

    remember_no_deployments()
    development = CONFIG.networks["development"]
    development["cmd_settings"]["port"] = int(os.environ.get("SCHULDHULP_TEST_CHAIN_PORT") or free_port())
    local = CONFIG.networks["local"]
    local["host"] = f"http://127.0.0.1:{os.environ.get('SCHULDHULP_CHAIN_PORT') or 8545}"
    own, address = os.environ.get("SCHULDHULP_NETWORK"), os.environ.get("SCHULDHULP_CHAIN_URL")
    if own and address and own not in CONFIG.networks:
        # A municipality's network needs no file of Brownie's: the settings name it.
        CONFIG.networks[own] = {"id": own, "name": own, "host": address, "chainid": chain_id(address)}
    brownie()


if __name__ == "__main__":
    main()
