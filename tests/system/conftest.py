"""What the tests of this folder share."""

from __future__ import annotations

import pytest

from tests.conftest import Loaded
from tests.support.installation import deploy, own_ports


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Keys and contracts of one municipality and nothing else, with nothing running; to be copied."""
    found = Loaded(tmp_path_factory.mktemp("deployed") / "var", own_ports())
    deploy(*found)
    return found
