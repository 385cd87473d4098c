"""The store is tested on SQLite, and on PostgreSQL where SCHULDHULP_TEST_POSTGRES is set; the rest on SQLite."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.storage.messages import MessageDatabase
from tests.support.channel import ChannelStage
from tests.support.evaluation import make_keys


@pytest.fixture(scope="session")
def evaluator_keys(tmp_path_factory: pytest.TempPathFactory) -> EvaluatorKeys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("evaluator") / "evaluator.sqlite"
    database = MessageDatabase(f"sqlite:///{path}")
    database.prepare()
    database.close()
    return path


@pytest.fixture
def url(migrated: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path)}"


@pytest.fixture
def stage(url: str, evaluator_keys: EvaluatorKeys) -> Iterator[ChannelStage]:
    stage = ChannelStage(url, evaluator_keys)
    yield stage
    stage.close()


@pytest.fixture
def client(stage: ChannelStage) -> TestClient:
    return TestClient(stage.app(), raise_server_exceptions=False)
