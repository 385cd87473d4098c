from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.crypto import keyring_file, ristretto, voprf
from schuldhulp.errors import Misconfigured

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def _present() -> list[ristretto.Backend]:
    found = []
    for backend in ristretto.Backend:
        try:
            ristretto.load(backend)
        except Misconfigured:
            continue
        found.append(backend)
    return found


# rbcl brings libsodium with it; pysodium takes part where the system has one.
@pytest.fixture(params=_present(), ids=str)
def group(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ristretto.Group:
    loaded = ristretto.load(request.param)
    monkeypatch.setattr(voprf, "group", lambda: loaded)
    return loaded


@pytest.fixture
def quick_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_file, "MEMORY_KIB", 64)
    monkeypatch.setattr(keyring_file, "PASSES", 1)


@pytest.fixture(scope="session")
def voprf_vectors() -> list[dict[str, Any]]:
    return json.loads((VECTORS / "voprf_rfc9497.json").read_text())["modes"]


@pytest.fixture(scope="session")
def merkle_vectors() -> dict[str, Any]:
    return json.loads((VECTORS / "merkle.json").read_text())


@pytest.fixture(scope="session")
def pseudonym_vectors() -> dict[str, Any]:
    return json.loads((VECTORS / "pseudonyms.json").read_text())


@pytest.fixture(scope="session")
def hpke_vector() -> dict[str, str]:
    return json.loads((VECTORS / "hpke_rfc9180.json").read_text())
