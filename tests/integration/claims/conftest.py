"""The intake on a real chain, the evaluator's real channel and a real database; PostgreSQL too where it is set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.storage import SqlStore
from tests.support.chain import DeployedChain
from tests.support.claims_stage import ClaimStage, claims_chain, claims_stage
from tests.support.database import Databases, kinds
from tests.support.evaluation import make_keys
from tests.support.intake import Town


@pytest.fixture(scope="session")
def evaluator_keys(tmp_path_factory: pytest.TempPathFactory) -> EvaluatorKeys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="session")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key) as running:
        yield running


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture
def stage(
    chain: DeployedChain, evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, tmp_path: Path
) -> Iterator[ClaimStage]:
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        for party in (made.creditor, made.collector):
            made.admit(party)
            with made.client(party) as client:
                client.set_up()
        yield made


@pytest.fixture(params=kinds())
def town(request: pytest.FixtureRequest, stage: ClaimStage, databases: Databases, tmp_path: Path) -> Iterator[Town]:
    with databases.engine(request.param, tmp_path) as engine:
        yield Town(stage, SqlStore(engine))
