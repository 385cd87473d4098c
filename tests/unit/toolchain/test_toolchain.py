"""The parts of the toolchain that decide something."""

import os
import subprocess
import sys
import types

import pytest

from schuldhulp.config import load_settings
from toolchain import install
from toolchain import tests as test_runner
from toolchain.brownie_launcher import importable_from_the_root
from toolchain.environment import prepare
from toolchain.parts import Part, PartFailed
from toolchain.run import Failed, Installation, write_settings


@pytest.fixture
def commands(monkeypatch):
    """The commands that would be run; each succeeds unless its name is in `failing`."""
    found = types.SimpleNamespace(run=[], failing=())

    def run(command, **_more):
        found.run.append(command)
        return subprocess.CompletedProcess(command, int(any(name in command for name in found.failing)))

    monkeypatch.setattr(test_runner.subprocess, "run", run)
    monkeypatch.setattr(test_runner, "prepare", lambda environment: None)
    monkeypatch.setattr(test_runner, "find_forge", lambda: "/x/forge")
    return found


def test_tests_run_everything_but_the_browser_where_there_is_none(monkeypatch, commands, capsys):
    monkeypatch.setattr(test_runner, "chromium", lambda: None)
    monkeypatch.delenv(test_runner.REQUIRED, raising=False)
    assert test_runner.main([]) == 0
    assert not any("tests/browser" in command for command in commands.run)
    assert any("tests/system" in command for command in commands.run)
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert "browser tests were left out" in last
    assert "apt-get install chromium" in last


def test_tests_leave_the_properties_out_where_there_is_no_forge_and_say_so(monkeypatch, commands, capsys):
    monkeypatch.setattr(test_runner, "chromium", lambda: "/x/chromium")
    monkeypatch.setattr(test_runner, "find_forge", lambda: None)
    assert test_runner.main([]) == 0
    assert not any("forge" in command for command in commands.run)
    said = capsys.readouterr().out
    assert "suites: 3 passed, 0 failed" in said
    assert "left out. Forge is missing" in said
    assert test_runner.main(["properties"]) == 1


def test_tests_fail_without_a_browser_where_it_is_required(monkeypatch, commands, capsys):
    monkeypatch.setattr(test_runner, "chromium", lambda: None)
    monkeypatch.setenv(test_runner.REQUIRED, "1")
    assert test_runner.main([]) == 1
    assert commands.run == []
    assert "apt-get install chromium" in capsys.readouterr().err


def test_tests_run_the_browser_where_there_is_one_and_name_what_failed(monkeypatch, commands, capsys):
    monkeypatch.setattr(test_runner, "chromium", lambda: "/x/chromium")
    monkeypatch.setenv(test_runner.CHROMIUM, "")
    commands.failing = ("tests/browser",)
    assert test_runner.main([]) == 1
    said = capsys.readouterr().out
    assert "suites: 3 passed, 1 failed" in said
    assert "failed: whole" in said


def test_stamp_is_current_only_for_the_same_contents(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "TOOLCHAIN", tmp_path)
    file = tmp_path / "requirements.txt"
    file.write_text("a==1")
    stamp = install.Stamp("python", file)
    assert not stamp.current()
    stamp.write()
    assert install.Stamp("python", file).current()
    file.write_text("a==2")
    assert not install.Stamp("python", file).current()


@pytest.mark.parametrize(("said", "expected"), [("v20.19.4", (20, 19)), ("v8.0.0", (8, 0)), ("nonsense", None)])
def test_node_version_reads_what_node_says(tmp_path, said, expected):
    node = tmp_path / "node"
    install.write_executable(node, f"#!/bin/sh\necho {said}\n")
    assert install.node_version(str(node), dict(os.environ)) == expected


def test_node_version_is_none_where_nothing_runs(tmp_path):
    assert install.node_version(str(tmp_path / "node"), dict(os.environ)) is None


def test_run_says_what_a_tool_said(tmp_path):
    with pytest.raises(install.SetupError, match="the end"):
        install.run([sys.executable, "-c", "print('the end'); raise SystemExit(1)"], "it", dict(os.environ))


def test_prepare_puts_the_tools_first_and_only_once():
    environment = {"PATH": "/usr/bin"}
    prepare(environment)
    once = environment["PATH"]
    prepare(environment)
    assert environment["PATH"] == once
    assert once.endswith(":/usr/bin")
    assert environment["SOLCX_BINARY_PATH"]


def test_importable_from_the_root_takes_folders_with_a_dot(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    project = tmp_path / "a.b" / "project"
    (project / "scripts").mkdir(parents=True)
    (project / "scripts" / "act.py").write_text("DONE = True\n")
    importable_from_the_root(project)
    name = ".".join([*".".join(project.parts[1:]).split("."), "scripts", "act"])
    __import__(name)
    assert sys.modules[name].DONE


def test_write_settings_keeps_what_was_chosen_and_never_overwrites(tmp_path):
    chosen = {"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CHAIN_PORT": "9999", "SCHULDHULP_TEST_POSTGRES": "secret"}
    settings = load_settings(chosen)
    write_settings(settings, chosen)
    file = tmp_path / "settings.env"
    text = file.read_text()
    assert "SCHULDHULP_CHAIN_PORT=9999" in text
    assert "SCHULDHULP_LEDGER_SCHEDULE=every 2s" in text
    assert "SCHULDHULP_DATA=" not in text
    assert "secret" not in text
    assert file.stat().st_mode & 0o077 == 0
    write_settings(settings, {**chosen, "SCHULDHULP_CHAIN_PORT": "9998"})
    assert file.read_text() == text
    assert load_settings({"SCHULDHULP_DATA": str(tmp_path)}).chain_port == 9999


def test_part_names_how_it_ended_and_the_end_of_its_log(tmp_path):
    command = [sys.executable, "-c", "print('why it ended'); raise SystemExit(3)"]
    part = Part("thing", command, log=tmp_path / "thing.log", environment=dict(os.environ))
    with pytest.raises(PartFailed, match=r"thing: ended with code 3[\s\S]*why it ended"):
        part.wait_until(lambda: False)


def test_part_is_killed_with_everything_it_started(tmp_path):
    script = (
        "import subprocess, sys, time; subprocess.Popen(['sleep', '1000']); print('up', flush=True); time.sleep(1000)"
    )
    part = Part("thing", [sys.executable, "-c", script], log=tmp_path / "log", environment=dict(os.environ))
    part.wait_until(lambda: "up" in (tmp_path / "log").read_text())
    group = part.pid
    part.kill()
    left = subprocess.run(["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False).stdout
    assert all(state.strip().startswith("Z") for state in left.splitlines())


@pytest.mark.parametrize(
    ("code", "said", "taken"), [(0, "{}", True), (3, "{}", True), (3, "", False), (1, "{}", False)]
)
def test_status_counts_while_the_worker_has_not_checked_yet(monkeypatch, code, said, taken):
    monkeypatch.setattr(
        "toolchain.run.subprocess.run",
        lambda command, **_more: subprocess.CompletedProcess(command, code, stdout=said, stderr="why"),
    )
    installation = Installation(load_settings({}), {})
    if taken:
        assert installation._status() == {}
    else:
        with pytest.raises(Failed, match="why"):
            installation._status()


@pytest.mark.parametrize(("version", "native"), [(install.SOLC_VERSION, True), ("0.8.29", False)])
def test_install_compiler_prefers_a_native_one_of_the_same_version(tmp_path, monkeypatch, version, native):
    monkeypatch.setattr(install, "COMPILERS", tmp_path / "solcx")
    solc = tmp_path / "bin" / "solc"
    install.write_executable(solc, f"#!/bin/sh\necho 'Version: {version}+commit.x'\n")
    install.install_compiler("/x/node", {"PATH": f"{solc.parent}:/usr/bin:/bin"})
    text = (tmp_path / "solcx" / f"solc-v{install.SOLC_VERSION}").read_text()
    assert (str(solc) in text) is native
    assert ("solc-shim.mjs" in text) is not native
