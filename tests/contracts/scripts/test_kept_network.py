"""The commands as they are typed, on a chain that is kept and with the keys of keyrings."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from schuldhulp.services.keys import create_keys
from toolchain.brownie_launcher import free_port

ROOT = Path(__file__).resolve().parents[3]
BROWNIE = Path(sys.executable).parent / "brownie"


class KeptChain:
    """A Ganache of the test's own, with the chain id of the network `local`."""

    def __init__(self, folder):
        self.port, self.data = free_port(), folder
        self.environment = {
            **os.environ,
            "SCHULDHULP_DATA": str(folder),
            "SCHULDHULP_CHAIN_PORT": str(self.port),
        }
        options = {
            "server.host": "127.0.0.1",
            "server.port": self.port,
            "chain.chainId": 20145,
            "chain.networkId": 20145,
            "chain.hardfork": "shanghai",
        }
        command = [str(ROOT / "node_modules" / ".bin" / "ganache"), "--logging.quiet"]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, method, *parameters):
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return requests.post(f"http://127.0.0.1:{self.port}", json=question, timeout=10).json()["result"]

    def wait_until_it_answers(self):
        for _ in range(300):
            try:
                return self.ask("eth_chainId")
            except requests.ConnectionError:
                time.sleep(0.1)
        raise TimeoutError("Ganache does not answer")

    def run(self, *command):
        return subprocess.run(
            [str(BROWNIE), "run", *command, "--network", "local"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def kept_chain(tmp_path):
    chain = KeptChain(tmp_path)
    try:
        chain.wait_until_it_answers()
        yield chain
    finally:
        chain.process.terminate()
        chain.process.wait(timeout=30)


def test_deploy_check_and_manage_roles_from_the_command_line(kept_chain):
    public = create_keys(kept_chain.data / "keys", epoch=20264, creditors=[])
    account = kept_chain.ask("eth_accounts")[0]
    kept_chain.ask(
        "eth_sendTransaction",
        {"from": account, "to": public.addresses["deployer"], "value": hex(10**20), "gas": hex(21000)},
    )

    deployed = kept_chain.run("deploy")

    assert deployed.returncode == 0, deployed.stdout
    assert "Check: everything is as planned" in deployed.stdout
    assert "Traceback" not in deployed.stdout + deployed.stderr
    file = kept_chain.data / "deployments" / "local.json"
    written = file.read_text(encoding="utf-8")
    assert json.loads(written)["accounts"]["registrar"] == public.addresses["registrar"]

    again = kept_chain.run("deploy")
    assert again.returncode == 2
    assert "Refused" in again.stdout
    assert file.read_text(encoding="utf-8") == written

    new = kept_chain.run("manage_roles", "grant", "CREDITOR", "14", account)
    assert new.returncode == 0, new.stdout
    assert "Check: done" in new.stdout

    assert kept_chain.run("check_deployment").returncode == 0
    kept_chain.run("manage_roles", "grant", "REGISTRAR", "14", account)
    found = kept_chain.run("check_deployment")
    assert found.returncode == 1
    assert "REGISTRAR, which nobody planned" in found.stdout
