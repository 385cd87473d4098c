"""A proof counts only when Halmos saw all of it, and when it can fail; the page on the proofs lists them all."""

import dataclasses
import re

import pytest

from toolchain import proofs as runner
from toolchain.environment import PROJECT

PAGE = PROJECT / "docs" / "security" / "proofs.md"
BASE = """abstract contract Base is Root {
    /// @dev Why.
    /// @custom:halmos --loop 4 --array-lengths tags={0,1}
    function check_Base_Holds(uint16 code) public {
    }

    function _helper() internal {}
}
"""
DERIVED = """import {Base} from "./Base.sol";

contract Derived is Base {
    /// @custom:halmos --loop 2
    function check_Derived_Holds(
        uint16 code
    ) public view {}
}
"""


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "Base.sol").write_text(BASE)
    (tmp_path / "Derived.t.sol").write_text(DERIVED)
    return tmp_path


@pytest.fixture
def mutant():
    return runner.Mutant(name="m", file="A.sol", text="a != b", replacement="a == b", proofs=("C.check_A",), why="-")


def result(**changes):
    sound = runner.Result(name="C.check_A", code=0, seconds=1.0, paths=3, bounded_loops=0)
    return dataclasses.replace(sound, **changes)


def test_read_proofs_takes_those_of_the_bases_too(sources):
    found = runner.read_proofs(sources)
    assert {name: proof.bounds for name, proof in found.items()} == {
        "Derived.check_Base_Holds": "--loop 4 --array-lengths tags={0,1}",
        "Derived.check_Derived_Holds": "--loop 2",
    }


@pytest.mark.parametrize("annotation", ["", "    /// @custom:halmos --array-lengths tags=2\n"])
def test_read_proofs_refuses_a_proof_without_a_loop_bound(sources, annotation):
    (sources / "Derived.t.sol").write_text(DERIVED.replace("    /// @custom:halmos --loop 2\n", annotation))
    with pytest.raises(runner.ProofError, match="check_Derived_Holds states no loop bound"):
        runner.read_proofs(sources)


def test_needed_sources_follows_imports_of_proofs_and_contracts_alone():
    needed = runner.needed_sources([runner.SOURCES / "LedgerRoles.t.sol"])
    assert {path.relative_to(PROJECT).as_posix() for path in needed} == {
        "contracts/ObligationLedger.sol",
        "contracts/access/MunicipalRoles.sol",
        "contracts/interfaces/IMunicipalRoles.sol",
        "contracts/interfaces/IObligationLedger.sol",
        "tests/forge/proofs/LedgerRoles.t.sol",
        "tests/forge/proofs/Proof.sol",
        "tests/forge/proofs/Roles.sol",
        "tests/forge/support/Vm.sol",
    }


def test_mutant_is_put_in_where_its_text_stands_once(tmp_path, mutant):
    (tmp_path / "A.sol").write_text("if (a != b) revert;")
    mutant.apply(tmp_path)
    assert (tmp_path / "A.sol").read_text() == "if (a == b) revert;"


@pytest.mark.parametrize("source", ["", "a != b; a != b;"])
def test_mutant_is_refused_where_its_text_does_not_stand_once(tmp_path, mutant, source):
    (tmp_path / "A.sol").write_text(source)
    with pytest.raises(runner.ProofError, match=r"mutant m: its text stands \d times"):
        mutant.apply(tmp_path)
    assert (tmp_path / "A.sol").read_text() == source


def test_check_mutants_names_a_proof_that_nothing_shows_to_fail(mutant):
    with pytest.raises(runner.ProofError, match=r"can fail: C\.check_B"):
        runner.check_mutants(["C.check_A", "C.check_B"], [mutant])


def test_check_mutants_names_a_proof_that_does_not_exist(mutant):
    with pytest.raises(runner.ProofError, match=r"do not exist: C\.check_A"):
        runner.check_mutants([], [mutant])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"code": 1}, "counterexample"),
        ({"code": 2}, "timeout of the solver"),
        ({"code": 4}, "every path reverts, so nothing is shown"),
        ({"code": 9}, "exit code 9"),
        ({"bounded_loops": 1}, "1 loops were cut off by --loop"),
    ],
)
def test_result_is_a_proof_only_when_all_of_it_was_seen(changes, fault):
    assert result(**changes).fault() == fault


def test_parse_results_reads_the_report_of_halmos():
    entries = [
        {
            "name": "check_A(uint16)",
            "exitcode": 0,
            "num_paths": [7, 2, 0],
            "time": [1.5, 1, 0.5],
            "num_bounded_loops": 1,
        },
        {"name": "check_B()", "exitcode": 5, "num_paths": None, "time": None, "num_bounded_loops": None},
    ]
    assert runner.parse_results({"exitcode": 1, "test_results": {"tests/forge/proofs/C.t.sol:C": entries}}) == {
        "C.check_A": result(seconds=1.5, paths=7, bounded_loops=1),
        "C.check_B": result(name="C.check_B", code=5, seconds=0.0, paths=0),
    }


def test_parse_results_refuses_a_report_without_results():
    with pytest.raises(runner.ProofError, match="no results"):
        runner.parse_results({"exitcode": 1})


def test_warnings_of_finds_warnings_and_errors_in_colour():
    output = "[PASS] check_A()\n\x1b[33mWARNING\x1b[0m  paths have not been fully explored\nERROR    setUp() failed\n"
    assert runner.warnings_of(output) == ["WARNING  paths have not been fully explored", "ERROR    setUp() failed"]


def test_prove_reports_a_warning_and_a_proof_that_was_not_run(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "run_halmos", lambda *_, **__: ({"C.check_A": result()}, "WARNING  loop bound\n"))
    group = [runner.Proof("C", "check_A", "--loop 2"), runner.Proof("C", "check_B", "--loop 2")]
    assert runner.prove(tmp_path, group) == ["C: WARNING  loop bound", "C.check_B: Halmos did not run it"]


@pytest.mark.parametrize(
    ("code", "output", "found"),
    [(1, "Counterexample:", True), (1, "Counterexample (potentially invalid)", False), (0, "", False), (2, "", False)],
)
def test_refute_wants_a_counterexample(monkeypatch, tmp_path, mutant, code, output, found):
    def copy_project(root, _contracts):
        root.mkdir()
        (root / "A.sol").write_text("a != b")

    monkeypatch.setattr(runner, "FOLDER", tmp_path)
    monkeypatch.setattr(runner, "copy_project", copy_project)
    monkeypatch.setattr(runner, "run_halmos", lambda *_, **__: ({"C.check_A": result(code=code)}, output))
    faults = runner.refute(mutant, [runner.Proof("C", "check_A", "--loop 2")])
    assert (faults == []) is found
    assert list(tmp_path.iterdir()) == []


def test_every_proof_in_the_tree_has_a_mutant_that_can_be_put_in():
    mutants = runner.read_mutants()
    runner.check_mutants(runner.read_proofs(), mutants)
    counts = {mutant.name: (PROJECT / mutant.file).read_text(encoding="utf-8").count(mutant.text) for mutant in mutants}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_page_lists_every_proof_with_its_bounds_and_faults():
    row = re.compile(r"^\| ([\w, ]+) \| `(check_\w+)` \| .+ \| `([^`]+)` \| ([^|]+) \|$", re.MULTILINE)
    rows = row.findall(PAGE.read_text(encoding="utf-8"))
    listed = {
        f"{contract}.{function}": bounds
        for contracts, function, bounds, _faults in rows
        for contract in contracts.split(", ")
    }
    assert listed == {name: proof.bounds for name, proof in runner.read_proofs().items()}
    faults = {(function, fault) for _, function, _, cell in rows for fault in re.findall(r"`([\w-]+)`", cell)}
    assert faults == {(name.split(".")[1], mutant.name) for mutant in runner.read_mutants() for name in mutant.proofs}
