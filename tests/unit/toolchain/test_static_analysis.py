"""What becomes of Slither's report: read, compared with the answers, and never excused from medium on."""

import json

import pytest

from toolchain import static_analysis
from toolchain.static_analysis import AnalysisFailed, Finding, complaints, read_answers, read_findings

CONTRACT = {"type": "contract", "name": "Ledger", "type_specific_fields": {"parent": {"type": "file", "name": "L.sol"}}}
FUNCTION = {"type": "function", "name": "commit", "type_specific_fields": {"parent": CONTRACT}}
NODE = {"type": "node", "name": "root = change.newRoot", "type_specific_fields": {"parent": FUNCTION}}
ANSWERS = """
| detector | place | answer |
|---|---|---|
| `dead-code` | `Ledger.commit` | It is called. |
| `naming-convention` | `Ledger._ID` |  |
"""


def report(*findings):
    return {
        "success": True,
        "error": None,
        "results": {
            "detectors": [
                {"check": check, "impact": impact, "elements": elements, "description": "x (Ledger.sol#1)"}
                for check, impact, elements in findings
            ]
        },
    }


def finding(impact="Low", detector="dead-code", place="Ledger.commit"):
    return Finding(detector=detector, impact=impact, place=place)


@pytest.mark.parametrize(
    ("elements", "place"),
    [
        ([FUNCTION, CONTRACT], "Ledger.commit"),
        ([NODE], "Ledger.commit.root = change.newRoot"),
        ([CONTRACT], "Ledger"),
        ([{"type": "pragma", "name": "0.8.30"}], "0.8.30"),
        ([], "everything"),
    ],
)
def test_read_findings_names_the_place_without_a_line(elements, place):
    assert read_findings(report(("dead-code", "Low", elements))) == [finding(place=place)]


def test_read_findings_of_a_clean_report():
    assert read_findings({"success": True, "error": None, "results": {}}) == []


def test_read_findings_refuses_a_report_of_a_failure():
    with pytest.raises(AnalysisFailed, match="no such detector"):
        read_findings({"success": False, "error": "no such detector", "results": {}})


def test_read_answers_takes_rows_with_an_answer_only():
    assert read_answers(ANSWERS) == [("dead-code", "Ledger.commit")]


def test_read_answers_unfolds_a_bar_that_the_table_needs_escaped():
    assert read_answers(r"| `assembly` | `Ledger.a \| b` | It is bounded. |") == [("assembly", "Ledger.a | b")]


def test_complaints_are_none_when_every_finding_is_answered():
    assert complaints([finding()], [("dead-code", "Ledger.commit")]) == []


def test_complaints_name_a_finding_without_an_answer():
    assert complaints([finding(impact="Informational")], []) == ["without an answer: dead-code in Ledger.commit"]


def test_complaints_name_an_answer_without_a_finding():
    assert complaints([], [("dead-code", "Ledger.commit")]) == ["answered, but not found: dead-code in Ledger.commit"]


def test_complaints_ask_an_answer_for_each_of_two_findings_in_one_place():
    answer = ("dead-code", "Ledger.commit")
    assert complaints([finding(), finding()], [answer]) == ["without an answer: dead-code in Ledger.commit"]
    assert complaints([finding(), finding()], [answer, answer]) == []


@pytest.mark.parametrize("impact", ["Medium", "High"])
def test_complaints_take_no_answer_for_what_weighs_medium_or_more(impact):
    found = complaints([finding(impact=impact)], [("dead-code", "Ledger.commit")])
    assert f"{impact}: dead-code in Ledger.commit" in found


@pytest.fixture
def analysed(monkeypatch, tmp_path):
    """Run `main` on a report and a text of answers."""

    def run(found, text):
        answers = tmp_path / "answers.md"
        answers.write_text(text)
        monkeypatch.setattr(static_analysis, "ANSWERS", answers)
        monkeypatch.setattr(static_analysis, "prepare", lambda environment: None)
        monkeypatch.setattr(static_analysis, "compile_afresh", lambda folder: None)
        monkeypatch.setattr(static_analysis, "analyse", lambda folder: json.loads(json.dumps(found)))
        return static_analysis.main()

    return run


def test_main_succeeds_when_all_is_answered(analysed, capsys):
    assert analysed(report(("dead-code", "Low", [FUNCTION])), ANSWERS) == 0
    assert "1 low, all answered" in capsys.readouterr().out


def test_main_fails_and_names_what_is_not(analysed, capsys):
    assert analysed(report(("reentrancy-eth", "High", [FUNCTION])), ANSWERS) == 1
    said = capsys.readouterr().out
    assert "High: reentrancy-eth in Ledger.commit" in said
    assert "answered, but not found: dead-code in Ledger.commit" in said


def test_main_fails_when_slither_does(analysed, capsys):
    assert analysed({"success": False, "error": "no solc", "results": {}}, ANSWERS) == 1
    assert "no solc" in capsys.readouterr().err


def test_main_fails_without_a_traceback_when_slither_cannot_be_installed(monkeypatch, capsys):
    def compile_afresh(folder):
        raise static_analysis.SetupError("pip install failed")

    monkeypatch.setattr(static_analysis, "prepare", lambda environment: None)
    monkeypatch.setattr(static_analysis, "compile_afresh", compile_afresh)
    assert static_analysis.main() == 1
    assert "pip install failed" in capsys.readouterr().err


def test_compile_afresh_fails_when_a_contract_was_not_compiled(monkeypatch, tmp_path):
    class Done:
        returncode, stdout, stderr = 0, "", "no compiler"

    monkeypatch.setattr(static_analysis.subprocess, "run", lambda *_arguments, **_more: Done)
    with pytest.raises(AnalysisFailed, match=r"(?s)'ClaimRegister'.*no compiler"):
        static_analysis.compile_afresh(tmp_path / "copy")
