from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import DeployedChain, deploy, running_ganache


@pytest.fixture(scope="module")
def deployed() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node)


@pytest.fixture
def chain(deployed: DeployedChain) -> Iterator[DeployedChain]:
    """The deployed chain, put back afterwards to what it was."""
    snapshot = deployed.node.snapshot()
    yield deployed
    deployed.node.revert(snapshot)
