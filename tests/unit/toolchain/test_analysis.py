"""The environment of Halmos and Slither is made once, also when two ask for it at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from toolchain import analysis, install


@pytest.fixture
def installs(monkeypatch, tmp_path):
    """The commands that an installation in an empty folder runs."""
    commands = []

    def run(command, _what, _environment):
        commands.append(command)
        time.sleep(0.05)
        if "venv" in command:
            (tmp_path / "analysis" / "bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / "analysis" / "bin" / "halmos").touch()

    for module in (analysis, install):
        monkeypatch.setattr(module, "TOOLCHAIN", tmp_path)
    monkeypatch.setattr(analysis, "FOLDER", tmp_path / "analysis")
    monkeypatch.setattr(analysis, "run", run)
    return commands


def test_analysis_tool_installs_once_for_two_at_the_same_time(installs, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(analysis.analysis_tool, ["halmos", "halmos"]))
    assert found == [str(tmp_path / "analysis" / "bin" / "halmos")] * 2
    assert [command[1:3] for command in installs] == [["-m", "venv"], ["-m", "pip"]]


def test_analysis_tool_installs_again_when_the_requirements_changed(installs, monkeypatch, tmp_path):
    analysis.analysis_tool("halmos")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("halmos==0\n")
    monkeypatch.setattr(analysis, "REQUIREMENTS", requirements)
    analysis.analysis_tool("halmos")
    assert len(installs) == 4
