"""`schuldhulp status`: what it prints, and its exit code."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from schuldhulp.cli.application import run
from tests.support.fake_cockpit import cockpit


@pytest.fixture
def state(monkeypatch):
    """What the status service finds; starts as an installation in which all is well."""
    fake = cockpit()

    @contextmanager
    def opened(_settings):
        yield fake

    monkeypatch.setattr("schuldhulp.cli.checks.open_cockpit", opened)
    monkeypatch.setattr("schuldhulp.cli.checks.load_settings", lambda: None)
    return fake


def test_status_ends_with_zero_when_all_is_well(state, capsys):
    assert run(["status"]) == 0
    assert "is the worker running?" not in capsys.readouterr().out


def test_status_ends_with_three_when_nothing_was_checked_lately(state, capsys):
    state.state = replace(state.state, checked_recently=False)
    assert run(["status"]) == 3
    assert "is the worker running?" in capsys.readouterr().out


def test_status_prints_json_whatever_it_ends_with(state, capsys):
    state.state = replace(state.state, checked_recently=False, last_check=replace(state.state.last_check, at=None))
    assert run(["status", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["healthy"], told["checkedRecently"], told["lastCheck"]["at"]) == (False, False, None)
    assert told["outbox"]["waiting"] == 3
