"""What is read from Forge's report, and when the run fails."""

from __future__ import annotations

import pytest

from toolchain.coverage import (
    MEASURES,
    Item,
    ReportError,
    check,
    describe,
    missing_files,
    read_report,
    table,
    uncovered,
)

REPORT = """\
[PASS] testFuzz_Enrol(bytes32) (runs: 32, μ: 190979, ~: 181477)
contracts/Ledger.sol:
- Line (location: (source ID: 0, lines: 44..60, bytes: 2094..2856), hits: 3) -> "function commit(bytes32[]..."
- Function "commit" (location: (source ID: 0, lines: 44..60, bytes: 2094..2856), hits: 3) -> "function commit(..."
- Statement (location: (source ID: 0, lines: 46..47, bytes: 2285..2328), hits: 0) -> "revert ForeignPrefix(id)"
- Branch (branch: 0, path: 0) (location: (source ID: 0, lines: 46..47, bytes: 2285..2328), hits: 0) -> "revert Fore"

contracts/access/Roles.sol:
- Line (location: (source ID: 3, lines: 7..8, bytes: 1..2), hits: 1) -> "return 1"

tests/forge/support/Fixture.sol:
- Line (location: (source ID: 9, lines: 5..6, bytes: 3..4), hits: 0) -> "not counted"

Anchors for Contract "Ledger" (solc 0.8.30, source ID 0):
contracts/Ledger.sol:
- Line (location: (source ID: 0, lines: 99..100, bytes: 1..2), hits: 0) -> "not counted twice"
"""
SOURCES = ["contracts/Ledger.sol", "contracts/access/Roles.sol", "contracts/interfaces/ILedger.sol"]


def item(measure="Line", hits=1, file="contracts/Ledger.sol", line=1):
    return Item(file, measure, line, hits, "some code")


def test_read_report_counts_each_item_of_the_contracts_once():
    found = read_report(REPORT)

    assert [(one.file, one.measure, one.line, one.hits) for one in found] == [
        ("contracts/Ledger.sol", "Line", 44, 3),
        ("contracts/Ledger.sol", "Function", 44, 3),
        ("contracts/Ledger.sol", "Statement", 46, 0),
        ("contracts/Ledger.sol", "Branch", 46, 0),
        ("contracts/access/Roles.sol", "Line", 7, 1),
    ]


def test_read_report_keeps_the_code_of_an_item():
    assert read_report(REPORT)[2].text == "revert ForeignPrefix(id)"


@pytest.mark.parametrize(
    "report", ["", "Compiler run successful!", "tests/forge/A.sol:\n- Line (lines: 1..2, hits: 1)"]
)
def test_read_report_refuses_one_without_contracts(report):
    with pytest.raises(ReportError, match="no line of contracts/"):
        read_report(report)


@pytest.mark.parametrize("measure", ["Line", "Statement", "Branch", "Function"])
def test_read_report_refuses_one_without_a_measure(measure):
    report = "\n".join(line for line in REPORT.splitlines() if not line.startswith(f"- {measure}"))
    with pytest.raises(ReportError, match=f"no {measure.lower()}"):
        read_report(report)


def test_read_report_refuses_an_item_that_it_does_not_understand():
    with pytest.raises(ReportError, match=r"not understood.*- Loop"):
        read_report(REPORT.replace("- Statement", "- Loop"))


def test_uncovered_names_what_was_never_run():
    assert [describe(one) for one in uncovered(read_report(REPORT))] == [
        "contracts/Ledger.sol:46: statement never run: revert ForeignPrefix(id)",
        "contracts/Ledger.sol:46: branch never run: revert Fore",
    ]


def test_missing_files_are_those_with_code_that_forge_left_out():
    counted = [item(file="contracts/Ledger.sol")]

    assert missing_files(counted, SOURCES) == ["contracts/access/Roles.sol"]


def test_table_gives_every_measure_of_every_file():
    lines = table(read_report(REPORT)).splitlines()

    assert lines[0].split() == ["file", "lines", "statements", "branches", "functions"]
    assert " ".join(lines[1].split()) == "contracts/Ledger.sol 100.0 % (1/1) 0.0 % (0/1) 0.0 % (0/1) 100.0 % (1/1)"
    assert " ".join(lines[2].split()).startswith("contracts/access/Roles.sol 100.0 % (1/1) none (0/0)")


def test_table_never_rounds_up_to_all():
    assert "99.9 %" in table([item() for _ in range(9999)] + [item(hits=0)])


def test_check_passes_when_everything_was_run(capsys):
    assert check([item(measure) for measure in MEASURES], ["contracts/Ledger.sol"]) == 0
    assert "every line, statement, branch and function" in capsys.readouterr().out


@pytest.mark.parametrize("measure", ["Line", "Statement", "Branch", "Function"])
def test_check_fails_for_each_measure(measure, capsys):
    assert check([item(), item(measure, hits=0, line=12)], ["contracts/Ledger.sol"]) == 1
    assert f"contracts/Ledger.sol:12: {measure.lower()} never run: some code" in capsys.readouterr().out


def test_check_fails_for_a_file_that_forge_left_out(capsys):
    assert check([item()], SOURCES) == 1
    assert "contracts/access/Roles.sol: Forge reported nothing of it" in capsys.readouterr().out
