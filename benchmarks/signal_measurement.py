"""What `benchmarks/signal.py` runs and prints."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from toolchain.environment import prepare

prepare(os.environ)

from eth_utils.crypto import keccak  # noqa: E402 - which hash it uses is set above

from benchmarks.evaluator_process import CURVE  # noqa: E402
from benchmarks.list_check import (  # noqa: E402
    IN_TURN,
    ListRun,
    as_it_is,
    enrolled,
    make_rows,
    run_list,
)
from benchmarks.lookups import Lookups, deploy_multicall, in_postgres  # noqa: E402
from benchmarks.stopwatch import median_seconds  # noqa: E402
from schuldhulp.crypto.accounts import AccountKey  # noqa: E402
from schuldhulp.domain.types import Tag  # noqa: E402
from tests.support.anvil import running_anvil  # noqa: E402
from tests.support.chain import EPOCH, MUNICIPALITY, DeployedChain, deploy  # noqa: E402
from tests.support.evaluation import CURRENT, make_keys  # noqa: E402

TAGS = 20_000
"""Tags in the registry and in the table while lookups are measured."""

SIZES = (1_000, 5_000)
ENROLLED_AT_ONCE = 200


def make_tag(name: str) -> Tag:
    """Return a tag of the current epoch that is nobody's."""
    return Tag(MUNICIPALITY.to_bytes(2, "big") + EPOCH.to_bytes(4, "big") + keccak(text=name)[:26])


def enrol(chain: DeployedChain, tags: Sequence[Tag]) -> None:
    """Put tags on the chain."""
    ordered = sorted(tags)
    for start in range(0, len(ordered), ENROLLED_AT_ONCE):
        part = ordered[start : start + ENROLLED_AT_ONCE]
        chain.transact("EnrolmentRegistry", "enrol", MUNICIPALITY, EPOCH, part, by="registrar")


def measure_lookups(rounds: int) -> None:
    """Measure lookups of lists of different length and of one tag, and print them."""
    known = [make_tag(f"client {number}") for number in range(TAGS)]
    with tempfile.TemporaryDirectory() as folder, running_anvil() as node:
        chain = deploy(node)
        enrol(chain, known)
        lookups = Lookups(chain=chain, folder=Path(folder), tags=known, multicall=deploy_multicall(chain))
        print(f"Lookups on Anvil, {TAGS} tags enrolled, half of each list known; medians of {rounds} rounds")
        with in_postgres(known) as in_table:
            for size in SIZES:
                asked = [*known[: size // 2], *(make_tag(f"stranger {number}") for number in range(size - size // 2))]
                random.Random(1).shuffle(asked)
                expected = [tag in set(known) for tag in asked]
                ways = lookups.ways(asked)
                if in_table is not None:
                    ways["PostgreSQL `= ANY`"] = lambda asked=asked: in_table(asked)  # type: ignore[misc]
                for name, way in ways.items():
                    if way() != expected:
                        raise RuntimeError(f"{name} gives another answer")
                taken = median_seconds(ways, rounds=rounds)
                fastest = taken["knownBitmap, this client"]
                print(f"\n{size} tags")
                for name, seconds in taken.items():
                    rate = size / seconds
                    print(f"  {name:32} {seconds * 1000:9.2f} ms {rate:12,.0f} tags/s {seconds / fastest:7.2f} x")
        if in_table is None:
            print("\nPostgreSQL was left out: SCHULDHULP_TEST_POSTGRES is not set")
        print(f"\nOne tag, medians of {50 * rounds} rounds")
        for name, seconds in median_seconds(lookups.single(known[0]), rounds=50 * rounds).items():
            print(f"  {name:52} {seconds * 1000:7.2f} ms {1 / seconds:8,.0f} a second")


def measure_list(people: int, pairs: int) -> None:
    """Measure a list from file to file, in turn in two ways, and print where the time goes.

    Args:
        people: persons in the list.
        pairs: how often it is checked in each way; the fastest run is printed, which was disturbed least.
    """
    rows = make_rows(people)
    creditor = AccountKey.generate()
    with tempfile.TemporaryDirectory() as name, running_anvil() as node:
        keys = make_keys(Path(name))
        chain = deploy(node, evaluator_keys=keys.public_keys(CURRENT), creditors=(creditor.address,))
        known = enrolled(keys, rows)
        enrol(chain, known)
        ways = {"in one thread, in turn": IN_TURN, "as it is": as_it_is()}
        runs: dict[str, list[ListRun]] = {title: [] for title in ways}
        for _ in range(pairs):
            for title, way in ways.items():
                with tempfile.TemporaryDirectory() as used:
                    shutil.copytree(name, used, dirs_exist_ok=True)
                    run = run_list(Path(used), chain, creditor, rows, way)
                if (run.rows, run.green) != (people, len(known)):
                    raise RuntimeError("the list was not answered as it should be")
                runs[title].append(run)
                print(f"  {title}: {run.seconds:.2f} s")
    before, after = runs.values()
    faster = statistics.median(one.seconds / other.seconds for one, other in zip(before, after, strict=True))
    for title, found in runs.items():
        print_list(fastest(found), f"{title}, {ways[title]}")
    best = fastest(before).seconds / fastest(after).seconds
    print(f"\nas it is {faster:.2f} times faster, median of {pairs} pairs; {best:.2f} times by the fastest of each")


def fastest(runs: Sequence[ListRun]) -> ListRun:
    """Return the run that took least."""
    return min(runs, key=lambda run: run.seconds)


def print_list(run: ListRun, title: str) -> None:
    """Print where the time of a list went.

    Args:
        run: the list.
        title: how it was checked.
    """
    print(f"\nA list of {run.rows} persons, {title}: {run.seconds:.2f} s, {run.rows / run.seconds:,.0f} persons/s")
    print(f"  {'':42} {'s':>7} {'%':>6}   of which libsodium")
    curve = _print_parts(run.parts, run.seconds)
    print(f"  meanwhile, the evaluator's process by its own clock ({run.processor:.2f} s of processors)")
    curve += _print_parts(run.evaluator, run.seconds)
    if curve:
        print(f"  {'libsodium together':42} {'':14}   {curve:7.2f} s {100 * curve / run.seconds:5.1f} %")


def _print_parts(parts: dict[str, float], seconds: float) -> float:
    """Print parts, the longest first; returns the seconds of libsodium in them."""
    curve = {name.removesuffix(CURVE): taken for name, taken in parts.items() if name.endswith(CURVE)}
    whole = {name: taken + curve.get(name, 0.0) for name, taken in parts.items() if not name.endswith(CURVE)}
    for name, taken in sorted(whole.items(), key=lambda line: -line[1]):
        inside = f"{curve[name]:7.2f} s {100 * curve[name] / seconds:5.1f} %" if name in curve else ""
        print(f"  {name:42} {taken:7.2f} {100 * taken / seconds:6.1f}   {inside}")
    print(f"  {'together':42} {sum(whole.values()):7.2f}")
    return sum(curve.values())


def main() -> None:
    """Read what to measure, and measure it."""
    parser = argparse.ArgumentParser(prog="benchmarks/signal.py")
    parser.add_argument("what", nargs="?", choices=("lookups", "list", "all"), default="all")
    parser.add_argument("--people", type=int, default=10_000, help="persons in the list")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of which the median is given")
    parser.add_argument("--pairs", type=int, default=3, help="how often a list is checked in each of two ways")
    arguments = parser.parse_args()
    if arguments.what in ("lookups", "all"):
        measure_lookups(arguments.rounds)
    if arguments.what in ("list", "all"):
        measure_list(arguments.people, arguments.pairs)
