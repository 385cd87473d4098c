from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment, NetworkDeployment

ADDRESS = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4"
WORD = "0x" + "ab" * 32


def make_plain() -> dict[str, Any]:
    contract = {"address": ADDRESS, "codeHash": WORD, "instanceId": WORD}
    return {
        "network": "local",
        "chainId": 1337,
        "genesisHash": WORD,
        "block": 7,
        "municipality": 14,
        "logDossier": "0x000e" + "cd" * 30,
        "contracts": {name: dict(contract) for name in ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")},
        "accounts": {"registrar": ADDRESS},
    }


def test_load_reads_what_save_wrote(tmp_path: Path) -> None:
    deployment = Deployment.from_plain(make_plain())
    deployment.save(tmp_path / "deployments" / "local.json")
    assert Deployment.load(tmp_path / "deployments" / "local.json") == deployment
    assert deployment.to_plain() == make_plain()


def test_load_of_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        Deployment.load(tmp_path / "local.json")
    assert caught.value.key == "deployment_missing"
    assert "deploy the contracts first" in str(caught.value)


def test_load_of_a_missing_published_file_says_whom_to_ask(tmp_path: Path) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        NetworkDeployment.load(tmp_path / "local.json")
    assert caught.value.key == "deployment_missing"
    assert "ask the municipality" in str(caught.value)


def test_save_keeps_the_key_of_claim_ids(tmp_path: Path) -> None:
    plain = make_plain() | {"claimIdKey": "ab" * 32}
    deployment = Deployment.from_plain(plain)
    deployment.save(tmp_path / "local.json")
    assert deployment.claim_id_key == Deployment.load(tmp_path / "local.json").claim_id_key == bytes([0xAB] * 32)
    assert deployment.to_plain() == plain


@pytest.mark.parametrize("written", ["ab" * 32, "0x" + "AB" * 32])
def test_from_plain_reads_the_key_of_claim_ids_of_either_form(written: str) -> None:
    for kind in (Deployment, NetworkDeployment):
        assert kind.from_plain(make_plain() | {"claimIdKey": written}).claim_id_key == bytes([0xAB] * 32)


def test_from_plain_takes_for_a_creditor_what_a_creditor_needs() -> None:
    plain = make_plain()
    for name in ("network", "block", "municipality", "logDossier", "accounts"):
        del plain[name]
    del plain["contracts"]["ObligationLedger"], plain["contracts"]["ClaimRegister"]
    deployment = NetworkDeployment.from_plain(plain)
    assert deployment.contract("EnrolmentRegistry").address == ADDRESS
    assert (deployment.chain_id, deployment.block) == (1337, 0)
    assert (deployment.municipality, deployment.claim_id_key) == (None, None)
    with pytest.raises(errors.Misconfigured) as caught:
        deployment.contract("ClaimRegister")
    assert caught.value.field == "contracts.ClaimRegister"


def test_from_plain_gives_a_creditor_what_more_there_is() -> None:
    deployment = NetworkDeployment.from_plain(make_plain())
    assert deployment.contract("ClaimRegister").instance_id == bytes.fromhex(WORD[2:])
    assert (deployment.municipality, deployment.block) == (14, 7)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_load_of_something_else_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "local.json").write_text(text)
    with pytest.raises(errors.Misconfigured):
        Deployment.load(tmp_path / "local.json")


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        for key in path[:-1]:
            plain = plain[key]
        plain[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (put("network", value=""), "network"),
        (put("claimIdKey", value="ab" * 31), "claimIdKey"),
        (put("claimIdKey", value=7), "claimIdKey"),
        (put("claimIdKey", value="00" * 32), "claimIdKey"),
        (put("claimIdKey", value="ab " * 21 + "a"), "claimIdKey"),
        (put("chainId", value="1337"), "chainId"),
        (put("chainId", value=True), "chainId"),
        (put("chainId", value=0), "chainId"),
        (put("genesisHash", value="0x12"), "genesisHash"),
        (put("genesisHash", value="0x" + "zz" * 32), "genesisHash"),
        (put("block", value=-1), "block"),
        (put("municipality", value=65_536), "municipality"),
        (put("logDossier", value=WORD), "logDossier"),
        (put("contracts", value=None), "contracts"),
        (put("contracts", "ClaimRegister", value=None), "contracts.ClaimRegister"),
        (put("contracts", "ClaimRegister", "address", value="0x12"), "contracts.ClaimRegister.address"),
        (put("contracts", "ClaimRegister", "address", value="0x" + "00" * 20), "contracts.ClaimRegister.address"),
        (
            put("contracts", "ClaimRegister", "address", value=ADDRESS.replace("5B", "5b")),
            "contracts.ClaimRegister.address",
        ),
        (put("contracts", "ObligationLedger", "codeHash", value=None), "contracts.ObligationLedger.codeHash"),
        (
            put("contracts", "EnrolmentRegistry", "instanceId", value="0x" + "00" * 32),
            "contracts.EnrolmentRegistry.instanceId",
        ),
        (put("accounts", value=[]), "accounts"),
        (put("accounts", "registrar", value="nobody"), "accounts.registrar"),
    ],
)
def test_from_plain_names_the_wrong_field(change: Callable[[dict[str, Any]], None], field: str) -> None:
    plain = json.loads(json.dumps(make_plain()))
    change(plain)
    with pytest.raises(errors.Misconfigured) as caught:
        Deployment.from_plain(plain)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (put("chainId", value=0), "chainId"),
        (put("block", value="7"), "block"),
        (put("municipality", value=0), "municipality"),
        (put("contracts", "EnrolmentRegistry", value=None), "contracts.EnrolmentRegistry"),
        (put("contracts", "ClaimRegister", "codeHash", value="0x"), "contracts.ClaimRegister.codeHash"),
        (put("claimIdKey", value="0x"), "claimIdKey"),
    ],
)
def test_from_plain_names_the_field_that_is_wrong_for_a_creditor(
    change: Callable[[dict[str, Any]], None], field: str
) -> None:
    plain = json.loads(json.dumps(make_plain()))
    change(plain)
    with pytest.raises(errors.Misconfigured) as caught:
        NetworkDeployment.from_plain(plain)
    assert caught.value.field == field
