"""Long batches of arithmetic, spread over the processors of this machine.

Threads suffice: libsodium is called through ctypes, which lets other threads run meanwhile, and takes nearly all of the
time. One small pool serves the whole process, so that however many batches are under way, no more threads compute than
there are processors for. Whoever has only a few items computes them in its own thread and never waits for the pool.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

FEWEST: Final = 64
"""Items below which a batch is not divided: a few milliseconds of arithmetic, too little to wake another thread for."""

MOST_THREADS: Final = 8
"""Threads at most: about a tenth of the time is Python's, which only one thread at a time can run."""

PARTS_EACH: Final = 4
"""Parts for each thread, so that none waits long for one that was held up."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(work: Callable[[Sequence[_Item]], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Work on a batch in parts, at the same time where that helps.

    Args:
        work: works on a part; called in several threads at once. It must not call this function.
        items: the batch.

    Returns:
        What came of the parts, one after another in the order of the batch; one part for a short batch.

    Raises:
        Exception: what `work` raised for the first part that failed.
    """
    threads = threads_used()
    if threads == 1 or len(items) < FEWEST:
        return [work(items)]
    size = max(-(-len(items) // (threads * PARTS_EACH)), FEWEST // 2)
    pool = _pool(threads)
    parts: list[Future[_Result]] = [
        pool.submit(work, items[start : start + size]) for start in range(0, len(items), size)
    ]
    try:
        return [part.result() for part in parts]
    finally:
        for part in parts:
            part.cancel()


@functools.cache
def threads_used() -> int:
    """Count the processors that this process may use."""
    try:
        present = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        present = os.cpu_count() or 1
    return min(present, MOST_THREADS)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="arithmetic")


if hasattr(os, "register_at_fork"):
    # A child process has the pool but not its threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)
