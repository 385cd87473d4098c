"""A real chain for tests: Ganache on a port of its own, with the contracts deployed the way production has them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3

from schuldhulp.chain.gateway import Gateway, role
from schuldhulp.chain.signer import AccountSigner, RegistrarWriter
from schuldhulp.domain.types import DossierId, Epoch, MunicipalityCode
from schuldhulp.node.deployment import CONTRACTS, DeployedContract, Deployment
from schuldhulp.node.rpc import JsonRpc

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "contracts"
CHAIN_ID = 1337
MUNICIPALITY = MunicipalityCode(14)
EPOCH = Epoch(20264)
MNEMONIC = "test test test test test test test test test test test junk"
ROLES = ("deployer", "network_administrator", "administrator", "registrar", "reviewer", "receipt_signer")


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ganache:
    """A node that this test process started and stops.

    With `folder` the chain outlives the node, so that a restart can be played.
    """

    folder: Path | None = None
    port: int = field(default_factory=free_port)
    block_time: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the node."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command line."""
        command = [
            str(PROJECT / "node_modules" / ".bin" / "ganache"),
            "--server.host=127.0.0.1",
            f"--server.port={self.port}",
            f"--chain.chainId={CHAIN_ID}",
            f"--chain.networkId={CHAIN_ID}",
            "--chain.hardfork=shanghai",
            f"--wallet.mnemonic={MNEMONIC}",
            "--wallet.totalAccounts=10",
            "--miner.blockGasLimit=12000000",
            f"--miner.blockTime={self.block_time}",
            "--logging.quiet=true",
        ]
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            command += [f"--database.dbPath={self.folder}"]
        return command

    def start(self) -> None:
        """Start the node and wait until it answers."""
        self.process = subprocess.Popen(
            self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the node ended with code {self.process.returncode}")
            try:
                self.ask("eth_chainId")
                return
            except requests.RequestException:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("the node does not answer")

    def stop(self, *, kill: bool = False) -> None:
        """Stop the node; with `kill` without giving it time to put things in order."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(20)
        self.process = None

    def ask(self, method: str, *parameters: Any) -> Any:
        """Ask the node one question, past every adapter."""
        session = requests.Session()
        session.trust_env = False
        with session:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
            answer = session.post(self.url, json=body, timeout=30).json()
        if "error" in answer:
            raise RuntimeError(answer["error"].get("message"))
        return answer["result"]

    def fund(self, address: str) -> None:
        """Make an account rich."""
        self.ask("evm_setAccountBalance", address, hex(10**21))

    def mine(self, blocks: int = 1) -> None:
        """Add empty blocks."""
        for _ in range(blocks):
            self.ask("evm_mine")

    def snapshot(self) -> str:
        """Remember the state of the chain."""
        return str(self.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a remembered state: the chain becomes shorter."""
        self.ask("evm_revert", snapshot)


@contextmanager
def running_ganache(folder: Path | None = None, *, block_time: int = 0) -> Iterator[Ganache]:
    """Run a node for as long as the block lasts.

    Args:
        folder: where the chain is kept; without it the chain ends with the node.
        block_time: seconds between blocks; 0 mines every transaction at once.
    """
    node = Ganache(folder=folder, block_time=block_time)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def account(name: str) -> Any:
    """Return the account that holds a role in tests; the same keys every time, never used outside tests."""
    return Account.from_key(keccak(text=f"schuldhulp test account {name}"))


@dataclass
class DeployedChain:
    """A node with the three contracts, a registered municipality and an open epoch."""

    node: Ganache
    deployment: Deployment

    def rpc(self) -> JsonRpc:
        """Return a connection."""
        return JsonRpc(self.node.url)

    def gateway(self) -> Gateway:
        """Return a reading adapter."""
        return Gateway(self.deployment, self.rpc())

    def writer(self, name: str = "registrar") -> RegistrarWriter:
        """Return a writing adapter for an account."""
        return RegistrarWriter(self.deployment, self.rpc(), AccountSigner(bytes(account(name).key)))

    def signer(self, name: str = "registrar") -> AccountSigner:
        """Return a signer of digests for an account."""
        return AccountSigner(bytes(account(name).key))

    def transact(self, contract: str, function: str, *arguments: Any, by: str) -> None:
        """Send one transaction as an account, and insist that it succeeds."""
        _transact(_web3(self.node), self.contract(contract).functions[function](*arguments), by)

    def contract(self, name: str) -> Any:
        """Return a contract as web3 object."""
        return _web3(self.node).eth.contract(address=self.deployment.contracts[name].address, abi=artefact(name)["abi"])


def artefact(name: str) -> dict[str, Any]:
    """Return what Brownie compiled, compiling first when it has not."""
    file = BUILD / f"{name}.json"
    if not file.exists():
        subprocess.run([str(PROJECT / ".venv/bin/brownie"), "compile"], cwd=PROJECT, check=True, capture_output=True)
    return json.loads(file.read_text(encoding="utf-8"))


def _web3(node: Ganache) -> Web3:
    session = requests.Session()
    session.trust_env = False
    return Web3(HTTPProvider(node.url, session=session))


def _transact(web3: Web3, call: Any, by: str) -> Any:
    signer = account(by)
    fields = call.build_transaction(
        {"from": signer.address, "nonce": web3.eth.get_transaction_count(signer.address), "gas": 6_000_000}
    )
    receipt = web3.eth.wait_for_transaction_receipt(
        web3.eth.send_raw_transaction(signer.sign_transaction(fields).raw_transaction), poll_latency=0.01
    )
    if receipt["status"] != 1:
        raise RuntimeError("a transaction of the set-up failed")
    return receipt


def burn_first_nonce(node: Ganache, name: str) -> None:
    """Use up nonce 0 of an account: Ganache would carry out a transaction with it again and again."""
    web3 = _web3(node)
    signer = account(name)
    if web3.eth.get_transaction_count(signer.address) > 0:
        return
    fields = {
        "to": signer.address,
        "value": 0,
        "gas": 21_000,
        "gasPrice": web3.eth.gas_price * 2,
        "nonce": 0,
        "chainId": CHAIN_ID,
    }
    sent = web3.eth.send_raw_transaction(signer.sign_transaction(fields).raw_transaction)
    web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)


def deploy(
    node: Ganache,
    *,
    municipality: MunicipalityCode = MUNICIPALITY,
    epoch: Epoch | None = EPOCH,
    evaluator_keys: tuple[bytes, bytes] | None = None,
    creditors: tuple[str, ...] = (),
    accounts: dict[str, Any] | None = None,
) -> DeployedChain:
    """Deploy the contracts, register a municipality, grant its roles and open an epoch.

    Args:
        node: a running node.
        municipality: the municipality.
        epoch: epoch to announce and open; None for none.
        evaluator_keys: public keys for BSN and NADB; random bytes by default.
        creditors: addresses that get the role CREDITOR in the registry and the claim register.
        accounts: addresses by role that replace the test accounts as holders of roles.

    Returns:
        The chain, with its deployment.
    """
    web3 = _web3(node)
    addresses = {name: account(name).address for name in ROLES} | (accounts or {})
    for address in [*(account(name).address for name in ROLES), *addresses.values(), *creditors]:
        node.fund(address)
    for name in ROLES:
        burn_first_nonce(node, name)
    deployed: dict[str, DeployedContract] = {}
    for name in CONTRACTS:
        built = artefact(name)
        instance = secrets.token_bytes(32)
        constructor = web3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]).constructor(instance)
        receipt = _transact(web3, constructor, "deployer")
        address = receipt["contractAddress"]
        deployed[name] = DeployedContract(
            address=address, code_hash=keccak(bytes(web3.eth.get_code(address))), instance_id=instance
        )
    genesis = web3.eth.get_block(0)
    deployment = Deployment(
        network="test",
        chain_id=CHAIN_ID,
        genesis_hash=bytes(genesis["hash"]),
        block=web3.eth.block_number,
        municipality=municipality,
        log_dossier=DossierId(municipality.to_bytes(2, "big") + keccak(text="log dossier")[:30]),
        contracts=deployed,
        accounts=addresses,
    )
    chain = DeployedChain(node=node, deployment=deployment)
    for name in CONTRACTS:
        chain.transact(name, "registerMunicipality", municipality, account("administrator").address, by="deployer")
    grants = [
        ("EnrolmentRegistry", "REGISTRAR", addresses["registrar"]),
        ("EnrolmentRegistry", "EPOCH_KEEPER", account("administrator").address),
        ("ObligationLedger", "REGISTRAR", addresses["registrar"]),
        ("ClaimRegister", "REVIEWER", addresses["reviewer"]),
        *(("EnrolmentRegistry", "CREDITOR", creditor) for creditor in creditors),
        *(("ClaimRegister", "CREDITOR", creditor) for creditor in creditors),
    ]
    for contract, verb, holder in grants:
        chain.transact(contract, "grantRole", role(verb, municipality), holder, by="administrator")
    if epoch is not None:
        keys = list(evaluator_keys or (secrets.token_bytes(32), secrets.token_bytes(32)))
        chain.transact("EnrolmentRegistry", "announceEpoch", municipality, epoch, keys, by="administrator")
        chain.transact("EnrolmentRegistry", "openEpoch", municipality, epoch, by="administrator")
    return chain
