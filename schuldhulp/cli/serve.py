"""`schuldhulp serve`: the long-running processes."""

from __future__ import annotations

import typer

app = typer.Typer(help="Run one of the services of this installation until it is stopped.", no_args_is_help=True)


@app.command()
def worker() -> None:
    """Put commitments and enrolments on the chain, on schedule; one worker for each signing account.

    Example: schuldhulp serve worker
    """
