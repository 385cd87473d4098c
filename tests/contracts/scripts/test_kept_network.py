"""The commands as they are typed, on a chain that is kept and with the keys of keyrings."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from schuldhulp.crypto.keyring import NetworkKeys
from schuldhulp.services.keys import create_keys, read_public_keys
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

    def run(self, *command, **more):
        return self.start(str(BROWNIE), "run", *command, "--network", "local", **more)

    def start(self, *command, **more):
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment | more,
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


def deploy(chain):
    """Deploy with the keys of the chain's folder."""
    public = create_keys(chain.data / "keys", epoch=20264, creditors=[])
    pay(chain, public.addresses["deployer"], 10**20)
    good(chain.run("deploy"))
    return public.addresses


def pay(chain, account, amount):
    payer = chain.ask("eth_accounts")[0]
    chain.ask("eth_sendTransaction", {"from": payer, "to": account, "value": hex(amount), "gas": hex(21000)})


def good(finished):
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    return finished.stdout


def test_a_lost_key_and_the_administration_change_hands_from_the_command_line(kept_chain, tmp_path_factory):
    addresses, command = deploy(kept_chain), str(BROWNIE.parent / "schuldhulp")
    file = kept_chain.data / "deployments" / "local.json"

    good(kept_chain.start(command, "keys", "renew", "registrar", "--instead-of", addresses["registrar"]))
    new = read_public_keys(kept_chain.data / "keys").addresses["registrar"]
    out = good(kept_chain.run("replace_key", "registrar", new))
    assert "Check: everything is as planned" in out
    assert "nothing was sent" in good(kept_chain.run("replace_key", "registrar", new))

    folder = tmp_path_factory.mktemp("successor")
    elsewhere = {"SCHULDHULP_KEYS": str(folder)}
    made = good(kept_chain.start(command, "keys", "init", "--only", "network", "--to", str(folder)))
    successor = NetworkKeys.open(folder).network_administrator.address
    assert successor in made
    pay(kept_chain, successor, 10**18)
    refused = kept_chain.run("hand_over", "offer", "network", successor)
    assert (refused.returncode, "account has never sent" in refused.stdout) == (2, True)
    good(kept_chain.run("first_transaction", "network", **elsewhere))
    forgotten = kept_chain.run("hand_over", "offer", "network")
    assert (forgotten.returncode, "Usage: brownie run hand_over offer" in forgotten.stdout) == (2, True)
    assert "Traceback" not in forgotten.stdout + forgotten.stderr
    good(kept_chain.run("hand_over", "offer", "network", successor))
    good(kept_chain.run("hand_over", "take", "network", **elsewhere))

    accounts = json.loads(file.read_text(encoding="utf-8"))["accounts"]
    assert (accounts["registrar"], accounts["network_administrator"]) == (new, successor)
    good(kept_chain.run("check_deployment"))


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
