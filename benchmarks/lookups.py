"""Different ways to look up tags, on one node and one database, for `benchmarks/signal.py`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests
import solcx
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3

from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.local_registry import LocalRegistry
from schuldhulp.creditor.registry import ChainRegistry
from schuldhulp.domain.types import Tag
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import Registry, RegistryView
from tests.support.chain import DeployedChain, account, artefact

SOURCE = Path(__file__).parent / "contracts" / "Multicall.sol"
POSTGRES = os.environ.get("SCHULDHULP_TEST_POSTGRES", "")
CALL_GAS = 100_000_000
"""Gas of a question of the other ways: one call for each tag takes about ten times what a bitmap takes."""


def compiled_multicall() -> tuple[list[dict[str, Any]], str]:
    """Compile the contract that the comparison needs, with the project's compiler; returns ABI and bytecode."""
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {SOURCE.name: {"content": SOURCE.read_text(encoding="utf-8")}},
            "settings": {
                "evmVersion": "paris",
                "optimizer": {"enabled": True, "runs": 800},
                "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
            },
        },
        solc_version="0.8.30",
    )
    contract = output["contracts"][SOURCE.name]["Multicall"]
    return contract["abi"], contract["evm"]["bytecode"]["object"]


def plain_web3(url: str) -> Web3:
    """Return web3.py as it comes, but for proxies of the environment."""
    session = requests.Session()
    session.trust_env = False
    return Web3(HTTPProvider(url, session=session))


def deploy_multicall(chain: DeployedChain) -> str:
    """Deploy the contract of the comparison and return its address."""
    web3, signer = plain_web3(chain.node.url), account("deployer")
    abi, bytecode = compiled_multicall()
    fields = (
        web3.eth.contract(abi=abi, bytecode=bytecode)
        .constructor()
        .build_transaction({"from": signer.address, "nonce": web3.eth.get_transaction_count(signer.address)})
    )
    sent = web3.eth.send_raw_transaction(signer.sign_transaction(fields).raw_transaction)
    return str(web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"])


@dataclass
class Lookups:
    """A chain with tags, and the creditor's machine in front of it."""

    chain: DeployedChain
    folder: Path
    tags: Sequence[Tag]
    multicall: str

    def registry(self) -> Registry:
        """Return the registry as the creditor's client reads it."""
        return ChainRegistry(
            deployment=self.chain.deployment,
            node=self.chain.rpc(),
            seen=HeadFile(self.folder / "heads.json"),
            clock=SystemClock(),
            max_age=timedelta(days=1),
        )

    def local_view(self) -> RegistryView:
        """Return a view whose tags have been fetched."""
        registry = LocalRegistry(
            registry=self.registry(),
            deployment=self.chain.deployment,
            node=self.chain.rpc(),
            folder=self.folder / "tags",
        )
        view = registry.at_head()
        view.known([self.tags[0]])
        return view

    def ways(self, asked: Sequence[Tag]) -> dict[str, Callable[[], list[bool]]]:
        """Return the ways to look up a list; each gives one answer for each tag, in order.

        Args:
            asked: the list.
        """
        view, local = self.registry().at_head(), self.local_view()
        node = JsonRpc(self.chain.node.url)
        contract = plain_web3(self.chain.node.url).eth.contract(
            address=self.chain.deployment.contracts["EnrolmentRegistry"].address,  # type: ignore[arg-type]
            abi=artefact("EnrolmentRegistry")["abi"],
        )
        listed = list(asked)

        def bitmap_by_web3() -> list[bool]:
            words = contract.functions.knownBitmap(listed).call({"gas": CALL_GAS})
            return [bool(words[index // 256] >> (index % 256) & 1) for index in range(len(listed))]

        return {
            "knownBitmap, this client": lambda: view.known(listed),
            "fetched beforehand (--local)": lambda: local.known(listed),
            "knownBitmap through web3.py": bitmap_by_web3,
            "areKnown through web3.py": lambda: contract.functions.areKnown(listed).call({"gas": CALL_GAS}),
            "Multicall of isKnown": lambda: self._by_multicall(node, listed),
        }

    def _by_multicall(self, node: JsonRpc, asked: Sequence[Tag]) -> list[bool]:
        # A thousand at a time: Anvil takes no body of 2 MB, and 5 000 calls have one.
        return [known for start in range(0, len(asked), 1_000) for known in self._call(node, asked[start:][:1_000])]

    def _call(self, node: JsonRpc, asked: Sequence[Tag]) -> list[bool]:
        target, selector = self.chain.deployment.contracts["EnrolmentRegistry"].address, keccak(text="isKnown(bytes32)")
        calls = [(target, False, selector[:4] + tag) for tag in asked]
        data = keccak(text="aggregate3((address,bool,bytes)[])")[:4] + encode(["(address,bool,bytes)[]"], [calls])
        question = {"to": self.multicall, "data": "0x" + data.hex(), "gas": hex(CALL_GAS)}
        (results,) = decode(["(bool,bytes)[]"], bytes.fromhex(node.call("eth_call", question, "latest")[2:]))
        return [bool(word[31]) for _, word in results]

    def single(self, tag: Tag) -> dict[str, Callable[[], bool]]:
        """Return the ways to look up one tag."""
        registry, view = self.registry(), self.registry().at_head()
        contract = plain_web3(self.chain.node.url).eth.contract(
            address=self.chain.deployment.contracts["EnrolmentRegistry"].address,  # type: ignore[arg-type]
            abi=artefact("EnrolmentRegistry")["abi"],
        )
        return {
            "this client, the block checked beforehand": lambda: bool(view.is_known(tag)[31]),
            "this client, chain, code and block checked each time": lambda: bool(registry.at_head().is_known(tag)[31]),
            "plain web3.py, nothing checked": lambda: bool(contract.functions.isKnown(tag).call()),
        }


@contextmanager
def in_postgres(tags: Sequence[Tag]) -> Iterator[Callable[[Sequence[Tag]], list[bool]] | None]:
    """Put the same tags into a table of PostgreSQL, with an index, and give the way to look them up there.

    Args:
        tags: the tags.

    Yields:
        A function from a list to its answers, or None where SCHULDHULP_TEST_POSTGRES is not set.
    """
    if not POSTGRES:
        yield None
        return
    # SQLAlchemy's address names the driver too, which psycopg does not know.
    address = POSTGRES.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE known (tag bytea PRIMARY KEY)")
        with connection.cursor().copy("COPY known FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["bytea"])
            for tag in tags:
                copy.write_row([tag])
        connection.execute("ANALYZE known")

        def look_up(asked: Sequence[Tag]) -> list[bool]:
            rows = connection.execute("SELECT tag FROM known WHERE tag = ANY(%b)", [list(asked)], binary=True)
            found = {bytes(row[0]) for row in rows}
            return [tag in found for tag in asked]

        yield look_up
