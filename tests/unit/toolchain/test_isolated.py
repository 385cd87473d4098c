"""An environment of its own is made once, also when two ask for it at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolchain import install, isolated


@pytest.fixture
def installs(monkeypatch, tmp_path):
    """The commands that an installation in an empty folder runs."""
    commands = []

    def run(command, _what, _environment):
        commands.append(command)
        time.sleep(0.05)
        if "venv" in command:
            (tmp_path / "group" / "bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / "group" / "bin" / "tool").touch()

    (tmp_path / "toolchain").mkdir()
    (tmp_path / "toolchain" / "group-requirements.txt").write_text("tool==1\n")
    for module in (isolated, install):
        monkeypatch.setattr(module, "TOOLCHAIN", tmp_path)
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setattr(isolated, "run", run)
    return commands


def test_isolated_tool_installs_once_for_two_at_the_same_time(installs, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: isolated.isolated_tool("group", "tool", what="it"), range(2)))
    assert found == [str(tmp_path / "group" / "bin" / "tool")] * 2
    assert [command[1:3] for command in installs] == [["-m", "venv"], ["-m", "pip"]]


def test_isolated_tool_installs_again_when_the_requirements_changed(installs, tmp_path):
    isolated.isolated_tool("group", "tool", what="it")
    (tmp_path / "toolchain" / "group-requirements.txt").write_text("tool==2\n")
    isolated.isolated_tool("group", "tool", what="it")
    assert len(installs) == 4
