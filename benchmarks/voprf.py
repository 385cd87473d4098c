"""Measure the oblivious function: how much Python adds to the arithmetic of libsodium.

Usage: .venv/bin/python benchmarks/voprf.py [elements]

Prints for each step its time a batch in one thread, and as a ratio to as many bare multiplications by libsodium. What
the protocol itself needs is the floor of that ratio: blinding 1 multiplication and 1 hash to the group, evaluating 2,
finalizing 3. Then how many times faster the step is when it is spread over the processors, as it is outside this
measurement; on a machine that does other work too, that is less than it can be.
"""

from __future__ import annotations

import ctypes
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from schuldhulp.crypto import parallel, voprf
from schuldhulp.crypto.ristretto import Backend, load
from schuldhulp.errors import Misconfigured

ROUNDS = 9


def seconds(step: Callable[[], Any]) -> float:
    """Give the time of one run of a step, in seconds."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def seconds_in(threads: int, step: Callable[[], Any]) -> float:
    """Give the time of one run of a step in so many threads, in seconds."""
    with mock.patch.object(parallel, "threads_used", return_value=threads):
        return seconds(step)


def measure(count: int) -> None:
    """Measure with the first libsodium there is and print the table.

    Args:
        count: elements in the batch.
    """
    group = voprf.group()
    key = voprf.generate_key()
    published = voprf.public_key(key)
    inputs = [b"NL.BSN:%09d" % (999990000 + index % 10000) for index in range(count)]
    blindings = voprf.blind_all(inputs)
    elements = [one.element for one in blindings]
    evaluation = voprf.evaluate(key, elements)

    scalar, product, multiply = secrets.token_bytes(31) + b"\x00", ctypes.create_string_buffer(32), group._multiply

    def bare() -> None:
        for element in elements:
            multiply(product, scalar, element)

    steps: tuple[tuple[str, int, Callable[[], Any]], ...] = (
        ("blind", 1, lambda: voprf.blind_all(inputs)),
        ("evaluate and prove", 2, lambda: voprf.evaluate(key, elements)),
        ("verify and finalize", 3, lambda: voprf.finalize(blindings, evaluation, published_key=published)),
    )
    threads = parallel.threads_used()
    print(f"{count} elements, medians of {ROUNDS} rounds")
    for name, needed, step in steps:
        # All three are timed beside each other in each round, so that a busy machine slows them alike.
        rounds = [(seconds(bare), seconds_in(1, step), seconds_in(threads, step)) for _ in range(ROUNDS)]
        floor = statistics.median(bare_time for bare_time, _, _ in rounds)
        taken = statistics.median(alone for _, alone, _ in rounds)
        ratio = statistics.median(alone / bare_time for bare_time, alone, _ in rounds)
        faster = statistics.median(alone / spread for _, alone, spread in rounds)
        print(
            f"{name:20} {taken * 1000:7.1f} ms, bare multiplications {floor * 1000:6.1f} ms: "
            f"ratio {ratio:.2f} ({needed} needed); in {threads} threads {faster:.2f} times faster"
        )


def main() -> None:
    """Read the size of the batch and measure."""
    present = []
    for backend in Backend:
        try:
            load(backend)
        except Misconfigured:
            continue
        present.append(str(backend))
    print(f"libsodium through: {present[0]}; present: {', '.join(present)}")
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)


if __name__ == "__main__":
    main()
