"""Tells where the time of a run goes: each moment belongs to the innermost part that is under way."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """Adds up the seconds of the parts of a run, in one thread."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self.seconds: dict[str, float] = {}
        self.times: dict[str, int] = {}
        self._open: list[str] = []
        self._watched: list[tuple[Any, str, Any]] = []
        self._since = 0.0

    def _account(self) -> None:
        now = time.perf_counter()
        if self._open:
            part = self._open[-1]
            self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the block to a part, but for what is counted to another one inside it.

        Args:
            name: name of the part.
        """
        self._account()
        self._open.append(name)
        self.times[name] = self.times.get(name, 0) + 1
        try:
            yield
        finally:
            self._account()
            self._open.pop()

    def watch(self, owner: Any, function: str, name: str) -> None:
        """Count every call of a function to a part, until `stop`.

        Args:
            owner: module or class that the function is looked up in when it is called.
            function: name of the function there.
            name: name of the part.
        """
        watched = getattr(owner, function)

        @functools.wraps(watched)
        def counted(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return watched(*arguments, **named)

        self._replace(owner, function, counted)

    def watch_inside(self, owner: Any, function: str, suffix: str) -> None:
        """Count every call of a function to a part of its own inside each part that calls it, until `stop`.

        Args:
            owner: module or class that the function is looked up in when it is called.
            function: name of the function there.
            suffix: what is put behind the name of the part that is under way.
        """
        watched = getattr(owner, function)

        @functools.wraps(watched)
        def counted(*arguments: Any) -> Any:
            # Shorter than `part`, since this is called for every product.
            self._account()
            self._open.append((self._open[-1] if self._open else "") + suffix)
            try:
                return watched(*arguments)
            finally:
                self._account()
                self._open.pop()

        self._replace(owner, function, counted)

    def _replace(self, owner: Any, function: str, counted: Any) -> None:
        self._watched.append((owner, function, getattr(owner, function)))
        setattr(owner, function, counted)

    def stop(self) -> None:
        """Count nothing any more: every function is again what it was."""
        while self._watched:
            setattr(*self._watched.pop())

    def steps(self, iterator: Iterator[Any], name: str) -> Iterator[Any]:
        """Count each step of an iterator to a part.

        Args:
            iterator: the iterator.
            name: name of the part.

        Returns:
            What it gives.
        """
        while True:
            with self.part(name):
                try:
                    value = next(iterator)
                except StopIteration:
                    return
            yield value


def median_seconds(steps: dict[str, Callable[[], Any]], *, rounds: int) -> dict[str, float]:
    """Measure several ways in turn, so that a busy machine slows them alike.

    Args:
        steps: what to run, by name; each is run once beforehand, unmeasured.
        rounds: how often each is run.

    Returns:
        Median seconds by name.
    """
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in taken.items()}
