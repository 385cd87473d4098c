"""The two engines that the contracts are run on: Ganache in JavaScript and Anvil in Rust, behind one face.

Both start with the same accounts, the same hard fork and the same first second, and mine a block only when they are
told to, at the time that they are told. So the same signed transactions give the same blocks, but for their hashes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from eth_utils.crypto import keccak

from tests.support.chain import CHAIN_ID, MNEMONIC, PROJECT, free_port

HARDFORK = "shanghai"  # as toolchain/network-config.yaml has it for Ganache
START = 1_800_000_000  # the time of the first block
GAS_LIMIT = 12_000_000
RICH = 10_000  # ether of each unlocked account
ANVIL_MISSING = "Anvil is missing: npm has none for this kind of machine. Install Foundry 1.7, with `anvil` on the PATH"

_BIN = PROJECT / "node_modules" / ".bin"


class Refusal(Exception):
    """What an engine answered instead of a result; `data` is what the contract gave as its reason."""

    def __init__(self, message: str, data: bytes | None) -> None:
        super().__init__(message)
        self.data = data


@dataclass
class Engine:
    """A node of this test process, which nobody else knows of."""

    name: str
    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the node and wait until it answers."""
        self.session.trust_env = False
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with code {self.process.returncode}")
            try:
                self.ask("eth_chainId")
                return
            except requests.RequestException:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not answer")

    def stop(self) -> None:
        """End the node, and whatever it started."""
        self.session.close()
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)  # Ganache then removes its folder
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
        self.process = None

    def ask(self, method: str, *parameters: Any) -> Any:
        """Ask one question.

        Raises:
            Refusal: the engine answered with an error.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = self.session.post(self.url, json=body, timeout=120).json()
        if "error" in answer:
            raise Refusal(f"{self.name}: {answer['error'].get('message')}", _reason(answer["error"].get("data")))
        return answer["result"]

    def last_moment(self) -> int:
        """Return the time of the last block."""
        return int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def fund(self, addresses: list[str]) -> None:
        """Give each address a hundred ether, in one block."""
        unlocked = self.ask("eth_accounts")[0]
        for address in addresses:
            self.ask("eth_sendTransaction", {"from": unlocked, "to": address, "value": hex(10**20), "gas": hex(21_000)})
        self.mine(self.last_moment() + 1)

    def mine(self, moment: int) -> None:
        """Mine one block at a time that is later than the last one's, with all that was sent."""
        self.ask("evm_mine", {"timestamp": moment, "blocks": 1})

    def send(self, raw: bytes, moment: int) -> dict[str, Any]:
        """Carry out a signed transaction in a block of its own, and return the receipt."""
        sent = self.ask("eth_sendRawTransaction", "0x" + raw.hex())
        self.mine(moment)
        receipt: dict[str, Any] | None = self.ask("eth_getTransactionReceipt", sent)
        if receipt is None:
            raise RuntimeError(f"{self.name} did not mine the transaction")
        return receipt

    def call(self, to: str, data: bytes, *, sender: str | None = None) -> bytes:
        """Ask a contract on the last block.

        Raises:
            Refusal: the contract refused.
        """
        fields = {"to": to, "data": "0x" + data.hex(), "gas": hex(GAS_LIMIT)}
        if sender is not None:
            fields["from"] = sender
        return bytes.fromhex(self.ask("eth_call", fields, "latest")[2:])

    def storage_root(self, address: str) -> bytes:
        """Return the root of the tree of all storage of a contract: while it stays, nothing was changed."""
        return bytes.fromhex(self.ask("eth_getProof", address, [], "latest")["storageHash"][2:])

    def storage(self, address: str) -> dict[bytes, int]:
        """Return all storage of a contract: the hash of each place, and what is there when it is not zero.

        Anvil's root of storage counts places that were cleared and some that were only read, so that this is what
        can be compared between engines, and the root only with an earlier one of the same engine.
        """
        if self.name == "anvil":
            dump = json.loads(gzip.decompress(bytes.fromhex(self.ask("anvil_dumpState")[2:])))
            accounts = {name.lower(): account for name, account in dump["accounts"].items()}
            found = {
                keccak(int(place, 16).to_bytes(32, "big")): int(value, 16)
                for place, value in accounts[address.lower()]["storage"].items()
            }
        else:
            # Ganache tells what there was before a given transaction, so there must be one more.
            self.fund([self.ask("eth_accounts")[1]])
            block = self.ask("eth_getBlockByNumber", "latest", False)
            answer = self.ask("debug_storageRangeAt", block["hash"], 0, address, "0x" + "00" * 32, 1_000_000)
            found = {
                int(hashed, 16).to_bytes(32, "big"): int(entry["value"], 16)
                for hashed, entry in answer["storage"].items()
            }
        return {place: value for place, value in found.items() if value}

    def snapshot(self) -> str:
        """Remember the state of the chain."""
        return str(self.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a remembered state."""
        self.ask("evm_revert", snapshot)


def _reason(data: Any) -> bytes | None:
    """Return the bytes that a contract refused with: engines give them bare, or beside other things."""
    if isinstance(data, dict):
        data = data.get("result") or data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return None


def find_anvil() -> str | None:
    """Return the path of Anvil, or None where npm has no package for the machine and nobody installed it."""
    brought = _BIN / "anvil"
    return str(brought) if brought.exists() else shutil.which("anvil")


def ganache_command(port: int) -> list[str]:
    """Return the command line of Ganache."""
    return [
        str(_BIN / "ganache"),
        "--server.host=127.0.0.1",
        f"--server.port={port}",
        f"--chain.chainId={CHAIN_ID}",
        f"--chain.networkId={CHAIN_ID}",
        f"--chain.hardfork={HARDFORK}",
        f"--chain.time={datetime.fromtimestamp(START, UTC).isoformat()}",
        f"--wallet.mnemonic={MNEMONIC}",
        f"--wallet.defaultBalance={RICH}",
        f"--miner.blockGasLimit={GAS_LIMIT}",
        f"--miner.callGasLimit={10 * GAS_LIMIT}",
        "--logging.quiet=true",
    ]


def anvil_command(binary: str, port: int) -> list[str]:
    """Return the command line of Anvil."""
    return [
        binary,
        "--host=127.0.0.1",
        f"--port={port}",
        f"--chain-id={CHAIN_ID}",
        f"--hardfork={HARDFORK}",
        f"--timestamp={START}",
        f"--mnemonic={MNEMONIC}",
        f"--balance={RICH}",
        f"--gas-limit={GAS_LIMIT}",
        "--no-mining",
        "--quiet",
    ]


@contextmanager
def running(name: str, binary: str | None = None) -> Iterator[Engine]:
    """Run an engine for as long as the block lasts.

    Args:
        name: `ganache` or `anvil`.
        binary: path of Anvil.
    """
    port = free_port()
    command = ganache_command(port) if binary is None else anvil_command(binary, port)
    engine = Engine(name, command, port)
    try:
        engine.start()
        if binary is None:
            engine.ask("miner_stop")  # from here on a block comes when `mine` is called, as with --no-mining
        yield engine
    finally:
        engine.stop()
