"""What docs/creditors.md names exists: commands with those options, files, error keys with their exit codes, settings.

That its commands do what it says is tried in tests/system/test_creditor_connects.py.
"""

import ast
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from schuldhulp import errors
from schuldhulp.cli.application import app
from schuldhulp.config import PREFIX, Settings
from schuldhulp.domain.signal import SignalAnswer
from schuldhulp.services.admission import STANDARD_QUOTA

PROJECT = Path(__file__).parents[3]
GUIDE = PROJECT / "docs" / "creditors.md"
TEXT = GUIDE.read_text()


def commands():
    """Every call of the command in the guide: in blocks, and in the text between backquotes."""
    blocks = "".join(re.findall(r"```(?:sh|shell)[^\n]*\n(.*?)```", TEXT, re.DOTALL))
    found = [line.split("|")[-1].strip() for line in blocks.splitlines()]
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    found += [" ".join(span.split()) for span in re.findall(r"`(schuldhulp [^`]+)`", prose)]
    return sorted({line for line in found if line.startswith("schuldhulp ")})


def parse(line):
    """Give the command of a line and the words after it."""
    group, words = get_command(app), shlex.split(line.split("<")[0])[1:]
    while hasattr(group, "commands"):
        group = group.commands[words.pop(0)]
    return group, words


def raised():
    """Every error key in the code, with the exit codes of the classes that carry it."""
    codes = {name: one.exit_code for name, one in vars(errors).items() if hasattr(one, "exit_code")}
    found = {}
    for file in (PROJECT / "schuldhulp").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in codes:
                    found.setdefault(node.args[0].value, set()).add(codes[name])
    return found


def test_guide_shows_commands():
    assert len(commands()) >= 6


@pytest.mark.parametrize("line", commands())
def test_command_is_one_that_the_program_takes(line):
    command, words = parse(line)
    assert command.make_context(command.name, list(words), resilient_parsing=False).params is not None


def test_every_option_in_the_text_exists():
    known = {option for line in commands() for parameter in parse(line)[0].params for option in parameter.opts}
    alone = set(re.findall(r"`(--[a-z-]+)`", TEXT))
    assert alone
    assert alone <= known


def test_every_setting_exists():
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", TEXT))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_error_keys_and_exit_codes_are_those_of_the_code():
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (\d)(?:; a list \d)? \|", TEXT, re.MULTILINE)
    named = [(key, int(code)) for keys, code in rows for key in re.findall("[a-z_]+", keys)]
    assert len(named) >= 20
    found = raised()
    assert [(key, code) for key, code in named if code not in found.get(key, set())] == []


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links
    assert [link for link in links if not (GUIDE.parent / link).exists()] == []


def test_python_block_uses_fields_that_an_answer_has():
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    used = {node.attr for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Attribute)}
    fields = set(SignalAnswer.__dataclass_fields__)
    assert {"signal", "check_number", "tag"} <= used & fields


def test_quota_is_the_standard_one():
    assert f"{STANDARD_QUOTA.daily} persons a day" in TEXT
    assert f"{STANDARD_QUOTA.per_epoch:,}".replace(",", " ") + " an epoch" in TEXT
