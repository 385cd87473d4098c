"""`schuldhulp epoch`: filling an epoch before it opens, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from schuldhulp.cli.context import As, Json, work_as
from schuldhulp.cli.output import Bar, say, say_json
from schuldhulp.services.epochs import Client, EpochProgress

app = typer.Typer(help="Epochs: give everybody who is visible tags of the next one.", no_args_is_help=True)

SHOWN = 20
"""Clients that are named in lines for people; JSON names all."""


@app.command()
def fill(as_: As = "", json: Json = False) -> None:
    """Seal to the worker what it needs to give everybody who is visible tags of the announced epoch.

    Also of the current one, where it was opened too early and somebody has none. Can be cut short and repeated: whoever
    has tags already is left out. The worker makes the tags within a minute and publishes them with the next
    publication. Exit code 1: somebody cannot be filled, and is named.

    Example: schuldhulp epoch fill --as a.smit
    """
    with work_as(as_) as work:
        bar = Bar("sealing")
        try:
            report = work.cockpit.epochs.fill(actor=work.actor, progress=bar)
        finally:
            bar.close()
    if json:
        say_json(
            {
                "epoch": report.epoch,
                "sealed": report.sealed,
                "waiting": report.waiting,
                "unfillable": _plain(report.unfillable),
            }
        )
    elif report.waiting:
        say("the worker has not carried the last filling out yet; is it running? See: schuldhulp epoch status")
    else:
        say(f"epoch {report.epoch}: sealed {report.sealed} clients for the worker")
        _say_clients("cannot be filled", report.unfillable)
    raise typer.Exit(1 if report.unfillable else 0)


@app.command()
def status(as_: As = "", json: Json = False) -> None:
    """Show how far the filling of the announced epoch is, who is missing, and whether it may be opened.

    Exit code 0: it may be opened, or none is announced and nobody is missing; 4: not yet; 1: somebody cannot be filled,
    and is named; 3: chain or database unreachable.

    Example: schuldhulp epoch status --as a.smit
    """
    with work_as(as_) as work:
        bar = Bar("looking")
        try:
            found = work.cockpit.epochs.progress(actor=work.actor, progress=bar)
        finally:
            bar.close()
    if json:
        say_json(
            {
                "current": found.current,
                "oldest": found.oldest,
                "announced": found.announced,
                "target": found.target,
                "tags": {"current": found.tags_current, "target": found.tags_target},
                "clients": found.clients,
                "filled": found.filled,
                "underway": _plain(found.underway),
                "missing": _plain(found.missing),
                "unfillable": _plain(found.unfillable),
                "red": _plain(found.red),
                "strangers": found.strangers,
                "waiting": found.waiting,
                "mayOpen": found.may_open,
            }
        )
    else:
        _say_progress(found)
    raise typer.Exit(_exit_code(found))


def _exit_code(found: EpochProgress) -> int:
    if found.unfillable or found.strangers:
        return 1
    if found.may_open or (found.target == found.current and found.is_filled):
        return 0
    return 4


def _say_progress(found: EpochProgress) -> None:
    say(f"epochs   {found.current} is current, {found.oldest} the oldest, {found.announced} announced")
    say(f"tags     {found.tags_current} in {found.current}, {found.tags_target} in {found.target}, on the chain")
    say(f"clients  {found.filled} of {found.clients} are visible in {found.target}")
    if found.waiting:
        say("a filling waits for the worker")
    _say_clients("tags not on the chain yet", found.underway)
    _say_clients("no tags yet (schuldhulp epoch fill)", found.missing)
    _say_clients("cannot be filled", found.unfillable)
    _say_clients(f"RED NOW, no tags in {found.current} (schuldhulp epoch fill)", found.red)
    if found.strangers:
        say(f"{found.strangers} publications without tags in {found.target} belong to no dossier that can be read")
    if found.target > found.current:
        say(f"epoch {found.target} may {'be' if found.may_open else 'NOT be'} opened")


def _say_clients(what: str, clients: Sequence[Client]) -> None:
    for client in clients[:SHOWN]:
        say(f"{client.file_number}: {what}" + (f": {client.obstacle.value}" if client.obstacle else ""))
    if len(clients) > SHOWN:
        say(f"and {len(clients) - SHOWN} more: {what}")


def _plain(clients: Sequence[Client]) -> list[dict[str, str | None]]:
    return [
        {
            "fileNumber": client.file_number,
            "dossier": client.dossier.hex(),
            "obstacle": client.obstacle.value if client.obstacle else None,
        }
        for client in clients
    ]
