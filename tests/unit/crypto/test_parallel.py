"""Dividing batches over threads: the same results in the same order, and nobody waits who need not."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence

import pytest

from schuldhulp.crypto import parallel
from schuldhulp.crypto.parallel import FEWEST, spread


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "threads_used", lambda: 3)


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1, FEWEST, FEWEST + 1, 1_000, 1_001])
def test_spread_keeps_every_item_in_its_place(count: int) -> None:
    parts = spread(list, range(count))
    assert [item for part in parts for item in part] == list(range(count))


def test_spread_works_on_a_few_items_in_the_thread_that_asks() -> None:
    assert spread(lambda _: threading.get_ident(), range(FEWEST - 1)) == [threading.get_ident()]


def test_spread_works_on_many_items_in_several_threads_at_once() -> None:
    # Passed only when three parts are under way at the same time.
    together = threading.Barrier(3, timeout=30)
    first = threading.local()

    def work(part: Sequence[int]) -> int:
        if not hasattr(first, "done"):
            first.done = True
            together.wait()
        return len(part)

    assert sum(spread(work, range(1_000))) == 1_000
    assert not together.broken


def test_spread_divides_nothing_on_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "threads_used", lambda: 1)
    assert spread(lambda part: (threading.get_ident(), len(part)), range(1_000)) == [(threading.get_ident(), 1_000)]


def test_spread_raises_what_the_first_bad_part_raised() -> None:
    def work(part: Sequence[int]) -> int:
        if part[0] >= 500:
            raise LookupError(part[0])
        return len(part)

    size = len(spread(list, range(1_000))[0])
    with pytest.raises(LookupError) as caught:
        spread(work, range(1_000))
    assert caught.value.args == (-(-500 // size) * size,)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_spread_works_in_a_child_process_that_was_forked() -> None:
    assert sum(spread(len, range(1_000))) == 1_000
    child = os.fork()
    if child == 0:
        # Would wait for ever for threads that only the parent has; the alarm ends that.
        signal.alarm(30)
        os._exit(0 if sum(spread(len, range(1_000))) == 1_000 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
