"""What system and browser tests share. Loaded by every suite, so nothing heavy is imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from pathlib import Path


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
