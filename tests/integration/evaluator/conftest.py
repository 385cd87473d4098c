from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.evaluator import create_app
from tests.support.evaluation import Evaluator, make_evaluator, make_keys


@pytest.fixture(scope="session")
def evaluator_keys(tmp_path_factory: pytest.TempPathFactory) -> EvaluatorKeys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def evaluator(tmp_path: Path, evaluator_keys: EvaluatorKeys) -> Evaluator:
    made = make_evaluator(tmp_path, evaluator_keys)
    made.admit()
    return made


@pytest.fixture
def client(evaluator: Evaluator) -> TestClient:
    return TestClient(create_app(evaluator.service), raise_server_exceptions=False)
