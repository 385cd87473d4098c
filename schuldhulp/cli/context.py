"""Whom and what a command works with: the opened installation, the member of staff it acts as, and what it reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from schuldhulp.bootstrap import Cockpit, open_cockpit
from schuldhulp.config import Settings, load_settings
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import InvalidInput, Misconfigured
from schuldhulp.services.views import DossierView

MAX_INPUT = 1_000_000
"""Characters that are read from standard input."""

As = Annotated[str, typer.Option("--as", help="Login of the member of staff to act as; SCHULDHULP_STAFF by default.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
DossierArgument = Annotated[str, typer.Argument(metavar="DOSSIER", help="File number, or identifier in hexadecimal.")]
RecordArgument = Annotated[str, typer.Argument(metavar="RECORD", help="Identifier of the record, or its first digits.")]
Reason = Annotated[
    str, typer.Option(help="Why a dossier outside the own caseload is opened; the resident sees it. No names.")
]


@dataclass(frozen=True)
class Work:
    """One command's access to the installation.

    Attributes:
        cockpit: the services.
        actor: the member of staff it acts as.
        settings: settings of the installation.
    """

    cockpit: Cockpit
    actor: Actor
    settings: Settings


@contextmanager
def work_as(login: str) -> Iterator[Work]:
    """Open the installation as a member of staff, and close it afterwards.

    Args:
        login: login of the member of staff; empty for the one of the settings.

    Raises:
        Misconfigured: nobody is named.
        NotAdmitted: nobody here has that login.
    """
    settings = load_settings()
    name = login or settings.staff
    if not name:
        raise Misconfigured(
            "staff_missing", "name the member of staff: --as LOGIN, or set SCHULDHULP_STAFF", field="as"
        )
    with open_cockpit(settings) as cockpit:
        yield Work(cockpit, cockpit.access.staff_member(name), settings)


def read_text(what: str, *, example: str = "") -> str:
    """Read standard input to its end; on a terminal, say what is expected.

    Args:
        what: what to type.
        example: lines to start from.

    Raises:
        InvalidInput: too much, or not UTF-8.
    """
    if sys.stdin.isatty():
        typer.echo(f"Type {what}, then Ctrl-D on an empty line.", err=True)
        if example:
            typer.echo(example, err=True)
    try:
        text = sys.stdin.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise InvalidInput("text_not_utf8", "standard input: UTF-8 text expected", field="standard input") from None
    if len(text) > MAX_INPUT:
        raise InvalidInput("text_too_long", f"standard input: at most {MAX_INPUT} characters", field="standard input")
    return text


def read_line(prompt: str, *, hidden: bool = False) -> str:
    """Read one line, with a prompt on a terminal.

    Args:
        prompt: what to type.
        hidden: do not show what is typed.

    Raises:
        InvalidInput: nothing was typed.
    """
    asked = sys.stdin.isatty()
    line = typer.prompt(prompt, hide_input=hidden, err=True) if asked else sys.stdin.readline(MAX_INPUT)
    if not line.strip():
        raise InvalidInput("required", f"{prompt}: must be given on standard input", field=prompt)
    return str(line).strip()


def dossier_of(work: Work, name: str) -> DossierId:
    """Return the dossier that is meant by a file number or an identifier.

    Raises:
        NotFound: there is no dossier with this file number.
    """
    return work.cockpit.dossiers.find(actor=work.actor, name=name)


def open_dossier(work: Work, name: str, purpose: Purpose, reason: str) -> DossierView:
    """Open a dossier, so that the session may read and change it.

    Args:
        work: the command's access.
        name: file number or identifier.
        purpose: what for.
        reason: why, for a dossier outside the caseload; may be empty for the own.

    Raises:
        InvalidInput: a reason is needed.
        NotAllowed: no right to it.
        NotFound: there is no such dossier.
    """
    return work.cockpit.dossiers.open(
        actor=work.actor, dossier=dossier_of(work, name), purpose=purpose, reason=reason or None
    )


def record_of(known: list[RecordId], name: str) -> RecordId:
    """Return the record whose identifier is, or uniquely starts with, some hexadecimal digits.

    Raises:
        InvalidInput: none or several do.
    """
    wanted = name.lower().removeprefix("0x")
    found = [record for record in known if wanted and record.hex().startswith(wanted)]
    if len(found) != 1:
        problem = "no record of this dossier begins so" if not found else "several records begin so; give more digits"
        raise InvalidInput("record_unknown", f"RECORD: {problem}", field="RECORD")
    return found[0]
