"""Slither on the Brownie build: nothing of medium or above, and an answer to every other finding.

The answers stand in docs/security/static-analysis.md. A finding without an answer fails, and so does an answer without
a finding: a list that nobody keeps up hides what is new.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolchain.analysis import analysis_path, analysis_tool
from toolchain.environment import PROJECT, TOOLCHAIN, VENV, prepare
from toolchain.install import SetupError

COPY = TOOLCHAIN / "slither"
ANSWERS = PROJECT / "docs" / "security" / "static-analysis.md"
NEVER = ("High", "Medium")
"""Weights that no answer excuses."""

_ROW = re.compile(r"^\| `(?P<detector>[^`]+)` +\| `(?P<place>[^`]+)` +\| (?P<answer>[^|]*?) *\|$", re.MULTILINE)


class AnalysisFailed(Exception):
    """Slither or Brownie did not do its work."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """What Slither has to say about one place.

    Args:
        detector: Slither's name of what it looked for.
        impact: its weight, `High` down to `Optimization`.
        place: contract, function and what is in it, without a line number.
    """

    detector: str
    impact: str
    place: str


def read_findings(report: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of a report as `slither --json` writes it.

    Raises:
        AnalysisFailed: Slither says that it failed.
    """
    if not report["success"]:
        raise AnalysisFailed(f"Slither failed: {report['error']}")
    found = report["results"].get("detectors", [])
    return sorted(Finding(detector=one["check"], impact=one["impact"], place=_place(one["elements"])) for one in found)


def _place(elements: list[Mapping[str, Any]]) -> str:
    """Return the names around the first element, outermost first."""
    if not elements:
        return "everything"
    names: list[str] = []
    element: Mapping[str, Any] | None = elements[0]
    while element:
        names.append(element["name"])
        element = element.get("type_specific_fields", {}).get("parent")
    # Under a file there is one contract, as a test sees to: the file's name would say the same twice.
    return ".".join(name for name in reversed(names) if not name.endswith(".sol")) or names[-1]


def read_answers(text: str) -> list[tuple[str, str]]:
    """Return detector and place of every row of the tables in `text`; a row without an answer is none."""
    return [(row["detector"], row["place"].replace(r"\|", "|")) for row in _ROW.finditer(text) if row["answer"]]


def complaints(findings: Iterable[Finding], answers: Iterable[tuple[str, str]]) -> list[str]:
    """Return what is wrong, one line each; nothing when each finding has its answer and each answer its finding."""
    found = list(findings)
    wrong = [f"{one.impact}: {one.detector} in {one.place}" for one in found if one.impact in NEVER]
    open_findings = Counter((one.detector, one.place) for one in found if one.impact not in NEVER)
    answered = Counter(answers)
    wrong += [f"without an answer: {name} in {place}" for name, place in sorted((open_findings - answered).elements())]
    wrong += [
        f"answered, but not found: {name} in {place}" for name, place in sorted((answered - open_findings).elements())
    ]
    return wrong


def compile_afresh(folder: Path) -> None:
    """Have Brownie compile a copy of the contracts in `folder`.

    The project's own build/ does not do. Brownie compiles only what has changed, and each run numbers files and syntax
    nodes from zero; Slither follows those numbers from one tree into the next, and lands in the wrong file.

    Raises:
        AnalysisFailed: Brownie did not compile every contract.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests" / "contracts").mkdir(parents=True)
    for name in ("contracts", "interfaces"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "brownie-config.yaml", folder)
    (folder / "node_modules").symlink_to(PROJECT / "node_modules")
    done = subprocess.run(
        [str(VENV / "bin" / "brownie"), "compile"], cwd=folder, capture_output=True, text=True, check=False
    )
    built = {file.stem for file in (folder / "build" / "contracts").glob("*.json")}
    missing = {file.stem for file in (folder / "contracts").rglob("*.sol")} - built
    if done.returncode or missing:
        raise AnalysisFailed(f"Brownie did not compile {sorted(missing)}:\n{done.stdout}{done.stderr}")


def analyse(folder: Path) -> dict[str, Any]:
    """Run every detector of Slither on the Brownie build in `folder`; return its report.

    Raises:
        AnalysisFailed: there is no report.
    """
    report = folder / "slither.json"
    report.unlink(missing_ok=True)
    command = [analysis_tool("slither"), ".", "--compile-force-framework", "brownie", "--ignore-compile"]
    # A comment in the source must not silence a detector: the answers stand in one place.
    options = ["--filter-paths", "node_modules", "--show-ignored-findings", "--fail-none", "--json", str(report)]
    environment = analysis_path({**os.environ, "HOME": str(TOOLCHAIN / "home")})
    done = subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode or not report.exists():
        raise AnalysisFailed(f"Slither failed:\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def main() -> int:
    """Analyse the contracts; return 1 when something is found that is not answered, or answered and not found."""
    prepare(os.environ)
    try:
        compile_afresh(COPY)
        findings = read_findings(analyse(COPY))
    except (AnalysisFailed, SetupError) as error:
        print(error, file=sys.stderr)
        return 1
    wrong = complaints(findings, read_answers(ANSWERS.read_text()))
    for line in wrong:
        print(line)
    counted = Counter(one.impact for one in findings)
    weights = ", ".join(f"{counted[name]} {name.lower()}" for name in sorted(counted)) or "nothing found"
    print(f"static analysis failed: {weights}" if wrong else f"static analysis: {weights}, all answered", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
