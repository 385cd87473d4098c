from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.chain import DeployedChain, deploy, running_ganache
from tests.support.worker import Cockpit, SetClock, make_store


@pytest.fixture(scope="session")
def deployed() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node)


@pytest.fixture
def chain(deployed: DeployedChain) -> Iterator[DeployedChain]:
    """The deployed chain, put back afterwards to what it was."""
    snapshot = deployed.node.snapshot()
    yield deployed
    deployed.node.revert(snapshot)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return make_store(tmp_path)


@pytest.fixture
def cockpit(store: SqlStore, clock: SetClock) -> Cockpit:
    return Cockpit(store, clock)
