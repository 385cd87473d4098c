"""A proof counts only when Halmos saw all of it, and when it can fail; the page on the proofs lists them all."""

import dataclasses
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

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
        {
            "name": "check_C()",
            "exitcode": 1,
            "models": [{"model": {}, "is_valid": True}, {"model": {}, "is_valid": False}],
        },
        {"name": "check_B()", "exitcode": 5, "num_paths": None, "time": None, "num_bounded_loops": None},
    ]
    assert runner.parse_results({"exitcode": 1, "test_results": {"tests/forge/proofs/C.t.sol:C": entries}}) == {
        "C.check_A": result(seconds=1.5, paths=7, bounded_loops=1),
        "C.check_B": result(name="C.check_B", code=5, seconds=0.0, paths=0),
        "C.check_C": result(name="C.check_C", code=1, seconds=0.0, paths=0, counterexamples=1),
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


@pytest.fixture
def refuted(monkeypatch, tmp_path, mutant):
    """Run `refute` on the results of Halmos, for the proofs that they name."""

    def copy_project(root, _contracts):
        root.mkdir()
        (root / "A.sol").write_text("a != b")

    def run(results):
        def run_halmos(*_, **__):
            if isinstance(results, Exception):
                raise results
            return {one.name: one for one in results}, "Counterexample (potentially invalid)"

        monkeypatch.setattr(runner, "FOLDER", tmp_path)
        monkeypatch.setattr(runner, "copy_project", copy_project)
        monkeypatch.setattr(runner, "run_halmos", run_halmos)
        names = ["check_A", "check_B"] if isinstance(results, Exception) else [one.name[2:] for one in results]
        return runner.refute(mutant, [runner.Proof("C", name, "--loop 2") for name in names])

    yield run
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "counterexamples", "found"), [(1, 1, True), (1, 0, False), (0, 0, False), (2, 0, False)]
)
def test_refute_wants_a_counterexample_that_is_one(refuted, code, counterexamples, found):
    assert (refuted([result(code=code, counterexamples=counterexamples)]) == []) is found


def test_refute_takes_each_proof_by_itself(refuted):
    faults = refuted([result(code=1, counterexamples=1), result(name="C.check_B", code=1)])
    assert faults == ["mutant m: C.check_B does not find it (counterexample)"]


def test_refute_leaves_nothing_behind_when_halmos_fails(refuted):
    with pytest.raises(runner.ProofError, match="no report"):
        refuted(runner.ProofError("no report"))


def test_halmos_environment_leads_to_the_solver_beside_it_and_to_no_download(monkeypatch, tmp_path):
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("HALMOS_ALLOW_DOWNLOAD", "1")
    environment = runner.halmos_environment(tmp_path)
    assert environment["PATH"].split(":")[0] == str(PROJECT / ".toolchain" / "analysis" / "bin")
    assert "VIRTUAL_ENV" not in environment
    assert environment["HALMOS_ALLOW_DOWNLOAD"] == "false"
    assert environment["TMPDIR"] == str(tmp_path / "tmp")


def test_run_group_ends_what_a_command_left_running(tmp_path):
    left = "import subprocess as s; print(s.Popen(['sleep', '300'], stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
    child = int(runner.run_group([sys.executable, "-c", left], tmp_path, {"PATH": "/usr/bin:/bin"}, 300))
    assert _ends(child)


def test_run_group_ends_a_command_whose_time_is_up(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        runner.run_group(["sleep", "300"], tmp_path, {"PATH": "/usr/bin:/bin"}, 0.01)
    assert not runner._RUNNING


def test_stop_ends_what_is_running(monkeypatch):
    codes = []
    monkeypatch.setattr(runner.os, "_exit", codes.append)
    with subprocess.Popen(["sleep", "300"], start_new_session=True) as running:
        monkeypatch.setattr(runner, "_RUNNING", {running.pid})
        runner._stop(signal.SIGTERM, None)
        assert running.wait() == -signal.SIGKILL
    assert codes == [143]


def _ends(process):
    for _ in range(200):
        try:
            state = (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_main_installs_halmos_once_and_names_what_hinders(monkeypatch, capsys):
    def analysis_tool(name):
        raise runner.SetupError(f"no {name}")

    monkeypatch.setattr(runner, "prepare", lambda environment: None)
    monkeypatch.setattr(runner, "find_forge", lambda: "/x/forge")
    monkeypatch.setattr(runner, "analysis_tool", analysis_tool)
    monkeypatch.setattr(runner, "_run", lambda *_: pytest.fail("threads were started"))
    assert runner.main([]) == 1
    assert "no halmos" in capsys.readouterr().err


def test_every_function_that_writes_has_a_mutant_in_each_contract():
    contracts = {"Claim": "ClaimRegister", "Ledger": "ObligationLedger", "Registry": "EnrolmentRegistry"}
    covered = {
        (contract, function)
        for mutant in runner.read_mutants()
        for function in mutant.functions
        for prefix, contract in contracts.items()
        if any(name.startswith(prefix) for name in mutant.proofs)
    }
    writing = {
        (contract, entry["name"])
        for contract in contracts.values()
        for entry in json.loads((PROJECT / "schuldhulp" / "chain" / "abi" / f"{contract}.json").read_text())
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }
    assert writing
    assert covered == writing


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
