from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.login import Browser, RunningRelay, running_relay


@pytest.fixture(scope="module")
def running() -> Iterator[RunningRelay]:
    with running_relay() as started:
        yield started


@pytest.fixture
def relay(running: RunningRelay) -> RunningRelay:
    """A relay that nobody has logged in at."""
    running.store.entries.clear()
    running.clock.time = datetime.now(UTC)
    return running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened
