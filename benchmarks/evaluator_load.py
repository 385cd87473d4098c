"""Measure how long one evaluation takes: alone, beside slow senders, beside lists, and with 200 clients at once.

Usage: PYTHONPATH=. .venv/bin/python benchmarks/evaluator_load.py [--json FILE]

One evaluator in a process of its own, served as in production, in front of a told chain and a SQLite database in a
temporary folder. The clients run beside it on the same cores, so compare the ratios and not the times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.evaluation import Evaluator, SetClock, make_elements, make_evaluator, make_keys
from tests.support.evaluator_process import EvaluatorProcess, now, processes

SINGLES = 150
"""Single evaluations that are timed, one after another."""

CLIENTS = 200
ASKED_EACH = 3
SLOW = 150
LISTS = 2
LIST_SIZE = 500


class Connection:
    """One kept connection that speaks just enough HTTP."""

    def __init__(self, server: EvaluatorProcess) -> None:
        """Remember where to connect to."""
        self._address = server.address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self, first: bytes = b"") -> None:
        """Connect, and send something."""
        self._streams = await asyncio.open_connection(*self._address)
        self._streams[1].write(first)
        await self._streams[1].drain()

    async def post(self, body: bytes) -> float:
        """Have one request answered; returns the seconds that it took.

        Raises:
            RuntimeError: it was not answered with 200.
        """
        if self._streams is None:
            await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        start = time.perf_counter()
        writer.write(
            b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(body)
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(head.split(b"\r\n")[0].decode())
        return time.perf_counter() - start

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


def bodies(stage: Evaluator, count: int, elements: int = 1) -> list[bytes]:
    """Sign requests ahead, so that signing is not timed."""
    stage.clock.time = now()
    blinded = make_elements(elements)
    return [json.dumps(stage.request(elements=blinded)).encode() for _ in range(count)]


async def alone(server: EvaluatorProcess, asked: list[bytes]) -> list[float]:
    """Time single evaluations, one after another."""
    connection = Connection(server)
    times = [await connection.post(body) for body in asked]
    connection.close()
    return times


async def beside_slow(server: EvaluatorProcess, asked: list[bytes]) -> list[float]:
    """The same, while many connections send a head or a body that never ends."""
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    slow = [Connection(server) for _ in range(SLOW)]
    for number, connection in enumerate(slow):
        await connection.open((b"", head, head + b"Content-Length: 1000\r\n\r\n{")[number % 3])
    times = await alone(server, asked)
    for connection in slow:
        connection.close()
    return times


async def beside_lists(server: EvaluatorProcess, asked: list[bytes], lists: list[bytes]) -> list[float]:
    """The same, while some clients have long lists evaluated without pause."""
    waiting = list(lists)

    async def evaluate_lists() -> None:
        connection = Connection(server)
        while waiting:
            await connection.post(waiting.pop())
        connection.close()

    busy = [asyncio.create_task(evaluate_lists()) for _ in range(LISTS)]
    await asyncio.sleep(0.2)
    times = []
    connection = Connection(server)
    for body in asked:
        if not waiting:
            break
        times.append(await connection.post(body))
    waiting.clear()
    await asyncio.gather(*busy)
    connection.close()
    return times


async def together(server: EvaluatorProcess, asked: list[bytes]) -> list[float]:
    """Time single evaluations of many clients that each ask again as soon as they are answered."""

    async def client(own: list[bytes]) -> list[float]:
        connection = Connection(server)
        times = [await connection.post(body) for body in own]
        connection.close()
        return times

    parts = [asked[number::CLIENTS] for number in range(CLIENTS)]
    return [seconds for times in await asyncio.gather(*map(client, parts)) for seconds in times]


@contextmanager
def running() -> Iterator[tuple[EvaluatorProcess, Evaluator]]:
    """Run an evaluator with an admitted creditor that may ask as much as it likes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage = make_evaluator(folder, make_keys(folder))
        stage.clock = SetClock(now())
        stage.admit(daily=1_000_000, per_epoch=1_000_000)
        roles = [("CREDITOR", stage.creditor.address)]
        with processes(1, folder=folder, url=stage.url, roles=roles, burst=(10**6, 10**6)) as found:
            yield found[0], stage
        stage.store.close()


def measure() -> dict[str, dict[str, float]]:
    """Run everything; returns the milliseconds of the median and of the 95th percentile of each."""
    found: dict[str, dict[str, float]] = {}

    def note(name: str, times: list[float]) -> None:
        cuts = statistics.quantiles(times, n=20)
        found[name] = {"p50": statistics.median(times) * 1_000, "p95": cuts[18] * 1_000, "timed": len(times)}

    with running() as (server, stage):
        asyncio.run(alone(server, bodies(stage, 20)))
        note("alone", asyncio.run(alone(server, bodies(stage, SINGLES))))
        note(f"beside {SLOW} slow senders", asyncio.run(beside_slow(server, bodies(stage, SINGLES))))
        lists = bodies(stage, 40, LIST_SIZE)
        note(
            f"beside {LISTS} lists of {LIST_SIZE} a request",
            asyncio.run(beside_lists(server, bodies(stage, SINGLES), lists)),
        )
        begin = time.perf_counter()
        times = asyncio.run(together(server, bodies(stage, CLIENTS * ASKED_EACH)))
        note(f"{CLIENTS} clients without pause", times)
        found[f"{CLIENTS} clients without pause"]["a second"] = len(times) / (time.perf_counter() - begin)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    found: dict[str, Any] = measure()
    base = found["alone"]["p95"]
    for name, figures in found.items():
        print(
            f"{name:38} p50 {figures['p50']:8.1f} ms   p95 {figures['p95']:8.1f} ms   {figures['p95'] / base:6.1f} x"
            f"   ({figures['timed']:.0f} timed)"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
