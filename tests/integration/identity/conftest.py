from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.login import Browser, RunningRelay, running_relay


@pytest.fixture
def relay() -> Iterator[RunningRelay]:
    with running_relay() as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened
