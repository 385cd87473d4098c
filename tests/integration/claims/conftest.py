"""The intake on a real chain, the evaluator's real channel and a real database; PostgreSQL too where it is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.storage import SqlStore
from tests.support.chain import MUNICIPALITY, DeployedChain, role
from tests.support.claims_stage import COLLECTOR_KVK, ClaimStage, Party, claims_chain, claims_stage
from tests.support.database import Databases, kinds
from tests.support.evaluation import KVK, make_keys
from tests.support.intake import Town, transact


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


@pytest.fixture(scope="session")
def parties(chain: DeployedChain, tmp_path_factory: pytest.TempPathFactory) -> tuple[Party, Party]:
    """A creditor and a collector that are ready on the chain: with their role, money and a key."""
    folder = tmp_path_factory.mktemp("parties")
    made = Party(kvk=KVK, folder=folder / "creditor"), Party(kvk=COLLECTOR_KVK, folder=folder / "collector")
    for party in made:
        who = party.account.address
        for contract in ("EnrolmentRegistry", "ClaimRegister"):
            chain.transact(contract, "grantRole", role("CREDITOR", MUNICIPALITY), who, by="administrator")
        chain.node.ask("evm_setAccountBalance", who, hex(10**18))
        # Twice: as set-up does it, the first transaction of an account is one that may be repeated.
        for key in (b"\x01" * 32, party.messages.public_key):
            transact(chain, party.account, "setEncryptionKey", key)
    return made


@pytest.fixture
def stage(
    chain: DeployedChain,
    parties: tuple[Party, Party],
    evaluator_keys: EvaluatorKeys,
    claim_key: OpeningKey,
    tmp_path: Path,
) -> Iterator[ClaimStage]:
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        made.creditor, made.collector = (replace(party, folder=tmp_path / party.kvk) for party in parties)
        for party in parties:
            made.enter(party)
        yield made


@pytest.fixture(params=kinds())
def town(request: pytest.FixtureRequest, stage: ClaimStage, databases: Databases, tmp_path: Path) -> Iterator[Town]:
    with databases.engine(request.param, tmp_path) as engine:
        yield Town(stage, SqlStore(engine))
