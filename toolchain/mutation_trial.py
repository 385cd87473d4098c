"""A copy of the contracts and their tests, in which one change at a time is made and tried."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from toolchain.environment import PROJECT, VENV
from toolchain.forge import forge_environment
from toolchain.mutants import Mutant

FORGE_TESTS = ("support", "unit", "properties", "invariants")
COPIED = (
    "contracts",
    "interfaces",
    "tests/contracts",
    "tests/vectors",
    *(f"tests/forge/{name}" for name in FORGE_TESTS),
    "foundry.toml",
    "brownie-config.yaml",
    "pyproject.toml",
)
FORGE = ["forge", "test", "--fail-fast"]
LEFT_OUT = ("__pycache__", "hashes", "Reach.t.sol")
"""Tests of contracts/testing, which is not changed here, and of the tests themselves."""
LINKED = ("node_modules", ".toolchain/solcx")
QUICK = {
    "FOUNDRY_FUZZ_RUNS": "64",
    "FOUNDRY_INVARIANT_RUNS": "16",
    "FOUNDRY_INVARIANT_DEPTH": "16",
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
    "FOUNDRY_INVARIANT_SHOW_METRICS": "false",
    # Half the time goes into optimizing and into compiling tests that have not changed.
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_DYNAMIC_TEST_LINKING": "true",
    "FOUNDRY_AST": "false",
}
"""Forge's settings: less thorough than `make test`, because a few hundred changes are tried."""

_FAILED_IN_FORGE = re.compile(r"^Encountered \d+ failing tests? in (\S+\.sol):", re.MULTILINE)
_FAILED_IN_BROWNIE = re.compile(r"^(?:FAILED|ERROR) (\S+?\.py)", re.MULTILINE)


class Interrupted(Exception):
    """The run was stopped while a change was being tried."""


class TrialFailed(Exception):
    """A tool did something else than pass or fail tests."""


class Outcome(StrEnum):
    """What became of a change."""

    KILLED = "killed"
    SURVIVED_FORGE = "survived Forge"
    SURVIVED = "survived"
    STILLBORN = "did not compile"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a change, and what that rests on.

    Args:
        outcome: what became of it.
        by: the file of the test that noticed, empty where none did.
        relies_on: paths of the tests that decided; another text there makes the verdict worthless.
    """

    outcome: Outcome
    by: str = ""
    relies_on: tuple[str, ...] = ()


def digest(folder: Path, paths: Iterable[str]) -> str:
    """Return a hash of all files under `paths` in `folder`, with their names."""
    found = hashlib.sha256()
    for path in sorted(paths):
        place = folder / path
        files = sorted(one for one in place.rglob("*") if one.suffix in (".sol", ".py", ".json")) or [place]
        for file in files:
            if file.is_file():
                found.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def folder_of_tests(contract: str) -> str:
    """Return the folder of a contract's Brownie tests."""
    return "tests/contracts/" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", contract).lower()


def brownie_tests(mutant: Mutant) -> tuple[str, ...]:
    """Return the Brownie tests of the contract that `mutant` changes; all where it is a base of all."""
    contracts = ("ObligationLedger", "ClaimRegister", "EnrolmentRegistry")
    changed = Path(mutant.file).stem
    chosen = (changed,) if changed in contracts else contracts
    return ("tests/contracts/access", *(folder_of_tests(name) for name in chosen))


class Trial:
    """One copy.

    Args:
        folder: where it is made; what was there is thrown away.
        origin: the tree that is copied.
        stop: set when the run is to end at once.
        threads: how many threads Forge may use.
    """

    def __init__(self, folder: Path, origin: Path, stop: threading.Event, threads: int) -> None:
        self.folder = folder
        self._stop = stop
        self._forge = {**forge_environment(), **QUICK, "FOUNDRY_THREADS": str(threads)}
        self.patience = 600.0
        """Seconds until tests that do not end count as failed."""
        shutil.rmtree(folder, ignore_errors=True)
        for name in COPIED:
            self._copy(origin / name, folder / name)
        for name in LINKED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(PROJECT / name)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
        elif source.exists():
            shutil.copy(source, target)

    def check_forge(self) -> None:
        """See that Forge's tests pass while nothing is changed, and how long they take.

        Raises:
            TrialFailed: they do not.
        """
        started = time.monotonic()
        code, said = self._run(FORGE, self._forge)
        if code != 0:
            raise TrialFailed(f"forge test fails before anything is changed:\n{said[-4000:]}")
        self.patience = 60 + 5 * (time.monotonic() - started)

    def check_brownie(self, tests: tuple[str, ...]) -> None:
        """See that these Brownie tests pass while nothing is changed.

        Raises:
            TrialFailed: they do not.
        """
        code, said = self._run(self._brownie_test(tests), dict(os.environ))
        if code != 0:
            raise TrialFailed(f"{' '.join(tests)} fail before anything is changed:\n{said[-4000:]}")

    def try_forge(self, mutant: Mutant) -> Verdict:
        """Make the change and run Forge's tests.

        Raises:
            Interrupted: the run is to end.
            TrialFailed: Forge did something else than compile, refuse to compile, pass or fail.
        """
        with self._changed(mutant):
            code, said = self._run(FORGE, self._forge)
        if code and "Compiler run failed" in said:
            return Verdict(outcome=Outcome.STILLBORN)
        if code == 0:
            return Verdict(outcome=Outcome.SURVIVED_FORGE, relies_on=("foundry.toml", "tests/forge"))
        failed = _FAILED_IN_FORGE.search(said)
        if failed is None and code is not None:
            raise TrialFailed(f"forge test: {said[-4000:]}")
        # Tests that never end notice the change as well; which of them, nobody can tell.
        by = failed[1] if failed else "tests/forge"
        part = "/".join(by.split("/")[:3])
        return Verdict(outcome=Outcome.KILLED, by=by, relies_on=("foundry.toml", "tests/forge/support", part))

    def try_brownie(self, mutant: Mutant) -> Verdict:
        """Make the change and run the Brownie tests of its contract.

        Raises:
            Interrupted: the run is to end.
            TrialFailed: Brownie did something else than pass or fail.
        """
        tests = brownie_tests(mutant)
        with self._changed(mutant):
            code, said = self._run(self._brownie_test(tests), dict(os.environ))
        if code == 0:
            return Verdict(
                outcome=Outcome.SURVIVED, relies_on=("foundry.toml", "tests/forge", "tests/contracts", "tests/vectors")
            )
        failed = _FAILED_IN_BROWNIE.search(said)
        if failed is None and code is not None:
            raise TrialFailed(f"brownie test: {said[-4000:]}")
        by = failed[1] if failed else tests[0]
        return Verdict(outcome=Outcome.KILLED, by=by, relies_on=(*tests, "tests/contracts/conftest.py"))

    @staticmethod
    def _brownie_test(tests: tuple[str, ...]) -> list[str]:
        return [str(VENV / "bin" / "brownie"), "test", *tests, "-x"]

    @contextlib.contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        file = self.folder / mutant.file
        source = file.read_bytes()
        # A counterexample that is kept would make the fate of one change depend on the one before.
        for kept in (self.folder / "cache", self.folder / ".toolchain" / "forge" / "cache"):
            for kind in ("fuzz", "invariant", "test-failures"):
                shutil.rmtree(kept / kind, ignore_errors=True)
        file.write_bytes(mutant.apply(source))
        try:
            yield
        finally:
            file.write_bytes(source)

    def _run(self, command: list[str], environment: dict[str, str]) -> tuple[int | None, str]:
        """Return exit code and output; None as code when it took too long."""
        until = time.monotonic() + self.patience
        # A session of its own: Ctrl-C must not end the tests and look like one that failed.
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    said, _ = process.communicate(timeout=0.2)
                    return process.returncode, said
                except subprocess.TimeoutExpired:
                    if self._stop.is_set():
                        raise Interrupted from None
                    if time.monotonic() > until:
                        return None, ""
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
