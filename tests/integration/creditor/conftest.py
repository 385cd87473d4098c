from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.evaluator import create_app
from schuldhulp.services.evaluation import EvaluationService
from tests.support.asking import Asking, deployment_of
from tests.support.evaluation import MUNICIPALITY, Evaluator, make_evaluator, make_keys, serving
from tests.support.rpc_server import ToldNode, running_node


@pytest.fixture(scope="session")
def evaluator_keys(tmp_path_factory: pytest.TempPathFactory) -> EvaluatorKeys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def evaluator(tmp_path: Path, evaluator_keys: EvaluatorKeys) -> Evaluator:
    made = make_evaluator(tmp_path, evaluator_keys)
    made.admit(bsn_ground="Wet SUWI, artikel 62")
    return made


class Stage:
    """Servers that run for all tests; what stands behind them is replaced for each."""

    node: ToldNode
    node_url: str
    service: Any
    evaluator_url: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.node = ToldNode()
    with serving(create_app(cast(EvaluationService, stage))) as url, running_node(stage.node):
        stage.evaluator_url, stage.node_url = url, stage.node.url
        yield stage


@pytest.fixture
def asking(tmp_path: Path, evaluator: Evaluator, stage: Stage) -> Asking:
    node = stage.node
    vars(node).clear()
    node.__init__(  # type: ignore[misc]
        timestamp=int(evaluator.clock.now().timestamp()) - 5,
        keys=dict(evaluator.chain.keys),
        evaluator_url=stage.evaluator_url,
        url=stage.node_url,
    )
    stage.service = evaluator.service
    deployment_file = tmp_path / "test.json"
    deployment_file.write_text(json.dumps(deployment_of(node)))
    return Asking(node=node, evaluator=evaluator, deployment_file=deployment_file, state_file=tmp_path / "heads.json")


@pytest.fixture
def ask(asking: Asking) -> Callable[[Identifier], str]:
    """Ask about one person and return the colour."""
    client = asking.client()
    return lambda identifier: client.signal(municipality=MUNICIPALITY, identifier=identifier).signal.value
