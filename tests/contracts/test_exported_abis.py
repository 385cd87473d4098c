import json

import pytest
import solcx

from scripts.export_abi import CONTRACTS, FOLDER, abi_text


@pytest.mark.parametrize("name", CONTRACTS)
def test_exported_abi_equals_the_compiled_one(name, deployed):
    exported = (FOLDER / f"{name}.json").read_text(encoding="utf-8")

    assert exported == abi_text(deployed[name].abi), "run: brownie run export_abi --network development"


def test_the_compiler_of_the_project_is_found_by_py_solc_x():
    source = "// SPDX-License-Identifier: EUPL-1.2\npragma solidity 0.8.30;\ncontract Empty {}\n"
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {"Empty.sol": {"content": source}},
            "settings": {"evmVersion": "paris", "outputSelection": {"*": {"*": ["metadata", "evm.bytecode.object"]}}},
        },
        solc_version="0.8.30",
    )
    compiled = output["contracts"]["Empty.sol"]["Empty"]

    assert json.loads(compiled["metadata"])["compiler"]["version"].startswith("0.8.30")
    # PUSH0 would make the code useless on an engine before shanghai.
    assert not compiled["evm"]["bytecode"]["object"].startswith("5f")
