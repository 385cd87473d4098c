"""The invariants know every function that writes and every error; Solidity, where the list is, cannot read an ABI."""

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
SURFACE = (PROJECT / "tests" / "forge" / "invariants" / "model" / "Surface.sol").read_text()
CONTRACTS = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")
ONLY_AT_DEPLOYMENT = {"ZeroInstanceId"}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_surface_names_every_function_that_writes_and_every_error(contract):
    interface = json.loads((PROJECT / "schuldhulp" / "chain" / "abi" / f"{contract}.json").read_text())
    wanted = {
        entry["name"]
        for entry in interface
        if entry["type"] == "error" or (entry["type"] == "function" and entry["stateMutability"] == "nonpayable")
    }
    assert wanted
    named = set(re.findall(r"\.(\w+)\.selector", SURFACE))
    assert wanted - ONLY_AT_DEPLOYMENT - named == set()
