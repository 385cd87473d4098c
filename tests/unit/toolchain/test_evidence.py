"""What is shown of the contracts is shown of what is deployed: same compiler, same settings, every step run."""

import subprocess
import tomllib
import types

import pytest
import yaml

from toolchain import evidence
from toolchain.environment import PROJECT
from toolchain.forge import forge_environment


@pytest.fixture
def runs(monkeypatch):
    """The steps that would be run; a step fails when its name is in `failing`."""
    found = types.SimpleNamespace(commands=[], profiles=set(), failing=())

    def run(command, *, env, **_more):
        found.commands.append(command)
        found.profiles.add(env["FOUNDRY_PROFILE"])
        return subprocess.CompletedProcess(command, int(any(name in " ".join(command) for name in found.failing)))

    monkeypatch.setattr(evidence.subprocess, "run", run)
    monkeypatch.setattr(evidence, "prepare", lambda environment: None)
    monkeypatch.setattr(evidence, "find_forge", lambda: "/x/forge")
    return found


def test_evidence_runs_every_step_even_after_one_failed(runs, capsys):
    runs.failing = ("toolchain.coverage",)
    assert evidence.main([]) == 1
    assert len(runs.commands) == len(evidence.steps())
    assert runs.profiles == {"full"}
    assert "evidence failed: coverage" in capsys.readouterr().out


def test_evidence_runs_one_step_with_what_is_added(runs):
    assert evidence.main(["fuzz", "--fuzz-seed", "2"]) == 0
    assert runs.commands == [["forge", "test", "--fuzz-seed", "2"]]


def test_evidence_names_the_steps_when_there_is_no_such_one(runs, capsys):
    assert evidence.main(["luck"]) == 2
    assert "fuzz, coverage, proofs, analysis" in capsys.readouterr().err
    assert not runs.commands


def test_evidence_fails_without_forge(runs, monkeypatch, capsys):
    monkeypatch.setattr(evidence, "find_forge", lambda: None)
    assert evidence.main([]) == 1
    assert "Forge is missing" in capsys.readouterr().err


def test_forge_environment_keeps_what_it_writes_in_the_project(tmp_path):
    environment = forge_environment("full", out=tmp_path)
    assert environment["FOUNDRY_PROFILE"] == "full"
    assert environment["HOME"] == str(PROJECT / ".toolchain" / "home")
    assert environment["FOUNDRY_OUT"].startswith(str(tmp_path))
    assert environment["FOUNDRY_CACHE_PATH"].startswith(str(tmp_path))


def test_forge_compiles_as_brownie_does():
    forge = tomllib.loads((PROJECT / "foundry.toml").read_text())["profile"]
    brownie = yaml.safe_load((PROJECT / "brownie-config.yaml").read_text())["compiler"]
    default = forge["default"]
    assert default["solc"].endswith(f"solc-v{brownie['solc']['version']}")
    assert default["evm_version"] == brownie["evm_version"]
    assert default["optimizer"] == brownie["solc"]["optimizer"]["enabled"]
    assert default["optimizer_runs"] == brownie["solc"]["optimizer"]["runs"]
    assert set(forge["full"]) == {"fuzz", "invariant"}  # so that no profile compiles otherwise
    assert (forge["full"]["fuzz"]["runs"], forge["default"]["fuzz"]["runs"]) == (5000, 256)
    assert forge["full"]["invariant"] == {"runs": 256, "depth": 100}
    assert default["invariant"]["fail_on_revert"] is True
