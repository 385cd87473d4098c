"""`make test-mutation`: which changes of the contracts no test notices.

Every change is made in a copy and tried against Forge's tests; what these let pass, against the Brownie tests of that
contract. What no test notices has to stand in docs/security/mutation.md with the reason why that is right. What is
known is kept, so that a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import queue
import random
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from toolchain.environment import COMPILERS, PROJECT, TOOLCHAIN, prepare
from toolchain.forge import MISSING, find_forge
from toolchain.mutants import Mutant, find_mutants, syntax_trees
from toolchain.mutation_trial import Interrupted, Outcome, Trial, TrialFailed, Verdict, brownie_tests, digest

FOLDER = TOOLCHAIN / "mutation"
REASONS = PROJECT / "docs" / "security" / "mutation.md"
COMPILER = COMPILERS / "solc-v0.8.30"
NOT_DEPLOYED = ("interfaces", "testing")
"""Folders of contracts/ without code that is deployed."""

_ROW = re.compile(r"^\| `(?P<place>[^`]+)` +\| `(?P<change>[^`]+)` +\| (?P<reason>\S[^|]*?) *\|$", re.MULTILINE)

Name = tuple[str, str]
"""Place and change of a mutant."""


def read_reasons(text: str) -> set[Name]:
    """Return the changes that `text` gives a reason for."""
    return {(row["place"], row["change"].replace(r"\|", "|")) for row in _ROW.finditer(text)}


def complaints(verdicts: Mapping[Name, Outcome | None], reasons: set[Name]) -> list[str]:
    """Return what is wrong, one line each.

    Args:
        verdicts: what became of every change there is, None where it was not reached.
        reasons: the changes that are listed as survivors.
    """
    survived = {name for name, outcome in verdicts.items() if outcome is Outcome.SURVIVED}
    wrong = [f"no test notices, and no reason is given: {_line(name)}" for name in sorted(survived - reasons)]
    for name in sorted(reasons - survived):
        if name not in verdicts:
            wrong.append(f"listed, but there is no such change: {_line(name)}")
        elif verdicts[name] in (Outcome.KILLED, Outcome.STILLBORN):
            wrong.append(f"listed, but {verdicts[name]}: {_line(name)}")
    return wrong


def _line(name: Name) -> str:
    return f"{name[0]}: {name[1]}"


class Records:
    """What is known of earlier runs.

    Args:
        file: one JSON object a line; the last one of a key counts.
        origin: the tree whose tests are compared with those that decided.
    """

    def __init__(self, file: Path, origin: Path) -> None:
        self._file = file
        self._origin = origin
        self._digests: dict[tuple[str, ...], str] = {}
        self._contracts = digest(origin, ["contracts"])
        self._known: dict[str, dict[str, Any]] = {}
        self._writing = threading.Lock()
        if file.exists():
            for line in file.read_text().splitlines():
                record = json.loads(line)
                self._known[record["key"]] = record

    def find(self, mutant: Mutant) -> Verdict | None:
        """Return the verdict on `mutant`, None where there is none or the tests have changed since."""
        record = self._known.get(self._key(mutant))
        if record is None:
            return None
        relies_on = tuple(record["relies_on"])
        if record["tests"] != self._digest(relies_on):
            return None
        return Verdict(outcome=Outcome(record["outcome"]), by=record["by"], relies_on=relies_on)

    def keep(self, mutant: Mutant, verdict: Verdict) -> None:
        """Write a verdict down, at once."""
        record: dict[str, Any] = {
            "key": self._key(mutant),
            "place": mutant.place,
            "change": mutant.change,
            "outcome": verdict.outcome.value,
            "by": verdict.by,
            "relies_on": list(verdict.relies_on),
            "tests": self._digest(verdict.relies_on),
        }
        with self._writing:
            self._known[record["key"]] = record
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a") as output:
                output.write(json.dumps(record) + "\n")

    def _key(self, mutant: Mutant) -> str:
        parts = (self._contracts, mutant.file, str(mutant.start), str(mutant.end), mutant.text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _digest(self, paths: tuple[str, ...]) -> str:
        if paths not in self._digests:
            self._digests[paths] = digest(self._origin, paths)
        return self._digests[paths]


class Run:
    """One run within its budget.

    Args:
        trials: a copy for each worker.
        records: what is known.
        until: time, as `time.monotonic` tells it, after which no change is begun.
        stop: set when all has to end at once.
    """

    def __init__(self, trials: list[Trial], records: Records, until: float, stop: threading.Event) -> None:
        self._trials = trials
        self._records = records
        self._until = until
        self._stop = stop
        self._errors: list[Exception] = []

    def forge(self, mutants: list[Mutant]) -> None:
        """Try the changes of which nothing is known."""
        self._all([one for one in mutants if self._records.find(one) is None], lambda trial: trial.try_forge)

    def brownie(self, mutants: list[Mutant]) -> None:
        """Try what survived Forge, after a look whether the tests pass without a change."""
        chosen = [one for one in mutants if self.outcome(one) is Outcome.SURVIVED_FORGE]
        for tests in sorted({brownie_tests(one) for one in chosen}):
            if time.monotonic() < self._until:
                self._trials[0].check_brownie(tests)
        self._all(chosen, lambda trial: trial.try_brownie)

    def outcome(self, mutant: Mutant) -> Outcome | None:
        """Return what became of `mutant`, None where it was not reached."""
        verdict = self._records.find(mutant)
        return verdict.outcome if verdict else None

    def _all(self, mutants: list[Mutant], of: Callable[[Trial], Callable[[Mutant], Verdict]]) -> None:
        waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
        for one in mutants:
            waiting.put(one)
        workers = [threading.Thread(target=self._work, args=(waiting, of(trial))) for trial in self._trials]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                worker.join()
        except KeyboardInterrupt:
            self._stop.set()
            for worker in workers:
                worker.join()
            raise
        if self._errors:
            raise self._errors[0]

    def _work(self, waiting: queue.SimpleQueue[Mutant], attempt: Callable[[Mutant], Verdict]) -> None:
        while not self._stop.is_set() and time.monotonic() < self._until:
            try:
                mutant = waiting.get_nowait()
                verdict = attempt(mutant)
            except (queue.Empty, Interrupted):
                return
            except Exception as error:  # noqa: BLE001  the other worker must stop too, and main must hear of it
                self._errors.append(error)
                self._stop.set()
                return
            self._records.keep(mutant, verdict)
            print(f"{verdict.outcome}: {mutant.place}: {mutant.change}", flush=True)


def all_mutants(project: Path, pattern: str, seed: int) -> list[Mutant]:
    """Return the changes whose name contains `pattern`, in an order that the seed decides.

    Args:
        project: folder with contracts/.
        pattern: part of place and change.
        seed: a budget that is too small leaves out others with another seed.
    """
    files = [str(file.relative_to(project)) for file in sorted((project / "contracts").rglob("*.sol"))]
    files = [name for name in files if not set(Path(name).parts) & set(NOT_DEPLOYED)]
    found = find_mutants(
        syntax_trees(COMPILER, project, files), {name: (project / name).read_bytes() for name in files}
    )
    chosen = [one for one in found if pattern in f"{one.place}: {one.change}"]
    random.Random(seed).shuffle(chosen)
    return chosen


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="make test-mutation", description="Which changes no test notices.")
    parser.add_argument("--seconds", type=float, default=1800, help="budget; what is under way is finished (1800)")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2, help="copies that are tried at once (2)")
    parser.add_argument("--seed", type=int, default=20, help="decides the order (20)")
    parser.add_argument("--only", default="", metavar="TEXT", help="changes with TEXT in place or change")
    parser.add_argument("--list", action="store_true", help="show the changes and what is known of them, try none")
    return parser.parse_args(arguments)


def report(outcomes: Mapping[Name, Outcome | None], wrong: list[str]) -> None:
    """Print what became of the changes, and what is wrong."""
    counted = Counter(outcomes.values())
    for line in wrong:
        print(line)
    parts = [f"{counted[outcome]} {outcome}" for outcome in (Outcome.KILLED, Outcome.SURVIVED, Outcome.STILLBORN)]
    parts.append(f"{counted[Outcome.SURVIVED_FORGE]} survived Forge and were not reached by Brownie")
    parts.append(f"{counted[None]} not reached")
    print(f"{len(outcomes)} changes: {', '.join(parts)}", flush=True)


def main(arguments: list[str]) -> int:
    """Try the changes; return 1 when a survivor has no reason or a reason no survivor, 2 when tests fail anyway."""
    asked = read_arguments(arguments)
    prepare(os.environ)
    if find_forge() is None:
        print(MISSING, file=sys.stderr)
        return 2
    stop = threading.Event()
    # What is being tried runs in a session of its own: it ends with this process only if this process ends it.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.default_int_handler)
    # The tree may change while this runs; all that is said is said of the copy.
    first = Trial(FOLDER / "copy-1", PROJECT, stop, 3 - asked.workers)
    mutants = all_mutants(first.folder, asked.only, asked.seed)
    records = Records(FOLDER / "results.jsonl", first.folder)
    trials = [first]
    run = Run(trials, records, time.monotonic() + asked.seconds, stop)
    try:
        if not asked.list:
            if any(run.outcome(one) is None for one in mutants):
                first.check_forge()
            for number in range(2, asked.workers + 1):
                trials.append(Trial(FOLDER / f"copy-{number}", first.folder, stop, 1))
                trials[-1].patience = first.patience
            run.forge(mutants)
            run.brownie(mutants)
    except KeyboardInterrupt:
        print("interrupted; what is known is kept", file=sys.stderr)
    except TrialFailed as error:
        print(error, file=sys.stderr)
        return 2
    outcomes = {(one.place, one.change): run.outcome(one) for one in mutants}
    if asked.list:
        for name, outcome in sorted(outcomes.items()):
            print(f"{outcome or 'not reached'}: {_line(name)}")
    reasons = {name for name in read_reasons(REASONS.read_text()) if asked.only in _line(name)}
    wrong = complaints(outcomes, reasons)
    report(outcomes, wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
