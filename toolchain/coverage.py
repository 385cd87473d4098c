"""Coverage of contracts/ by the properties and unit tests of Forge: all of it, or the run fails.

Forge's `debug` report is read, because it alone names every line, statement, branch and function with how often it was
run; `lcov` knows no statements, and the summary no places. Counted is the code compiled without the optimizer, as
Forge does for coverage, in a folder of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolchain.environment import PROJECT, TOOLCHAIN, prepare
from toolchain.forge import MISSING, find_forge, forge_environment

MEASURES = {"Line": "lines", "Statement": "statements", "Branch": "branches", "Function": "functions"}
SOURCES = "contracts/"
INTERFACES = "contracts/interfaces/"  # declarations only: nothing in them is ever run

_FILE = re.compile(r"^(\S+\.sol):$")
_ITEM = re.compile(r"^- (Line|Statement|Branch|Function)\b.*?lines: (\d+)\.\.\d+,.*?hits: (\d+)\)(?: -> \"(.*)\")?")


class ReportError(Exception):
    """The report of Forge is not what this module reads."""


@dataclass(frozen=True)
class Item:
    """One line, statement, branch or function."""

    file: str
    measure: str
    line: int
    hits: int
    text: str


def read_report(report: str) -> list[Item]:
    """Return what the report counts in contracts/.

    Args:
        report: what `forge coverage --report debug` prints.

    Raises:
        ReportError: it counts nothing there, nothing of one of the measures, or in a way that is not understood.
    """
    items = list(_items(report.splitlines()))
    if not items:
        raise ReportError("Forge reported no line of contracts/")
    if absent := [name for measure, name in MEASURES.items() if measure not in {item.measure for item in items}]:
        raise ReportError(f"Forge reported no {' and no '.join(absent)} of contracts/")
    return items


def _items(lines: Iterable[str]) -> Iterator[Item]:
    file = ""
    for line in lines:
        if line.startswith(("Anchors for ", "Uncovered for ")):
            return  # the same items again, by instruction
        if heading := _FILE.match(line):
            file = heading[1]
        elif file.startswith(SOURCES) and line.startswith("- "):
            found = _ITEM.match(line)
            if found is None:
                raise ReportError(f"not understood in the report of Forge: {line}")
            measure, first, hits, text = found.groups()
            yield Item(file, measure, int(first), int(hits), text or "")


def missing_files(items: Iterable[Item], sources: Iterable[str]) -> list[str]:
    """Return the sources with code of which the report says nothing: as good as uncovered.

    Args:
        items: what the report counts.
        sources: paths of the sources, from the project's folder.
    """
    counted = {item.file for item in items}
    return sorted(path for path in sources if path not in counted and not path.startswith(INTERFACES))


def uncovered(items: Iterable[Item]) -> list[Item]:
    """Return what was never run, by file and line."""
    return sorted((item for item in items if not item.hits), key=lambda item: (item.file, item.line))


def table(items: list[Item]) -> str:
    """Return how much of each file was run, by measure."""
    files = sorted({item.file for item in items})
    width = max(len(file) for file in files)
    rows = [" ".join([f"{'file':<{width}}", *(f"{name:>18}" for name in MEASURES.values())])]
    for file in files:
        cells = []
        for measure in MEASURES:
            hits = [item.hits > 0 for item in items if item.file == file and item.measure == measure]
            # Rounded down: 100 stands for all.
            share = f"{sum(hits) * 1000 // len(hits) / 10:.1f} %" if hits else "none"
            cells.append(f"{share} {f'({sum(hits)}/{len(hits)})':>10}".rjust(18))
        rows.append(" ".join([f"{file:<{width}}", *cells]))
    return "\n".join(rows)


def describe(item: Item) -> str:
    """Return one item that was never run, as a line for the terminal."""
    return f"{item.file}:{item.line}: {item.measure.lower()} never run: {item.text}"


def run_forge() -> str:
    """Run the tests and return the report; what Forge says of a failing test goes to the terminal.

    Raises:
        ReportError: a test failed, or the contracts do not compile.
    """
    environment = forge_environment(out=TOOLCHAIN / "forge-coverage")
    # Two folders are read and no other: invariants and proofs have runs of their own, and add nothing here.
    environment |= {"FOUNDRY_TEST": "tests/forge/properties", "FOUNDRY_SCRIPT": "tests/forge/unit"}
    # More runs reach no more lines, and this code is slow.
    environment |= {"FOUNDRY_FUZZ_RUNS": "32"}
    done = subprocess.run(
        ["forge", "coverage", "--report", "debug"],
        cwd=PROJECT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        print(done.stdout)
        raise ReportError("forge coverage failed")
    return done.stdout


def check(items: list[Item], sources: Iterable[str]) -> int:
    """Print the table and what is missing; return the exit code.

    Args:
        items: what the report counts.
        sources: paths of the sources, from the project's folder.
    """
    print(table(items))
    absent = missing_files(items, sources)
    never = uncovered(items)
    for path in absent:
        print(f"{path}: Forge reported nothing of it")
    for item in never:
        print(describe(item))
    if absent or never:
        return 1
    print("coverage: every line, statement, branch and function of contracts/")
    return 0


def main() -> int:
    """Measure and check; return the exit code."""
    prepare(os.environ)
    if find_forge() is None:
        print(MISSING, file=sys.stderr)
        return 1
    try:
        items = read_report(run_forge())
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    return check(items, _sources(PROJECT))


def _sources(project: Path) -> list[str]:
    return [path.relative_to(project).as_posix() for path in sorted((project / "contracts").rglob("*.sol"))]


if __name__ == "__main__":
    sys.exit(main())
