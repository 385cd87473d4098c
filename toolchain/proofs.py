"""`python -m toolchain.proofs`: every symbolic proof of the contracts, and that each one fails when it should.

A proof is a function `check_...` under tests/forge/proofs, run by Halmos. It counts when Halmos finds no counterexample
on any path, was stopped by no loop bound and had nothing to warn of. `mutants.toml` beside the proofs holds a fault for
each of them: the contract is copied, the fault put in, and the proof has to find a counterexample.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from toolchain.analysis import analysis_path, analysis_tool
from toolchain.environment import PROJECT, TOOLCHAIN, prepare
from toolchain.forge import MISSING, find_forge, forge_environment
from toolchain.install import SetupError

SOURCES = PROJECT / "tests" / "forge" / "proofs"
MUTANTS = SOURCES / "mutants.toml"
FOLDER = TOOLCHAIN / "proofs"
WORKERS = 2
SECONDS = 7200
"""Longest time for one run of Halmos: far above what it takes, for a busy machine disproves nothing."""
QUERY_SECONDS = 3600
"""Longest time for one question to the solver."""

_CONTRACT = re.compile(r"^(?:abstract )?contract (\w+)(?: is ([\w, ]+))? \{", re.MULTILINE)
_FUNCTION = re.compile(r"((?:^[ ]*///[^\n]*\n)*)^[ ]*function (check_\w+)\(", re.MULTILINE)
_BOUNDS = re.compile(r"@custom:halmos ([^\n]+)")
_IMPORT = re.compile(r'^import .*"((?:\.|contracts/)[^"]+)";', re.MULTILINE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PASS, _COUNTEREXAMPLE = 0, 1
_RUNNING: set[int] = set()
"""Process groups of what was started: they are no part of ours, and have to be ended with us."""
_MEANINGS = {
    0: "holds",
    1: "counterexample",
    2: "timeout of the solver",
    3: "Halmos is stuck",
    4: "every path reverts, so nothing is shown",
    5: "error in Halmos",
}


class ProofError(Exception):
    """The proofs or the mutants are not in order."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A function for Halmos, within the contract that it is run in."""

    contract: str
    function: str
    bounds: str

    @property
    def name(self) -> str:
        """Contract and function, as mutants.toml names them."""
        return f"{self.contract}.{self.function}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault in a contract that proofs have to find."""

    name: str
    file: str
    text: str
    replacement: str
    proofs: tuple[str, ...]
    why: str
    functions: tuple[str, ...] = ()
    """Functions of the contract that the fault is in, those that write."""

    def apply(self, root: Path) -> None:
        """Put the fault into the copy of the project at `root`.

        Raises:
            ProofError: the text does not stand there exactly once.
        """
        path = root / self.file
        source = path.read_text(encoding="utf-8")
        count = source.count(self.text)
        if count != 1:
            raise ProofError(f"mutant {self.name}: its text stands {count} times in {self.file}, not once")
        path.write_text(source.replace(self.text, self.replacement), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Result:
    """What Halmos said of a proof."""

    name: str
    code: int
    seconds: float
    paths: int
    bounded_loops: int
    counterexamples: int = 0
    """Those that Halmos vouches for; of others it says that they may be none."""

    @property
    def refuted(self) -> bool:
        """Whether a counterexample was found that is one for certain."""
        return self.code == _COUNTEREXAMPLE and self.counterexamples > 0

    def fault(self) -> str | None:
        """Why this is no proof, or None when it is one."""
        if self.code != _PASS:
            return _MEANINGS.get(self.code, f"exit code {self.code}")
        return f"{self.bounded_loops} loops were cut off by --loop" if self.bounded_loops else None


def read_proofs(folder: Path = SOURCES) -> dict[str, Proof]:
    """Return the proofs of every contract in `*.t.sol`, those of its bases in `*.sol` included, by name.

    Raises:
        ProofError: a proof does not state its loop bound.
    """
    functions: dict[str, dict[str, str]] = {}
    bases: dict[str, list[str]] = {}
    runnable: list[str] = []
    for path in sorted(folder.glob("*.sol")):
        source = path.read_text(encoding="utf-8")
        found = _CONTRACT.search(source)
        if found is None:
            raise ProofError(f"{path.name}: no contract")
        contract = found[1]
        bases[contract] = [base.strip() for base in (found[2] or "").split(",") if base.strip()]
        functions[contract] = {name: _bounds(contract, name, comment) for comment, name in _FUNCTION.findall(source)}
        if path.name.endswith(".t.sol"):
            runnable.append(contract)
    proofs = [
        Proof(contract, function, bounds)
        for contract in runnable
        for function, bounds in _inherited(contract, functions, bases).items()
    ]
    return {proof.name: proof for proof in proofs}


def read_mutants(path: Path = MUTANTS) -> list[Mutant]:
    """Return the mutants in the order of the file."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    return [
        Mutant(
            name=name,
            file=entry["file"],
            text=entry["text"],
            replacement=entry["replacement"],
            proofs=tuple(entry["proofs"]),
            why=entry["why"],
            functions=tuple(entry.get("functions", ())),
        )
        for name, entry in table.items()
    ]


def check_mutants(proofs: Iterable[str], mutants: Sequence[Mutant]) -> None:
    """Check that each proof has a mutant and each mutant an existing proof.

    Raises:
        ProofError: it is not so.
    """
    present = set(proofs)
    covered = {name for mutant in mutants for name in mutant.proofs}
    if unknown := sorted(covered - present):
        raise ProofError(f"mutants.toml names proofs that do not exist: {', '.join(unknown)}")
    if bare := sorted(present - covered):
        raise ProofError(f"no mutant shows that these can fail: {', '.join(bare)}")


def parse_results(report: Mapping[str, object]) -> dict[str, Result]:
    """Return the results in a report of Halmos (`--json-output`), by the name of the proof.

    Args:
        report: what the file holds.

    Raises:
        ProofError: it has no results.
    """
    groups = report.get("test_results")
    if not isinstance(groups, dict):
        raise ProofError("the report of Halmos holds no results")
    results = {}
    for group, entries in groups.items():
        contract = str(group).rsplit(":", 1)[-1]
        for entry in entries:
            name = f"{contract}.{entry['name'].split('(', 1)[0]}"
            # An error before the first path leaves all but the name and the code out.
            results[name] = Result(
                name=name,
                code=entry["exitcode"],
                seconds=(entry.get("time") or [0.0])[0],
                paths=(entry.get("num_paths") or [0])[0],
                bounded_loops=entry.get("num_bounded_loops") or 0,
                counterexamples=sum(model["is_valid"] for model in entry.get("models") or ()),
            )
    return results


def warnings_of(output: str) -> list[str]:
    """Return the lines in which Halmos warns of something or reports an error."""
    plain = _COLOURS.sub("", output)
    return [line for line in plain.splitlines() if line.lstrip().startswith(("WARNING", "ERROR"))]


def needed_sources(paths: Iterable[Path]) -> set[Path]:
    """Return the sources of the project that `paths` import, directly or not, and themselves."""
    needed: set[Path] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path not in needed:
            needed.add(path)
            found = _IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [((path.parent if name.startswith(".") else PROJECT) / name).resolve() for name in found]
    return needed


def copy_project(root: Path, contracts: Iterable[str]) -> None:
    """Lay out in `root` what the named proof contracts need to be compiled, and nothing else: it compiles faster."""
    shutil.rmtree(root, ignore_errors=True)
    for path in needed_sources(SOURCES / f"{contract}.t.sol" for contract in contracts):
        copy = root / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    settings = (PROJECT / "foundry.toml").read_text(encoding="utf-8")
    relative = 'solc = ".toolchain/'
    if relative not in settings:
        raise ProofError("foundry.toml names no compiler under .toolchain")
    (root / "foundry.toml").write_text(settings.replace(relative, f'solc = "{TOOLCHAIN}/'), encoding="utf-8")
    (root / "node_modules").symlink_to(PROJECT / "node_modules")


def halmos_environment(root: Path) -> dict[str, str]:
    """Return the variables for Halmos: it finds the solver that is installed beside it, and never downloads another.

    Args:
        root: the project it is to work in; what it leaves behind stays there.
    """
    environment = analysis_path(forge_environment())
    environment.pop("VIRTUAL_ENV", None)  # Halmos would look for the solver there
    temporary = root / "tmp"
    temporary.mkdir(exist_ok=True)
    return environment | {
        "FOUNDRY_OUT": "out",
        "FOUNDRY_CACHE_PATH": "cache",
        "HALMOS_ALLOW_DOWNLOAD": "false",
        "TMPDIR": str(temporary),
    }


def run_group(command: Sequence[str], root: Path, environment: Mapping[str, str], seconds: float) -> str:
    """Run a command with whatever it starts, end all of it when it ends or its time is up, and return the output.

    Args:
        command: with its arguments.
        root: folder to run it in.
        environment: its variables.
        seconds: longest time.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    with subprocess.Popen(
        command,
        cwd=root,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        _RUNNING.add(started.pid)
        try:
            return started.communicate(timeout=seconds)[0]
        finally:
            _RUNNING.discard(started.pid)
            _end_group(started.pid)


def run_halmos(root: Path, proofs: Sequence[Proof], *, stop_early: bool) -> tuple[dict[str, Result], str]:
    """Run proofs of one contract in the project at `root`.

    Args:
        root: a folder from `copy_project`.
        proofs: at least one, all of the same contract.
        stop_early: end at the first counterexample.

    Returns:
        The results by name, and what Halmos wrote.

    Raises:
        ProofError: Halmos ended without a report, or not in time.
    """
    contract = proofs[0].contract
    report = root / f"{contract}.json"
    report.unlink(missing_ok=True)
    functions = "|".join(proof.function for proof in proofs)
    command = [analysis_tool("halmos"), "--root", str(root), "--forge-build-out", "out", "--no-status"]
    command += ["--match-contract", f"^{contract}$", "--match-test", f"^({functions})\\(", "--json-output", str(report)]
    command += ["--solver-timeout-assertion", f"{QUERY_SECONDS}s"]
    if stop_early:
        command.append("--early-exit")
    try:
        output = run_group(command, root, halmos_environment(root), SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"{contract}: Halmos did not end within {SECONDS} s") from error
    if not report.exists():
        raise ProofError(f"{contract}: Halmos gave no report\n{output[-4000:]}")
    return parse_results(json.loads(report.read_text(encoding="utf-8"))), output


def prove(root: Path, proofs: Sequence[Proof]) -> list[str]:
    """Run proofs of one contract, print a line for each, and return what is wrong."""
    results, output = run_halmos(root, proofs, stop_early=False)
    faults = [f"{proofs[0].contract}: {line}" for line in warnings_of(output)]
    for proof in proofs:
        result = results.get(proof.name)
        fault = "Halmos did not run it" if result is None else result.fault()
        if fault is not None:
            faults.append(f"{proof.name}: {fault}")
        seconds, paths = (result.seconds, result.paths) if result is not None else (0.0, 0)
        print(f"{fault or 'holds':<16} {proof.name:<72} {seconds:6.1f} s {paths:5} paths  {proof.bounds}", flush=True)
    return faults


def refute(mutant: Mutant, proofs: Sequence[Proof]) -> list[str]:
    """Run proofs against a mutant, print a line for each, and return those that did not find the fault."""
    root = FOLDER / f"mutant-{mutant.name}"
    contracts = sorted({proof.contract for proof in proofs})
    faults = []
    try:
        copy_project(root, contracts)
        mutant.apply(root)
        for contract in contracts:
            chosen = [proof for proof in proofs if proof.contract == contract]
            results, _output = run_halmos(root, chosen, stop_early=True)
            for proof in chosen:
                result = results.get(proof.name)
                found = result is not None and result.refuted
                if not found:
                    said = "Halmos did not run it" if result is None else _MEANINGS.get(result.code, str(result.code))
                    faults.append(f"mutant {mutant.name}: {proof.name} does not find it ({said})")
                seconds = result.seconds if result is not None else 0.0
                mark = "found" if found else "MISSED"
                print(f"{mark:<16} {mutant.name:<32} {proof.name:<72} {seconds:6.1f} s", flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all proofs and all mutants, or those of one proof; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m toolchain.proofs", description="Prove the contracts symbolically.")
    parser.add_argument("--proof", metavar="NAME", help="one proof and its mutants: Contract.check_name")
    options = parser.parse_args(arguments)
    prepare(os.environ)
    if find_forge() is None:
        print(MISSING, file=sys.stderr)
        return 1
    started = time.monotonic()
    try:
        proofs, mutants = read_proofs(), read_mutants()
        check_mutants(proofs, mutants)
        if options.proof is not None:
            if options.proof not in proofs:
                raise ProofError(f"no such proof: {options.proof}")
            proofs = {options.proof: proofs[options.proof]}
        analysis_tool("halmos")  # installed here, if at all, and not by each of the threads below
        faults = _run(proofs, mutants)
    except (ProofError, SetupError) as error:
        print(error, file=sys.stderr)
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    state = f"{len(faults)} faults" if faults else "all hold, every mutant was found"
    print(f"{len(proofs)} proofs: {state} ({time.monotonic() - started:.0f} s)", flush=True)
    return 1 if faults else 0


def _run(proofs: Mapping[str, Proof], mutants: Sequence[Mutant]) -> list[str]:
    by_contract: dict[str, list[Proof]] = {}
    for proof in proofs.values():
        by_contract.setdefault(proof.contract, []).append(proof)
    sound = FOLDER / "sound"
    copy_project(sound, by_contract)
    environment = forge_environment() | {"FOUNDRY_OUT": "out", "FOUNDRY_CACHE_PATH": "cache"}
    # The same command as Halmos gives, so that its own finds nothing left to do.
    command = ["forge", "build", "--ast", "--root", str(sound), "--extra-output", "storageLayout", "metadata"]
    built = subprocess.run(command, cwd=sound, env=environment, capture_output=True, text=True, check=False)
    if built.returncode:
        raise ProofError(f"the proofs do not compile\n{built.stdout[-4000:]}{built.stderr[-4000:]}")
    chosen = [(mutant, [proofs[name] for name in mutant.proofs if name in proofs]) for mutant in mutants]
    with ThreadPoolExecutor(WORKERS) as pool:
        runs = [pool.submit(prove, sound, group) for group in by_contract.values()]
        runs += [pool.submit(refute, mutant, group) for mutant, group in chosen if group]
        return [fault for run in runs for fault in run.result()]


def _bounds(contract: str, function: str, comment: str) -> str:
    found = _BOUNDS.search(comment)
    if found is None or not re.search(r"--loop \d+", found[1]):
        raise ProofError(f"{contract}.{function} states no loop bound (@custom:halmos --loop N)")
    return found[1].strip()


def _end_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _stop(number: int, _frame: object) -> None:
    for group in tuple(_RUNNING):
        _end_group(group)
    os._exit(128 + number)


def _inherited(
    contract: str, functions: Mapping[str, Mapping[str, str]], bases: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    result = {}
    for base in bases.get(contract, ()):
        result.update(_inherited(base, functions, bases))
    return result | dict(functions.get(contract, {}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    sys.exit(main())
