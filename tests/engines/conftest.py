"""Ganache and Anvil for the whole run; each test gets them as they started."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engines.nodes import ANVIL_MISSING, Engine, find_anvil, running
from toolchain.tests import REQUIRED


@pytest.fixture(scope="session")
def ganache() -> Iterator[Engine]:
    """Ganache; put back what you change (`engines` does)."""
    with running("ganache") as engine:
        yield engine


@pytest.fixture(scope="session")
def anvil() -> Iterator[Engine]:
    """Anvil; put back what you change (`engines` does). Left out where it is missing, but never by CI."""
    binary = find_anvil()
    if binary is None:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(ANVIL_MISSING)
    with running("anvil", binary) as engine:
        yield engine


@pytest.fixture
def engines(ganache: Engine, anvil: Engine) -> Iterator[tuple[Engine, Engine]]:
    """Both engines, put back afterwards to what they were."""
    both = (ganache, anvil)
    snapshots = [engine.snapshot() for engine in both]
    yield both
    for engine, snapshot in zip(both, snapshots, strict=True):
        engine.revert(snapshot)
