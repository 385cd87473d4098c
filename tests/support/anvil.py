"""Anvil in the place of Ganache, for tests and measurements that need a fast node."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.engines.nodes import ANVIL_MISSING, HARDFORK, find_anvil
from tests.support.chain import CHAIN_ID, MNEMONIC, Ganache
from toolchain.tests import REQUIRED


@dataclass
class Anvil(Ganache):
    """A node that this test process started and stops."""

    binary: str = ""

    def command(self) -> list[str]:
        """Return the command line."""
        return [
            self.binary,
            "--host=127.0.0.1",
            f"--port={self.port}",
            f"--chain-id={CHAIN_ID}",
            f"--hardfork={HARDFORK}",
            f"--mnemonic={MNEMONIC}",
            "--gas-limit=12000000",
            "--quiet",
        ]

    def fund(self, address: str) -> None:
        """Make an account rich."""
        self.ask("anvil_setBalance", address, hex(10**21))


@contextmanager
def running_anvil() -> Iterator[Anvil]:
    """Run a node for as long as the block lasts; left out where there is none, but never by CI."""
    binary = find_anvil()
    if binary is None:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(ANVIL_MISSING)
    node = Anvil(binary=binary)
    try:
        node.start()
        yield node
    finally:
        node.stop()
