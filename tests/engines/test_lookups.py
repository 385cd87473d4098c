"""What benchmarks/signal.py compares gives the same answers, and the parts it tells apart are all of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.evaluator_process import ARITHMETIC, CHECKS, CURVE
from benchmarks.list_check import (
    BLINDING,
    EVALUATOR,
    KEEPING,
    KNOWN_OF,
    LOOKUPS,
    NUMBERS,
    PROOF,
    READING,
    REQUEST,
    REST,
    UNBLINDING,
    WRITING,
    Way,
    enrolled,
    make_rows,
    person_of,
    run_list,
)
from benchmarks.lookups import POSTGRES, Lookups, deploy_multicall, in_postgres
from benchmarks.signal_measurement import enrol, make_tag
from benchmarks.stopwatch import Stopwatch
from schuldhulp.crypto.accounts import AccountKey
from tests.support.anvil import running_anvil
from tests.support.chain import PROJECT, DeployedChain, deploy
from tests.support.evaluation import CURRENT, make_keys
from toolchain.environment import prepare


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    prepare(os.environ)


@pytest.fixture(scope="module")
def chain() -> Iterator[DeployedChain]:
    with running_anvil() as node:
        yield deploy(node)


def test_every_way_of_looking_up_gives_the_same_answers(chain: DeployedChain, tmp_path: Path) -> None:
    known = [make_tag(f"client {number}") for number in range(130)]
    enrol(chain, known)
    asked = [*known[:100], *(make_tag(f"stranger {number}") for number in range(1_150))]
    expected = [tag in known for tag in asked]
    lookups = Lookups(chain=chain, folder=tmp_path, tags=known, multicall=deploy_multicall(chain))
    answers = {name: way() for name, way in lookups.ways(asked).items()}
    assert len(answers) == 5
    assert {name for name, given in answers.items() if given != expected} == set()
    assert [way() for tag in (known[0], asked[-1]) for way in lookups.single(tag).values()] == [True] * 3 + [False] * 3


@pytest.mark.skipif(not POSTGRES, reason="SCHULDHULP_TEST_POSTGRES is not set")
def test_the_table_gives_the_same_answers() -> None:
    known = [make_tag(f"client {number}") for number in range(100)]
    asked = [make_tag("stranger"), known[7], known[7], make_tag("another")]
    with in_postgres(known) as in_table:
        assert in_table is not None
        assert in_table(asked) == [False, True, True, False]


@pytest.mark.parametrize("threads", [1, 2])
def test_run_list_answers_everybody_and_tells_where_the_time_went(tmp_path: Path, threads: int) -> None:
    rows, creditor, keys = make_rows(45), AccountKey.generate(), make_keys(tmp_path)
    with running_anvil() as node:
        chain = deploy(node, evaluator_keys=keys.public_keys(CURRENT), creditors=(creditor.address,))
        enrol(chain, enrolled(keys, rows))
        run = run_list(tmp_path, chain, creditor, rows, Way(threads=threads, window=1_000))
    assert (run.rows, run.green) == (45, -(-45 // KNOWN_OF))
    parts = {READING, BLINDING, REQUEST, EVALUATOR, PROOF, UNBLINDING, KEEPING, LOOKUPS, NUMBERS, WRITING, REST}
    of_curve = {part + CURVE for part in (BLINDING, PROOF, UNBLINDING)} if threads == 1 else set()
    assert set(run.parts) == parts | of_curve
    assert min(run.parts.values()) > 0
    assert sum(run.parts.values()) == pytest.approx(run.seconds, rel=0.2)
    assert run.evaluator.keys() >= {ARITHMETIC, CHECKS}
    assert (ARITHMETIC + CURVE in run.evaluator) == (threads == 1)
    assert 0 < sum(run.evaluator.values()) < run.parts[EVALUATOR]


def test_make_rows_names_a_different_person_in_each() -> None:
    assert len({person_of(row) for row in make_rows(2_000)}) == 2_000


def test_stopwatch_counts_a_moment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, moments = Stopwatch(), iter([0.0, 1.0, 3.0, 7.0])
    monkeypatch.setattr("benchmarks.stopwatch.time.perf_counter", lambda: next(moments))
    with watch.part("outer"), watch.part("inner"):
        pass
    assert watch.seconds == {"outer": 1.0 + 4.0, "inner": 2.0}


def test_stopwatch_counts_inside_the_part_that_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    class Owner:
        @staticmethod
        def work(value: int) -> int:
            return value + 1

    watch, moments = Stopwatch(), iter([0.0, 1.0, 3.0, 7.0])
    watch.watch_inside(Owner, "work", ", inside")
    monkeypatch.setattr("benchmarks.stopwatch.time.perf_counter", lambda: next(moments))
    with watch.part("outer"):
        assert Owner.work(1) == 2
    assert watch.seconds == {"outer": 1.0 + 4.0, "outer, inside": 2.0}


def test_stopwatch_puts_back_what_it_watched() -> None:
    class Owner:
        @staticmethod
        def work() -> str:
            return "done"

    watch, before = Stopwatch(), Owner.work
    watch.watch(Owner, "work", "part")
    assert (Owner.work(), watch.times) == ("done", {"part": 1})
    watch.stop()
    assert (Owner.work(), watch.times) == ("done", {"part": 1})
    assert Owner.work is before


def test_a_script_beside_signal_finds_the_signals_of_the_standard_library() -> None:
    program = "import sys; sys.path.insert(0, 'benchmarks'); import signal; print(int(signal.SIGTERM))"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
    assert found.stdout == "15\n", found.stderr
