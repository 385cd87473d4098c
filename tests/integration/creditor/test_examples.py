"""The scripts in docs/examples on a real chain: green, red, and whatever is not certain is an error, never red."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schuldhulp.domain.types import Epoch, Tag
from tests.support.chain import EPOCH, MUNICIPALITY, PROJECT, DeployedChain, account, deploy, free_port, running_ganache

EXAMPLES = PROJECT / "docs" / "examples"
NEWER = Epoch(EPOCH + 1)
LINES = 10
COMMANDS = {"is_known.py": [sys.executable], "is_known.mjs": ["node"]}


def make_tag(number: int, epoch: Epoch = EPOCH) -> Tag:
    return Tag(MUNICIPALITY.to_bytes(2, "big") + epoch.to_bytes(4, "big") + number.to_bytes(26, "big"))


KNOWN, UNKNOWN = make_tag(1), make_tag(2)


@pytest.fixture(scope="module")
def chain() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        deployed = deploy(node)
        deployed.transact("EnrolmentRegistry", "enrol", MUNICIPALITY, EPOCH, [KNOWN], by="registrar")
        yield deployed


@pytest.fixture(params=sorted(COMMANDS))
def script(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(chain: DeployedChain, tmp_path: Path) -> Path:
    chain.deployment.save(tmp_path / "test.json")
    return tmp_path / "test.json"


def run(script: str, file: Path, url: str, tag: Tag) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMANDS[script], str(EXAMPLES / script), str(file), url, "0x" + tag.hex()],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def assert_error(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    assert done.stderr


@pytest.mark.parametrize(("tag", "says"), [(KNOWN, "GREEN\n"), (UNKNOWN, "RED\n")])
def test_script_says_green_or_red(script: str, file: Path, chain: DeployedChain, tag: Tag, says: str) -> None:
    done = run(script, file, chain.node.url, tag)
    assert (done.returncode, done.stdout, done.stderr) == (0, says, "")


def test_script_takes_a_revert_as_an_error(script: str, file: Path, chain: DeployedChain) -> None:
    done = run(script, file, chain.node.url, make_tag(1, NEWER))
    assert_error(done)


def test_script_takes_no_red_for_a_tag_of_an_older_open_epoch(script: str, file: Path, chain: DeployedChain) -> None:
    snapshot = chain.node.snapshot()
    for function, more in (("announceEpoch", [[b"\1" * 32, b"\2" * 32]]), ("openEpoch", [])):
        chain.transact("EnrolmentRegistry", function, MUNICIPALITY, NEWER, *more, by="administrator")
    assert run(script, file, chain.node.url, KNOWN).stdout == "GREEN\n"
    assert_error(run(script, file, chain.node.url, UNKNOWN))
    chain.node.revert(snapshot)


@pytest.mark.parametrize("field", ["address", "codeHash", "genesisHash"])
def test_script_takes_another_chain_or_contract_as_an_error(
    script: str, file: Path, chain: DeployedChain, field: str
) -> None:
    plain = json.loads(file.read_text())
    if field == "genesisHash":
        plain[field] = "0x" + "11" * 32
    else:
        other = account("stranger").address if field == "address" else "0x" + "11" * 32
        plain["contracts"]["EnrolmentRegistry"][field] = other
    file.write_text(json.dumps(plain))
    assert_error(run(script, file, chain.node.url, UNKNOWN))


@pytest.mark.parametrize("tag", ["", "0x12", "geheim" * 11, "0x" + "g" * 64])
def test_python_script_names_what_is_no_tag_in_one_sentence(file: Path, tag: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "is_known.py"), str(file), f"http://127.0.0.1:{free_port()}", tag],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "error: no tag of 64 digits\n")


def test_script_takes_a_silent_node_as_an_error(script: str, file: Path) -> None:
    assert_error(run(script, file, f"http://127.0.0.1:{free_port()}", UNKNOWN))


def test_python_script_says_in_one_sentence_why_there_is_no_answer(file: Path, chain: DeployedChain) -> None:
    silent = run("is_known.py", file, f"http://127.0.0.1:{free_port()}", UNKNOWN)
    assert_error(silent)
    assert silent.stderr == "error: closed epoch, or silent node? (ConnectionError)\n"
    closed = run("is_known.py", file, chain.node.url, make_tag(1, NEWER))
    assert_error(closed)
    assert closed.stderr == "error: closed epoch, or silent node? (ContractCustomError)\n"


def test_script_is_ten_lines_after_its_imports(script: str) -> None:
    text = (EXAMPLES / script).read_text()
    code = text.rpartition('"""')[2] if script.endswith(".py") else text
    lines = [
        line for line in code.splitlines() if line.strip() and not line.startswith(("import ", "from ", "//", "#"))
    ]
    assert len(lines) == LINES
