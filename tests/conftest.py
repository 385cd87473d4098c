"""What system and browser tests share. Loaded by every suite, so nothing heavy is imported here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path


if "brownie" not in sys.modules:  # which has profiles of its own
    # A busy machine is no fault of the code: no deadline. The same examples each time: a failure can be repeated.
    settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("project")


class Loaded(NamedTuple):
    """A data folder with the demonstration; copy it with `tests.support.installation.copied` before use."""

    folder: Path
    ports: dict[str, str]


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The demonstration, loaded and on the chain, with nothing running."""
    from tests.support.installation import load_demonstration, own_ports

    found = Loaded(tmp_path_factory.mktemp("loaded") / "var", own_ports())
    load_demonstration(*found)
    return found
