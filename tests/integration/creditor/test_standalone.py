"""Installed by itself, with the base dependencies only, the project gives a creditor everything it needs."""

from __future__ import annotations

import json
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schuldhulp.crypto.keyring import CreditorKeys
from schuldhulp.domain.identifiers import parse_person
from tests.support.asking import Asking
from tests.support.evaluation import KVK
from tests.support.standalone import PIP, PROJECT, Standalone, make_standalone

PERSON = "Jansen;01-02-1980;9711AB;12"

NOT_FOR_CREDITORS = {
    *("alembic", "fastapi", "jinja2", "psutil", "psycopg", "sqlalchemy", "starlette", "uvicorn"),
    *("app", "babel", "brownie", "eth-brownie", "streamlit"),
}

ASK = """
import json, sys
from pathlib import Path
from schuldhulp.creditor import Client
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.identifiers import parse_person

given = json.load(sys.stdin)
client = Client(
    deployment_file=Path(given["deployment"]), chain_url=given["node"], organisation=given["organisation"],
    sign_digest=digest_signer(AccountKey(bytes.fromhex(given["key"]))), state_file=Path("heads.json"),
)
answers = client.signals(municipality=14, identifiers=[parse_person(person) for person in given["persons"]])
print(json.dumps({"signals": [answer.signal for answer in answers], "modules": sorted(sys.modules)}))
"""

TYPED = """
from pathlib import Path
from schuldhulp.creditor import Client
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.identifiers import parse_person
from schuldhulp.domain.signal import Signal
from schuldhulp.domain.types import MunicipalityCode
sign = digest_signer(AccountKey(bytes(32)))
client = Client(deployment_file=Path("d"), chain_url="u", organisation="k", sign_digest=sign, state_file=Path("s"))
answer = client.signal(municipality=MunicipalityCode(14), identifier=parse_person("x"))
known: bool = answer.signal is Signal.GREEN
contact: int = answer.contact
"""


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Standalone:
    return make_standalone(tmp_path_factory.mktemp("standalone"))


@pytest.fixture
def now(asking: Asking) -> Asking:
    """A node and an evaluator that live now, since another process asks them."""
    asking.evaluator.clock.time = datetime.now(UTC)
    asking.node.timestamp = int((asking.evaluator.clock.time - timedelta(seconds=5)).timestamp())
    return asking


def run(standalone: Standalone, *arguments: str, given: str, folder: Path, **settings: str) -> str:
    """Run the command of the environment, with nothing of this one; returns what it printed."""
    done = subprocess.run(
        [standalone.command, *arguments],
        input=given,
        cwd=folder,
        env={f"SCHULDHULP_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_environment_holds_the_base_dependencies_and_nothing_else(standalone: Standalone) -> None:
    program = "from importlib.metadata import distributions as d; print(*(one.metadata['Name'].lower() for one in d()))"
    found = subprocess.run([standalone.python, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    names = {name.replace("_", "-") for name in found.split()}
    assert names == standalone.dependencies | {"schuldhulp"}
    assert not names & NOT_FOR_CREDITORS
    subprocess.run([*PIP, "--python", standalone.python, "check"], check=True)


@pytest.mark.parametrize("service", ["evaluator", "relay", "worker"])
def test_serve_says_what_is_missing_where_only_a_creditor_is_installed(
    standalone: Standalone, tmp_path: Path, service: str
) -> None:
    done = subprocess.run(
        [standalone.command, "serve", service], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not installed" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_client_asks_and_imports_nothing_of_the_server(standalone: Standalone, now: Asking, tmp_path: Path) -> None:
    now.enrol(parse_person(PERSON))
    given = {
        "deployment": str(now.deployment_file),
        "node": now.node.url,
        "organisation": KVK,
        "key": now.evaluator.creditor.reveal().hex(),
        "persons": [PERSON, "Onbekend;01-02-1980;9711AB;12"],
    }
    done = subprocess.run(
        [standalone.python, "-I", "-c", ASK],
        input=json.dumps(given),
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["signals"] == ["green", "red"]
    imported = {name.partition(".")[0] for name in answer["modules"]}
    assert not imported & NOT_FOR_CREDITORS
    ours = {".".join(name.split(".")[:2]) for name in answer["modules"] if name.startswith("schuldhulp.")}
    assert not ours & {"schuldhulp.storage", "schuldhulp.chain", "schuldhulp.evaluator", "schuldhulp.config"}


def test_commands_make_a_key_and_ask(standalone: Standalone, now: Asking, tmp_path: Path) -> None:
    settings = {
        "DATA": str(tmp_path / "data"),
        "NETWORK": now.deployment_file.stem,
        "DEPLOYMENTS": str(now.deployment_file.parent),
        "CHAIN_URL": now.node.url,
        "ORGANISATION": KVK,
    }
    made = run(
        standalone, "keys", "init", "--only", "creditor", "--creditor", KVK, given="", folder=tmp_path, **settings
    )
    now.evaluator.creditor = CreditorKeys.open(tmp_path / "data" / "keys", kvk=KVK).account
    assert now.evaluator.creditor.address in made
    now.evaluator.admit()
    now.enrol(parse_person(PERSON))

    ask = ("signal", "--municipality", "14", "--person", "-")
    assert run(standalone, *ask, given=PERSON, folder=tmp_path, **settings).startswith("GREEN")
    unknown = PERSON.replace("Jansen", "Onbekend")
    assert run(standalone, *ask, given=unknown, folder=tmp_path, **settings).startswith("RED")


def test_every_help_works_without_what_only_a_municipality_needs(standalone: Standalone, tmp_path: Path) -> None:
    for words in ([], ["signal"], ["claim", "file"], ["keys", "init"], ["status"]):
        assert "Usage: schuldhulp" in run(standalone, *words, "--help", given="", folder=tmp_path)


def test_a_command_of_a_municipality_names_what_is_missing(standalone: Standalone, tmp_path: Path) -> None:
    done = subprocess.run(
        [standalone.command, "status"], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "sqlalchemy, which is not installed" in done.stderr
    assert "pip install" in done.stderr


def test_wheel_is_typed(standalone: Standalone, tmp_path: Path) -> None:
    assert "schuldhulp/py.typed" in zipfile.ZipFile(standalone.wheel).namelist()
    script = tmp_path / "script.py"
    script.write_text(TYPED)
    mypy = [str(PROJECT / ".venv" / "bin" / "mypy"), "--strict", "--no-error-summary"]
    done = subprocess.run(
        [*mypy, "--python-executable", standalone.python, "--cache-dir", str(tmp_path / "cache"), str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    # The one mistake in it, and nothing else: neither a missing type nor a package without types.
    (line,) = done.stdout.splitlines()
    assert line.startswith("script.py:13: error: Incompatible types in assignment"), done.stdout
