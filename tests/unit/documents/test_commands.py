"""The table of commands in docs/specification.md is the one in the code, and every command has a working example."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from schuldhulp.cli.application import app, run

SPECIFICATION = Path(__file__).parents[3] / "docs" / "specification.md"


def commands(group=None, words=("schuldhulp",)):
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


def rows():
    found = []
    for words, command in commands():
        first = command.help.split("\n\n")[0].replace("\n", " ").strip()
        options = [
            max(parameter.opts, key=len) for parameter in command.params if parameter.param_type_name == "option"
        ]
        arguments = [
            parameter.metavar or parameter.name.upper()
            for parameter in command.params
            if parameter.param_type_name == "argument"
        ]
        shown = " ".join([*words, *arguments])
        listed = " ".join(f"`{option}`" for option in options if option != "--help")
        found.append(f"| `{shown}` | {listed} | {first} |")
    return found


def examples():
    for words, command in commands():
        for line in re.findall(r"Example: (.*)", command.help):
            yield words, line


def test_specification_lists_every_command_as_it_is():
    lines = SPECIFICATION.read_text().splitlines()
    assert [line for line in lines if line.startswith("| `schuldhulp ")] == rows()


def test_every_command_has_an_example():
    assert {words for words, _ in examples()} == {words for words, _ in commands()}


@pytest.mark.parametrize(("words", "line"), list(examples()), ids=lambda value: str(value)[:40])
def test_example_is_one_that_the_command_takes(words, line):
    call = line.split("|")[-1].split("<")[0].split(">")[0]
    given = shlex.split(call)
    assert tuple(given[: len(words)]) == words
    command = dict(commands())[words]
    context = command.make_context(words[-1], given[len(words) :], resilient_parsing=False)
    assert context.params is not None


def test_reading_commands_answer_in_json():
    reading = {"list", "show", "status", "verify", "signal", "history", "identities"}
    for words, command in commands():
        if words[-1] in reading:
            assert any("--json" in parameter.opts for parameter in command.params), words


def test_no_command_takes_a_person_as_an_argument():
    for words, command in commands():
        for parameter in command.params:
            names = {option.lstrip("-") for option in parameter.opts}
            if words == ("schuldhulp", "signal"):
                continue  # takes only a dash, see test_commands.py of the system tests
            assert not names & {"bsn", "surname", "birth-date", "address", "postcode"}, words


@pytest.mark.parametrize("arguments", [[], ["--help"], ["record", "--help"], ["verify", "-h"]])
def test_run_shows_help(arguments, capsys):
    assert run(arguments) in (0, 2)
    said = capsys.readouterr()
    assert "Usage: schuldhulp" in said.out + said.err


@pytest.mark.parametrize("arguments", [["nothing"], ["verify", "--nothing"], ["record", "add"]])
def test_run_refuses_wrong_usage_with_two(arguments, capsys):
    assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_run_never_shows_the_text_of_a_fault(monkeypatch, capsys):
    def fail():
        raise ValueError("Jansen 123456782")

    monkeypatch.setattr("schuldhulp.cli.checks.load_settings", fail)
    assert run(["status"]) == 70
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "Jansen" not in said
