"""What commands print: lines for people, JSON for programs, errors on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schuldhulp.errors import SchuldhulpError

UNEXPECTED = 70
"""Exit code of a fault in this program itself (EX_SOFTWARE)."""


def say(text: str) -> None:
    """Print one line for people on standard output."""
    typer.echo(text)


def warn(text: str) -> None:
    """Print one line for people on standard error."""
    typer.echo(text, err=True)


def say_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def say_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns that line up, without cutting anything off."""
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def explain(error: SchuldhulpError) -> int:
    """Print what went wrong on standard error and return the exit code."""
    typer.echo(f"error: {error}", err=True)
    return error.exit_code


def explain_unexpected(error: BaseException) -> int:
    """Name a fault of this program without its text, which could hold personal data; return the exit code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
    typer.echo(f"error: a fault in this program ({type(error).__name__}{place}); please report it", err=True)
    return UNEXPECTED


class Bar:
    """Progress of long work on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = -1
        self._progress: Progress | None = None
        self._task: Any = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            from rich.console import Console

            self._progress = Progress(*columns, console=Console(stderr=True))
            self._task = self._progress.add_task(what)
            self._progress.start()

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` steps are finished."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)
        elif total and done * 10 // total != self._shown:
            self._shown = done * 10 // total
            warn(f"{self._what}: {done} of {total}")

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()


def silence_output() -> None:
    """Write nothing more to standard output, at exit neither: it is full, or its reader has seen enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def columns_of(mapping: Mapping[str, object]) -> str:
    """Return names and values as one line."""
    return ", ".join(f"{name} {value}" for name, value in mapping.items())
