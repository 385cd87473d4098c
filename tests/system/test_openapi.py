"""The evaluator's OpenAPI document against the evaluator: thousands of right and wrong requests, drawn from it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from schuldhulp.evaluator.api import PATHS
from tests.support.evaluation import Evaluator, SetClock, make_evaluator, make_keys
from tests.support.evaluator_process import EvaluatorProcess, now, processes, web
from toolchain.isolated import isolated_tool

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)
EXAMPLES = 100


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Evaluator]:
    made = make_evaluator(tmp_path, make_keys(tmp_path))
    made.clock = SetClock(now())
    made.admit()
    yield made
    made.store.close()


@pytest.fixture
def server(stage: Evaluator, tmp_path: Path) -> Iterator[EvaluatorProcess]:
    changes = {"rate": 10**6, "total": 10**6}
    with processes(1, folder=tmp_path, url=stage.url, roles=[], **changes) as running:
        yield running[0]


def test_every_answer_to_a_drawn_request_is_in_the_document_and_none_is_a_fault(
    server: EvaluatorProcess, tmp_path: Path
) -> None:
    schemathesis = isolated_tool("fuzzing", "schemathesis", what="Schemathesis")
    command = [schemathesis, "run", f"{server.url}/openapi.json", "--checks", CHECKS]
    command += ["--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
    command += ["--generation-deterministic", "--no-color", "--suppress-health-check=all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1_200, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    log = server.errors.read_text()
    assert "Traceback" not in log
    assert "internal error" not in log
    for path in ("/v1/evaluations", "/v1/claim-ids", "/v1/messages", "/v1/messages/collect", "/rpc"):
        assert log.count(f"POST {path} ") > EXAMPLES, f"{path} was hardly asked"
    # Everything was up, so nothing may have said that it was not.
    assert " 503 " not in log


def test_the_document_names_every_route_and_no_fault_of_ours(server: EvaluatorProcess) -> None:
    document = web().get(f"{server.url}/openapi.json", timeout=60).json()
    expected = PATHS - {"/openapi.json"} | {"/rpc", "/v1/claim-ids", "/v1/messages"}
    assert expected <= document["paths"].keys()
    statuses = {
        status
        for operations in document["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }
    assert {status for status in statuses if status.startswith("5")} == {"503"}
