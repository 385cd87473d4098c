"""`schuldhulp staff`: who works here, and as what."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import open_cockpit
from schuldhulp.cli.context import As, Json, read_line, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.config import load_settings
from schuldhulp.domain.access import Role

app = typer.Typer(help="Members of staff and their roles.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="Account name at the staff login.")]
Function = Annotated[str, typer.Option(help="What stands under their name; residents see it.")]


@app.command()
def first(login: Login, function: Function = "functioneel beheerder") -> None:
    """Make the first administrator of a new installation; refused once there is anybody.

    How to call them is read from standard input.

    Example: echo "Arjen Smit" | schuldhulp staff first a.smit
    """
    name = read_line("name")
    with open_cockpit(load_settings()) as cockpit:
        cockpit.staff.add_first(login=login, name=name, function=function)
    say(f"{login} is administrator")


@app.command()
def add(
    login: Login,
    function: Function,
    role: Annotated[list[Role], typer.Option(help="Role; repeat for more.")],
    as_: As = "",
) -> None:
    """Add a member of staff; how to call them is read from standard input.

    Example: echo "Sanne Visser" | schuldhulp staff add s.visser --function schuldhulpverlener --role caseworker
    """
    with work_as(as_) as work:
        name = read_line("name")
        work.cockpit.staff.add(actor=work.actor, login=login, name=name, function=function, roles=role)
    say(f"{login} added")


@app.command()
def deactivate(login: Login, as_: As = "") -> None:
    """Close an account; what it did stays.

    Example: schuldhulp staff deactivate m.bakker --as a.smit
    """
    with work_as(as_) as work:
        work.cockpit.staff.deactivate(actor=work.actor, login=login)
    say(f"{login} may no longer log in")


@app.command("list")
def list_staff(as_: As = "", json: Json = False) -> None:
    """List the members of staff.

    Example: schuldhulp staff list --as a.smit
    """
    with work_as(as_) as work:
        found = work.cockpit.staff.list(actor=work.actor)
    if json:
        say_json(
            [
                {
                    "login": row.login,
                    "name": row.name,
                    "function": row.function,
                    "roles": list(row.roles),
                    "active": row.active,
                }
                for row in found
            ]
        )
        return
    say_table(
        ("login", "name", "function", "roles", "active"),
        [(row.login, row.name, row.function, ", ".join(row.roles), "yes" if row.active else "no") for row in found],
    )
