"""docs/contracts.md says what the contracts have, all of it and nothing else."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
SHARED = "MunicipalRoles"
CONTRACTS = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")
SOURCES = {SHARED: "contracts/access/MunicipalRoles.sol"} | {name: f"contracts/{name}.sol" for name in CONTRACTS}


def section(name):
    return re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL).group(1)


def rows(name, kind):
    """The rows of the table whose first column is headed `kind`, as tuples of cells."""
    table = re.search(rf"^\| {kind} \|.*\n\|[-|]+\n((?:\|.*\n)*)", section(name), re.MULTILINE)
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.group(1).splitlines()]


def first_cells(name, kind):
    found = [row[0].strip("`") for row in rows(name, kind)]
    assert len(found) == len(set(found))
    return set(found)


def type_of(field):
    if field["type"].startswith("tuple"):
        return "(" + ",".join(map(type_of, field["components"])) + ")" + field["type"][5:]
    return field["type"]


def signature(part):
    if part["type"] == "event":
        fields = [type_of(field) + (" indexed" if field["indexed"] else "") for field in part["inputs"]]
    else:
        fields = [type_of(field) for field in part["inputs"]]
    outputs = ",".join(map(type_of, part.get("outputs", [])))
    return f"{part['name']}({','.join(fields)})" + (f" -> {outputs}" if outputs else "")


def abi(name):
    return json.loads((ROOT / "schuldhulp" / "chain" / "abi" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize("kind", ["function", "event", "error"])
def test_specification_lists_what_the_interface_has(name, kind):
    compiled = {signature(part) for part in abi(name) if part["type"] == kind}

    assert first_cells(name, kind) | first_cells(SHARED, kind) == compiled
    assert not first_cells(name, kind) & first_cells(SHARED, kind)


@pytest.mark.parametrize("name", [SHARED, *CONTRACTS])
def test_specification_names_callers_and_known_errors_of_each_function(name):
    known = {cell.split("(")[0] for cell in first_cells(name, "error") | first_cells(SHARED, "error")}
    writing = {
        part["name"]
        for contract in CONTRACTS
        for part in abi(contract)
        if part["type"] == "function" and part["stateMutability"] not in ("view", "pure")
    }
    for function, caller, refusals in rows(name, "function"):
        assert set(re.findall(r"`(\w+)`", refusals)) <= known
        assert (caller == "everybody") is (function.strip("`").split("(")[0] not in writing)


@pytest.mark.parametrize("name", CONTRACTS)
def test_specification_uses_every_error_of_a_contract(name):
    used = {error for *_, refusals in rows(name, "function") for error in re.findall(r"`(\w+)`", refusals)}

    assert {cell.split("(")[0] for cell in first_cells(name, "error")} <= used


@pytest.mark.parametrize("name", [SHARED, *CONTRACTS])
def test_specification_names_every_variable(name):
    source = (ROOT / SOURCES[name]).read_text(encoding="utf-8")
    variables = set(re.findall(r"^    (?:mapping\(.*\)|\w+) private (?:immutable )?(\w+);", source, re.MULTILINE))
    storage = re.search(r"^Storage: (.*?)\n\n", section(name), re.MULTILINE | re.DOTALL).group(1)

    assert variables
    assert set(re.findall(r"`(_\w+)`", storage)) == variables


@pytest.mark.parametrize(
    "path", sorted(str(path.relative_to(ROOT)) for path in (ROOT / "contracts/interfaces").glob("*"))
)
def test_every_writing_function_says_what_an_observer_learns(path):
    source = (ROOT / path).read_text(encoding="utf-8")
    functions = re.findall(r"((?:^    ///.*\n)+)    function (\w+)\(([^;]*);", source, re.MULTILINE)

    assert functions
    for comment, function, rest in functions:
        if not re.search(r"\b(view|pure)\b", rest):
            assert "@custom:privacy" in comment, function


def test_events_hold_no_text():
    for contract in CONTRACTS:
        for part in abi(contract):
            if part["type"] == "event":
                assert not [field for field in part["inputs"] if field["type"] in ("string", "bytes")]
