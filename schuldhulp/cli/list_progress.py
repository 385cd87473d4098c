"""How far a list is, on standard error: a bar with the time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Shown

from schuldhulp.cli.output import warn
from schuldhulp.errors import InvalidInput, SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.creditor.lists import Lines, Progress

EVERY: Final = 30.0
"""Seconds between two lines when there is no terminal."""


class ListProgress:
    """Implements Watcher of lists; bytes of the list that were read tell how far it is, so nothing is read twice."""

    def __init__(self, lines: Lines, *, size: int | None) -> None:
        """Look at a list.

        Args:
            lines: the list.
            size: its length in bytes, None when nobody knows.
        """
        self._lines = lines
        self._size = size
        self._begun: tuple[float, int] | None = None
        self._said = time.monotonic()
        self._bar: Shown | None = None
        self._task: TaskID | None = None
        if sys.stderr.isatty():
            self._bar = Shown(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("time left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("0 rows", total=size)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End showing."""
        self.close()

    def close(self) -> None:
        """Take the bar away; can be repeated."""
        if self._bar is not None:
            self._bar.stop()

    def advanced(self, progress: Progress) -> None:
        """Show that so many rows are done."""
        now, consumed = time.monotonic(), self._lines.consumed
        if self._begun is None:
            self._begun = now, consumed
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=consumed, description=f"{progress.rows} rows")
        elif now - self._said >= EVERY:
            self._said = now
            warn(f"{progress.rows} rows{self._left(now, consumed)}")

    def found_bad(self, line: int, fault: InvalidInput) -> None:
        """Name a row that cannot be read, by line and field."""
        warn(f"line {line}: {fault}")

    def waiting(self, error: SchuldhulpError, seconds: float) -> None:
        """Say what is waited for."""
        warn(f"{error}; trying again in {seconds:.0f} seconds")

    def fetching(self, block: int, last: int) -> None:
        """Say how far the fetching of tags is."""
        now = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=f"fetching tags: block {block} of {last}")
        elif now - self._said >= EVERY:
            self._said = now
            warn(f"fetching tags: block {block} of {last}")

    def _left(self, now: float, consumed: int) -> str:
        if self._size is None or self._begun is None:
            return ""
        began, from_ = self._begun
        share = f", {min(100, 100 * consumed // self._size)} %"
        if consumed <= from_:
            return share
        left = (now - began) / (consumed - from_) * max(0, self._size - consumed)
        return f"{share}, {left // 60:.0f} minutes {left % 60:.0f} seconds left"
