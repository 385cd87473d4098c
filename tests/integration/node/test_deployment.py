from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment

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
