"""Deploying on the development chain: what an older file lacks is added, and what was cut short can go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.config import load_settings
from toolchain import run
from toolchain.run import Failed, Installation

GENESIS = "0x" + "11" * 32


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note the commands instead of running them."""
    found: list[list[str]] = []

    def finish(self: Installation, name: str, command: list[str], **more: Any) -> None:
        found.append(command[1:])

    monkeypatch.setattr(Installation, "_finish", finish)
    monkeypatch.setattr(run, "rpc", lambda settings, method, *parameters: {"hash": GENESIS})
    return found


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, [["run", "register_municipality", "complete", "--network", "local"]]),
        ({"claimIdKey": "22" * 32}, []),
    ],
)
def test_deploy_completes_the_file_of_an_older_deployment(
    tmp_path: Path, commands: list[list[str]], known: dict[str, str], expected: list[list[str]]
) -> None:
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    settings.deployment_file.parent.mkdir(parents=True)
    settings.deployment_file.write_text(json.dumps({"genesisHash": GENESIS, **known}))
    Installation(settings, {}).deploy()
    assert commands == expected


PAYER, DEPLOYER = "0x" + "33" * 20, "0x" + "44" * 20


def deploy_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, balances: dict[str, int]) -> None:
    """Deploy on a chain that keeps balances and charges a transaction one gwei a unit of gas."""

    def rpc(settings: object, method: str, *parameters: Any) -> Any:
        if method == "eth_accounts":
            return [PAYER]
        if method == "eth_getBalance":
            return hex(balances[parameters[0]])
        assert method == "eth_sendTransaction"
        sent = parameters[0]
        value = int(sent["value"], 16)
        balances[sent["from"]] -= value + int(sent["gas"], 16) * 10**9
        assert balances[sent["from"]] >= 0, "insufficient funds"
        balances[sent["to"]] += value
        return "0x" + "55" * 32

    monkeypatch.setattr(run, "rpc", rpc)
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    settings.keys.mkdir(parents=True, exist_ok=True)
    (settings.keys / "public.json").write_text(json.dumps({"addresses": {"deployer": DEPLOYER}}))
    Installation(settings, {}).deploy()


def test_deploy_funds_the_deployer_once_however_often_it_is_cut_short(
    tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    balances = {PAYER: 1000 * run.ETHER, DEPLOYER: 0}
    for _ in range(3):
        deploy_with(tmp_path, monkeypatch, balances)
    assert balances[DEPLOYER] == run.FUNDING
    assert commands == [["run", "deploy", "--network", "local"]] * 3


@pytest.mark.parametrize("left", [0, run.ENOUGH - 1])
def test_deploy_fills_up_a_deployer_that_has_little_with_what_is_there(
    tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    balances = {PAYER: 400 * run.ETHER, DEPLOYER: left}
    deploy_with(tmp_path, monkeypatch, balances)
    assert balances[DEPLOYER] == left + 399 * run.ETHER


def test_deploy_says_what_to_do_when_the_chain_has_no_money_left(
    tmp_path: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Failed, match="make reset"):
        deploy_with(tmp_path, monkeypatch, {PAYER: run.ETHER, DEPLOYER: 0})
    assert commands == []
